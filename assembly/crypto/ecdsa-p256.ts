/**
 * ECDSA over P-256: verification (FIPS 186-5 §6.4.2, SEC 1 §4.1.4).
 *
 * The digest is the caller's business, so any 256-bit hash will do; with SHA-256 this is ES256 and
 * ESP256 of COSE. Everything verified is public, so time depends on the data. No heap; everything
 * lives in static buffers of the files imported here, so one verification runs at a time.
 */
import { Status } from "../status";
import { fieldCombine, fieldIsZero, fieldMultiply, fieldSquare, fieldToMontgomery } from "./p256-field";
import { BASE_SCALAR, KEY_SCALAR, multiplyAdd } from "./p256-multiply";
import { SCRATCH } from "./p256-odd-multiples";
import { ACCUMULATOR, Point, WORK, pointIsInfinity } from "./p256-point";
import { isBelowPrime, readPublicKey } from "./p256-public-key";
import {
  limbsFromWords,
  scalarAddOrder,
  scalarInvert,
  scalarIsReduced,
  scalarIsZero,
  scalarMultiply,
  wordsFromBytes,
} from "./p256-scalar";

/**
 * Verifies a signature.
 *
 * @param x the public key's x coordinate, 32 bytes, big-endian
 * @param y its y coordinate, likewise
 * @param digest the message's digest, 32 bytes
 * @param signature r and s, 32 bytes each, big-endian (RFC 9053 §2.1)
 * @returns Status.Ok; Status.SignatureMalformed if r or s is 0 or not below n; Status.KeyMalformed
 *   if a coordinate is not below p or the point is not on the curve; otherwise Status.SignatureInvalid
 */
export function ecdsaP256Verify(x: usize, y: usize, digest: usize, signature: usize): i32 {
  if (!readScalar(KEY_SCALAR, signature) || !readScalar(BASE_SCALAR, signature + 32)) {
    return Status.SignatureMalformed;
  }
  if (!readPublicKey(x, y)) return Status.KeyMalformed;

  // w = 1 / s, u1 = e w, u2 = r w; w is in Montgomery form, so the products are not.
  scalarInvert(BASE_SCALAR, BASE_SCALAR, SCRATCH);
  scalarMultiply(KEY_SCALAR, BASE_SCALAR, KEY_SCALAR);
  wordsFromBytes(SCRATCH, digest);
  scalarMultiply(BASE_SCALAR, BASE_SCALAR, SCRATCH);

  multiplyAdd();
  if (pointIsInfinity()) return Status.SignatureInvalid;
  return accumulatorHasX(signature) ? Status.Ok : Status.SignatureInvalid;
}

/**
 * Looks once more at the point that the last verification has left.
 *
 * @param signature the one that was verified
 * @returns 0 if the point is what the signature states, 1 if not or if nothing was verified
 */
export function ecdsaP256Residue(signature: usize): u32 {
  return !pointIsInfinity() && accumulatorHasX(signature) ? 0 : 1;
}

/** Reads r or s; false unless it is in 1 … n - 1. */
function readScalar(out: usize, bytes: usize): bool {
  wordsFromBytes(out, bytes);
  return scalarIsReduced(out) && !scalarIsZero(out);
}

/**
 * Whether the accumulator's affine x is r modulo n.
 *
 * Instead of dividing X by Z^2, this multiplies r by it. As n < p < 2n, x may be r or r + n.
 */
function accumulatorHasX(r: usize): bool {
  const candidate = WORK;
  const square = WORK + 36;
  wordsFromBytes(SCRATCH, r);
  do {
    limbsFromWords(candidate, SCRATCH);
    fieldToMontgomery(candidate, square);
    fieldSquare(square, ACCUMULATOR + Point.Z);
    fieldMultiply(candidate, candidate, square);
    fieldCombine(candidate, candidate, 1, ACCUMULATOR + Point.X);
    if (fieldIsZero(candidate)) return true;
  } while (scalarAddOrder(SCRATCH) === 0 && isBelowPrime(SCRATCH));
  return false;
}
