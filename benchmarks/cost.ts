/**
 * What one algorithm costs the device: code, RAM and executed instructions, beside its time.
 *
 * The modules are those of `assembly/measured/`, each one algorithm alone, built for speed and for
 * size. Time is that of the module as it goes into flash; instructions are counted in an instrumented
 * twin, and RAM is static data, globals and the worst-case stack, as the emulator computes them.
 */
import { FLASH_BYTES, RAM_BASE, RAM_BYTES, WASM_PAGES } from "../emulator/memory-map.ts";
import type { Footprint } from "../emulator/wasm/footprint.ts";
import { loadModule, type LoadedModule } from "../emulator/wasm/load.ts";
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

type DeviceFunction = (...parameters: readonly number[]) => unknown;

/** One instance of a measured module; operands lie in flash, results behind the module's static data. */
export class MeasuredModule {
  readonly memory = new WebAssembly.Memory({ initial: WASM_PAGES, maximum: WASM_PAGES });
  readonly bytes = new Uint8Array(this.memory.buffer);
  readonly footprint: Footprint;
  readonly #counting: LoadedModule;
  readonly #function: DeviceFunction;

  /** @param name of a module in `assembly/measured/` @param entry the function that is measured */
  constructor(
    name: string,
    readonly target: MeasuredTarget,
    readonly entry: string,
  ) {
    const binary = readWasm(`measured/${name}-${target}`);
    this.#counting = loadModule(binary, {
      ramBase: RAM_BASE,
      ramBytes: RAM_BYTES,
      flashBytes: FLASH_BYTES,
      build: "fast",
      requiredExports: [entry, "__heap_base"],
      allowedImports: {},
      entryPoints: [entry],
      countInstructions: true,
    });
    this.footprint = this.#counting.footprint;
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(binary), {
      env: { memory: this.memory },
    });
    const callable = exports[entry];
    if (!isDeviceFunction(callable)) throw new TypeError(`${name} exports no function ${entry}`);
    this.#function = callable;
  }

  /** Where results may be written: the first byte of RAM behind the static data. */
  get result(): number {
    return RAM_BASE + this.footprint.staticBytes;
  }

  /** Calls the function of the module as it goes into flash. */
  run(...parameters: readonly number[]): unknown {
    return this.#function(...parameters);
  }

  /** What a call costs; it must return `expected`. */
  cost(title: string, expected: unknown, ...parameters: readonly number[]): Cost {
    const running = this.#counting.instantiate({ env: { memory: this.memory } });
    running.fuel = 2 ** 40;
    const returned = running.call(this.entry, ...parameters);
    const instructions = running.executedInstructions;
    if (returned !== expected || instructions === undefined) {
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

function isDeviceFunction(value: unknown): value is DeviceFunction {
  return typeof value === "function";
}
