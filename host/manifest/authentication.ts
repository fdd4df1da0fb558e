/**
 * Who signed an envelope: the authentication wrapper and its COSE_Sign1 blocks.
 *
 * Order, as on the device: digest algorithm, blocks, a signature that verifies under a given key,
 * then the digest of the manifest. Nothing of the manifest is parsed before all four hold
 * (draft-ietf-suit-manifest-37 §6.2 and §8.3; RFC 9052 §4.4).
 */
import { Limit } from "../../assembly/limits.ts";
import { Status } from "../../assembly/status.ts";
import { hssRefusal } from "../keys/hss.ts";
import { acceptsAlgorithm, Algorithm, equalBytes, keyTypeOf, type Key } from "../keys/key.ts";
import { malformation, SIGNATURE_BYTES, verifyMessage } from "../keys/signature.ts";
import { bitPositions } from "../keys/rights.ts";
import { CborReader, Major, type Span } from "./cbor-reader.ts";
import { encodeCbor } from "./cbor-writer.ts";
import { digestOf, readDigest } from "./digest.ts";
import { withHead, type Envelope } from "./envelope.ts";
import { COSE_TAGS, SIGNATURE_ALGORITHMS } from "./labels.ts";
import { Refusal } from "./refusal.ts";

/** The parts of an authentication wrapper. */
export interface Wrapper {
  /** The encoded SUIT_Digest: what is signed. */
  readonly payload: Span;
  /** The 32 bytes in it: what the manifest's digest has to be. */
  readonly digest: Span;
  /** The authentication blocks, each an encoded COSE structure. */
  readonly blocks: readonly Span[];
}

/** A COSE_Sign1 with detached payload. */
export interface SignatureBlock {
  readonly start: number;
  readonly protectedHeader: Uint8Array;
  readonly algorithm: number;
  readonly signature: Span;
}

/** A signature that verified. */
export interface Signer {
  /** Position of the block in the wrapper, from 0. */
  readonly blockIndex: number;
  /** Position of the key among those given, from 0. */
  readonly keyIndex: number;
  readonly algorithm: number;
}

/** COSE header parameters that decide something here. */
const Header = { Alg: 1n, Crit: 2n } as const;

/**
 * Reads the authentication wrapper: its digest, and where its blocks lie.
 *
 * @throws Refusal
 */
export function readWrapper(envelope: Envelope): Wrapper {
  const reader = new CborReader(envelope.bytes, envelope.authentication.from, envelope.authentication.to);
  const start = reader.offset;
  const count = reader.array("The authentication wrapper");
  if (count === 0) {
    throw new Refusal(Status.AuthenticationMissing, start, "The authentication wrapper has no digest");
  }
  const payload = reader.byteString("The digest of the authentication wrapper");
  const digestReader = reader.within(payload);
  const digest = readDigest(digestReader, "The manifest's digest");
  digestReader.finish("the manifest's digest");
  if (count - 1 > Limit.Signatures) {
    throw new Refusal(
      Status.TooManySignatures,
      start,
      `The envelope has ${count - 1} authentication blocks; this build tries ${Limit.Signatures}`,
    );
  }
  const blocks: Span[] = [];
  for (let index = 1; index < count; index++) blocks.push(reader.byteString(`Authentication block ${index}`));
  reader.finish("the authentication wrapper");
  return { payload, digest, blocks };
}

/**
 * Accepts an envelope that at least one of the keys signed, and all that are required, and whose manifest is
 * the signed one.
 *
 * @param required the keys that must all have signed, as bits by their positions; any one of them if 0, or for
 *   a bootloader that requires nobody
 * @returns who signed it, in the order of the blocks, at least one
 * @throws Refusal; with several blocks, none of which verifies, it says why the first one was not accepted
 */
export function authenticate(envelope: Envelope, keys: readonly Key[], required = 0): Signer[] {
  const wrapper = readWrapper(envelope);
  if (wrapper.blocks.length === 0) {
    throw new Refusal(Status.Unsigned, envelope.authentication.start, "The envelope carries no signature");
  }
  const signers = everySigner(envelope, wrapper, keys);
  if (envelope.capability.signerRights) requireCosigners(envelope, signers, required);
  requireManifestDigest(envelope, wrapper);
  return signers;
}

/** Requires the signature of every key that bits name, also of one that nobody has. */
function requireCosigners({ authentication }: Envelope, signers: readonly Signer[], required: number): void {
  const signed = new Set(signers.map(({ keyIndex }) => keyIndex));
  const missing = bitPositions(required).find((position) => !signed.has(position));
  if (missing === undefined) return;
  throw new Refusal(
    Status.CosignatureMissing,
    authentication.start,
    `Key ${missing + 1}, whose signature is required, has not signed the envelope`,
  );
}

/**
 * Requires that the manifest has the stated digest, which covers its byte string with the head.
 *
 * @throws Refusal
 */
export function requireManifestDigest(envelope: Envelope, { digest }: Wrapper): void {
  const actual = digestOf(withHead(envelope.bytes, envelope.manifest));
  if (actual !== undefined && equalBytes(actual, envelope.bytes.subarray(digest.from, digest.to))) return;
  throw new Refusal(
    Status.ManifestDigestMismatch,
    envelope.manifest.start,
    "The manifest does not have the digest that the authentication wrapper states",
  );
}

/** All blocks that verify; if none does, the first block's refusal stands for all. */
function everySigner(
  { bytes, capability: { signerRights } }: Envelope,
  wrapper: Wrapper,
  keys: readonly Key[],
): Signer[] {
  const payload = bytes.subarray(wrapper.payload.from, wrapper.payload.to);
  const signers: Signer[] = [];
  let first: Refusal | undefined;
  for (const [blockIndex, span] of wrapper.blocks.entries()) {
    try {
      const block = readSignatureBlock(bytes, span);
      // A bootloader that does not know of rights must not use a key whose rights are limited.
      const mayUse = (key: Key): boolean =>
        acceptsAlgorithm(key, block.algorithm) && (signerRights || key.components === undefined);
      const keyIndex = verifyingKey(bytes, block, payload, keys, mayUse);
      signers.push({ blockIndex, keyIndex, algorithm: block.algorithm });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      first ??= error;
    }
  }
  if (signers.length > 0) return signers;
  throw first ?? new Refusal(Status.Unsigned, wrapper.payload.start, "The envelope carries no signature");
}

/**
 * Reads an authentication block: a tagged COSE_Sign1 whose payload is detached (RFC 9052 §4.2).
 *
 * @throws Refusal
 */
export function readSignatureBlock(bytes: Uint8Array, span: Span): SignatureBlock {
  const reader = new CborReader(bytes, span.from, span.to);
  const start = reader.offset;
  readCoseTag(reader);
  if (reader.array("COSE_Sign1") !== 4) {
    throw new Refusal(Status.CoseMalformed, start, "COSE_Sign1 does not have four elements");
  }
  const header = reader.byteString("The protected header");
  const algorithm = readProtectedHeader(reader.within(header));
  readUnprotectedHeader(reader, algorithm !== undefined);
  if (algorithm === undefined) {
    throw new Refusal(Status.AlgorithmUnprotected, header.start, "The signature states no algorithm");
  }
  if (reader.peek() === Major.Bytes) {
    throw new Refusal(Status.PayloadEmbedded, reader.offset, "The signature carries an embedded payload");
  }
  if (!reader.takeNull()) {
    throw new Refusal(Status.CoseMalformed, reader.offset, "The payload of COSE_Sign1 is not null");
  }
  const signature = reader.byteString("The signature");
  reader.finish("COSE_Sign1");
  return {
    start,
    protectedHeader: bytes.subarray(header.from, header.to),
    algorithm: Number(algorithm),
    signature,
  };
}

function readCoseTag(reader: CborReader): void {
  const head = reader.head();
  const name = head.major === Major.Tag ? COSE_TAGS.get(Number(head.argument)) : undefined;
  if (name === undefined) {
    throw new Refusal(
      Status.CoseMalformed,
      head.start,
      "The authentication block has no tag of a COSE structure",
    );
  }
  if (name !== "COSE_Sign1") {
    throw new Refusal(
      Status.CoseUnsupported,
      head.start,
      `The authentication block is a ${name}, not a COSE_Sign1`,
    );
  }
}

/** The algorithm of the protected header, if it states one. */
function readProtectedHeader(reader: CborReader): bigint | undefined {
  if (reader.peek() === undefined) return undefined;
  let algorithm: bigint | undefined;
  readHeader(reader, "The protected header", (keyStart) => {
    const major = reader.peek();
    if (major !== undefined && major > Major.Negative) {
      throw new Refusal(Status.AlgorithmUnsupported, keyStart, "The signature's algorithm is not an integer");
    }
    algorithm = reader.integer("The signature's algorithm");
  });
  reader.finish("the protected header");
  return algorithm;
}

/** The algorithm has no place in the unprotected header (RFC 9052 §3). */
function readUnprotectedHeader(reader: CborReader, isProtected: boolean): void {
  readHeader(reader, "The unprotected header", (keyStart) => {
    throw isProtected
      ? new Refusal(Status.CoseMalformed, keyStart, "The algorithm stands in both headers of the signature")
      : new Refusal(
          Status.AlgorithmUnprotected,
          keyStart,
          "The algorithm stands in the unprotected header only",
        );
  });
}

/** Reads a header, gives its algorithm to `readAlgorithm` and skips what decides nothing here. */
function readHeader(reader: CborReader, what: string, readAlgorithm: (keyStart: number) => void): void {
  reader.mixedEntries(what, (key) => {
    const label = "label" in key ? key.label : undefined;
    if (label === Header.Crit)
      throw new Refusal(Status.CriticalHeader, key.keyStart, "The signature has a crit header");
    if (label === Header.Alg) readAlgorithm(key.keyStart);
    else reader.skip(`A value of ${what}`);
  });
}

/**
 * Whether an algorithm is verified at all. A bootloader is built for keys of one kind, so the algorithms
 * of a kind are judged where one of the keys is of it, and are as unknown as any other one elsewhere.
 * Without any key it is the bootloader that ships, for P-256.
 */
function isVerified(algorithm: number, keys: readonly Key[]): boolean {
  const type = keyTypeOf(algorithm);
  if (type === "EC2" && keys.length === 0) return true;
  return type !== undefined && keys.some(({ kty }) => kty === type);
}

/** The key, by position, under which a block verifies. */
function verifyingKey(
  bytes: Uint8Array,
  block: SignatureBlock,
  payload: Uint8Array,
  keys: readonly Key[],
  mayUse: (key: Key) => boolean,
): number {
  const name = algorithmName(block.algorithm);
  if (!isVerified(block.algorithm, keys)) {
    throw new Refusal(Status.AlgorithmUnsupported, block.start, `The signature's algorithm is ${name}`);
  }
  const signature = bytes.subarray(block.signature.from, block.signature.to);
  const isHashBased = block.algorithm === Algorithm["HSS-LMS"];
  if (!isHashBased && signature.length !== SIGNATURE_BYTES) {
    throw new Refusal(
      Status.SignatureMalformed,
      block.signature.start,
      `The signature has ${signature.length} bytes instead of ${SIGNATURE_BYTES}`,
    );
  }
  if (!keys.some(mayUse)) {
    throw new Refusal(
      Status.KeyAlgorithmMismatch,
      block.start,
      `The signature is ${name}, and none of the keys may be used with that`,
    );
  }
  const message = signatureInput(block.protectedHeader, payload);
  if (isHashBased) return verifyingHssKey(block, signature, message, keys, mayUse);
  const malformed = malformation(block.algorithm, signature);
  if (malformed !== undefined) throw new Refusal(Status.SignatureMalformed, block.signature.start, malformed);
  const keyIndex = keys.findIndex((key) => mayUse(key) && verifyMessage(key, message, signature));
  if (keyIndex < 0) {
    const under = keys.length === 1 ? "the key" : `any of the ${keys.length} keys`;
    throw new Refusal(
      Status.SignatureInvalid,
      block.signature.start,
      `The ${name} signature does not verify under ${under}`,
    );
  }
  return keyIndex;
}

/** The HSS/LMS key under which a block verifies; otherwise the last one's reason stands for all. */
function verifyingHssKey(
  block: SignatureBlock,
  signature: Uint8Array,
  message: Uint8Array,
  keys: readonly Key[],
  mayUse: (key: Key) => boolean,
): number {
  let last = new Refusal(Status.KeyAlgorithmMismatch, block.start, "No key may be used with the signature");
  for (const [index, key] of keys.entries()) {
    if (!mayUse(key)) continue;
    const refusal = hssRefusal(key.x, message, signature);
    if (refusal === undefined) return index;
    const { status, why } = refusal;
    last = new Refusal(
      status,
      block.signature.start,
      `The ${algorithmName(block.algorithm)} signature does not verify: ${why}`,
    );
  }
  throw last;
}

/** The bytes that a COSE_Sign1 signs: Sig_structure with context "Signature1" (RFC 9052 §4.4). */
export function signatureInput(protectedHeader: Uint8Array, payload: Uint8Array): Uint8Array {
  return encodeCbor(["Signature1", protectedHeader, new Uint8Array(0), payload]);
}

/** An algorithm's name and number, for people. */
export function algorithmName(algorithm: number): string {
  const name = SIGNATURE_ALGORITHMS.get(algorithm);
  return name === undefined ? `algorithm ${algorithm}` : `${name} (${algorithm})`;
}
