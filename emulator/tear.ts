/**
 * Torn operations: what a power cut in the middle of an operation may leave behind.
 *
 * A torn operation leaves a mixture of what was there before and what was to be there after. Of all
 * mixtures a bounded number is tried, in named classes that can be switched. Some classes leave more
 * than content: see device-bits.ts. docs/fault-model.md says which vendor's sentence each stands for.
 *
 * | class            | of      | variants           | what is left                                                  |
 * |------------------|---------|--------------------|---------------------------------------------------------------|
 * | `program-prefix` | program | 1 … (unit − 1)     | the first so many bytes of the unit, the rest as before       |
 * | `program-bits`   | program | 101 … , 401 … 404  | the first so many bits, lowest first; pseudo-random mixtures  |
 * | `metastable`     | program | 501 … 507          | a unit that reads as before or as after: {@link Waver}         |
 * | `ecc`            | program | 601                | a unit that faults when read, until the page is erased        |
 * | `disturb`        | program | 701 … 703, 711 … 713 | the unit as before or as after, a neighbour in its page damaged |
 * | `erase-half`     | erase   | 1, 2               | the first half of the page erased; the second half            |
 * | `erase-stripe`   | erase   | 3                  | even 4-byte words erased, odd ones as before                  |
 * | `erase-mixed`    | erase   | 11 … 14            | pseudo-random mixtures of bits: half, half, quarter, three quarters |
 * | `erase-weak`     | erase   | 21 … 23            | reads erased; loses that, and what was programmed into it, later |
 * | `ecc`            | erase   | 31 … 33            | all of the page faults when read; its second half; its first   |
 *
 * Numbers are stable: a variant that equals before, after or a variant with a lower number is left
 * out, and the others keep their numbers. A counter advance is atomic and has no variants.
 */

import { Waver, type DeviceBit } from "./device-bits.ts";
import type { FlashOperation, FlashPart, Operation, TornOutcome } from "./power.ts";

/** A named family of torn variants; `atomic` stands for none of them. */
export type TearClass =
  | "program-prefix"
  | "program-bits"
  | "erase-half"
  | "erase-stripe"
  | "erase-mixed"
  | "erase-weak"
  | "metastable"
  | "ecc"
  | "disturb";

/** Every class of this model. */
export const TEAR_CLASSES: readonly TearClass[] = Object.freeze([
  "program-prefix",
  "program-bits",
  "erase-half",
  "erase-stripe",
  "erase-mixed",
  "erase-weak",
  "metastable",
  "ecc",
  "disturb",
] as const);

/** The classes that leave nothing but content within the page or unit, and few variants of it. */
export const PLAIN_TEAR_CLASSES: readonly TearClass[] = Object.freeze([
  "program-prefix",
  "erase-half",
  "erase-stripe",
] as const);

/** One torn outcome of an operation. Nothing in it is used again: it stays valid. */
export interface TornVariant extends TornOutcome {
  /** Its number, as in the text form of a cut. */
  readonly variant: number;
  readonly tearClass: TearClass;
}

/** The torn outcomes of `operation` in the given classes, in ascending order of their numbers. */
export function tornVariants(
  operation: Operation,
  classes: readonly TearClass[] = PLAIN_TEAR_CLASSES,
): TornVariant[] {
  if (operation.kind === "counter") return [];
  const found: TornVariant[] = [];
  for (const { tearClass, first, count, make } of FAMILIES[operation.kind]) {
    if (!classes.includes(tearClass)) continue;
    const end = first + count(operation.length);
    for (let variant = first; variant < end; variant += 1) {
      const outcome = make(operation, variant);
      if (outcome === undefined) continue;
      const isPlain = outcome.bits === undefined && outcome.damage === undefined;
      if (isPlain && found.some((other) => isSamePlain(other, outcome))) continue;
      found.push({ variant, tearClass, ...outcome });
    }
  }
  return found;
}

/**
 * What torn variant `variant` of `operation` leaves.
 *
 * @returns undefined when the classes hold no such variant or it equals before or after. A variant
 *   that {@link tornVariants} leaves out as a duplicate of another one is still made.
 */
export function tornVariant(
  operation: Operation,
  variant: number,
  classes: readonly TearClass[] = TEAR_CLASSES,
): TornVariant | undefined {
  if (operation.kind === "counter") return undefined;
  for (const { tearClass, first, count, make } of FAMILIES[operation.kind]) {
    if (variant < first || variant >= first + count(operation.length)) continue;
    const outcome = classes.includes(tearClass) ? make(operation, variant) : undefined;
    return outcome === undefined ? undefined : { variant, tearClass, ...outcome };
  }
  return undefined;
}

/** The content that torn variant `variant` of `operation` leaves in its page or unit; see {@link tornVariant}. */
export function tornBytes(
  operation: Operation,
  variant: number,
  classes: readonly TearClass[] = TEAR_CLASSES,
): Uint8Array | undefined {
  return tornVariant(operation, variant, classes)?.bytes;
}

/** Variants that are numbered in a row and made in one way. */
interface Family {
  readonly tearClass: TearClass;
  readonly first: number;
  /** How many numbers it has, given the size of the page or unit. */
  readonly count: (length: number) => number;
  readonly make: (operation: FlashOperation, variant: number) => TornOutcome | undefined;
}

const FAMILIES: Readonly<Record<FlashOperation["kind"], readonly Family[]>> = {
  program: [
    { tearClass: "program-prefix", first: 1, count: (length) => length - 1, make: prefix },
    {
      tearClass: "program-bits",
      first: 101,
      count: (length) => Math.min(8 * length - 1, 255),
      make: bitPrefix,
    },
    { tearClass: "program-bits", first: 401, count: () => 4, make: mixture },
    { tearClass: "metastable", first: 501, count: () => 7, make: metastable },
    { tearClass: "ecc", first: 601, count: () => 1, make: poisonedUnit },
    { tearClass: "disturb", first: 701, count: () => 3, make: disturbed },
    { tearClass: "disturb", first: 711, count: () => 3, make: disturbed },
  ],
  erase: [
    { tearClass: "erase-half", first: 1, count: () => 2, make: half },
    { tearClass: "erase-stripe", first: 3, count: () => 1, make: stripes },
    { tearClass: "erase-mixed", first: 11, count: () => 4, make: mixture },
    { tearClass: "erase-weak", first: 21, count: () => 3, make: weak },
    { tearClass: "ecc", first: 31, count: () => 3, make: poisonedPage },
  ],
};

function prefix(operation: FlashOperation, variant: number): TornOutcome | undefined {
  const bytes = operation.before.slice(0, operation.length);
  bytes.set(operation.after.subarray(0, variant), 0);
  return unlessWhole(operation, bytes);
}

function bitPrefix(operation: FlashOperation, variant: number): TornOutcome | undefined {
  const bitCount = variant - 100;
  const bytes = operation.before.slice(0, operation.length);
  bytes.set(operation.after.subarray(0, bitCount >>> 3), 0);
  const last = bitCount >>> 3;
  const mask = (1 << (bitCount & 7)) - 1;
  bytes[last] = ((bytes[last] ?? 0) & ~mask) | ((operation.after[last] ?? 0) & mask);
  return unlessWhole(operation, bytes);
}

function half(operation: FlashOperation, variant: number): TornOutcome | undefined {
  const size = operation.length >>> 1;
  const start = variant === 1 ? 0 : size;
  const bytes = operation.before.slice(0, operation.length);
  bytes.set(operation.after.subarray(start, start + size), start);
  return unlessWhole(operation, bytes);
}

const STRIPE_BYTES = 4;

function stripes(operation: FlashOperation): TornOutcome | undefined {
  const bytes = operation.before.slice(0, operation.length);
  for (let start = 0; start < operation.length; start += 2 * STRIPE_BYTES) {
    for (let offset = start; offset < start + STRIPE_BYTES; offset += 1) {
      bytes[offset] = operation.after[offset] ?? 0;
    }
  }
  return unlessWhole(operation, bytes);
}

/** Bits from before or after by chance: half of each, or, in the third and fourth, a quarter from after or from before. */
function mixture(operation: FlashOperation, variant: number): TornOutcome | undefined {
  return unlessWhole(operation, mixed(operation, variant));
}

function mixed({ before, after, length }: FlashOperation, variant: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  const place = variant % 10;
  let random = Math.imul(variant, 0x9e3779b1) | 1;
  const next = (): number => {
    random ^= random << 13;
    random ^= random >>> 17;
    random ^= random << 5;
    return random >>> 16;
  };
  for (let index = 0; index < length; index += 1) {
    const first = next();
    const mask = place === 3 ? first & next() : place === 4 ? first | next() : first;
    bytes[index] = ((before[index] ?? 0) & ~mask) | ((after[index] ?? 0) & mask);
  }
  return bytes;
}

/** An erase that was too short: how many power-ons it lasts, and what comes back. */
function weak(operation: FlashOperation, variant: number): TornOutcome | undefined {
  const { before, after, address, length } = operation;
  const other = variant === 22 ? mixed(operation, variant) : before.slice(0, length);
  if (sameBytes(other, after)) return undefined;
  const value = variant === 23 ? 2 : 1;
  return { bytes: after.slice(0, length), bits: [{ kind: "weak", address, length, value, other }] };
}

function metastable(operation: FlashOperation, variant: number): TornOutcome | undefined {
  const { address, length } = operation;
  const before = operation.before.slice(0, length);
  const after = operation.after.slice(0, length);
  if (sameBytes(before, after)) return undefined;
  const fading = (bytes: Uint8Array, other: Uint8Array, value: number): TornOutcome => ({
    bytes,
    bits: [{ kind: "fading", address, length, value, other }],
  });
  const wavering = (value: Waver): TornOutcome => ({
    bytes: before,
    bits: [{ kind: "wavering", address, length, value, other: after }],
  });
  switch (variant) {
    case 501:
      return fading(after, before, 1);
    case 502:
      return fading(before, after, 1);
    case 503:
      return wavering(Waver.AfterFirst);
    case 504:
      return wavering(Waver.BeforeFirst);
    case 505:
      return wavering(Waver.AfterOnce);
    case 506:
      return wavering(Waver.BeforeOnce);
    default:
      return fading(after, before, 2);
  }
}

function poisonedUnit(operation: FlashOperation): TornOutcome | undefined {
  const { part, address, length } = operation;
  if (part === undefined || part.eccUnitBytes === 0) return undefined;
  const start = address - (address % part.eccUnitBytes);
  const bytes = Math.max(length, part.eccUnitBytes);
  return { bytes: operation.before.slice(0, length), bits: [poison(start, bytes)] };
}

function poisonedPage(operation: FlashOperation, variant: number): TornOutcome | undefined {
  const { part, address, length, before, after } = operation;
  if (part === undefined || part.eccUnitBytes === 0 || sameBytes(after, before)) return undefined;
  if (variant === 31) return { bytes: after.slice(0, length), bits: [poison(address, length)] };
  const size = length >>> 1;
  const clean = variant === 32 ? 0 : size;
  const bytes = before.slice(0, length);
  bytes.set(after.subarray(clean, clean + size), clean);
  return { bytes, bits: [poison(address + size - clean, size)] };
}

function poison(address: number, length: number): DeviceBit {
  return { kind: "poisoned", address, length, value: 0, other: undefined };
}

/** Which written unit of the page is damaged: the next lower one, the first one, the next higher one. */
function disturbed(operation: FlashOperation, variant: number): TornOutcome | undefined {
  const { part, length } = operation;
  if (part === undefined) return undefined;
  const neighbours = writtenNeighbours(operation, part);
  const place = (variant % 10) - 1;
  const address = neighbours[place];
  if (address === undefined || neighbours.indexOf(address) < place) return undefined;
  const bytes = part.content.slice(address, address + length);
  for (const pattern of [0x55, 0xaa]) {
    const hit = bytes.map((byte) => (part.erasedValue === 0 ? byte | pattern : byte & pattern));
    if (sameBytes(hit, bytes)) continue;
    const left = variant > 710 ? operation.after : operation.before;
    return { bytes: left.slice(0, length), damage: { address, bytes: hit } };
  }
  return undefined;
}

function writtenNeighbours({ address, length }: FlashOperation, part: FlashPart): (number | undefined)[] {
  const page = address - (address % part.pageBytes);
  let lower: number | undefined;
  let first: number | undefined;
  let higher: number | undefined;
  for (let unit = page; unit < page + part.pageBytes; unit += length) {
    const content = part.content.subarray(unit, unit + length);
    if (unit === address || content.every((byte) => byte === part.erasedValue)) continue;
    if (unit < address) lower = unit;
    first ??= unit;
    if (unit > address) higher ??= unit;
  }
  return [lower, first, higher];
}

/** A mixture that is one of the two whole outcomes is no torn one. */
function unlessWhole({ before, after }: FlashOperation, bytes: Uint8Array): TornOutcome | undefined {
  return sameBytes(bytes, before) || sameBytes(bytes, after) ? undefined : { bytes };
}

function isSamePlain(left: TornOutcome, right: TornOutcome): boolean {
  return left.bits === undefined && left.damage === undefined && sameBytes(left.bytes, right.bytes);
}

function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  for (let index = 0; index < left.length; index += 1) {
    if (left[index] !== right[index]) return false;
  }
  return true;
}
