/**
 * Reads a public key of P-256 and checks it (SEC 1 §3.2.2.1; SP 800-56A §5.6.2.3.4).
 *
 * The group has prime order, so a finite point of the curve is a valid key. Keys are public: time may
 * depend on them.
 */
import { fieldSetOne, fieldToMontgomery } from "./p256-field";
import { SCRATCH } from "./p256-odd-multiples";
import { ACCUMULATOR, Point, WORK, pointIsOnCurve } from "./p256-point";
import { limbsFromWords, wordsBelow, wordsFromBytes } from "./p256-scalar";

/** Reads the public key into the accumulator; false unless it is a point of the curve. */
export function readPublicKey(x: usize, y: usize): bool {
  if (!readCoordinate(ACCUMULATOR + Point.X, x) || !readCoordinate(ACCUMULATOR + Point.Y, y)) return false;
  fieldSetOne(ACCUMULATOR + Point.Z);
  return pointIsOnCurve();
}

/** Reads a coordinate; false unless it is below p. */
function readCoordinate(out: usize, bytes: usize): bool {
  wordsFromBytes(SCRATCH, bytes);
  limbsFromWords(out, SCRATCH);
  fieldToMontgomery(out, WORK);
  return isBelowPrime(SCRATCH);
}

/** Whether a number is less than p. */
export function isBelowPrime(words: usize): bool {
  return wordsBelow(words, 0xffffffff00000001, 0, 0x00000000ffffffff, 0xffffffffffffffff);
}
