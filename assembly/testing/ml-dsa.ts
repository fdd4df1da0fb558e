/**
 * Testing entry: ML-DSA-44 with its inner layers. Not part of the bootloader.
 *
 * A caller writes operands into the mapped flash below RAM, or into `WORKSPACE`.
 */
import { Sponge } from "../crypto/keccak";
import { Polynomial } from "../crypto/ml-dsa-ring";

export { shakeAbsorb, shakeFinish, shakeInit, shakeSqueeze } from "../crypto/keccak";
export { mlDsa44Verify } from "../crypto/ml-dsa-44";
export { ringInit, transform, transformBack } from "../crypto/ml-dsa-ring";

/** A sponge, then a polynomial. */
export const WORKSPACE = memory.data(Sponge.Bytes + Polynomial.Bytes, 8);
export { __heap_base };
