/**
 * Signatures by any key: each kind of key has one kind of signature.
 */
import { UserError } from "../user-error.ts";
import * as ecdsa from "./ecdsa.ts";
import { isEdwardsSignature, signEdwards, verifyEdwards } from "./ed25519.ts";
import { hssRefusal, signWithLeaf } from "./hss.ts";
import { isEdwardsAlgorithm, type Key, type PrivateKey } from "./key.ts";

export { SIGNATURE_BYTES } from "./ecdsa.ts";

/**
 * Signs a message. The same key and message give the same bytes every time, but for HSS/LMS, where each
 * signature takes a leaf of its own.
 *
 * @throws UserError `leaf-state-missing` for an HSS/LMS key that was read without its state
 */
export function signMessage(key: PrivateKey, message: Uint8Array): Uint8Array {
  if (key.kty === "OKP") return signEdwards(key, message);
  if (key.kty === "EC2") return ecdsa.signMessage(key, message);
  if (key.takeLeaf === undefined) {
    throw new UserError(
      "leaf-state-missing",
      "An HSS/LMS key does not sign without its state, which says what leaf is next.",
      "Sign with `manifest sign`, and the key where `keys generate` wrote it.",
    );
  }
  const { leaf, topLeaves } = key.takeLeaf();
  return signWithLeaf(key, message, leaf, topLeaves);
}

/** Whether a signature over a message is the key's; one of P-256 or Ed25519 has 64 bytes. */
export function verifyMessage(key: Key, message: Uint8Array, signature: Uint8Array): boolean {
  if (key.kty === "HSS-LMS") return hssRefusal(key.x, message, signature) === undefined;
  return key.kty === "OKP"
    ? verifyEdwards(key, message, signature)
    : ecdsa.verifyMessage(key, message, signature);
}

/** Why a 64-byte signature cannot be one of an algorithm, as the end of a sentence; undefined if it can. */
export function malformation(algorithm: number, signature: Uint8Array): string | undefined {
  if (isEdwardsAlgorithm(algorithm)) {
    return isEdwardsSignature(signature)
      ? undefined
      : "S of the signature is not below L, or R is not the one encoding of a point";
  }
  return ecdsa.isInRange(signature) ? undefined : "A number of the signature is not from 1 to n - 1";
}
