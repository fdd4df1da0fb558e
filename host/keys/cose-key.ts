/**
 * COSE_Key, RFC 9052 §7, RFC 9053 §7.1.1 and RFC 8778 §4: the form in which a device holds its trust anchors.
 */
import { decode, cdeDecodeOptions } from "cbor2";
import { encodeCbor, type Cbor } from "../manifest/cbor-writer.ts";
import { UserError } from "../user-error.ts";
import { checkedEdwardsKey } from "./ed25519.ts";
import { checkedHssKey, treeName } from "./hss.ts";
import {
  Algorithm,
  checkedKey,
  isPrivate,
  KEY_DAMAGED,
  type AlgorithmNumber,
  type Key,
  type KeyFields,
} from "./key.ts";

/** Labels of COSE_Key and of its EC2 and HSS-LMS parameters. */
const Field = {
  Kty: 1,
  Kid: 2,
  Alg: 3,
  KeyOps: 4,
  Crv: -1,
  X: -2,
  Y: -3,
  D: -4,
  /** Of this project: the components that the key may touch (`assembly/cose/key.ts`). */
  Components: -65537,
  /** The public key of HSS-LMS, in the place of a curve (RFC 8778 §4). */
  Pub: -1,
  /** Of this project: seed and trees of a private HSS/LMS key, for which no standard has a place. */
  Seed: -65538,
  Trees: -65539,
} as const;
/** Key types octet key pair, EC2 and HSS-LMS. */
const OKP = 1;
const EC2 = 2;
const HSS_LMS = 5;
/** Elliptic curve P-256. */
const P256 = 1;
/** Elliptic curve Ed25519. */
const ED25519 = 6;
/** Rights to all components that a device can have. */
const COMPONENTS_MAX = 0xffff_ffff;
/** Key operations sign and verify. */
const SIGN = 1;
const VERIFY = 2;

const CURVE_NAMES: ReadonlyMap<unknown, string> = new Map<unknown, string>([
  [2, "P-384"],
  [3, "P-521"],
  [4, "X25519"],
  [5, "X448"],
  [6, "Ed25519"],
  [7, "Ed448"],
  [8, "secp256k1"],
]);

/** The public key as a deterministic COSE_Key: kty, kid, alg and rights if there are any, crv, x, y. */
export function coseKeyBytes(key: Key): Uint8Array {
  return encodeCbor(publicFields(key));
}

/** The private key as a deterministic COSE_Key. */
export function privateCoseKeyBytes(key: Key): Uint8Array {
  const fields = publicFields(key);
  if (isPrivate(key)) {
    if (key.kty === "HSS-LMS") fields.set(Field.Trees, key.trees.map(treeName).join(","));
    fields.set(key.kty === "HSS-LMS" ? Field.Seed : Field.D, key.d);
  }
  return encodeCbor(fields);
}

function publicFields(key: Key): Map<Cbor, Cbor> {
  const fields = new Map<Cbor, Cbor>(
    key.kty === "HSS-LMS"
      ? [
          [Field.Kty, HSS_LMS],
          [Field.Pub, key.x],
        ]
      : [
          [Field.Kty, key.kty === "OKP" ? OKP : EC2],
          [Field.Crv, key.kty === "OKP" ? ED25519 : P256],
          [Field.X, key.x],
        ],
  );
  if (key.kty === "EC2") fields.set(Field.Y, key.y);
  if (key.kid !== undefined) fields.set(Field.Kid, key.kid);
  if (key.alg !== undefined) fields.set(Field.Alg, key.alg);
  if (key.components !== undefined) fields.set(Field.Components, key.components);
  return fields;
}

/**
 * Reads a COSE_Key. The encoding need not be deterministic, as RFC 9052 does not ask for it.
 *
 * @throws UserError key-malformed, key-type-unsupported, key-curve-unsupported,
 *   key-algorithm-unsupported, key-rights-malformed, key-use-forbidden, or what `checkedKey` throws
 */
export function readCoseKey(bytes: Uint8Array, name: string): Key {
  const fields = decodeMap(bytes, name);
  const kty = fields.get(Field.Kty);
  if (kty === HSS_LMS) {
    requireUse(fields.get(Field.KeyOps), name);
    const trees = fields.get(Field.Trees);
    return checkedHssKey(
      {
        pub: optionalBytes(fields.get(Field.Pub), "pub", name),
        seed: optionalBytes(fields.get(Field.Seed), "the seed", name),
        trees: typeof trees === "string" ? trees : undefined,
        alg: algorithm(fields.get(Field.Alg), name),
        kid: optionalBytes(fields.get(Field.Kid), "kid", name),
        components: rights(fields.get(Field.Components), name),
      },
      name,
    );
  }
  if (kty !== EC2 && kty !== OKP) {
    throw new UserError(
      "key-type-unsupported",
      `${name}: the COSE_Key has key type ${String(kty)}; this build uses EC2 (2), OKP (1) and HSS-LMS (5).`,
      "Give a P-256 key.",
    );
  }
  const crv = fields.get(Field.Crv);
  if (kty === OKP && crv === ED25519) {
    requireUse(fields.get(Field.KeyOps), name);
    return checkedEdwardsKey(statedFields(fields, name), name);
  }
  if (kty !== EC2 || crv !== P256) throw curveError(CURVE_NAMES.get(crv) ?? String(crv), name);
  requireUse(fields.get(Field.KeyOps), name);
  const y = fields.get(Field.Y);
  return checkedKey(
    {
      ...statedFields(fields, name),
      y: typeof y === "boolean" ? y : optionalBytes(y, "y", name),
    },
    name,
  );
}

/** What keys of every type have. */
function statedFields(fields: Map<unknown, unknown>, name: string): KeyFields {
  return {
    x: optionalBytes(fields.get(Field.X), "x", name),
    d: optionalBytes(fields.get(Field.D), "d", name),
    alg: algorithm(fields.get(Field.Alg), name),
    kid: optionalBytes(fields.get(Field.Kid), "kid", name),
    components: rights(fields.get(Field.Components), name),
  };
}

/** The error for a key on a curve that is not used here. */
export function curveError(curve: string, name: string): UserError {
  return new UserError(
    "key-curve-unsupported",
    `${name}: the key is on curve ${curve}; this build uses P-256 and Ed25519.`,
    "Make a P-256 key with `keys generate`.",
  );
}

/** The error for an algorithm that no key of this build can be pinned to. */
export function algorithmError(stated: string, name: string): UserError {
  return new UserError(
    "key-algorithm-unsupported",
    `${name}: the key is pinned to algorithm ${stated}; this build has ESP256 (-9), ES256 (-7), Ed25519 (-19), EdDSA (-8) and HSS-LMS (-46).`,
    "Give a key for one of them, or one that states no algorithm.",
  );
}

function decodeMap(bytes: Uint8Array, name: string): Map<unknown, unknown> {
  try {
    const fields = decode(bytes, {
      ...cdeDecodeOptions,
      sortKeys: null,
      preferMap: true,
      rejectDuplicateKeys: true,
    });
    if (fields instanceof Map) return fields;
  } catch (cause) {
    throw new UserError("key-malformed", `${name}: this is not CBOR, so not a COSE_Key.`, FORMATS, { cause });
  }
  throw new UserError("key-malformed", `${name}: this is CBOR but not a map, so not a COSE_Key.`, FORMATS);
}

/** What a key file may be; also the hint of the reader in `key-file.ts`. */
export const FORMATS = "A key file is PEM, JWK (JSON) or COSE_Key (CBOR, or its hex or base64 text).";

function optionalBytes(value: unknown, field: string, name: string): Uint8Array | undefined {
  if (value === undefined) return undefined;
  if (value instanceof Uint8Array) return Uint8Array.from(value);
  throw new UserError(
    "key-malformed",
    `${name}: ${field} of the COSE_Key is not a byte string.`,
    KEY_DAMAGED,
  );
}

function algorithm(value: unknown, name: string): AlgorithmNumber | undefined {
  if (value === undefined) return value;
  const known = Object.values(Algorithm).find((number) => number === value);
  if (known !== undefined) return known;
  throw algorithmError(
    typeof value === "number" || typeof value === "string" ? String(value) : "of no known form",
    name,
  );
}

/** The components that the key may touch; devices read 32 bits of them. */
function rights(value: unknown, name: string): number | undefined {
  if (value === undefined) return value;
  if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= COMPONENTS_MAX)
    return value;
  throw new UserError(
    "key-rights-malformed",
    `${name}: the rights of the COSE_Key (-65537) are not an unsigned integer of 32 bits.`,
    "Write them with `keys public --components`.",
  );
}

function requireUse(operations: unknown, name: string): void {
  if (operations === undefined) return;
  if (Array.isArray(operations) && (operations.includes(SIGN) || operations.includes(VERIFY))) return;
  throw new UserError(
    "key-use-forbidden",
    `${name}: key_ops of the COSE_Key allows neither sign nor verify.`,
    "Give a key that is made for signatures.",
  );
}
