/**
 * What one algorithm costs the device: code, RAM and executed instructions, beside its time.
 *
 * The modules are those of `assembly/measured/`, each one algorithm alone, built for speed and for
 * size. Time is that of the module as it goes into flash; instructions are counted in an instrumented
 * twin, and RAM is static data, globals and the worst-case stack, as the emulator computes them.
 */
import { MeasuredCall } from "../host/footprint/measured-call.ts";
import { readWasm } from "../test/wasm-file.ts";

/** The two targets that are measured, each on its own. */
export const measuredTargets = ["speed", "size"] as const;
/** One of `measuredTargets`. */
export type MeasuredTarget = (typeof measuredTargets)[number];

/** What one call of an algorithm costs. */
export interface Cost {
  readonly title: string;
  /** The code section. */
  readonly codeBytes: number;
  readonly staticBytes: number;
  /** Static data, globals and worst-case stack. */
  readonly ramBytes: number;
  readonly instructions: number;
}

/** One instance of a measured module; operands lie in flash, results behind the module's static data. */
export class MeasuredModule extends MeasuredCall {
  /** @param name of a module in `assembly/measured/` @param entry the function that is measured */
  constructor(
    name: string,
    readonly target: MeasuredTarget,
    entry: string,
  ) {
    super(readWasm(`measured/${name}-${target}`), entry);
  }

  /** What a call costs; it must return `expected`. */
  cost(title: string, expected: unknown, ...parameters: readonly number[]): Cost {
    const { returned, instructions } = this.count(...parameters);
    if (returned !== expected) {
      throw new Error(`${title}: the counted call returned ${String(returned)}`);
    }
    const { codeBytes, staticBytes, totalBytes } = this.footprint;
    return { title, codeBytes, staticBytes, ramBytes: totalBytes, instructions };
  }
}

/** Costs as lines of text. */
export function formatCosts(costs: readonly Cost[]): string {
  const width = Math.max(...costs.map(({ title }) => title.length));
  const rows = costs.map(
    ({ title, codeBytes, staticBytes, ramBytes, instructions }) =>
      `${title.padEnd(width)}  ${instructions.toLocaleString("en").padStart(11)} instructions  ` +
      `${codeBytes.toString().padStart(6)} B code  ${staticBytes.toString().padStart(5)} B static  ` +
      `${ramBytes.toString().padStart(5)} B RAM`,
  );
  return rows.join("\n");
}
