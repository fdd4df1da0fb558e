/**
 * Signs envelopes: COSE_Sign1 with detached payload over the manifest's digest
 * (RFC 9052 §4.2; draft-ietf-suit-manifest-37 §8.3).
 */
import { p256 } from "@noble/curves/nist.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { Limit } from "../../assembly/limits.ts";
import { Status } from "../../assembly/status.ts";
import { SIGNATURE_BYTES, signMessage, verifyMessage } from "../keys/signature.ts";
import {
  acceptsAlgorithm,
  Algorithm,
  usualAlgorithm,
  type AlgorithmNumber,
  type Key,
  type PrivateKey,
} from "../keys/key.ts";
import { STATUS_TEXT } from "../status-text.ts";
import { UserError } from "../user-error.ts";
import { algorithmName, readWrapper, requireManifestDigest, signatureInput } from "./authentication.ts";
import { encodeCbor, Tagged } from "./cbor-writer.ts";
import { readEnvelope } from "./envelope.ts";
import { Refusal } from "./refusal.ts";

/** CBOR tag of COSE_Sign1. */
const SIGN1_TAG = 18;

/**
 * Adds a signature to an envelope; those that it has stay.
 *
 * ECDSA is deterministic (RFC 6979), so the same envelope and key give the same bytes. An HSS/LMS key
 * takes a leaf for each signature, once it is sure that the envelope can be signed.
 *
 * @param options.algorithm the algorithm; the one the key is pinned to, or the usual one of its type
 * @returns the envelope with one more authentication block, otherwise byte for byte the same
 * @throws UserError if the bytes are no envelope, or the key may not be used with the algorithm
 */
export function signEnvelope(
  bytes: Uint8Array,
  key: PrivateKey,
  options: { readonly algorithm?: AlgorithmNumber | undefined } = {},
): Uint8Array {
  const algorithm = algorithmOf(key, options.algorithm);
  return signable(() => addBlock(bytes, (digest) => signatureBlock(digest, key, algorithm)));
}

/** What an HSM is to sign. */
export interface SignatureRequest {
  readonly algorithm: AlgorithmNumber;
  /** The bytes to be signed: Sig_structure (RFC 9052 §4.4). */
  readonly message: Uint8Array;
  /** SHA-256 of the message, for a device that signs digests. */
  readonly digest: Uint8Array;
}

/**
 * What has to be signed so that `attachSignature` can put the signature in.
 *
 * @throws UserError if the bytes are no envelope whose manifest has the stated digest
 */
export function signatureRequest(bytes: Uint8Array, algorithm: AlgorithmNumber): SignatureRequest {
  return signable(() => {
    const message = signatureInput(protectedHeader(algorithm), payloadOf(bytes));
    return { algorithm, message, digest: sha256(message) };
  });
}

/**
 * Adds a signature that was made elsewhere.
 *
 * @param signature r and s in 64 bytes, or the DER that most tools write; as it is for HSS/LMS
 * @param key the public key; with one, a signature that does not verify is refused
 * @throws UserError signature-malformed, signature-invalid, or what `signatureRequest` throws
 */
export function attachSignature(
  bytes: Uint8Array,
  signature: Uint8Array,
  algorithm: AlgorithmNumber,
  key?: Key,
): Uint8Array {
  const raw = algorithm === Algorithm["HSS-LMS"] ? signature : rawSignature(signature);
  const { message } = signatureRequest(bytes, algorithm);
  if (key !== undefined) {
    algorithmOf(key, algorithm);
    if (!verifyMessage(key, message, raw)) {
      throw new UserError(
        STATUS_TEXT[Status.SignatureInvalid].code,
        "The signature does not verify under the key for this envelope.",
        "Sign exactly the bytes that --digest-only wrote, with the same --algorithm and the key's private half.",
      );
    }
  }
  return signable(() => addBlock(bytes, () => coseSign1(algorithm, raw)));
}

/** The algorithm to use with a key: the stated one, the key's own, or the usual one of its type. */
function algorithmOf(key: Key, stated: AlgorithmNumber | undefined): AlgorithmNumber {
  const algorithm = stated ?? key.alg ?? usualAlgorithm(key.kty);
  if (acceptsAlgorithm(key, algorithm)) return algorithm;
  throw new UserError(
    "key-algorithm-mismatch",
    `The key may not be used with ${algorithmName(algorithm)}; it is ${
      key.alg === undefined ? `for ${key.crv}` : `pinned to ${algorithmName(key.alg)}`
    }.`,
    "Leave the algorithm out, or sign with another key.",
  );
}

/** r and s in 64 bytes. */
function rawSignature(signature: Uint8Array): Uint8Array {
  if (signature.length === SIGNATURE_BYTES) return signature;
  try {
    return p256.Signature.fromBytes(signature, "der").toBytes("compact");
  } catch (cause) {
    throw new UserError(
      STATUS_TEXT[Status.SignatureMalformed].code,
      `The signature has ${signature.length} bytes and is neither the ${SIGNATURE_BYTES} of r and s nor their DER.`,
      "Give the file that the HSM or `openssl dgst -sign` wrote.",
      { cause },
    );
  }
}

/** Says in an author's words why an envelope cannot be signed. */
function signable<Result>(action: () => Result): Result {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { code, hint } = STATUS_TEXT[error.status];
    throw new UserError(code, `This cannot be signed. ${error.said()}`, hint, { cause: error });
  }
}

function protectedHeader(algorithm: AlgorithmNumber): Uint8Array {
  return encodeCbor(new Map([[1, algorithm]]));
}

/** A tagged COSE_Sign1 with detached payload (RFC 9052 §4.2). */
function coseSign1(algorithm: AlgorithmNumber, signature: Uint8Array): Uint8Array {
  return encodeCbor(new Tagged(SIGN1_TAG, [protectedHeader(algorithm), new Map(), null, signature]));
}

/** An authentication block: a tagged COSE_Sign1 over an encoded SUIT_Digest. */
export function signatureBlock(digest: Uint8Array, key: PrivateKey, algorithm: AlgorithmNumber): Uint8Array {
  return coseSign1(algorithm, signMessage(key, signatureInput(protectedHeader(algorithm), digest)));
}

/** The encoded SUIT_Digest that is signed, after checking that it is the manifest's. */
function payloadOf(bytes: Uint8Array): Uint8Array {
  const envelope = readEnvelope(bytes, { everyMember: true });
  const wrapper = readWrapper(envelope);
  requireManifestDigest(envelope, wrapper);
  return bytes.subarray(wrapper.payload.from, wrapper.payload.to);
}

/** The envelope with one more authentication block. */
function addBlock(bytes: Uint8Array, block: (digest: Uint8Array) => Uint8Array): Uint8Array {
  const envelope = readEnvelope(bytes, { everyMember: true });
  const { authentication } = envelope;
  const wrapper = readWrapper(envelope);
  const digest = bytes.subarray(wrapper.payload.from, wrapper.payload.to);
  // A signature over another manifest's digest would be worthless, so it is not made.
  requireManifestDigest(envelope, wrapper);
  const blocks = wrapper.blocks.map(({ from, to }) => bytes.subarray(from, to));
  if (blocks.length >= Limit.Signatures) {
    throw new UserError(
      STATUS_TEXT[Status.TooManySignatures].code,
      `The envelope has ${blocks.length} signatures already, and devices try ${Limit.Signatures}.`,
      "Start again from the envelope without signatures.",
    );
  }
  const signed = encodeCbor(encodeCbor([digest, ...blocks, block(digest)]));
  return Uint8Array.from([
    ...bytes.subarray(0, authentication.start),
    ...signed,
    ...bytes.subarray(authentication.to),
  ]);
}
