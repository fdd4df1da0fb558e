/**
 * Numbers modulo n, the order of P-256 (SP 800-186 §3.2.1.3), and 256-bit numbers as such.
 *
 * A number is four 64-bit words, least significant first. Sums and their carries are as-bignum's primitives,
 * which allocate nothing; products go by 32 bits, as they take a quarter of the code of 128-bit ones. A
 * verification needs two products and one inversion, a small part of its time; time may depend on the operands,
 * which are public.
 */
import { __carry, __uadd64 } from "as-bignum/assembly/globals";
import { Division, divide } from "./p256-divide";
import { fieldSet } from "./p256-field";

/** Shape of a number in memory. */
export const enum Scalar {
  /** Four 64-bit words. */
  Bytes = 32,
}

/** The order n of the group. */
// @ts-ignore: decorator
@lazy const ORDER = memory.data<u64>([
  0xf3b9cac2fc632551, 0xbce6faada7179e84, 0xffffffffffffffff, 0xffffffff00000000,
]);

/** -1 / n modulo 2^32, for Montgomery reduction. */
// @ts-ignore: decorator
@inline const ORDER_NEGATED_INVERSE: u32 = 0xee00bc4f;

/** 1 / n modulo 2^29, for division. */
// @ts-ignore: decorator
@inline const ORDER_LIMB_INVERSE: u32 = 0x11ff43b1;

/** A product, and the bit by which its reduction may exceed 64 bytes. */
// @ts-ignore: decorator
@lazy const PRODUCT = memory.data(72, 8);

/** Reads a 32-byte big-endian number. */
export function wordsFromBytes(out: usize, bytes: usize): void {
  for (let offset: usize = 0; offset < <usize>Scalar.Bytes; offset += 4) {
    store<u32>(out + offset, bswap<u32>(load<u32>(bytes + 28 - offset, 0, 1)));
  }
}

/** Whether the number is less than the one with these words, most significant first. */
export function wordsBelow(a: usize, word3: u64, word2: u64, word1: u64, word0: u64): bool {
  let word = load<u64>(a, 24);
  if (word !== word3) return word < word3;
  word = load<u64>(a, 16);
  if (word !== word2) return word < word2;
  word = load<u64>(a, 8);
  if (word !== word1) return word < word1;
  return load<u64>(a) < word0;
}

/** Whether the number is less than the order. */
export function scalarIsReduced(a: usize): bool {
  return wordsBelow(a, 0xffffffff00000000, 0xffffffffffffffff, 0xbce6faada7179e84, 0xf3b9cac2fc632551);
}

/** Whether the number is 0. */
export function scalarIsZero(a: usize): bool {
  return (load<u64>(a) | load<u64>(a, 8) | load<u64>(a, 16) | load<u64>(a, 24)) === 0;
}

/** Adds the order in place, and returns the carry out of 256 bits. */
export function scalarAddOrder(a: usize): u64 {
  return addWords(a, ORDER, 0);
}

/**
 * Multiplies: out = a * b / 2^256 mod n, reduced (Montgomery). `out` may be an operand.
 *
 * Precondition: a < n; b is any 256-bit number.
 * Each round adds a * (32 bits of b), then the multiple of n that clears the lowest 32 bits, and moves up by as
 * many. Counted from there, the sum stays below 2n; adding a row keeps it below 2n + n(2^32 - 1) < 2^288;
 * clearing it, below n * 2^33, one bit more.
 */
export function scalarMultiply(out: usize, a: usize, b: usize): void {
  memory.fill(PRODUCT, 0, 72);
  for (let offset: usize = 0; offset < <usize>Scalar.Bytes; offset += 4) {
    const row = PRODUCT + offset;
    addRow(row, a, load<u32>(b + offset));
    addRow(row, ORDER, load<u32>(row) * ORDER_NEGATED_INVERSE);
  }
  if (load<u64>(PRODUCT, 64) !== 0 || !scalarIsReduced(PRODUCT + 32)) {
    addWords(PRODUCT + 32, ORDER, -1);
  }
  memory.copy(out, PRODUCT + 32, Scalar.Bytes);
}

/**
 * Inverts into Montgomery form: out = 2^256 / a mod n.
 *
 * Precondition: 0 < a < n. `work` is `Division.Bytes`; `out` may be `a`.
 */
export function scalarInvert(out: usize, a: usize, work: usize): void {
  limbsFromWords(work + Division.Denominator, a);
  fieldSet(
    work + Division.Modulus,
    0x1dce56171c632551,
    0x0df55b4e05e7a13c,
    0x1fffffff1ffffbce,
    0x1fe000000003ffff,
    0xffffff,
  );
  // 2^256 mod n.
  fieldSet(
    work + Division.Numerator,
    0x0231a9e8039cdaaf,
    0x120aa4b11a185ec3,
    0x0000000000000431,
    0x001fffff1ffc0000,
    0,
  );
  divide(work, ORDER_LIMB_INVERSE);
  wordsFromLimbs(out, work + Division.Quotient);
}

/** Splits a number into nine limbs of 29 bits. `out` and `words` must not overlap. */
export function limbsFromWords(out: usize, words: usize): void {
  for (let limb: u32 = 0; limb < 8; limb++) {
    const bit = limb * 29;
    const pair = load<u64>(words + ((bit >> 5) << 2), 0, 4);
    store<u32>(out + (limb << 2), (<u32>(pair >> (bit & 31))) & 0x1fffffff);
  }
  store<u32>(out, load<u32>(words, 28) >> 8, 32);
}

/** Joins nine limbs, all in [0, 2^29), to a number below 2^256. They must not overlap. */
export function wordsFromLimbs(out: usize, limbs: usize): void {
  memory.fill(out, 0, Scalar.Bytes);
  for (let limb: u32 = 0; limb < 8; limb++) {
    const bit = limb * 29;
    const pair = out + ((bit >> 5) << 2);
    store<u64>(pair, load<u64>(pair, 0, 4) | ((<u64>load<u32>(limbs + (limb << 2))) << (bit & 31)), 0, 4);
  }
  store<u32>(out, load<u32>(out, 28) | (load<u32>(limbs, 32) << 8), 28);
}

/** Adds `a * factor` at `target`: 32 bytes, and the carry into the eight above. */
function addRow(target: usize, a: usize, factor: u32): void {
  let sum: u64 = 0;
  for (let offset: usize = 0; offset < <usize>Scalar.Bytes; offset += 4) {
    // (2^32 - 1)^2 + 2 (2^32 - 1) is 2^64 - 1.
    sum = (sum >> 32) + <u64>factor * load<u32>(a + offset) + load<u32>(target + offset);
    store<u32>(target + offset, <u32>sum);
  }
  store<u64>(target, load<u64>(target, 32, 4) + (sum >> 32), 32, 4);
}

/** Adds b (mask 0) or subtracts it (mask -1: adds its complement and 1) in place; returns the carry. */
function addWords(a: usize, b: usize, mask: u64): u64 {
  let carry = mask & 1;
  for (let offset: usize = 0; offset < <usize>Scalar.Bytes; offset += 8) {
    store<u64>(a + offset, __uadd64(load<u64>(a + offset), load<u64>(b + offset) ^ mask, carry));
    carry = __carry;
  }
  return carry;
}
