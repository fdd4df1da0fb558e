/**
 * Points of P-256 in Jacobian coordinates: (X, Y, Z) stands for the affine (X / Z^2, Y / Z^3).
 *
 * There is one accumulator; the operations double it and add to it. The point at infinity has a Z of
 * nine zero limbs. The group has prime order, so no finite point doubles to infinity, and Z is a
 * product everywhere else: its limbs are all zero only when it was set so.
 *
 * In the words of `p256-field.ts`, before and after each operation X and Z are carried and lie in (-p, 2p), and Y
 * has magnitude 1 and lies in (-3p, 3p), as does the y of a point that is added. Within an operation, comments give
 * magnitude and value of what is not carried.
 */
import {
  FieldElement,
  fieldAdd,
  fieldCombine,
  fieldCopy,
  fieldHalfTriple,
  fieldIsZero,
  fieldMultiply,
  fieldSet,
  fieldSetOne,
  fieldSquare,
  fieldSubtract,
} from "./p256-field";

/** Shape of a point in memory: three field elements. */
export const enum Point {
  X = 0,
  Y = 36,
  Z = 72,
  Bytes = 108,
}

/** The accumulator. */
// @ts-ignore: decorator
@lazy export const ACCUMULATOR = memory.data(Point.Bytes, 4);

// @ts-ignore: decorator
@lazy const X = ACCUMULATOR + Point.X;
// @ts-ignore: decorator
@lazy const Y = ACCUMULATOR + Point.Y;
// @ts-ignore: decorator
@lazy const Z = ACCUMULATOR + Point.Z;

/** Four elements in which the operations work; free between them. */
// @ts-ignore: decorator
@lazy export const WORK = memory.data(4 * FieldElement.Bytes, 4);

// @ts-ignore: decorator
@lazy const T0 = WORK;
// @ts-ignore: decorator
@lazy const T1 = WORK + FieldElement.Bytes;
// @ts-ignore: decorator
@lazy const T2 = WORK + 2 * FieldElement.Bytes;
// @ts-ignore: decorator
@lazy const T3 = WORK + 3 * FieldElement.Bytes;

/** After an addition: the new Z over the old one. */
// @ts-ignore: decorator
@lazy export const ADDED_RATIO = T1;

/** Makes the accumulator the point at infinity. */
export function pointSetInfinity(): void {
  memory.fill(Z, 0, FieldElement.Bytes);
}

/** Whether the accumulator is the point at infinity. */
export function pointIsInfinity(): bool {
  for (let offset: usize = 0; offset < <usize>FieldElement.Bytes; offset += 4) {
    if (load<u32>(Z + offset) !== 0) return false;
  }
  return true;
}

/** Whether the accumulator, with Z = 1, satisfies y^2 = x^3 - 3x + b (SEC 1 §3.2.2.1). */
export function pointIsOnCurve(): bool {
  fieldSquare(T0, X);
  fieldMultiply(T0, T0, X);
  fieldSquare(T1, Y);
  fieldSubtract(T0, T1, T0); // y^2 - x^3
  fieldSet(T1, 0x1cdf62291897bbfb, 0x01732821018486c4, 0x0abf72121dad59e0, 0x17721d201a06d110, 0x8600c3); // b
  fieldCombine(T1, T1, 3, X); // b - 3x
  fieldCombine(T0, T0, 1, T1);
  return fieldIsZero(T0);
}

/**
 * Doubles the accumulator, which must not be infinity.
 *
 * With a = -3 the slope is 3 (X - Z^2)(X + Z^2) / 2YZ (D. J. Bernstein, dbl-2001-b). Writing A for
 * 3/2 (X - Z^2)(X + Z^2), so that it is A / YZ, and g for Y^2:
 *
 *     X' = A^2 - 2 X g     Y' = A (X g - X') - g^2     Z' = Y Z
 */
export function pointDouble(): void {
  fieldSquare(T0, Z);
  fieldSubtract(T1, X, T0); // magnitude 1, in (-3p, 3p)
  fieldAdd(T0, X, T0); // 2, (-2p, 4p)
  fieldMultiply(T0, T0, T1);
  fieldHalfTriple(T0, T0); // A
  fieldMultiply(Z, Y, Z);
  fieldSquare(T1, Y); // g
  fieldMultiply(T2, X, T1); // X g
  fieldSquare(T3, T0);
  fieldCombine(X, T3, 2, T2);
  fieldSubtract(T2, T2, X); // 1, (-3p, 3p)
  fieldMultiply(T0, T0, T2);
  fieldSquare(T1, T1);
  fieldSubtract(Y, T0, T1); // 1, (-3p, 3p)
}

/**
 * Adds the affine point (x, y) to the accumulator.
 *
 * Its coordinates are not in `WORK`. Infinity, equal and opposite points are told apart, so every sum
 * is right:
 *
 *     H = x Z^2 - X     R = y Z^3 - Y
 *     X' = R^2 - H^3 - 2 X H^2     Y' = R (X H^2 - X') - Y H^3     Z' = Z H
 *
 * Where nothing of that was special, `ADDED_RATIO` is H afterwards.
 */
export function pointAdd(x: usize, y: usize): void {
  if (pointIsInfinity()) {
    fieldCopy(X, x);
    fieldCopy(Y, y);
    fieldSetOne(Z);
    return;
  }

  findChord(x, y);
  if (fieldIsZero(T0)) {
    // x is equal; y is equal too, or opposite.
    fieldSquare(T0, T2);
    if (fieldIsZero(T0)) pointDouble();
    else pointSetInfinity();
    return;
  }
  addChord();
}

/**
 * Adds the affine point (x, y), in magnitude 1, to the accumulator without looking at either: the
 * accumulator must be finite, and neither that point nor its opposite. Takes the same time for all.
 */
export function pointAddDistinct(x: usize, y: usize): void {
  findChord(x, y);
  addChord();
}

/** H, R and H^2 of `pointAdd`, in T1, T2 and T0. */
function findChord(x: usize, y: usize): void {
  fieldSquare(T0, Z);
  fieldMultiply(T1, x, T0);
  fieldSubtract(T1, T1, X); // H: magnitude 1, in (-3p, 3p)
  fieldMultiply(T0, Z, T0);
  fieldMultiply(T2, y, T0);
  fieldCombine(T2, T2, 1, Y); // R
  fieldSquare(T0, T1);
}

/** The sum from H, R and H^2. */
function addChord(): void {
  fieldMultiply(Z, Z, T1);
  fieldMultiply(T3, T1, T0); // H^3
  fieldMultiply(T0, X, T0); // X H^2
  fieldMultiply(Y, Y, T3);
  fieldSquare(X, T2);
  fieldSubtract(X, X, T3); // 1, (-3p, 3p)
  fieldCombine(X, X, 2, T0);
  fieldSubtract(T0, T0, X); // 1, (-3p, 3p)
  fieldMultiply(T0, T2, T0);
  fieldSubtract(Y, T0, Y); // 1, (-3p, 3p)
}
