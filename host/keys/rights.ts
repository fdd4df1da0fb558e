/**
 * Positions of components and of keys, from 0, and the bits in which a device holds them: the rights of a
 * key, and the keys that must sign (docs/suit.md, "Whose signature").
 */
import { UserError } from "../user-error.ts";

/** Whether bits name this position, the lowest bit being position 0. */
export function isNamed(position: number, bits: number): boolean {
  return position < 32 && ((bits >>> position) & 1) === 1;
}

/** The positions that 32 bits name. */
export function bitPositions(bits: number): number[] {
  return Array.from({ length: 32 }, (_, position) => position).filter((position) => isNamed(position, bits));
}

/**
 * The bits for positions as people write them: `0,2`, or `none`.
 *
 * @param what is counted, as in "component"
 * @param count how many there can be, at most 32
 * @throws UserError `positions`
 */
export function parsePositions(text: string, what: string, count: number): number {
  if (text === "none") return 0;
  const positions = text.split(",").map((part) => (/^[0-9]{1,2}$/.test(part) ? Number(part) : Number.NaN));
  const wrong = positions.findIndex((position) => !(position < count));
  if (wrong >= 0) {
    throw new UserError(
      "positions",
      `"${text.split(",")[wrong] ?? ""}" is not the position of a ${what}: a number from 0 to ${count - 1}.`,
      `Give positions with commas between them, as in 0,2, or the word none.`,
    );
  }
  return positions.reduce((bits, position) => (bits | (1 << position)) >>> 0, 0);
}
