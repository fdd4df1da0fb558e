/**
 * What the rewritten bodies of one module share.
 */
import type { GlitchSite } from "./glitch-model.ts";
import type { DecodedModule, FunctionType } from "./module.ts";

/** Value of bo:fired when the budget behind a glitch is used up. */
export const HUNG = 2;
/** Value of bo:fired when the second glitch was reached. */
export const FIRED_TWICE = 3;

/** A straight run of code: its instructions that count, in order. */
export interface GlitchRun {
  readonly sites: readonly GlitchSite[];
}

/** What all bodies of one module share. */
export interface GlitchContext {
  readonly module: DecodedModule;
  readonly ramStart: number;
  readonly ramEnd: number;
  readonly runs: GlitchRun[];
  readonly globals: GlitchGlobals;
  /** Maps a function index of the module to one of the rewritten module. */
  readonly functionIndex: (index: number) => number;
  /** Functions whose calls do not count: imports, and kernels that the host stands in for. */
  readonly isOpaque: (index: number) => boolean;
  /** Index of the imported function that is told the number of each run; undefined: no tracing. */
  readonly traceFunction: number | undefined;
  /** Index of guardRange(address, length). */
  readonly guardFunction: number;
  /**
   * Index of fire(position, count): a glitch lies `position` instructions into a run of `count`. Returns
   * the countdown that goes on behind the run.
   */
  readonly fireFunction: number;
  /**
   * Index of again(position, count): the glitch at `position` has happened. Returns where in the same
   * run the second one lies, or a negative number.
   */
  readonly againFunction: number;
  /** Index of a function type, added to the module if it is not there. */
  readonly typeIndex: (type: FunctionType) => number;
}

/** Indices of the globals that instrumentation adds. */
export interface GlitchGlobals {
  readonly countdown: number;
  readonly code: number;
  readonly bit: number;
  readonly budget: number;
  readonly fired: number;
  /** Instructions from the first glitch to the second, 0 if there is none or it has happened. */
  readonly distance: number;
  readonly secondCode: number;
  readonly secondBit: number;
}
