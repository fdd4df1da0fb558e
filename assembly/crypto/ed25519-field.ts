/**
 * The field of Curve25519: integers modulo p = 2^255 - 19 (RFC 8032 §5.1).
 *
 * An element is nine limbs of 29 bits, least significant first, each in a signed 32-bit word. A
 * product has 18 columns; column k + 9 is 2^261 times column k, and 2^261 = 64 * 2^255 = 1216 mod p.
 *
 * Let the *magnitude* of an element be the largest |limb| / 2^29 over limbs 0 to 7 and
 * |limb 8| / 2^23, but for a thousandth. Two bounds hold everywhere:
 *
 * - A **carried** element has limbs 0 and 2 to 7 in [0, 2^29), limb 8 in [0, 2^23) and limb 1 in
 *   (-2^15, 2^29 + 2^15), so magnitude 1 and a value in (-2^45, 2^255 + 2^45). Products are carried.
 * - **Operands of a product** have magnitudes that multiply to at most 3. A column is at most seven
 *   products of full limbs and two with a short limb 8, or eight of full limbs, below 8 * 3 * 2^58 <
 *   2^62.6; what is folded and carried into it is below 2^40: no column reaches 2^63. The carry out of
 *   the last column, below 2^40, wraps around as 19 times as much, of which 2^15 reach limb 1.
 *
 * The point formulas state the magnitude of what they pass. Verification handles public data only, so
 * time may depend on the operands.
 */

/** Shape of an element in memory. */
export const enum FieldElement {
  /** Nine 32-bit words. */
  Bytes = 36,
}

/** Bits of one limb. */
// @ts-ignore: decorator
@inline const LIMB_MASK: i64 = 0x1fffffff;

/** 2^261 modulo p. */
// @ts-ignore: decorator
@inline const TOP_FOLD: i64 = 1216;

/** Multiplies: out = a * b mod p, carried. `out` may be an operand. */
export function fieldMultiply(out: usize, a: usize, b: usize): void {
  const a0: i64 = load<i32>(a, 0);
  const a1: i64 = load<i32>(a, 4);
  const a2: i64 = load<i32>(a, 8);
  const a3: i64 = load<i32>(a, 12);
  const a4: i64 = load<i32>(a, 16);
  const a5: i64 = load<i32>(a, 20);
  const a6: i64 = load<i32>(a, 24);
  const a7: i64 = load<i32>(a, 28);
  const a8: i64 = load<i32>(a, 32);
  const b0: i64 = load<i32>(b, 0);
  const b1: i64 = load<i32>(b, 4);
  const b2: i64 = load<i32>(b, 8);
  const b3: i64 = load<i32>(b, 12);
  const b4: i64 = load<i32>(b, 16);
  const b5: i64 = load<i32>(b, 20);
  const b6: i64 = load<i32>(b, 24);
  const b7: i64 = load<i32>(b, 28);
  const b8: i64 = load<i32>(b, 32);
  let high: i64 = a1 * b8 + a2 * b7 + a3 * b6 + a4 * b5 + a5 * b4 + a6 * b3 + a7 * b2 + a8 * b1;
  let low: i64 = a0 * b0 + (high & LIMB_MASK) * TOP_FOLD;
  store<u32>(out, <u32>(low & LIMB_MASK), 0);
  high = a2 * b8 + a3 * b7 + a4 * b6 + a5 * b5 + a6 * b4 + a7 * b3 + a8 * b2 + (high >> 29);
  low = a0 * b1 + a1 * b0 + (high & LIMB_MASK) * TOP_FOLD + (low >> 29);
  store<u32>(out, <u32>(low & LIMB_MASK), 4);
  high = a3 * b8 + a4 * b7 + a5 * b6 + a6 * b5 + a7 * b4 + a8 * b3 + (high >> 29);
  low = a0 * b2 + a1 * b1 + a2 * b0 + (high & LIMB_MASK) * TOP_FOLD + (low >> 29);
  store<u32>(out, <u32>(low & LIMB_MASK), 8);
  high = a4 * b8 + a5 * b7 + a6 * b6 + a7 * b5 + a8 * b4 + (high >> 29);
  low = a0 * b3 + a1 * b2 + a2 * b1 + a3 * b0 + (high & LIMB_MASK) * TOP_FOLD + (low >> 29);
  store<u32>(out, <u32>(low & LIMB_MASK), 12);
  high = a5 * b8 + a6 * b7 + a7 * b6 + a8 * b5 + (high >> 29);
  low = a0 * b4 + a1 * b3 + a2 * b2 + a3 * b1 + a4 * b0 + (high & LIMB_MASK) * TOP_FOLD + (low >> 29);
  store<u32>(out, <u32>(low & LIMB_MASK), 16);
  high = a6 * b8 + a7 * b7 + a8 * b6 + (high >> 29);
  low =
    a0 * b5 + a1 * b4 + a2 * b3 + a3 * b2 + a4 * b1 + a5 * b0 + (high & LIMB_MASK) * TOP_FOLD + (low >> 29);
  store<u32>(out, <u32>(low & LIMB_MASK), 20);
  high = a7 * b8 + a8 * b7 + (high >> 29);
  low =
    a0 * b6 +
    a1 * b5 +
    a2 * b4 +
    a3 * b3 +
    a4 * b2 +
    a5 * b1 +
    a6 * b0 +
    (high & LIMB_MASK) * TOP_FOLD +
    (low >> 29);
  store<u32>(out, <u32>(low & LIMB_MASK), 24);
  high = a8 * b8 + (high >> 29);
  low =
    a0 * b7 +
    a1 * b6 +
    a2 * b5 +
    a3 * b4 +
    a4 * b3 +
    a5 * b2 +
    a6 * b1 +
    a7 * b0 +
    (high & LIMB_MASK) * TOP_FOLD +
    (low >> 29);
  store<u32>(out, <u32>(low & LIMB_MASK), 28);
  high >>= 29;
  low =
    a0 * b8 +
    a1 * b7 +
    a2 * b6 +
    a3 * b5 +
    a4 * b4 +
    a5 * b3 +
    a6 * b2 +
    a7 * b1 +
    a8 * b0 +
    high * TOP_FOLD +
    (low >> 29);
  wrapTop(out, low);
}

/** Squares: out = a * a mod p, carried. A build for size multiplies instead. */
export function fieldSquare(out: usize, a: usize): void {
  if (ASC_SHRINK_LEVEL > 1) {
    fieldMultiply(out, a, a);
  } else {
    squareColumns(out, a);
  }
}

// @ts-ignore: decorator
@inline
function squareColumns(out: usize, a: usize): void {
  const a0: i64 = load<i32>(a, 0);
  const a1: i64 = load<i32>(a, 4);
  const a2: i64 = load<i32>(a, 8);
  const a3: i64 = load<i32>(a, 12);
  const a4: i64 = load<i32>(a, 16);
  const a5: i64 = load<i32>(a, 20);
  const a6: i64 = load<i32>(a, 24);
  const a7: i64 = load<i32>(a, 28);
  const a8: i64 = load<i32>(a, 32);
  let high: i64 = (a1 * a8 + a2 * a7 + a3 * a6 + a4 * a5) << 1;
  let low: i64 = a0 * a0 + (high & LIMB_MASK) * TOP_FOLD;
  store<u32>(out, <u32>(low & LIMB_MASK), 0);
  high = ((a2 * a8 + a3 * a7 + a4 * a6) << 1) + a5 * a5 + (high >> 29);
  low = ((a0 * a1) << 1) + (high & LIMB_MASK) * TOP_FOLD + (low >> 29);
  store<u32>(out, <u32>(low & LIMB_MASK), 4);
  high = ((a3 * a8 + a4 * a7 + a5 * a6) << 1) + (high >> 29);
  low = ((a0 * a2) << 1) + a1 * a1 + (high & LIMB_MASK) * TOP_FOLD + (low >> 29);
  store<u32>(out, <u32>(low & LIMB_MASK), 8);
  high = ((a4 * a8 + a5 * a7) << 1) + a6 * a6 + (high >> 29);
  low = ((a0 * a3 + a1 * a2) << 1) + (high & LIMB_MASK) * TOP_FOLD + (low >> 29);
  store<u32>(out, <u32>(low & LIMB_MASK), 12);
  high = ((a5 * a8 + a6 * a7) << 1) + (high >> 29);
  low = ((a0 * a4 + a1 * a3) << 1) + a2 * a2 + (high & LIMB_MASK) * TOP_FOLD + (low >> 29);
  store<u32>(out, <u32>(low & LIMB_MASK), 16);
  high = ((a6 * a8) << 1) + a7 * a7 + (high >> 29);
  low = ((a0 * a5 + a1 * a4 + a2 * a3) << 1) + (high & LIMB_MASK) * TOP_FOLD + (low >> 29);
  store<u32>(out, <u32>(low & LIMB_MASK), 20);
  high = ((a7 * a8) << 1) + (high >> 29);
  low = ((a0 * a6 + a1 * a5 + a2 * a4) << 1) + a3 * a3 + (high & LIMB_MASK) * TOP_FOLD + (low >> 29);
  store<u32>(out, <u32>(low & LIMB_MASK), 24);
  high = a8 * a8 + (high >> 29);
  low = ((a0 * a7 + a1 * a6 + a2 * a5 + a3 * a4) << 1) + (high & LIMB_MASK) * TOP_FOLD + (low >> 29);
  store<u32>(out, <u32>(low & LIMB_MASK), 28);
  high >>= 29;
  low = ((a0 * a8 + a1 * a7 + a2 * a6 + a3 * a5) << 1) + a4 * a4 + high * TOP_FOLD + (low >> 29);
  wrapTop(out, low);
}

/** Stores limb 8 of the last column, and adds what is above 2^255 as 19 times as much at the bottom. */
// @ts-ignore: decorator
@inline
function wrapTop(out: usize, column: i64): void {
  store<u32>(out, <u32>(column & 0x7fffff), 32);
  const bottom = <i64>load<i32>(out) + (column >> 23) * 19;
  store<u32>(out, <u32>(bottom & LIMB_MASK));
  store<i32>(out, load<i32>(out, 4) + <i32>(bottom >> 29), 4);
}

/** out = a^(2^count) * factor, carried; count is at least 1. `out` may be `a` but not `factor`. */
export function fieldPowerMultiply(out: usize, a: usize, count: i32, factor: usize): void {
  fieldSquare(out, a);
  while (--count > 0) fieldSquare(out, out);
  fieldMultiply(out, out, factor);
}

/**
 * Adds and subtracts without carrying: sum = a + b, difference = a - b. Magnitudes add up, but the
 * difference of carried elements has magnitude 1. Results may be operands.
 */
export function fieldAddSubtract(sum: usize, difference: usize, a: usize, b: usize): void {
  if (ASC_SHRINK_LEVEL > 1) {
    for (let offset: usize = 0; offset < <usize>FieldElement.Bytes; offset += 4) {
      addSubtractLimb(sum, difference, a, b, offset);
    }
  } else {
    addSubtractLimb(sum, difference, a, b, 0);
    addSubtractLimb(sum, difference, a, b, 4);
    addSubtractLimb(sum, difference, a, b, 8);
    addSubtractLimb(sum, difference, a, b, 12);
    addSubtractLimb(sum, difference, a, b, 16);
    addSubtractLimb(sum, difference, a, b, 20);
    addSubtractLimb(sum, difference, a, b, 24);
    addSubtractLimb(sum, difference, a, b, 28);
    addSubtractLimb(sum, difference, a, b, 32);
  }
}

// @ts-ignore: decorator
@inline
function addSubtractLimb(sum: usize, difference: usize, a: usize, b: usize, offset: usize): void {
  const x = load<i32>(a + offset);
  const y = load<i32>(b + offset);
  store<i32>(sum + offset, x + y);
  store<i32>(difference + offset, x - y);
}

/** out = scaleA * a - b without carrying; scaleA is 0, 1 or 2. */
export function fieldScaleSubtract(out: usize, scaleA: i32, a: usize, b: usize): void {
  if (ASC_SHRINK_LEVEL > 1) {
    for (let offset: usize = 0; offset < <usize>FieldElement.Bytes; offset += 4) {
      scaleSubtractLimb(out, scaleA, a, b, offset);
    }
  } else {
    scaleSubtractLimb(out, scaleA, a, b, 0);
    scaleSubtractLimb(out, scaleA, a, b, 4);
    scaleSubtractLimb(out, scaleA, a, b, 8);
    scaleSubtractLimb(out, scaleA, a, b, 12);
    scaleSubtractLimb(out, scaleA, a, b, 16);
    scaleSubtractLimb(out, scaleA, a, b, 20);
    scaleSubtractLimb(out, scaleA, a, b, 24);
    scaleSubtractLimb(out, scaleA, a, b, 28);
    scaleSubtractLimb(out, scaleA, a, b, 32);
  }
}

// @ts-ignore: decorator
@inline
function scaleSubtractLimb(out: usize, scaleA: i32, a: usize, b: usize, offset: usize): void {
  store<i32>(out + offset, scaleA * load<i32>(a + offset) - load<i32>(b + offset));
}

/** Carries in place; the magnitude is at most 3. */
export function fieldCarry(a: usize): void {
  let sum: i32 = 0;
  for (let offset: usize = 0; offset < 32; offset += 4) {
    sum += load<i32>(a + offset);
    store<i32>(a + offset, sum & (<i32>LIMB_MASK));
    sum >>= 29;
  }
  wrapTop(a, <i64>(sum + load<i32>(a, 32)));
}

/**
 * Reduces in place to [0, p); the magnitude is at most 3.
 *
 * Carried once, the value may still be a little below 0 or above 2^255; carried twice, it is a v in
 * [0, 2^255). How many times p it has in it, q = 0 or 1, is the part of v + 19 above 2^255; and v - q p
 * is v + 19 q without that part.
 */
export function fieldReduce(a: usize): void {
  fieldCarry(a);
  fieldCarry(a);
  let sum: i32 = 19;
  for (let offset: usize = 0; offset < 32; offset += 4) sum = (sum + load<i32>(a + offset)) >> 29;
  sum = ((sum + load<i32>(a, 32)) >> 23) * 19;
  for (let offset: usize = 0; offset < 32; offset += 4) {
    sum += load<i32>(a + offset);
    store<i32>(a + offset, sum & (<i32>LIMB_MASK));
    sum >>= 29;
  }
  store<i32>(a, (sum + load<i32>(a, 32)) & 0x7fffff, 32);
}

/** Whether an element of magnitude at most 3 is 0; it is reduced in place. */
export function fieldIsZero(a: usize): bool {
  fieldReduce(a);
  let bits: u32 = 0;
  for (let offset: usize = 0; offset < <usize>FieldElement.Bytes; offset += 4) bits |= load<u32>(a + offset);
  return bits === 0;
}

/**
 * Reads 32 bytes, little-endian, of which the highest bit is left out (RFC 8032 §5.1.2).
 *
 * @returns whether the number is below p, as it must be
 */
export function fieldFromBytes(out: usize, bytes: usize): bool {
  for (let limb: u32 = 0; limb < 8; limb++) {
    const bit = limb * 29;
    const word = load<u64>(bytes + ((bit >> 5) << 2), 0, 1);
    store<u32>(out + (limb << 2), (<u32>(word >> (bit & 31))) & (<u32>LIMB_MASK));
  }
  const top = (load<u32>(bytes, 28, 1) >> 8) & 0x7fffff;
  store<u32>(out, top, 32);
  // Only numbers from 2^255 - 19 up have all these bits.
  let ones = top | ~0x7fffff;
  for (let offset: usize = 4; offset < 32; offset += 4) {
    ones &= load<u32>(out + offset) | ~(<u32>LIMB_MASK);
  }
  return ones !== <u32>-1 || load<u32>(out) < 0x1fffffed;
}

/** Copies an element. */
// @ts-ignore: decorator
@inline
export function fieldCopy(out: usize, a: usize): void {
  memory.copy(out, a, FieldElement.Bytes);
}

/** Writes a constant given as its limbs, two to a word; constants in code cost no RAM. */
export function fieldSet(
  out: usize,
  limbs01: u64,
  limbs23: u64,
  limbs45: u64,
  limbs67: u64,
  limb8: u32,
): void {
  store<u64>(out, limbs01, 0, 4);
  store<u64>(out, limbs23, 8, 4);
  store<u64>(out, limbs45, 16, 4);
  store<u64>(out, limbs67, 24, 4);
  store<u32>(out, limb8, 32);
}
