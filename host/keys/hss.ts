/**
 * HSS/LMS keys and signatures (RFC 8554 §6, RFC 8778): up to eight Merkle trees, each signing the key
 * of the next, the last one the message.
 *
 * Each leaf of a tree signs once. A second signature with the same leaf gives the key away, so which leaf
 * is next is not decided here but by whoever has the state: `leaf-state.ts`. Everything else follows
 * from the seed, so the same leaf and message give the same bytes every time.
 */
import { hash as nodeHash, randomBytes } from "node:crypto";
import { Status } from "../../assembly/status.ts";
import { UserError } from "../user-error.ts";
import {
  Algorithm,
  equalBytes,
  statementsOf,
  type AlgorithmNumber,
  type HssKey,
  type HssPrivateKey,
} from "./key.ts";
import {
  chainCount,
  IDENTIFIER_BYTES,
  joined,
  LMS_KEY_BYTES,
  lmsCandidate,
  lmsMalformation,
  lmsSignatureBytes,
  PARAMETER_SETS,
  parametersOf,
  VALUE_BYTES,
  word,
  wordAt,
  type Hash,
  type LmsParameters,
} from "./lms.ts";
import { childTree, LmsTree } from "./lms-tree.ts";

/** Bytes of a public key: the number of trees, and the key of the first. */
export const HSS_KEY_BYTES = 4 + LMS_KEY_BYTES;
/** Bytes of the seed that the trees grow from. */
const SEED_BYTES = 32;
const TREES_MAX = 8;
/** More hashes than this take longer than people wait for a signature. */
const HASHES_MAX = 50_000_000;

/** Why a signature is not a key's. */
export interface HssRefusal {
  readonly status: Status;
  /** The end of a sentence. */
  readonly why: string;
}

/** SHA-256 in one call, which is twice as quick as `createHash` for a block. */
export const sha256: Hash = (message) => nodeHash("sha256", message, "buffer");

/**
 * Reads the trees of a key as people write them: `H5/W8`, or several with commas, the top one first.
 *
 * @throws UserError `lms-parameters`
 */
export function parseTrees(text: string): LmsParameters[] {
  const trees = text.split(",").map((part) => {
    const found = PARAMETER_SETS.find((set) => treeName(set) === part.trim().toUpperCase());
    if (found !== undefined) return found;
    throw new UserError(
      "lms-parameters",
      `"${part}" is no parameter set of LMS.`,
      "A tree is H5, H10, H15, H20 or H25 with W1, W2, W4 or W8, as in H5/W8 or H10/W4,H5/W8.",
    );
  });
  if (trees.length > TREES_MAX) {
    throw new UserError(
      "lms-parameters",
      `A key has at most ${TREES_MAX} trees, and there are ${trees.length}.`,
      "Give fewer, higher trees.",
    );
  }
  const hashes = trees.reduce((sum, set) => sum + 2 ** (set.height + set.digitBits) * chainCount(set), 0);
  if (hashes > HASHES_MAX) {
    throw new UserError(
      "lms-parameters",
      `The trees ${text} take ${Math.ceil(hashes / 1e6)} million hashes to make, and ${HASHES_MAX / 1e6} million is the limit here.`,
      "Give several lower trees, as in H10/W8,H5/W8, or smaller digits, as in H15/W4.",
    );
  }
  return trees;
}

/** A tree's parameters as people write them. */
export function treeName({ height, digitBits }: LmsParameters): string {
  return `H${height}/W${digitBits}`;
}

/** How many messages a key with these trees signs. */
export function leafCount(trees: readonly LmsParameters[]): bigint {
  return 1n << BigInt(trees.reduce((sum, { height }) => sum + height, 0));
}

/**
 * Makes a new key, and the tree on top, which takes long to make again.
 *
 * @param options.alg algorithm to pin; HSS-LMS unless given, and none for `null`
 * @param options.kid key identifier
 * @param options.secret what the key is made from, 48 bytes; random unless given
 */
export function generateHssKey(
  trees: readonly LmsParameters[],
  options: {
    readonly alg?: AlgorithmNumber | null;
    readonly kid?: Uint8Array;
    readonly secret?: Uint8Array;
  } = {},
): { readonly key: HssPrivateKey; readonly top: LmsTree } {
  const [first] = trees;
  if (first === undefined) throw new RangeError("a key has at least one tree");
  const secret = options.secret ?? Uint8Array.from(randomBytes(SEED_BYTES + IDENTIFIER_BYTES));
  const d = secret.slice(0, SEED_BYTES);
  const top = new LmsTree(first, secret.slice(SEED_BYTES), d, sha256);
  const alg = options.alg === undefined ? Algorithm["HSS-LMS"] : options.alg;
  const key: HssPrivateKey = {
    kty: "HSS-LMS",
    crv: "HSS-LMS",
    x: joined(word(trees.length), top.publicKey),
    d,
    trees,
    ...(alg === null ? {} : { alg }),
    ...(options.kid === undefined ? {} : { kid: options.kid }),
  };
  return { key, top };
}

/**
 * Signs a message with one leaf of the key, counted from 0 over all trees. A leaf must never sign twice.
 *
 * @param topLeaves the leaves of the first tree as they were kept; it is made again without them
 * @throws UserError `key-private-mismatch` if the seed is another key's
 */
export function signWithLeaf(
  key: HssPrivateKey,
  message: Uint8Array,
  leaf: bigint,
  topLeaves?: Uint8Array,
): Uint8Array {
  let tree = topTree(key, topLeaves);
  const parts = [word(key.trees.length - 1)];
  for (const [level, { height }] of key.trees.entries()) {
    const below = key.trees.slice(level + 1);
    const number = Number((leaf / leafCount(below)) % (1n << BigInt(height)));
    const [next] = below;
    const child = next === undefined ? undefined : childTree(tree, number, next);
    parts.push(tree.sign(child?.publicKey ?? message, number));
    if (child === undefined) break;
    parts.push(child.publicKey);
    tree = child;
  }
  return joined(...parts);
}

/** The first tree: from what was kept of it if that leads to the key's root, otherwise made again. */
function topTree(key: HssPrivateKey, leaves: Uint8Array | undefined): LmsTree {
  const [first] = key.trees;
  const identifier = key.x.subarray(12, 12 + IDENTIFIER_BYTES);
  const isOurs = (tree: LmsTree): boolean => equalBytes(tree.publicKey, key.x.subarray(4));
  if (first !== undefined) {
    if (leaves?.length === VALUE_BYTES * 2 ** first.height) {
      const kept = new LmsTree(first, identifier, key.d, sha256, leaves);
      if (isOurs(kept)) return kept;
    }
    const made = new LmsTree(first, identifier, key.d, sha256);
    if (isOurs(made)) return made;
  }
  throw new UserError(
    "key-private-mismatch",
    "The seed of the HSS/LMS key does not belong to its public part.",
    "The file mixes two keys; take it from a copy.",
  );
}

/**
 * Says why a signature of a message is not the key's (RFC 8554 §6.3); undefined if it is. As on devices,
 * all of its form is looked at before the first root.
 */
export function hssRefusal(
  key: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
  hash: Hash = sha256,
): HssRefusal | undefined {
  const malformed = (why: string): HssRefusal => ({ status: Status.SignatureMalformed, why });
  if (key.length !== HSS_KEY_BYTES) return { status: Status.KeyMalformed, why: "the key has a wrong length" };
  const trees = wordAt(key, 0);
  if (trees < 1 || trees > TREES_MAX) {
    return { status: Status.KeyMalformed, why: `the key has ${trees} trees instead of 1 to ${TREES_MAX}` };
  }
  if (signature.length < 4 || wordAt(signature, 0) !== trees - 1) {
    return malformed(`it does not have the ${trees} trees of the key`);
  }
  let treeKey = key.subarray(4);
  let rest = signature.subarray(4);
  const steps: (() => boolean)[] = [];
  for (let tree = 1; tree <= trees; tree += 1) {
    const [signer, own] = [treeKey, rest];
    const parameters = parametersOf(signer);
    if (parameters === undefined) {
      const why = `tree ${tree} has a parameter set that RFC 8554 does not have`;
      return { status: Status.AlgorithmUnsupported, why };
    }
    const malformation = lmsMalformation(signer, parameters, own);
    if (malformation !== undefined) return malformed(malformation);
    const end = lmsSignatureBytes(parameters);
    treeKey = own.subarray(end, end + LMS_KEY_BYTES);
    rest = own.subarray(end + LMS_KEY_BYTES);
    const isLast = tree === trees;
    if (isLast && own.length > end) return malformed(`${own.length - end} bytes follow it`);
    if (!isLast && treeKey.length < LMS_KEY_BYTES) return malformed("it ends within the key of a tree");
    const signed = isLast ? message : treeKey;
    steps.push(() => {
      const root = lmsCandidate(signer, parameters, own, signed, hash);
      return equalBytes(root, signer.subarray(LMS_KEY_BYTES - VALUE_BYTES));
    });
  }
  const wrong = steps.findIndex((isGenuine) => !isGenuine());
  if (wrong < 0) return undefined;
  return { status: Status.SignatureInvalid, why: `it leads to another root of tree ${wrong + 1}` };
}

/**
 * Checks what a file states of an HSS/LMS key.
 *
 * @param name what to call the file in errors
 * @throws UserError key-malformed, key-private-invalid, lms-parameters or key-algorithm-unsupported
 */
export function checkedHssKey(
  fields: {
    readonly pub: Uint8Array | undefined;
    readonly seed: Uint8Array | undefined;
    readonly trees: string | undefined;
    readonly alg: AlgorithmNumber | undefined;
    readonly kid: Uint8Array | undefined;
    readonly components: number | undefined;
  },
  name: string,
): HssKey {
  const { pub, seed, trees, alg } = fields;
  if (pub?.length !== HSS_KEY_BYTES || wordAt(pub, 0) < 1 || wordAt(pub, 0) > TREES_MAX) {
    throw new UserError(
      "key-malformed",
      `${name}: the key has no public part of ${HSS_KEY_BYTES} bytes that says 1 to ${TREES_MAX} trees.`,
      "Keys are LMS with SHA-256 and 32-byte hashes (RFC 8554).",
    );
  }
  const first = parametersOf(pub.subarray(4));
  if (first === undefined) {
    throw new UserError(
      "key-algorithm-unsupported",
      `${name}: the key has an LMS parameter set that RFC 8554 does not have.`,
      "Make a key with `keys generate --algorithm hss-lms`.",
    );
  }
  if (alg !== undefined && alg !== Algorithm["HSS-LMS"]) {
    throw new UserError(
      "key-algorithm-unsupported",
      `${name}: the key is for HSS/LMS and pinned to another algorithm.`,
      "Give a key for HSS-LMS (-46), or one that states no algorithm.",
    );
  }
  const stated = {
    kty: "HSS-LMS",
    crv: "HSS-LMS",
    x: pub,
    ...statementsOf(fields),
  } as const;
  if (seed === undefined) return stated;
  const parsed = parseTrees(trees ?? treeName(first));
  if (
    seed.length !== SEED_BYTES ||
    parsed.length !== wordAt(pub, 0) ||
    parsed[0]?.height !== first.height ||
    parsed[0].digitBits !== first.digitBits
  ) {
    throw new UserError(
      "key-private-invalid",
      `${name}: the seed is not ${SEED_BYTES} bytes, or the trees are not those of the public part.`,
      "The file is damaged; take it from a copy.",
    );
  }
  return { ...stated, d: seed, trees: parsed };
}
