/**
 * Signs envelopes: COSE_Sign1 with detached payload over the manifest's digest
 * (RFC 9052 §4.2; draft-ietf-suit-manifest-37 §8.3).
 */
import { Limit } from "../../assembly/limits.ts";
import { Status } from "../../assembly/status.ts";
import { signMessage } from "../keys/ecdsa.ts";
import { acceptsAlgorithm, Algorithm, type AlgorithmNumber, type PrivateKey } from "../keys/key.ts";
import { STATUS_TEXT } from "../status-text.ts";
import { UserError } from "../user-error.ts";
import { algorithmName, readWrapper, requireManifestDigest, signatureInput } from "./authentication.ts";
import { encodeCbor, Tagged } from "./cbor-writer.ts";
import { readEnvelope, type Envelope } from "./envelope.ts";
import { Refusal } from "./refusal.ts";

/** CBOR tag of COSE_Sign1. */
const SIGN1_TAG = 18;

/**
 * Adds a signature to an envelope; those that it has stay.
 *
 * ECDSA is deterministic (RFC 6979), so the same envelope and key give the same bytes.
 *
 * @param options.algorithm the algorithm; the one the key is pinned to, or ESP256
 * @returns the envelope with one more authentication block, otherwise byte for byte the same
 * @throws UserError if the bytes are no envelope, or the key may not be used with the algorithm
 */
export function signEnvelope(
  bytes: Uint8Array,
  key: PrivateKey,
  options: { readonly algorithm?: AlgorithmNumber | undefined } = {},
): Uint8Array {
  const algorithm = options.algorithm ?? key.alg ?? Algorithm.ESP256;
  if (!acceptsAlgorithm(key, algorithm)) {
    throw new UserError(
      "key-algorithm-mismatch",
      `The key may not be used with ${algorithmName(algorithm)}; it is pinned to ${algorithmName(key.alg ?? 0)}.`,
      "Leave the algorithm out, or sign with another key.",
    );
  }
  try {
    return addSignature(readEnvelope(bytes), key, algorithm);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { code, hint } = STATUS_TEXT[error.status];
    throw new UserError(code, `This cannot be signed. ${error.said()}`, hint, { cause: error });
  }
}

/** An authentication block: a tagged COSE_Sign1 over an encoded SUIT_Digest. */
export function signatureBlock(digest: Uint8Array, key: PrivateKey, algorithm: AlgorithmNumber): Uint8Array {
  const protectedHeader = encodeCbor(new Map([[1, algorithm]]));
  const message = signatureInput(protectedHeader, digest);
  const signature = signMessage(key, message);
  return encodeCbor(new Tagged(SIGN1_TAG, [protectedHeader, new Map(), null, signature]));
}

function addSignature(envelope: Envelope, key: PrivateKey, algorithm: AlgorithmNumber): Uint8Array {
  const { bytes, authentication } = envelope;
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
  const signed = encodeCbor(encodeCbor([digest, ...blocks, signatureBlock(digest, key, algorithm)]));
  return Uint8Array.from([
    ...bytes.subarray(0, authentication.start),
    ...signed,
    ...bytes.subarray(authentication.to),
  ]);
}
