/**
 * The field of P-256: integers modulo p = 2^256 - 2^224 + 2^192 + 2^96 - 1 (SP 800-186 §3.2.1.3).
 *
 * An element is nine limbs of 29 bits, least significant first, each in a 32-bit word; its value v
 * stands for v / R mod p with R = 2^261 (Montgomery form). Twenty-nine bits leave room to add and
 * subtract without carrying, and nine products of two limbs fit in a 64-bit accumulator.
 *
 * Three bounds hold everywhere. Let the *magnitude* of an element be the largest |limb| / 2^29 over
 * limbs 0 to 7, rounded up; limbs are signed.
 *
 * - A **carried** element has limbs 0 to 7 in [0, 2^29) (magnitude 1) and a signed limb 8. Its nine
 *   limbs are determined by its value. Products, combinations and halves are carried.
 * - **Operands of a product**: magnitudes multiply to at most 2, and values to less than 32 p^2 in
 *   absolute value, each value below 16 p. So every |limb 8| < 2^28 < 2^29 as well; a column is at
 *   most nine products, below 9 * 2 * 2^58 < 2^62.2; reduction and carry add less than 2^54: no
 *   column reaches 2^63.
 * - **A product** is (a b + m p) / R with 0 <= m < R and R > 32 p, so it lies in (-p, 2p).
 *
 * The point formulas state the magnitude and the value of what they pass. Verification handles
 * public data only, so time may depend on the operands.
 */
import { Division, divide } from "./p256-divide";

/** Shape of an element in memory. */
export const enum FieldElement {
  /** Nine 32-bit words. */
  Bytes = 36,
}

/** Bits of one limb. */
// @ts-ignore: decorator
@inline const LIMB_MASK: i64 = 0x1fffffff;

/** Three halves, as a multiple of 2^-29. */
// @ts-ignore: decorator
@inline const THREE_HALVES: i64 = 0x30000000;

/** 1 / p modulo 2^29: -1, since p is -1 modulo 2^96. */
// @ts-ignore: decorator
@inline const PRIME_INVERSE: u32 = 0x1fffffff;

/** Columns of a product, 64 bits each, in the size build. */
// @ts-ignore: decorator
@lazy const COLUMNS = memory.data(18 * 8, 8);

/**
 * Multiplies: out = a * b / R mod p, carried, in (-p, 2p). `out` may be an operand.
 *
 * Columns of the product are summed from the lowest up. Since p = -1 modulo 2^96, the multiple of p
 * that clears column k is the column's own low limb m, and adding m * p means: nothing is left in
 * column k, and m * 2^96 = m << 9 goes to column k + 3, m * 2^192 = m << 18 to k + 6, -m * 2^224 =
 * -(m << 21) to k + 7, m * 2^256 = m << 24 to k + 8. The product over R is in columns 9 to 17.
 */
export function fieldMultiply(out: usize, a: usize, b: usize): void {
  if (isDefined(SMALL_P256)) return fieldMultiplyRolled(out, a, b);
  const a0: i64 = load<i32>(a);
  const a1: i64 = load<i32>(a, 4);
  const a2: i64 = load<i32>(a, 8);
  const a3: i64 = load<i32>(a, 12);
  const a4: i64 = load<i32>(a, 16);
  const a5: i64 = load<i32>(a, 20);
  const a6: i64 = load<i32>(a, 24);
  const a7: i64 = load<i32>(a, 28);
  const a8: i64 = load<i32>(a, 32);
  const b0: i64 = load<i32>(b);
  const b1: i64 = load<i32>(b, 4);
  const b2: i64 = load<i32>(b, 8);
  const b3: i64 = load<i32>(b, 12);
  const b4: i64 = load<i32>(b, 16);
  const b5: i64 = load<i32>(b, 20);
  const b6: i64 = load<i32>(b, 24);
  const b7: i64 = load<i32>(b, 28);
  const b8: i64 = load<i32>(b, 32);

  const p0 = a0 * b0;
  const p1 = a0 * b1 + a1 * b0;
  const p2 = a0 * b2 + a1 * b1 + a2 * b0;
  const p3 = a0 * b3 + a1 * b2 + a2 * b1 + a3 * b0;
  const p4 = a0 * b4 + a1 * b3 + a2 * b2 + a3 * b1 + a4 * b0;
  const p5 = a0 * b5 + a1 * b4 + a2 * b3 + a3 * b2 + a4 * b1 + a5 * b0;
  const p6 = a0 * b6 + a1 * b5 + a2 * b4 + a3 * b3 + a4 * b2 + a5 * b1 + a6 * b0;
  const p7 = a0 * b7 + a1 * b6 + a2 * b5 + a3 * b4 + a4 * b3 + a5 * b2 + a6 * b1 + a7 * b0;
  const p8 = a0 * b8 + a1 * b7 + a2 * b6 + a3 * b5 + a4 * b4 + a5 * b3 + a6 * b2 + a7 * b1 + a8 * b0;
  const p9 = a1 * b8 + a2 * b7 + a3 * b6 + a4 * b5 + a5 * b4 + a6 * b3 + a7 * b2 + a8 * b1;
  const p10 = a2 * b8 + a3 * b7 + a4 * b6 + a5 * b5 + a6 * b4 + a7 * b3 + a8 * b2;
  const p11 = a3 * b8 + a4 * b7 + a5 * b6 + a6 * b5 + a7 * b4 + a8 * b3;
  const p12 = a4 * b8 + a5 * b7 + a6 * b6 + a7 * b5 + a8 * b4;
  const p13 = a5 * b8 + a6 * b7 + a7 * b6 + a8 * b5;
  const p14 = a6 * b8 + a7 * b7 + a8 * b6;
  const p15 = a7 * b8 + a8 * b7;
  const p16 = a8 * b8;

  const m0 = p0 & LIMB_MASK;
  let t = p1 + (p0 >> 29);
  const m1 = t & LIMB_MASK;
  t = p2 + (t >> 29);
  const m2 = t & LIMB_MASK;
  t = p3 + (m0 << 9) + (t >> 29);
  const m3 = t & LIMB_MASK;
  t = p4 + (m1 << 9) + (t >> 29);
  const m4 = t & LIMB_MASK;
  t = p5 + (m2 << 9) + (t >> 29);
  const m5 = t & LIMB_MASK;
  t = p6 + (m0 << 18) + (m3 << 9) + (t >> 29);
  const m6 = t & LIMB_MASK;
  t = p7 - (m0 << 21) + (m1 << 18) + (m4 << 9) + (t >> 29);
  const m7 = t & LIMB_MASK;
  t = p8 + (m0 << 24) - (m1 << 21) + (m2 << 18) + (m5 << 9) + (t >> 29);
  const m8 = t & LIMB_MASK;
  t = p9 + (m1 << 24) - (m2 << 21) + (m3 << 18) + (m6 << 9) + (t >> 29);
  store<u32>(out, <u32>(t & LIMB_MASK));
  t = p10 + (m2 << 24) - (m3 << 21) + (m4 << 18) + (m7 << 9) + (t >> 29);
  store<u32>(out, <u32>(t & LIMB_MASK), 4);
  t = p11 + (m3 << 24) - (m4 << 21) + (m5 << 18) + (m8 << 9) + (t >> 29);
  store<u32>(out, <u32>(t & LIMB_MASK), 8);
  t = p12 + (m4 << 24) - (m5 << 21) + (m6 << 18) + (t >> 29);
  store<u32>(out, <u32>(t & LIMB_MASK), 12);
  t = p13 + (m5 << 24) - (m6 << 21) + (m7 << 18) + (t >> 29);
  store<u32>(out, <u32>(t & LIMB_MASK), 16);
  t = p14 + (m6 << 24) - (m7 << 21) + (m8 << 18) + (t >> 29);
  store<u32>(out, <u32>(t & LIMB_MASK), 20);
  t = p15 + (m7 << 24) - (m8 << 21) + (t >> 29);
  store<u32>(out, <u32>(t & LIMB_MASK), 24);
  t = p16 + (m8 << 24) + (t >> 29);
  store<u32>(out, <u32>(t & LIMB_MASK), 28);
  store<u32>(out, <u32>(t >> 29), 32);
}

/** Squares: out = a * a / R mod p, as `fieldMultiply` does; the magnitude of `a` must be 1. */
export function fieldSquare(out: usize, a: usize): void {
  if (isDefined(SMALL_P256)) return fieldMultiplyRolled(out, a, a);
  const a0: i64 = load<i32>(a);
  const a1: i64 = load<i32>(a, 4);
  const a2: i64 = load<i32>(a, 8);
  const a3: i64 = load<i32>(a, 12);
  const a4: i64 = load<i32>(a, 16);
  const a5: i64 = load<i32>(a, 20);
  const a6: i64 = load<i32>(a, 24);
  const a7: i64 = load<i32>(a, 28);
  const a8: i64 = load<i32>(a, 32);

  const p0 = a0 * a0;
  const p1 = (a0 * a1) << 1;
  const p2 = ((a0 * a2) << 1) + a1 * a1;
  const p3 = (a0 * a3 + a1 * a2) << 1;
  const p4 = ((a0 * a4 + a1 * a3) << 1) + a2 * a2;
  const p5 = (a0 * a5 + a1 * a4 + a2 * a3) << 1;
  const p6 = ((a0 * a6 + a1 * a5 + a2 * a4) << 1) + a3 * a3;
  const p7 = (a0 * a7 + a1 * a6 + a2 * a5 + a3 * a4) << 1;
  const p8 = ((a0 * a8 + a1 * a7 + a2 * a6 + a3 * a5) << 1) + a4 * a4;
  const p9 = (a1 * a8 + a2 * a7 + a3 * a6 + a4 * a5) << 1;
  const p10 = ((a2 * a8 + a3 * a7 + a4 * a6) << 1) + a5 * a5;
  const p11 = (a3 * a8 + a4 * a7 + a5 * a6) << 1;
  const p12 = ((a4 * a8 + a5 * a7) << 1) + a6 * a6;
  const p13 = (a5 * a8 + a6 * a7) << 1;
  const p14 = ((a6 * a8) << 1) + a7 * a7;
  const p15 = (a7 * a8) << 1;
  const p16 = a8 * a8;

  const m0 = p0 & LIMB_MASK;
  let t = p1 + (p0 >> 29);
  const m1 = t & LIMB_MASK;
  t = p2 + (t >> 29);
  const m2 = t & LIMB_MASK;
  t = p3 + (m0 << 9) + (t >> 29);
  const m3 = t & LIMB_MASK;
  t = p4 + (m1 << 9) + (t >> 29);
  const m4 = t & LIMB_MASK;
  t = p5 + (m2 << 9) + (t >> 29);
  const m5 = t & LIMB_MASK;
  t = p6 + (m0 << 18) + (m3 << 9) + (t >> 29);
  const m6 = t & LIMB_MASK;
  t = p7 - (m0 << 21) + (m1 << 18) + (m4 << 9) + (t >> 29);
  const m7 = t & LIMB_MASK;
  t = p8 + (m0 << 24) - (m1 << 21) + (m2 << 18) + (m5 << 9) + (t >> 29);
  const m8 = t & LIMB_MASK;
  t = p9 + (m1 << 24) - (m2 << 21) + (m3 << 18) + (m6 << 9) + (t >> 29);
  store<u32>(out, <u32>(t & LIMB_MASK));
  t = p10 + (m2 << 24) - (m3 << 21) + (m4 << 18) + (m7 << 9) + (t >> 29);
  store<u32>(out, <u32>(t & LIMB_MASK), 4);
  t = p11 + (m3 << 24) - (m4 << 21) + (m5 << 18) + (m8 << 9) + (t >> 29);
  store<u32>(out, <u32>(t & LIMB_MASK), 8);
  t = p12 + (m4 << 24) - (m5 << 21) + (m6 << 18) + (t >> 29);
  store<u32>(out, <u32>(t & LIMB_MASK), 12);
  t = p13 + (m5 << 24) - (m6 << 21) + (m7 << 18) + (t >> 29);
  store<u32>(out, <u32>(t & LIMB_MASK), 16);
  t = p14 + (m6 << 24) - (m7 << 21) + (m8 << 18) + (t >> 29);
  store<u32>(out, <u32>(t & LIMB_MASK), 20);
  t = p15 + (m7 << 24) - (m8 << 21) + (t >> 29);
  store<u32>(out, <u32>(t & LIMB_MASK), 24);
  t = p16 + (m8 << 24) + (t >> 29);
  store<u32>(out, <u32>(t & LIMB_MASK), 28);
  store<u32>(out, <u32>(t >> 29), 32);
}

/** `fieldMultiply` in a tenth of the code and twice the time: columns in memory, limb by limb. */
function fieldMultiplyRolled(out: usize, a: usize, b: usize): void {
  memory.fill(COLUMNS, 0, 18 * 8);
  for (let i: usize = 0; i < <usize>FieldElement.Bytes; i += 4) {
    const limb: i64 = load<i32>(a + i);
    const row = COLUMNS + (i << 1);
    for (let j: usize = 0; j < <usize>FieldElement.Bytes; j += 4) {
      const column = row + (j << 1);
      store<i64>(column, load<i64>(column) + limb * <i64>load<i32>(b + j));
    }
    // Nothing is added to this column any more: its multiple of p clears it, and it is carried.
    const low = load<i64>(row) & LIMB_MASK;
    subtractPrime(row, -low);
    store<i64>(row, load<i64>(row, 8) + (load<i64>(row) >> 29), 8);
  }
  carryColumns(out, COLUMNS + 9 * 8);
}

/** Subtracts `multiple` times p from columns: p is -1 + 2^96 + 2^192 - 2^224 + 2^256. */
function subtractPrime(columns: usize, multiple: i64): void {
  store<i64>(columns, load<i64>(columns) + multiple);
  store<i64>(columns, load<i64>(columns, 24) - (multiple << 9), 24);
  store<i64>(columns, load<i64>(columns, 48) - (multiple << 18), 48);
  store<i64>(columns, load<i64>(columns, 56) + (multiple << 21), 56);
  store<i64>(columns, load<i64>(columns, 64) - (multiple << 24), 64);
}

/** Carries nine columns into an element. */
function carryColumns(out: usize, columns: usize): void {
  let sum: i64 = 0;
  for (let offset: usize = 0; offset < <usize>FieldElement.Bytes; offset += 4) {
    sum += load<i64>(columns + (offset << 1));
    store<u32>(out + offset, <u32>(offset === 32 ? sum : sum & LIMB_MASK));
    sum >>= 29;
  }
}

/**
 * Subtracts a multiple and reduces: out = a - scale * b mod p, carried, within p / 1000 of [0, p].
 *
 * The scale is at most 9 and magnitudes at most 2, so sums fit easily. Limb 8 of the sum over 2^24 is
 * the value over 2^256, rounded down, but for what the lower limbs carry, a few units of 2^-24; that
 * many times p is subtracted while carrying.
 */
export function fieldCombine(out: usize, a: usize, scale: i64, b: usize): void {
  const top = (<i64>load<i32>(a, 32) - scale * <i64>load<i32>(b, 32)) >> 24;
  if (isDefined(SMALL_P256)) return combineRolled(out, a, scale, b, top);
  let t: i64 = <i64>load<i32>(a) - scale * <i64>load<i32>(b) + top;
  store<u32>(out, <u32>(t & LIMB_MASK));
  t = (t >> 29) + <i64>load<i32>(a, 4) - scale * <i64>load<i32>(b, 4);
  store<u32>(out, <u32>(t & LIMB_MASK), 4);
  t = (t >> 29) + <i64>load<i32>(a, 8) - scale * <i64>load<i32>(b, 8);
  store<u32>(out, <u32>(t & LIMB_MASK), 8);
  t = (t >> 29) + <i64>load<i32>(a, 12) - scale * <i64>load<i32>(b, 12) - (top << 9);
  store<u32>(out, <u32>(t & LIMB_MASK), 12);
  t = (t >> 29) + <i64>load<i32>(a, 16) - scale * <i64>load<i32>(b, 16);
  store<u32>(out, <u32>(t & LIMB_MASK), 16);
  t = (t >> 29) + <i64>load<i32>(a, 20) - scale * <i64>load<i32>(b, 20);
  store<u32>(out, <u32>(t & LIMB_MASK), 20);
  t = (t >> 29) + <i64>load<i32>(a, 24) - scale * <i64>load<i32>(b, 24) - (top << 18);
  store<u32>(out, <u32>(t & LIMB_MASK), 24);
  t = (t >> 29) + <i64>load<i32>(a, 28) - scale * <i64>load<i32>(b, 28) + (top << 21);
  store<u32>(out, <u32>(t & LIMB_MASK), 28);
  t = (t >> 29) + <i64>load<i32>(a, 32) - scale * <i64>load<i32>(b, 32) - (top << 24);
  store<u32>(out, <u32>t, 32);
}

/**
 * One and a half times a carried element: out = 3 a / 2 mod p, carried, within p / 1000 of [0, p].
 *
 * The multiple of p that is subtracted from 3 a, as in `fieldCombine`, is one less where the difference would be
 * odd. That is 0 to 2p then, and even: so times 2^28 its lowest limb is 0, and what is above is its half.
 */
export function fieldHalfTriple(out: usize, a: usize): void {
  let top = (3 * <i64>load<i32>(a, 32)) >> 24;
  // p is odd, and so is 3.
  top -= (<i64>load<i32>(a) + top) & 1;
  if (isDefined(SMALL_P256)) {
    combineRolled(out, a, -2, a, top);
    for (let offset: usize = 0; offset < 32; offset += 4) {
      const above = load<u32>(out + offset, 4);
      store<u32>(out + offset, (load<u32>(out + offset) >> 1) | ((above & 1) << 28));
    }
    store<i32>(out, load<i32>(out, 32) >> 1, 32);
    return;
  }
  let t: i64 = THREE_HALVES * <i64>load<i32>(a) + (top << 28);
  t = (t >> 29) + THREE_HALVES * <i64>load<i32>(a, 4);
  store<u32>(out, <u32>(t & LIMB_MASK));
  t = (t >> 29) + THREE_HALVES * <i64>load<i32>(a, 8);
  store<u32>(out, <u32>(t & LIMB_MASK), 4);
  t = (t >> 29) + THREE_HALVES * <i64>load<i32>(a, 12) - (top << 37);
  store<u32>(out, <u32>(t & LIMB_MASK), 8);
  t = (t >> 29) + THREE_HALVES * <i64>load<i32>(a, 16);
  store<u32>(out, <u32>(t & LIMB_MASK), 12);
  t = (t >> 29) + THREE_HALVES * <i64>load<i32>(a, 20);
  store<u32>(out, <u32>(t & LIMB_MASK), 16);
  t = (t >> 29) + THREE_HALVES * <i64>load<i32>(a, 24) - (top << 46);
  store<u32>(out, <u32>(t & LIMB_MASK), 20);
  t = (t >> 29) + THREE_HALVES * <i64>load<i32>(a, 28) + (top << 49);
  store<u32>(out, <u32>(t & LIMB_MASK), 24);
  t = (t >> 29) + THREE_HALVES * <i64>load<i32>(a, 32) - (top << 52);
  store<u32>(out, <u32>(t & LIMB_MASK), 28);
  store<u32>(out, <u32>(t >> 29), 32);
}

/** out = a - scale * b - top * p, carried. */
function combineRolled(out: usize, a: usize, scale: i64, b: usize, top: i64): void {
  memory.fill(COLUMNS, 0, 9 * 8);
  subtractPrime(COLUMNS, top);
  for (let offset: usize = 0; offset < <usize>FieldElement.Bytes; offset += 4) {
    const column = COLUMNS + (offset << 1);
    const sum = <i64>load<i32>(a + offset) - scale * <i64>load<i32>(b + offset);
    store<i64>(column, load<i64>(column) + sum);
  }
  carryColumns(out, COLUMNS);
}

/** Adds without carrying: magnitudes add up. */
export function fieldAdd(out: usize, a: usize, b: usize): void {
  if (isDefined(SMALL_P256)) {
    for (let offset: usize = 0; offset < <usize>FieldElement.Bytes; offset += 4) {
      store<i32>(out + offset, load<i32>(a + offset) + load<i32>(b + offset));
    }
    return;
  }
  store<i32>(out, load<i32>(a, 0) + load<i32>(b, 0), 0);
  store<i32>(out, load<i32>(a, 4) + load<i32>(b, 4), 4);
  store<i32>(out, load<i32>(a, 8) + load<i32>(b, 8), 8);
  store<i32>(out, load<i32>(a, 12) + load<i32>(b, 12), 12);
  store<i32>(out, load<i32>(a, 16) + load<i32>(b, 16), 16);
  store<i32>(out, load<i32>(a, 20) + load<i32>(b, 20), 20);
  store<i32>(out, load<i32>(a, 24) + load<i32>(b, 24), 24);
  store<i32>(out, load<i32>(a, 28) + load<i32>(b, 28), 28);
  store<i32>(out, load<i32>(a, 32) + load<i32>(b, 32), 32);
}

/** Subtracts without carrying: the difference of carried elements has magnitude 1 and signed limbs. */
export function fieldSubtract(out: usize, a: usize, b: usize): void {
  if (isDefined(SMALL_P256)) {
    for (let offset: usize = 0; offset < <usize>FieldElement.Bytes; offset += 4) {
      store<i32>(out + offset, load<i32>(a + offset) - load<i32>(b + offset));
    }
    return;
  }
  store<i32>(out, load<i32>(a, 0) - load<i32>(b, 0), 0);
  store<i32>(out, load<i32>(a, 4) - load<i32>(b, 4), 4);
  store<i32>(out, load<i32>(a, 8) - load<i32>(b, 8), 8);
  store<i32>(out, load<i32>(a, 12) - load<i32>(b, 12), 12);
  store<i32>(out, load<i32>(a, 16) - load<i32>(b, 16), 16);
  store<i32>(out, load<i32>(a, 20) - load<i32>(b, 20), 20);
  store<i32>(out, load<i32>(a, 24) - load<i32>(b, 24), 24);
  store<i32>(out, load<i32>(a, 28) - load<i32>(b, 28), 28);
  store<i32>(out, load<i32>(a, 32) - load<i32>(b, 32), 32);
}

/** Whether a carried element in (-p, 2p) is 0 modulo p: only the limbs of 0 and of p are. */
export function fieldIsZero(a: usize): bool {
  const low = load<u32>(a);
  // Rarely does anything but zero begin like 0 or like p; the full comparison can take its time.
  if (low !== 0 && low !== <u32>LIMB_MASK) return false;
  const p: u64 = 0 - <u64>(low !== 0);
  return (
    ((load<u64>(a, 4, 4) ^ (p & 0x1fffffff1fffffff)) |
      (load<u64>(a, 12, 4) ^ (p & 0x00000000000001ff)) |
      (load<u64>(a, 20, 4) ^ (p & 0x0004000000000000)) |
      (load<u64>(a, 28, 4) ^ (p & 0x00ffffff1fe00000))) ===
    0
  );
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

/** The element 1. */
export function fieldSetOne(out: usize): void {
  fieldSet(out, 0x20, 0x1fffc00000000000, 0x1fffffff1fffffff, 0x03ffffff1f7fffff, 0);
}

/** R^2 mod p, which brings into Montgomery form. */
function fieldSetSquareOfR(out: usize): void {
  fieldSet(out, 0xc00, 0x1fdfffff1fff0000, 0x1fffffff1fbfffff, 0x1ffffffe1fffffff, 0x13);
}

/** Brings limbs into Montgomery form in place: a * R mod p, carried. `scratch` holds one element. */
export function fieldToMontgomery(a: usize, scratch: usize): void {
  fieldSetSquareOfR(scratch);
  fieldMultiply(a, a, scratch);
}

/** Inverts in Montgomery form: `Division.Quotient` of `work` becomes R^2 / a mod p; `a` is not 0. */
export function fieldInvert(work: usize, a: usize): void {
  fieldSet(work + Division.Modulus, 0x1fffffff1fffffff, 0x000001ff1fffffff, 0, 0x1fe0000000040000, 0xffffff);
  fieldCombine(work + Division.Denominator, a, 0, a);
  fieldSetSquareOfR(work + Division.Numerator);
  divide(work, PRIME_INVERSE);
}
