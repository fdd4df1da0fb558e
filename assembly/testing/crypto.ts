/**
 * Testing entry: the cryptography with its inner layers, for tests and benchmarks.
 *
 * Not part of the bootloader. A caller writes operands into `INPUT`, or into the mapped flash below
 * RAM, and reads results from `OUTPUT`.
 */
import { Division } from "../crypto/p256-divide";
import { fieldCopy, fieldInvert } from "../crypto/p256-field";

export { equalConstantTime } from "../crypto/compare";
export { ecdsaP256Verify } from "../crypto/ecdsa-p256";
export { baseMultiple } from "../crypto/p256-base-table";
export {
  fieldAdd,
  fieldCombine,
  fieldHalfTriple,
  fieldIsZero,
  fieldMultiply,
  fieldSetOne,
  fieldSquare,
  fieldSubtract,
  fieldToMontgomery,
} from "../crypto/p256-field";
export { BASE_SCALAR, KEY_SCALAR, multiplyAdd } from "../crypto/p256-multiply";
export {
  ACCUMULATOR,
  pointAdd,
  pointDouble,
  pointIsInfinity,
  pointIsOnCurve,
  pointSetInfinity,
} from "../crypto/p256-point";
export {
  limbsFromWords,
  scalarAddOrder,
  scalarInvert,
  scalarIsReduced,
  scalarIsZero,
  scalarMultiply,
  wordsFromBytes,
} from "../crypto/p256-scalar";
export { hmacSha256Final, hmacSha256Init, hmacSha256Update } from "../crypto/hmac-sha256";
export { sha256, sha256Final, sha256Init, sha256Update } from "../crypto/sha256";
export { __heap_base };

/** Operands: 1 KiB. */
export const INPUT = memory.data(1024, 8);

/** Results: 256 bytes. */
export const OUTPUT = memory.data(256, 8);

/** Inverts a field element by way of `INPUT`: out = R^2 / a mod p. */
export function fieldInverse(out: usize, a: usize): void {
  fieldInvert(INPUT, a);
  fieldCopy(out, INPUT + Division.Quotient);
}
