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
import { Division } from "./p256-divide";
import { FieldElement, fieldCombine, fieldCopy, fieldInvert, fieldMultiply, fieldSquare } from "./p256-field";
import {
  ACCUMULATOR,
  ADDED_RATIO,
  Point,
  WORK,
  pointAdd,
  pointDouble,
  pointIsInfinity,
  pointSetInfinity,
} from "./p256-point";

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

/** Bits of a window. */
// @ts-ignore: decorator
@inline const WINDOW_BITS: i32 = 5;

/** Odd multiples of Q in the table: 1, 3, … 15. */
const MULTIPLES = 8;

const TABLE_BYTES = MULTIPLES * Point.Bytes;

const BASE_WINDOW = memory.data(Window.Bytes, 8);
const KEY_WINDOW = memory.data(Window.Bytes, 8);
const TABLE = memory.data(TABLE_BYTES, 8);
const LAST_MULTIPLE = TABLE + (MULTIPLES - 1) * Point.Bytes;

/** An affine multiple of G, or the negated y of a multiple of Q. */
const OPERAND_X = memory.data(FieldElement.Bytes, 4);
const OPERAND_Y = memory.data(FieldElement.Bytes, 4);

/** The scalar of G, u1: 32 bytes to be set before `multiplyAdd`. */
export const BASE_SCALAR = BASE_WINDOW + Window.Scalar;

/** The scalar of Q, u2: 32 bytes to be set before `multiplyAdd`. */
export const KEY_SCALAR = KEY_WINDOW + Window.Scalar;

/** Space for a division; for the caller's values as well, except during `multiplyAdd`. */
export const SCRATCH = memory.data(Division.Bytes, 8);

/**
 * Replaces the accumulator Q, a finite point with Z = 1, by u1 G + u2 Q.
 *
 * Any sum on the way may be infinity, or an operand of its own addition; `pointAdd` knows. `SCRATCH`
 * is overwritten.
 */
export function multiplyAdd(): void {
  buildTable();
  openWindows(BASE_WINDOW);
  openWindows(KEY_WINDOW);
  pointSetInfinity();
  // A signed digit may carry out of bit 255.
  for (let index: i32 = 256; index >= 0; index--) {
    if (!pointIsInfinity()) pointDouble();
    addBaseMultiple(digitAt(BASE_WINDOW, index));
    addKeyMultiple(digitAt(KEY_WINDOW, index));
  }
}

/**
 * Fills the table with Q, 3Q, … 15Q, affine; Q is the accumulator, with Z = 1.
 *
 * Scaling x by z^2 and y by z^3 maps the curve onto an isomorphic one, and the formulas of addition
 * hold there unchanged, as they know neither a nor b. With the z of 2Q, the Jacobian 2Q is affine
 * there, so Q + 2Q + 2Q … are additions of an affine point, and each Z is the one before it times a
 * ratio. So one inversion, that of the last Z, gives all of them. (The "effective affine" table of
 * P. Wuille's libsecp256k1, for a curve whose doubling needs to know a.)
 */
function buildTable(): void {
  memory.copy(TABLE, ACCUMULATOR, Point.Bytes);
  pointDouble();
  fieldCopy(OPERAND_X, ACCUMULATOR + Point.X);
  fieldCopy(OPERAND_Y, ACCUMULATOR + Point.Y);
  // The last z slot is the last one to be written; until then it keeps the z of 2Q.
  fieldCopy(LAST_MULTIPLE + Point.Z, ACCUMULATOR + Point.Z);
  memory.copy(ACCUMULATOR, TABLE, Point.Bytes);
  scalePoint(ACCUMULATOR, LAST_MULTIPLE + Point.Z);
  for (let entry = TABLE; entry < LAST_MULTIPLE;) {
    memory.copy(entry, ACCUMULATOR, 2 * FieldElement.Bytes);
    pointAdd(OPERAND_X, OPERAND_Y);
    // The ratio from this entry's Z to the next one's.
    fieldCopy(entry + Point.Z, ADDED_RATIO);
    entry += Point.Bytes;
  }
  memory.copy(LAST_MULTIPLE, ACCUMULATOR, 2 * FieldElement.Bytes);

  // Back on the curve itself, the last Z has the z of 2Q as another factor.
  const inverse = OPERAND_X;
  fieldMultiply(inverse, ACCUMULATOR + Point.Z, LAST_MULTIPLE + Point.Z);
  fieldInvert(SCRATCH, inverse);
  fieldCopy(inverse, SCRATCH + Division.Quotient);
  scalePoint(LAST_MULTIPLE, inverse);
  for (let entry = LAST_MULTIPLE; entry > TABLE;) {
    entry -= Point.Bytes;
    fieldMultiply(inverse, inverse, entry + Point.Z);
    scalePoint(entry, inverse);
  }
}

/** Multiplies x by the square and y by the cube of a factor. */
function scalePoint(point: usize, factor: usize): void {
  const power = WORK;
  fieldSquare(power, factor);
  fieldMultiply(point + Point.X, point + Point.X, power);
  fieldMultiply(power, power, factor);
  fieldMultiply(point + Point.Y, point + Point.Y, power);
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
function digitAt(window: usize, index: i32): i32 {
  if (index <= load<i32>(window, Window.NextIndex)) {
    const low = index - WINDOW_BITS;
    const bits: i32 =
      63 &
      (low < 0
        ? load<i32>(window, Window.Scalar) << -low
        : <i32>(load<u64>(window + ((low >> 5) << 2), Window.Scalar, 4) >> (low & 31)));
    if ((bits ^ (bits << 1)) & 32) {
      const value = ((bits + 1) >> 1) - (bits & 32);
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
  const multiple = TABLE + <usize>(abs(digit) >> 1) * Point.Bytes;
  addSigned(digit, multiple + Point.X, multiple + Point.Y);
}

/** Adds the point, or for a negative sign its opposite (x, -y), to the accumulator. */
function addSigned(sign: i32, x: usize, y: usize): void {
  if (sign < 0) {
    fieldCombine(OPERAND_Y, 0, y, 1, y);
    y = OPERAND_Y;
  }
  pointAdd(x, y);
}
