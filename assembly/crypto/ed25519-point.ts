/**
 * Points of Ed25519, -x^2 + y^2 = 1 + d x^2 y^2 (RFC 8032 §5.1), in extended coordinates: x = X / Z,
 * y = Y / Z and x y = T / Z. (H. Hisil, K. K. Wong, G. Carter and E. Dawson, Twisted Edwards Curves
 * Revisited, 2008.)
 *
 * There is one accumulator; the operations double it and add to it. The formulas hold for all points,
 * the neutral one and those of small order as well. T is not stored but its factors, E and H, which
 * every operation leaves: a doubling does not need T, so only additions multiply them.
 *
 * Comments give magnitudes in the words of `ed25519-field.ts`, where they are not 1.
 *
 * Static data is lazy: a build that imports this file and verifies nothing with it pays no RAM.
 */
import {
  FieldElement,
  fieldAddSubtract,
  fieldCarry,
  fieldCopy,
  fieldFromBytes,
  fieldIsZero,
  fieldMultiply,
  fieldPowerMultiply,
  fieldScaleSubtract,
  fieldSet,
  fieldSquare,
} from "./ed25519-field";

/** A point as an operand of additions. */
export const enum CachedPoint {
  /** Y + X. */
  Plus = 0,
  /** Y - X. */
  Minus = 36,
  /** 2 d T. */
  Product = 72,
  /** 2 Z; an operand without it stands for half of everything, with 2 Z = 1. */
  Denominator = 108,
  Bytes = 144,
}

/** The accumulator: X, Y, Z, and E and H whose product is T. F and G are free between operations. */
// @ts-ignore: decorator
@lazy export const ACCUMULATOR = memory.data(7 * FieldElement.Bytes, 4);

// @ts-ignore: decorator
@lazy const X = ACCUMULATOR;
// @ts-ignore: decorator
@lazy const Y = ACCUMULATOR + FieldElement.Bytes;
// @ts-ignore: decorator
@lazy const Z = ACCUMULATOR + 2 * FieldElement.Bytes;
// @ts-ignore: decorator
@lazy const E = ACCUMULATOR + 3 * FieldElement.Bytes;
// @ts-ignore: decorator
@lazy const F = ACCUMULATOR + 4 * FieldElement.Bytes;
// @ts-ignore: decorator
@lazy const G = ACCUMULATOR + 5 * FieldElement.Bytes;
// @ts-ignore: decorator
@lazy const H = ACCUMULATOR + 6 * FieldElement.Bytes;

/** Makes the accumulator the neutral point, (0, 1). */
export function pointSetNeutral(): void {
  memory.fill(ACCUMULATOR, 0, 7 * FieldElement.Bytes);
  store<u32>(Y, 1);
  store<u32>(Z, 1);
}

/**
 * Whether the accumulator is the opposite of a cached point that was decoded, so that its Z is 1.
 *
 * @param point of which Plus and Minus are looked at
 */
export function pointIsOpposite(point: usize): bool {
  // The opposite of (x, y) is (-x, y), with x and y exchanged in y + x and y - x.
  fieldAddSubtract(F, G, Y, X);
  fieldMultiply(H, Z, point + CachedPoint.Minus);
  fieldScaleSubtract(F, 1, F, H);
  fieldMultiply(H, Z, point + CachedPoint.Plus);
  fieldScaleSubtract(G, 1, G, H);
  return fieldIsZero(F) && fieldIsZero(G);
}

/**
 * Whether the accumulator has the y of an encoded point and is not the neutral point, by other code than
 * `pointIsOpposite`; false if nothing was ever computed.
 */
export function pointHasY(bytes: usize): bool {
  fieldFromBytes(G, bytes);
  fieldMultiply(G, G, Z);
  fieldScaleSubtract(G, 1, G, Y);
  fieldScaleSubtract(H, 1, Z, Y);
  return fieldIsZero(G) && !fieldIsZero(H);
}

/** Whether x is 0: of the neutral point and of (0, -1), the one of order 2. F is overwritten. */
export function pointHasZeroX(): bool {
  fieldCopy(F, X);
  return fieldIsZero(F);
}

/** Doubles the accumulator (dbl-2008-hwcd, all signs changed). */
export function pointDouble(): void {
  fieldAddSubtract(H, E, Y, Y);
  fieldMultiply(E, X, H); // 2 X Y
  fieldSquare(F, X);
  fieldSquare(G, Y);
  fieldAddSubtract(H, G, G, F); // Y^2 + X^2: magnitude 2; Y^2 - X^2
  fieldSquare(Z, Z);
  fieldScaleSubtract(F, 2, Z, G); // 2 Z^2 - G: 3
  finish();
}

/**
 * Adds a cached point to the accumulator, or subtracts it (add-2008-hwcd-3).
 *
 * The opposite of (x, y) is (-x, y), which exchanges Plus and Minus and changes the sign of Product.
 * The difference is taken as X - Y or Y - X so that of E and F, and of G and H, one is of magnitude 1.
 *
 * @param hasDenominator false if `CachedPoint.Denominator` is missing, as it is 1
 */
export function pointAdd(point: usize, isNegative: bool, hasDenominator: bool): void {
  fieldMultiply(E, E, H); // T
  if (isNegative) {
    fieldAddSubtract(F, G, Y, X); // Y + X: magnitude 2; Y - X
    fieldMultiply(F, F, point + CachedPoint.Minus);
    fieldMultiply(G, G, point + CachedPoint.Plus);
  } else {
    fieldAddSubtract(F, G, X, Y); // X + Y: 2; X - Y
    fieldMultiply(F, F, point + CachedPoint.Plus);
    fieldMultiply(G, G, point + CachedPoint.Minus);
  }
  fieldMultiply(X, E, point + CachedPoint.Product);
  if (hasDenominator) fieldMultiply(Z, Z, point + CachedPoint.Denominator);
  if (isNegative) {
    fieldAddSubtract(H, E, F, G); // H: 2
    fieldAddSubtract(F, G, Z, X); // F: 2
  } else {
    fieldAddSubtract(E, H, F, G); // E: 2
    fieldAddSubtract(G, F, Z, X); // G: 2
  }
  finish();
}

/** Multiplies what both operations end with. Magnitudes: E F, F G at most 3; G H, and later E H, 2. */
function finish(): void {
  fieldMultiply(X, E, F);
  fieldMultiply(Y, G, H);
  fieldMultiply(Z, F, G);
}

/** Writes the accumulator as an operand; F is overwritten. */
export function pointCache(out: usize): void {
  fieldAddSubtract(out + CachedPoint.Plus, out + CachedPoint.Minus, Y, X);
  fieldCarry(out + CachedPoint.Plus);
  fieldMultiply(F, E, H);
  // 2 d
  fieldSet(
    out + CachedPoint.Product,
    0x1eb4dca106b2f159,
    0x0029350500ec55ba,
    0x007977791d13000e,
    0x1b8adbff139c663a,
    0x2406d9,
  );
  fieldMultiply(out + CachedPoint.Product, out + CachedPoint.Product, F);
  fieldAddSubtract(out + CachedPoint.Denominator, F, Z, Z);
}

/**
 * Makes the accumulator a point given as 32 bytes (RFC 8032 §5.1.3), or its opposite.
 *
 * @param work memory for `CachedPoint.Bytes`
 * @returns false unless the bytes are the one encoding of a point: y is below p, it is the y of a
 *   point, and x = 0 has no sign
 */
export function pointDecode(bytes: usize, isOpposite: bool, work: usize): bool {
  if (!fieldFromBytes(Y, bytes)) return false;
  memory.fill(Z, 0, FieldElement.Bytes);
  store<u32>(Z, 1);
  // x^2 = u / v with u = y^2 - 1 and v = d y^2 + 1.
  fieldSquare(F, Y);
  // d
  fieldSet(G, 0x0f5a6e50135978a3, 0x00149a8210762add, 0x003cbbbc1e898007, 0x1dc56dff19ce331d, 0x52036c);
  fieldMultiply(G, G, F);
  fieldScaleSubtract(H, 1, F, Z); // u
  fieldAddSubtract(G, F, G, Z); // v
  // The candidate is u v^3 (u v^7)^((p - 5) / 8).
  fieldSquare(X, G);
  fieldMultiply(X, X, G);
  fieldSquare(E, X);
  fieldMultiply(E, E, G);
  fieldMultiply(E, E, H);
  fieldMultiply(X, X, H);
  fieldMultiply(X, X, raise(E, work));
  // v x^2 is u, or -u and then x is to be multiplied by a root of -1, or there is none.
  fieldSquare(E, X);
  fieldMultiply(E, E, G);
  fieldAddSubtract(E, F, E, H);
  if (!fieldIsZero(F)) {
    if (!fieldIsZero(E)) return false;
    fieldSet(E, 0x0770d93a0a0ea0b0, 0x06300d5a0bf91e31, 0x004c9efd1d7a72f4, 0x1009f83b1c2cad34, 0x2b8324);
    fieldMultiply(X, X, E);
  }
  const isOdd = load<u8>(bytes, 31) >> 7;
  if (fieldIsZero(X) && isOdd !== 0) return false;
  if ((load<u8>(X) & 1) !== (isOdd ^ (<u8>isOpposite))) {
    fieldScaleSubtract(X, 0, X, X);
    fieldCarry(X);
  }
  // T is x y.
  fieldCopy(E, X);
  fieldCopy(H, Y);
  return true;
}

/** a^((p - 5) / 8) = a^(2^252 - 3), somewhere in `work`; a number n tells that a slot holds a^(2^n - 1). */
function raise(a: usize, work: usize): usize {
  const b = work + FieldElement.Bytes;
  const c = work + 2 * FieldElement.Bytes;
  fieldPowerMultiply(work, a, 1, a); // 2
  fieldPowerMultiply(b, work, 2, work); // 4
  fieldPowerMultiply(b, b, 1, a); // 5
  fieldPowerMultiply(work, b, 5, b); // 10
  fieldPowerMultiply(b, work, 10, work); // 20
  fieldPowerMultiply(c, b, 20, b); // 40
  fieldPowerMultiply(c, c, 10, work); // 50
  fieldPowerMultiply(work, c, 50, c); // 100
  fieldPowerMultiply(b, work, 100, work); // 200
  fieldPowerMultiply(b, b, 50, c); // 250
  fieldPowerMultiply(b, b, 2, a);
  return b;
}
