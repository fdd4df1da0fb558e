/**
 * Signatures by any key: each kind of key has one kind of signature, 64 bytes in either case.
 */
import * as ecdsa from "./ecdsa.ts";
import { isEdwardsSignature, signEdwards, verifyEdwards } from "./ed25519.ts";
import { isEdwardsAlgorithm, type Key, type PrivateKey } from "./key.ts";

export { SIGNATURE_BYTES } from "./ecdsa.ts";

/** Signs a message; the same key and message give the same bytes every time. */
export function signMessage(key: PrivateKey, message: Uint8Array): Uint8Array {
  return key.kty === "OKP" ? signEdwards(key, message) : ecdsa.signMessage(key, message);
}

/** Whether a 64-byte signature over a message is the key's. */
export function verifyMessage(key: Key, message: Uint8Array, signature: Uint8Array): boolean {
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
