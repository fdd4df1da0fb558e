/**
 * The sum that verification compares with the neutral point: w B + u A' + v R'.
 *
 * The doublings are shared (Straus). u and v are about 128 bits long, and w is cut in two halves of
 * 128 bits, of B and of 2^128 B. Each scalar is read from the top in signed windows: "wMOF" of
 * K. Okeya, K. Schmidt-Samoa, C. Spahn and T. Takagi, Signed Binary Representations Revisited (CRYPTO
 * 2004), which has the digits and the density of a NAF of the same width, but needs no memory for
 * digits.
 *
 * Odd multiples of B are constants in code, those of A' and R' are computed into RAM.
 * Static data is lazy: a build that imports this file and verifies nothing with it pays no RAM.
 */
import { BASE_MULTIPLE_MAX, baseMultiple } from "./ed25519-base-table";
import {
  CachedPoint,
  pointAdd,
  pointCache,
  pointDouble,
  pointHasZeroX,
  pointSetNeutral,
} from "./ed25519-point";
import { Scalar } from "./ed25519-scalar";
import { SHA512_IDLE } from "./sha512";

/** A scalar and how far its windows have been read. */
const enum Window {
  /** The scalar, and eight zero bytes so that a window may begin above its top bit. */
  Scalar = 0,
  /** Bits above this index belong to windows already read. */
  NextIndex = 40,
  /** Where the digit of the last window is to be added. */
  DigitIndex = 44,
  /** That digit: odd. */
  Digit = 48,
  Bytes = 56,
}

/** Bits of a window of u and of v, whose digits are 1, 3, 5, 7 and their opposites. */
// @ts-ignore: decorator
@inline const POINT_WINDOW_BITS: i32 = 4;

/** Bits of a window of w: digits up to `BASE_MULTIPLE_MAX`. */
// @ts-ignore: decorator
@inline const BASE_WINDOW_BITS: i32 = BASE_MULTIPLE_MAX > 7 ? 5 : 4;

/** Odd multiples of a point in its table: 1, 3, 5, 7. */
const MULTIPLES = 4;

/** Bytes of the multiples of one point. */
export const TABLE_BYTES: usize = MULTIPLES * CachedPoint.Bytes;

// @ts-ignore: decorator
@lazy const BASE_LOW = memory.data(Window.Bytes, 8);
// @ts-ignore: decorator
@lazy const BASE_HIGH = memory.data(Window.Bytes, 8);
// @ts-ignore: decorator
@lazy const KEY = memory.data(Window.Bytes, 8);
// @ts-ignore: decorator
@lazy const COMMITMENT = memory.data(Window.Bytes, 8);

/** Multiples of A', free for the caller's values until `buildTable`. */
// @ts-ignore: decorator
@lazy export const KEY_TABLE = memory.data(MULTIPLES * CachedPoint.Bytes, 8);

/** Multiples of R', free for the caller's values until `buildTable`. */
// @ts-ignore: decorator
@lazy export const COMMITMENT_TABLE = memory.data(MULTIPLES * CachedPoint.Bytes, 8);

/** Sets u, v and w, 32 bytes each. */
export function setScalars(u: usize, v: usize, w: usize): void {
  openWindows(KEY, u, Scalar.Bytes);
  openWindows(COMMITMENT, v, Scalar.Bytes);
  openWindows(BASE_LOW, w, Scalar.Bytes / 2);
  openWindows(BASE_HIGH, w + Scalar.Bytes / 2, Scalar.Bytes / 2);
}

/**
 * Fills a table with P, 3P, 5P and 7P, where P is the accumulator.
 *
 * @returns whether 4P has x = 0, so that the order of P divides 8
 */
export function buildTable(table: usize): bool {
  const last = table + (MULTIPLES - 1) * CachedPoint.Bytes;
  pointCache(table);
  pointDouble();
  // 2P lies in the last entry until that is due.
  pointCache(last);
  pointDouble();
  const isSmall = pointHasZeroX();
  pointAdd(table, true, true);
  pointCache(table + CachedPoint.Bytes);
  pointAdd(last, false, true);
  pointCache(table + 2 * CachedPoint.Bytes);
  pointAdd(last, false, true);
  pointCache(last);
  return isSmall;
}

/** Makes the accumulator w B + u A' + v R'. */
export function multiplyAdd(): void {
  pointSetNeutral();
  // A signed digit may carry out of the top bit.
  for (let index = topIndex(); index >= 0; index--) {
    pointDouble();
    addBaseMultiple(digitAt(BASE_LOW, index, BASE_WINDOW_BITS), false);
    addBaseMultiple(digitAt(BASE_HIGH, index, BASE_WINDOW_BITS), true);
    addMultiple(digitAt(KEY, index, POINT_WINDOW_BITS), KEY_TABLE);
    addMultiple(digitAt(COMMITMENT, index, POINT_WINDOW_BITS), COMMITMENT_TABLE);
  }
}

/** The length of the longest scalar: 128 bits or a few more, unless halving was unlucky. */
function topIndex(): i32 {
  let offset: usize = Scalar.Bytes - 4;
  let bits: u32 = 0;
  for (; offset >= 16; offset -= 4) {
    bits = load<u32>(KEY + offset) | load<u32>(COMMITMENT + offset);
    if (bits !== 0) break;
  }
  return <i32>((offset + 4) << 3) - (bits === 0 ? 0 : clz<i32>(bits));
}

/** Takes a scalar, and makes it ready to be read from bit 256 down. */
function openWindows(window: usize, scalar: usize, bytes: usize): void {
  memory.fill(window, 0, Window.NextIndex);
  memory.copy(window, scalar, bytes);
  store<i32>(window, 256, Window.NextIndex);
  store<i32>(window, -1, Window.DigitIndex);
}

/**
 * The digit to be added at bit `index`, or 0; to be called with falling indices.
 *
 * Scalar bits d below index 0 are 0. A window of n bits opens at the first index i whose bit differs
 * from the bit below it. Its value is that of the signed bits d[j-1] - d[j], j = i … i-n+1, which is
 * -2^(n-1) d[i] + 2^(n-2) d[i-1] + … + d[i-n+1] + d[i-n], in units of 2^(i-n+1); the odd part is
 * the digit, the power of two moves it up.
 */
function digitAt(window: usize, index: i32, windowBits: i32): i32 {
  if (index <= load<i32>(window, Window.NextIndex)) {
    const low = index - windowBits;
    const bits: i32 =
      ((2 << windowBits) - 1) &
      (low < 0
        ? load<i32>(window, Window.Scalar) << -low
        : <i32>(load<u64>(window + ((low >> 5) << 2), Window.Scalar, 4) >> (low & 31)));
    if ((bits ^ (bits << 1)) & (1 << windowBits)) {
      const value = ((bits + 1) >> 1) - (bits & (1 << windowBits));
      const zeros = ctz(value);
      store<i32>(window, low, Window.NextIndex);
      store<i32>(window, low + 1 + zeros, Window.DigitIndex);
      store<i32>(window, value >> zeros, Window.Digit);
    }
  }
  return index === load<i32>(window, Window.DigitIndex) ? load<i32>(window, Window.Digit) : 0;
}

/** Adds `digit` times B, or 2^128 B, to the accumulator. */
function addBaseMultiple(digit: i32, isHigh: bool): void {
  if (digit === 0) return;
  const operand = SHA512_IDLE;
  baseMultiple(
    operand + CachedPoint.Plus,
    operand + CachedPoint.Minus,
    operand + CachedPoint.Product,
    abs(digit),
    isHigh,
  );
  pointAdd(operand, digit < 0, false);
}

/** Adds `digit` times the point of a table to the accumulator. */
function addMultiple(digit: i32, table: usize): void {
  if (digit === 0) return;
  pointAdd(table + <usize>(abs(digit) >> 1) * CachedPoint.Bytes, digit < 0, true);
}
