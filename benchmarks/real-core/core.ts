/**
 * The cores that are measured, and the boards on which qemu runs them.
 */

/** One core. */
export interface Core {
  /** As in a table. */
  readonly name: string;
  /** What the compiler is told. */
  readonly compilerFlags: readonly string[];
  /** qemu's board that kernels run on. */
  readonly board: string;
  /** What the board has [bytes]. */
  readonly flashBytes: number;
  readonly sramBytes: number;
  /** What its SysTick runs at. */
  readonly tickHertz: number;
}

/** Cortex-M4: unaligned access, a 32 × 32 → 64 multiplication. */
export const CORTEX_M4: Core = {
  name: "Cortex-M4",
  compilerFlags: ["-mcpu=cortex-m4"],
  board: "mps2-an386",
  flashBytes: 4 << 20,
  sramBytes: 4 << 20,
  tickHertz: 25e6,
};

/** Cortex-M0+: neither. The board's core is a Cortex-M0, which has the same instructions. */
export const CORTEX_M0: Core = {
  name: "Cortex-M0+",
  compilerFlags: ["-mcpu=cortex-m0plus"],
  board: "microbit",
  flashBytes: 256 << 10,
  sramBytes: 16 << 10,
  tickHertz: 16e6,
};

/** The board of the Cortex-M4, whose memory holds a whole address space, made to fault as a Cortex-M0+ does. */
const CORTEX_M0_LARGE: Core = {
  ...CORTEX_M4,
  name: CORTEX_M0.name,
  compilerFlags: CORTEX_M0.compilerFlags,
};

/** All of them, each on a board that has it. */
export const CORES: readonly Core[] = [CORTEX_M4, CORTEX_M0];

/** All of them, each on a board with room for a whole address space. */
export const LARGE_CORES: readonly Core[] = [CORTEX_M4, CORTEX_M0_LARGE];

/** Instructions take 2 to the power of this many nanoseconds: short enough that SysTick does not wrap. */
const ICOUNT_SHIFT = 3;

/** Options of qemu that make virtual time count instructions. */
export const ICOUNT_OPTIONS: readonly string[] = ["-icount", `shift=${ICOUNT_SHIFT},align=off,sleep=off`];

/** Instructions in so many ticks of a core's SysTick, to within one tick. */
export function instructionsIn(core: Core, ticks: number): number {
  return Math.round((ticks * 1e9) / core.tickHertz / 2 ** ICOUNT_SHIFT);
}
