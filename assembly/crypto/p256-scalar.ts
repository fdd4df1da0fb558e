/**
 * Numbers modulo n, the order of P-256 (SP 800-186 §3.2.1.3), and 256-bit numbers as such.
 *
 * A number is four 64-bit words, least significant first. Wide products and carries are as-bignum's
 * primitives, which return their high half in a global and allocate nothing. A verification needs
 * five products and one inversion, so this is the small half of its time; time may depend on the
 * operands, which are public.
 */
import { __carry, __res128_hi, __uadd64, __umul64Step } from "as-bignum/assembly/globals";

/** Shape of a number in memory. */
export const enum Scalar {
  /** Four 64-bit words. */
  Bytes = 32,
  /** What `scalarInvert` works in: four numbers. */
  InvertScratchBytes = 128,
}

/** The order n of the group. */
const ORDER = memory.data<u64>([
  0xf3b9cac2fc632551, 0xbce6faada7179e84, 0xffffffffffffffff, 0xffffffff00000000,
]);

/** -1 / n modulo 2^64, for Montgomery reduction. */
// @ts-ignore: decorator
@inline const ORDER_NEGATED_INVERSE: u64 = 0xccd1c8aaee00bc4f;

/** Nine words: a product and the bit by which its reduction may exceed eight. */
const PRODUCT = memory.data(72, 8);

/** Reads a 32-byte big-endian number. */
export function wordsFromBytes(out: usize, bytes: usize): void {
  for (let offset: usize = 0; offset < <usize>Scalar.Bytes; offset += 8) {
    store<u64>(out + offset, bswap<u64>(load<u64>(bytes + 24 - offset, 0, 1)));
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
 * Each round adds a * (word of b), then the multiple of n that clears the lowest word, and moves up
 * one word. Counted from that word, the sum stays below 2n; adding a row keeps it below
 * 2n + n(2^64 - 1) < 2^320, five words; clearing it, below n * 2^65, the sixth word being the carry.
 */
export function scalarMultiply(out: usize, a: usize, b: usize): void {
  memory.fill(PRODUCT, 0, 72);
  for (let offset: usize = 0; offset < <usize>Scalar.Bytes; offset += 8) {
    const row = PRODUCT + offset;
    addRow(row, a, load<u64>(b + offset));
    addRow(row, ORDER, load<u64>(row) * ORDER_NEGATED_INVERSE);
  }
  if (load<u64>(PRODUCT, 64) !== 0 || !scalarIsReduced(PRODUCT + 32)) {
    addWords(PRODUCT + 32, ORDER, -1);
  }
  memory.copy(out, PRODUCT + 32, Scalar.Bytes);
}

/**
 * Inverts into Montgomery form: out = 2^256 / a mod n.
 *
 * Precondition: 0 < a < n. `scratch` is `Scalar.InvertScratchBytes`; `out` may be `a`.
 *
 * Binary extended Euclid with delayed halving (B. S. Kaliski, The Montgomery Inverse and Its
 * Applications, 1995). With u, v odd and k the bits shifted out so far, these stay true:
 * a r = -u 2^k and a s = v 2^k modulo n, and u s + v r = n, so r and s stay below n. At the end u = v = 1 and
 * s = 2^k / a. Every shift by t takes t bits off u or v and nothing adds any, so k <= 255 + 255;
 * r + s = n at the end, so k >= 255. Two products then replace 2^k by 2^256.
 */
export function scalarInvert(out: usize, a: usize, scratch: usize): void {
  const u = scratch;
  const v = scratch + 32;
  const r = scratch + 64;
  const s = scratch + 96;
  memory.copy(u, ORDER, Scalar.Bytes);
  memory.copy(v, a, Scalar.Bytes);
  memory.fill(r, 0, 64);
  store<u64>(s, 1);

  let k = makeOdd(v, r);
  for (;;) {
    const order = compareWords(u, v);
    if (order === 0) break;
    if (order > 0) {
      addWords(u, v, -1);
      addWords(r, s, 0);
      k += makeOdd(u, s);
    } else {
      addWords(v, u, -1);
      addWords(s, r, 0);
      k += makeOdd(v, r);
    }
  }

  // s * 2^(510 - k) / 2^256 = 2^254 / a, and that times 2^258 / 2^256 is the result.
  memory.fill(u, 0, Scalar.Bytes);
  k = 510 - k;
  store<u64>(u + ((k >> 6) << 3), <u64>1 << (k & 63));
  scalarMultiply(out, s, u);
  store<u64>(u, 0x3118d4f40e736abc);
  store<u64>(u, 0x0c64154963a185ec, 8);
  store<u64>(u, 1, 16);
  store<u64>(u, 0x00000003fffffffc, 24);
  scalarMultiply(out, out, u);
}

/** Adds `a * factor` at `target`: four words, and the carry into the two above. */
function addRow(target: usize, a: usize, factor: u64): void {
  let carry: u64 = 0;
  for (let offset: usize = 0; offset < <usize>Scalar.Bytes; offset += 8) {
    const sum = __umul64Step(load<u64>(target + offset), load<u64>(a + offset), factor, carry);
    store<u64>(target + offset, sum);
    carry = __res128_hi;
  }
  store<u64>(target, __uadd64(load<u64>(target, 32), carry), 32);
  store<u64>(target, load<u64>(target, 40) + __carry, 40);
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

/** The sign of a - b. */
function compareWords(a: usize, b: usize): i32 {
  for (let offset: usize = 32; offset > 0; ) {
    offset -= 8;
    const wordA = load<u64>(a + offset);
    const wordB = load<u64>(b + offset);
    if (wordA !== wordB) return wordA > wordB ? 1 : -1;
  }
  return 0;
}

/** Shifts `even` right until it is odd, `cofactor` left as far, and returns how far. `even` is not 0. */
function makeOdd(even: usize, cofactor: usize): u32 {
  let shifted: u32 = 0;
  for (let low = load<u64>(even); !(low & 1); low = load<u64>(even)) {
    // At most 63 at a time, so that no shift is by a whole word.
    const shift = ctz(low | ((<u64>1) << 63));
    const back = 64 - shift;
    store<u64>(even, (low >> shift) | (load<u64>(even, 8) << back));
    store<u64>(even, (load<u64>(even, 8) >> shift) | (load<u64>(even, 16) << back), 8);
    store<u64>(even, (load<u64>(even, 16) >> shift) | (load<u64>(even, 24) << back), 16);
    store<u64>(even, load<u64>(even, 24) >> shift, 24);
    store<u64>(cofactor, (load<u64>(cofactor, 24) << shift) | (load<u64>(cofactor, 16) >> back), 24);
    store<u64>(cofactor, (load<u64>(cofactor, 16) << shift) | (load<u64>(cofactor, 8) >> back), 16);
    store<u64>(cofactor, (load<u64>(cofactor, 8) << shift) | (load<u64>(cofactor) >> back), 8);
    store<u64>(cofactor, load<u64>(cofactor) << shift);
    shifted += <u32>shift;
  }
  return shifted;
}
