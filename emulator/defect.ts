/**
 * Defects: what is wrong with this one copy of a part.
 *
 * A defect lasts. It is part of the device, so it is written into the name of its profile, and a case
 * id carries it: `class1-with-worn-98304`.
 *
 * | text            | what is wrong                                                                         |
 * |-----------------|---------------------------------------------------------------------------------------|
 * | `worn-98304`    | the page there is worn out: its erase fails and leaves every second word as it was       |
 * | `failing-98312` | the unit there does not take: programming it fails and leaves its second half as it was  |
 * | `stuck-98304-3` | bit 3 of the byte there reads programmed, whatever is done; no status tells               |
 * | `rot-98304-3`   | bit 3 of the byte there has changed since it was provisioned; an erase cures it           |
 * | `flaky-2-17-1`  | in the 2nd power-on, operation 17 reports failure; once, for no lasting reason             |
 *
 * What a flaky operation leaves is its third number: 1 what was there before, 2 its first half, 3 all
 * of it. Whoever counts the power-ons arms it ({@link flakyIn}); a defect alone does nothing.
 */

import { FLASH_BYTES } from "./memory-map.ts";

/** One defect; see the file comment. Addresses are device addresses. */
export type Defect =
  | { readonly kind: "worn" | "failing"; readonly address: number }
  | { readonly kind: "stuck" | "rot"; readonly address: number; readonly bit: number }
  | FlakyDefect;

/** What a flaky operation leaves: what was there before, its first half, or all of it. */
export type FlakyOutcome = 1 | 2 | 3;

/** An operation of one power-on that reports failure, and would not if it were done again. */
export interface FlakyOperation {
  /** Number of the operation since power-on. */
  readonly operation: number;
  readonly leaves: FlakyOutcome;
}

/** A flaky operation and the power-on that it happens in, counted from 1. */
export interface FlakyDefect extends FlakyOperation {
  readonly kind: "flaky";
  readonly powerOn: number;
}

/** What a flaky operation may leave. */
export const FLAKY_OUTCOMES: readonly FlakyOutcome[] = Object.freeze([1, 2, 3] as const);

const WHOLE = /^(worn|failing)-(0|[1-9][0-9]{0,5})$/;
const FLAKY = /^flaky-([1-9][0-9]{0,4})-(0|[1-9][0-9]{0,7})-([123])$/;
const SINGLE_BIT = /^(stuck|rot)-(0|[1-9][0-9]{0,5})-([0-7])$/;

/** Reads a defect from its text form; undefined for anything else. */
export function parseDefect(text: string): Defect | undefined {
  return parseFlaky(text) ?? parsePlaced(text);
}

function parseFlaky(text: string): FlakyDefect | undefined {
  const [, powerOn, operation, number] = FLAKY.exec(text) ?? [];
  const leaves = FLAKY_OUTCOMES.find((outcome) => outcome === Number(number));
  if (leaves === undefined) return undefined;
  return { kind: "flaky", powerOn: Number(powerOn), operation: Number(operation), leaves };
}

function parsePlaced(text: string): Defect | undefined {
  const match = WHOLE.exec(text) ?? SINGLE_BIT.exec(text);
  const address = Number(match?.[2]);
  if (match === null || address >= FLASH_BYTES) return undefined;
  const [, kind, , bit] = match;
  if (kind === "worn" || kind === "failing") return { kind, address };
  return kind === "stuck" || kind === "rot" ? { kind, address, bit: Number(bit) } : undefined;
}

/** The text form of a defect. */
export function formatDefect(defect: Defect): string {
  if (defect.kind === "flaky") return `flaky-${defect.powerOn}-${defect.operation}-${defect.leaves}`;
  return `${defect.kind}-${defect.address}${"bit" in defect ? `-${defect.bit}` : ""}`;
}

/** The operation that is flaky in a power-on, if there is one. @param powerOn counted from 1 */
export function flakyIn(defects: readonly Defect[] | undefined, powerOn: number): FlakyOperation | undefined {
  return defects?.find(
    (defect): defect is FlakyDefect => defect.kind === "flaky" && defect.powerOn === powerOn,
  );
}

/** What flakiness makes of an operation: changes `after` to what is really there after it. */
export function applyFlaky(
  { leaves }: FlakyOperation,
  { before, after }: { readonly before: Uint8Array; readonly after: Uint8Array },
): "failed" {
  const kept = leaves === 1 ? 0 : leaves === 2 ? after.length >>> 1 : after.length;
  for (let offset = kept; offset < after.length; offset += 1) after[offset] = before[offset] ?? 0;
  return "failed";
}

/** What defects make of an operation: changes `after` to what is really there after it. */
export function applyDefects(
  defects: readonly Defect[],
  operation: {
    readonly kind: "erase" | "program";
    readonly address: number;
    readonly before: Uint8Array;
    readonly after: Uint8Array;
  },
  erasedValue: number,
): "ok" | "failed" {
  const { kind, address, before, after } = operation;
  const length = after.length;
  let status: "ok" | "failed" = "ok";
  for (const defect of defects) {
    if (defect.kind === "flaky") continue;
    const at = defect.address - address;
    if (at < 0 || at >= length) continue;
    if (defect.kind === "worn" && kind === "erase") {
      status = "failed";
      for (let offset = 0; offset < length; offset += 1) {
        if (offset % 8 >= 4) after[offset] = before[offset] ?? 0;
      }
    } else if (defect.kind === "failing" && kind === "program") {
      status = "failed";
      for (let offset = length >>> 1; offset < length; offset += 1) after[offset] = before[offset] ?? 0;
    } else if (defect.kind === "stuck") {
      after[at] = stuckByte(after[at] ?? 0, defect.bit, erasedValue);
    }
  }
  return status;
}

/** What defects make of content that was provisioned. */
export function defectiveContent(defects: readonly Defect[], content: Uint8Array, erasedValue: number): void {
  for (const defect of defects) {
    if (defect.kind === "flaky") continue;
    const byte = content[defect.address] ?? 0;
    if (defect.kind === "rot") content[defect.address] = byte ^ (1 << defect.bit);
    if (defect.kind === "stuck") content[defect.address] = stuckByte(byte, defect.bit, erasedValue);
  }
}

function stuckByte(byte: number, bit: number, erasedValue: number): number {
  return erasedValue === 0 ? byte | (1 << bit) : byte & ~(1 << bit);
}
