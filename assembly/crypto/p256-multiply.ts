/**
 * The sum of two multiples, u1 G + u2 Q, as ECDSA verification needs it.
 *
 * The doublings are shared (Straus), and each scalar is read from the top in signed windows of five
 * bits: "wMOF" of K. Okeya, K. Schmidt-Samoa, C. Spahn and T. Takagi, Signed Binary Representations
 * Revisited (CRYPTO 2004). It has the digits and the density of the width-5 NAF, one odd digit of
 * at most 15 in six positions, but it reads from left to right, so nothing is stored beyond the
 * scalars: the NAF's digits would cost 514 bytes of RAM.
 *
 * Eight odd multiples of G are constants in code, those of Q are computed into RAM.
 */
import { baseMultiple } from "./p256-base-table";
import { fieldCombine } from "./p256-field";
import { ODD_MULTIPLES, OPERAND_X, OPERAND_Y, buildOddMultiples } from "./p256-odd-multiples";
import { Point, pointAdd, pointDouble, pointIsInfinity, pointSetInfinity } from "./p256-point";

/** A scalar and how far its windows have been read. */
const enum Window {
  /** The scalar, and eight zero bytes so that a window may begin above its top bit. */
  Scalar = 0,
  /** Bits above this index belong to windows already read. */
  NextIndex = 40,
  /** Where the digit of the last window is to be added. */
  DigitIndex = 44,
  /** That digit: odd, -15 to 15. */
  Digit = 48,
  Bytes = 56,
}

/** Bits of a window of the scalar of Q: its odd multiples up to 15 are in RAM. */
// @ts-ignore: decorator
@inline const KEY_WINDOW_BITS: i32 = 5;

/** Bits of a window of the scalar of G: its odd multiples are code, of which a size build has two. */
// @ts-ignore: decorator
@inline const BASE_WINDOW_BITS: i32 = isDefined(SMALL_P256) ? 3 : 5;

const BASE_WINDOW = memory.data(Window.Bytes, 8);
const KEY_WINDOW = memory.data(Window.Bytes, 8);

/** The scalar of G, u1: 32 bytes to be set before `multiplyAdd`. */
export const BASE_SCALAR = BASE_WINDOW + Window.Scalar;

/** The scalar of Q, u2: 32 bytes to be set before `multiplyAdd`. */
export const KEY_SCALAR = KEY_WINDOW + Window.Scalar;

/**
 * Replaces the accumulator Q, a finite point with Z = 1, by u1 G + u2 Q.
 *
 * Any sum on the way may be infinity, or an operand of its own addition; `pointAdd` knows. `SCRATCH`
 * is overwritten.
 */
export function multiplyAdd(): void {
  buildOddMultiples();
  openWindows(BASE_WINDOW);
  openWindows(KEY_WINDOW);
  pointSetInfinity();
  // A signed digit may carry out of bit 255.
  for (let index: i32 = 256; index >= 0; index--) {
    if (!pointIsInfinity()) pointDouble();
    addBaseMultiple(digitAt(BASE_WINDOW, BASE_WINDOW_BITS, index));
    addKeyMultiple(digitAt(KEY_WINDOW, KEY_WINDOW_BITS, index));
  }
}

/** Makes a scalar ready to be read from bit 256 down. */
function openWindows(window: usize): void {
  store<u64>(window, 0, Window.Scalar + 32);
  store<i32>(window, 256, Window.NextIndex);
  store<i32>(window, -1, Window.DigitIndex);
}

/**
 * The digit to be added at bit `index`, or 0; to be called with 256, 255, … 0.
 *
 * Scalar bits d below index 0 are 0. A window opens at the first index i whose bit differs from the
 * bit below it. Its value is that of the signed bits d[j-1] - d[j], j = i … i-4, which telescopes to
 * -16 d[i] + 8 d[i-1] + 4 d[i-2] + 2 d[i-3] + d[i-4] + d[i-5], in units of 2^(i-4); the odd part
 * is the digit, the power of two moves it up.
 */
function digitAt(window: usize, width: i32, index: i32): i32 {
  if (index <= load<i32>(window, Window.NextIndex)) {
    const low = index - width;
    const top = 1 << width;
    const bits: i32 =
      (2 * top - 1) &
      (low < 0
        ? load<i32>(window, Window.Scalar) << -low
        : <i32>(load<u64>(window + ((low >> 5) << 2), Window.Scalar, 4) >> (low & 31)));
    if ((bits ^ (bits << 1)) & top) {
      const value = ((bits + 1) >> 1) - (bits & top);
      const zeros = ctz(value);
      store<i32>(window, low, Window.NextIndex);
      store<i32>(window, low + 1 + zeros, Window.DigitIndex);
      store<i32>(window, value >> zeros, Window.Digit);
    }
  }
  return index === load<i32>(window, Window.DigitIndex) ? load<i32>(window, Window.Digit) : 0;
}

/** Adds `digit` times G to the accumulator. */
function addBaseMultiple(digit: i32): void {
  if (digit === 0) return;
  baseMultiple(OPERAND_X, OPERAND_Y, abs(digit));
  addSigned(digit, OPERAND_X, OPERAND_Y);
}

/** Adds `digit` times Q to the accumulator. */
function addKeyMultiple(digit: i32): void {
  if (digit === 0) return;
  const multiple = ODD_MULTIPLES + <usize>(abs(digit) >> 1) * Point.Bytes;
  addSigned(digit, multiple + Point.X, multiple + Point.Y);
}

/** Adds the point, or for a negative sign its opposite (x, -y), to the accumulator. */
function addSigned(sign: i32, x: usize, y: usize): void {
  if (sign < 0) {
    fieldCombine(OPERAND_Y, y, 2, y);
    y = OPERAND_Y;
  }
  pointAdd(x, y);
}
