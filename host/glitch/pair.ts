/**
 * Pairs of glitches in one boot: which second ones are tried around a first one.
 *
 * Near the first one, every instruction is: from the one behind it to some way behind the place where
 * the boot is first seen to differ. Further on, only where the disturbed boot decides: branches,
 * comparisons, selects, calls and jumps.
 */
import { isConditional, type Effect, type GlitchSite } from "../../emulator/wasm/glitch-model.ts";
import { Opcode } from "../../emulator/wasm/opcode.ts";

/** How many pairs are tried. */
export interface PairLimits {
  /** About so many pairs, drawn with the seed if there are more. */
  readonly count: number;
  readonly seed: number;
  /** Instructions behind the first difference that are disturbed whatever they do. */
  readonly reach: number;
}

/** Instructions behind the first difference unless stated otherwise. */
export const PAIR_REACH = 64;
/** Pairs per scenario unless stated otherwise. */
export const PAIR_COUNT = 100_000;

/** A second glitch. */
export interface PairSecond {
  /** Dynamic index in the boot that the first glitch has disturbed. */
  readonly index: number;
  readonly effect: Effect;
  readonly site: GlitchSite;
}

/**
 * The second glitches around a first one.
 *
 * @param first dynamic index of the first one
 * @param near up to here every instruction is disturbed
 * @param sites the instruction at each dynamic index of the disturbed boot
 */
export function secondsAround(
  first: number,
  near: number,
  sites: readonly GlitchSite[],
  effectsOn: (site: GlitchSite) => readonly Effect[],
): PairSecond[] {
  const seconds: PairSecond[] = [];
  for (let index = first + 1; index < sites.length; index += 1) {
    const site = sites[index];
    if (site === undefined || (index > near && !decides(site.opcode))) continue;
    for (const effect of effectsOn(site)) seconds.push({ index, effect, site });
  }
  return seconds;
}

/** Whether a pair is among the `share` of 2³² that are drawn; the same whatever else is drawn. */
export function isKept(
  seed: number,
  share: number,
  first: Pick<PairSecond, "index" | "effect">,
  second: Pick<PairSecond, "index" | "effect">,
): boolean {
  if (share >= 2 ** 32) return true;
  let sum = seed;
  for (const { index, effect } of [first, second]) {
    sum = scramble(sum ^ index);
    sum = scramble(sum ^ (effect.code * 64 + effect.bit));
  }
  return sum >>> 0 < share;
}

function decides(opcode: number): boolean {
  return (
    isConditional(opcode) ||
    opcode === Opcode.Call ||
    opcode === Opcode.CallIndirect ||
    opcode === Opcode.Br ||
    opcode === Opcode.Return ||
    opcode === Opcode.Unreachable
  );
}

/** The finaliser of MurmurHash3: every bit of the input reaches every bit of the result. */
function scramble(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) + 0x9e3779b9;
}
