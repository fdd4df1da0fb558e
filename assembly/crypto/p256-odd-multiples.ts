/**
 * The table of a point of P-256: its odd multiples Q, 3Q, … 15Q, affine.
 *
 * The point is public, in verification as in key agreement, so time may depend on it.
 */
import { Division } from "./p256-divide";
import { FieldElement, fieldCopy, fieldInvert, fieldMultiply, fieldSquare } from "./p256-field";
import { ACCUMULATOR, ADDED_RATIO, Point, WORK, pointAdd, pointDouble } from "./p256-point";

/** Odd multiples in the table: 1, 3, … 15. */
export const ODD_MULTIPLE_COUNT = 8;

const ODD_MULTIPLES_BYTES = ODD_MULTIPLE_COUNT * Point.Bytes;

/** The table; x and y of each point count. */
// @ts-ignore: decorator
@lazy export const ODD_MULTIPLES = memory.data(ODD_MULTIPLES_BYTES, 8);
// @ts-ignore: decorator
@lazy const LAST_MULTIPLE = ODD_MULTIPLES + (ODD_MULTIPLE_COUNT - 1) * Point.Bytes;

/** An affine point to be added. */
// @ts-ignore: decorator
@lazy export const OPERAND_X = memory.data(FieldElement.Bytes, 4);
// @ts-ignore: decorator
@lazy export const OPERAND_Y = memory.data(FieldElement.Bytes, 4);

/** Space for a division; for the caller's values as well, except while the table is built. */
// @ts-ignore: decorator
@lazy export const SCRATCH = memory.data(Division.Bytes, 8);

/**
 * Fills the table with Q, 3Q, … 15Q, affine; Q is the accumulator, with Z = 1.
 *
 * Scaling x by z^2 and y by z^3 maps the curve onto an isomorphic one, and the formulas of addition
 * hold there unchanged, as they know neither a nor b. With the z of 2Q, the Jacobian 2Q is affine
 * there, so Q + 2Q + 2Q … are additions of an affine point, and each Z is the one before it times a
 * ratio. So one inversion, that of the last Z, gives all of them. (The "effective affine" table of
 * P. Wuille's libsecp256k1, for a curve whose doubling needs to know a.)
 */
export function buildOddMultiples(): void {
  memory.copy(ODD_MULTIPLES, ACCUMULATOR, Point.Bytes);
  pointDouble();
  fieldCopy(OPERAND_X, ACCUMULATOR + Point.X);
  fieldCopy(OPERAND_Y, ACCUMULATOR + Point.Y);
  // The last z slot is the last one to be written; until then it keeps the z of 2Q.
  fieldCopy(LAST_MULTIPLE + Point.Z, ACCUMULATOR + Point.Z);
  memory.copy(ACCUMULATOR, ODD_MULTIPLES, Point.Bytes);
  scalePoint(ACCUMULATOR, LAST_MULTIPLE + Point.Z);
  for (let entry = ODD_MULTIPLES; entry < LAST_MULTIPLE;) {
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
  for (let entry = LAST_MULTIPLE; entry > ODD_MULTIPLES;) {
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
