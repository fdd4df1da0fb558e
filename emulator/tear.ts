/**
 * Torn operations: what a power cut in the middle of an operation may leave behind.
 *
 * The model. A torn operation affects only the page or unit it was working on, and there only bits
 * that differ between before and after: each such bit is either as before or as after, and stays
 * so. Of all those mixtures a few are tried, in named classes that can be switched:
 *
 * | class            | variants | content                                                            |
 * |------------------|----------|--------------------------------------------------------------------|
 * | `program-prefix` | t1 … t(unit − 1) | the first so many bytes of the unit are programmed, the rest is old |
 * | `erase-half`     | t1, t2   | t1: the first half of the page is erased; t2: the second half        |
 * | `erase-stripe`   | t3       | even 4-byte words of the page are erased, odd ones are old           |
 *
 * Numbers are stable: a variant that equals before, after or a variant with a lower number is left
 * out, and the others keep their numbers. A counter advance is atomic and has no variants.
 *
 * Not modelled: bits that read differently each time, an erased page that is not reliably erased,
 * damage outside the page or unit, errors that ECC reports.
 */

import type { FlashOperation, Operation } from "./power.ts";

/** A named family of torn variants. */
export type TearClass = "program-prefix" | "erase-half" | "erase-stripe";

/** Every class of this model. */
export const TEAR_CLASSES: readonly TearClass[] = Object.freeze([
  "program-prefix",
  "erase-half",
  "erase-stripe",
] as const);

/** One torn outcome of an operation. */
export interface TornVariant {
  /** Its number, as in the text form of a cut. */
  readonly variant: number;
  readonly tearClass: TearClass;
  /** The content of the whole page or unit. A copy: it stays valid. */
  readonly bytes: Uint8Array;
}

const STRIPE_BYTES = 4;
const FIRST_HALF = 1;
const SECOND_HALF = 2;
const STRIPES = 3;

/** The torn outcomes of `operation` in the given classes, in ascending order of their numbers. */
export function tornVariants(
  operation: Operation,
  classes: readonly TearClass[] = TEAR_CLASSES,
): TornVariant[] {
  if (operation.kind === "counter") return [];
  const found: TornVariant[] = [];
  const count = operation.kind === "program" ? operation.length - 1 : STRIPES;
  for (let variant = 1; variant <= count; variant += 1) {
    const tearClass = classOf(operation, variant);
    if (tearClass === undefined || !classes.includes(tearClass)) continue;
    const bytes = mixture(operation, variant);
    if (sameBytes(bytes, operation.before) || sameBytes(bytes, operation.after)) continue;
    if (found.some((other) => sameBytes(other.bytes, bytes))) continue;
    found.push({ variant, tearClass, bytes });
  }
  return found;
}

/**
 * The content that torn variant `variant` of `operation` leaves.
 *
 * @returns undefined when the classes hold no such variant or it equals before or after. A variant
 *   that {@link tornVariants} leaves out as a duplicate of another one is still made.
 */
export function tornBytes(
  operation: Operation,
  variant: number,
  classes: readonly TearClass[] = TEAR_CLASSES,
): Uint8Array | undefined {
  if (operation.kind === "counter") return undefined;
  const tearClass = classOf(operation, variant);
  if (tearClass === undefined || !classes.includes(tearClass)) return undefined;
  const bytes = mixture(operation, variant);
  return sameBytes(bytes, operation.before) || sameBytes(bytes, operation.after) ? undefined : bytes;
}

function classOf(operation: FlashOperation, variant: number): TearClass | undefined {
  if (operation.kind === "program") {
    return variant >= 1 && variant < operation.length ? "program-prefix" : undefined;
  }
  if (variant === FIRST_HALF || variant === SECOND_HALF) return "erase-half";
  return variant === STRIPES ? "erase-stripe" : undefined;
}

function mixture(operation: FlashOperation, variant: number): Uint8Array {
  const { before, after, length } = operation;
  const bytes = before.slice(0, length);
  if (operation.kind === "program") {
    bytes.set(after.subarray(0, variant), 0);
  } else if (variant === STRIPES) {
    for (let offset = 0; offset < length; offset += 2 * STRIPE_BYTES) {
      bytes.set(after.subarray(offset, offset + STRIPE_BYTES), offset);
    }
  } else {
    const half = length >>> 1;
    const start = variant === FIRST_HALF ? 0 : half;
    bytes.set(after.subarray(start, start + half), start);
  }
  return bytes;
}

function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  for (let index = 0; index < left.length; index += 1) {
    if (left[index] !== right[index]) return false;
  }
  return true;
}
