/**
 * Calls of one exported function of a module that imports nothing but memory: what they execute, and
 * how long they take.
 */
import { FLASH_BYTES, RAM_BASE, RAM_BYTES, WASM_PAGES } from "../../emulator/memory-map.ts";
import { faultOf } from "../../emulator/wasm/fault.ts";
import type { Footprint } from "../../emulator/wasm/footprint.ts";
import { loadModule, type LoadedModule } from "../../emulator/wasm/load.ts";
import type { RunningModule } from "../../emulator/wasm/running-module.ts";
import { UserError } from "../user-error.ts";

/** A function of a module, whose arguments are integers of 32 bits. */
export type DeviceFunction = (...parameters: readonly number[]) => unknown;

/** What one call executed. */
export interface CountedCall {
  readonly returned: unknown;
  readonly instructions: number;
  readonly fuel: number;
}

/** Fuel that one call may burn: minutes of a device, and less than one of the machine that measures. */
const FUEL_MAX = 2 ** 33;

/** One instance of a module, and a twin that counts. Both share one memory. */
export class MeasuredCall {
  readonly memory = new WebAssembly.Memory({ initial: WASM_PAGES, maximum: WASM_PAGES });
  readonly bytes = new Uint8Array(this.memory.buffer);
  readonly footprint: Footprint;
  readonly #counting: LoadedModule;
  readonly #function: DeviceFunction;

  /**
   * @param entry the function that is called
   * @throws ModuleError if the device could not run the module, or it imports more than memory
   */
  constructor(
    binary: Uint8Array<ArrayBuffer>,
    readonly entry: string,
  ) {
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
    this.#function = functionOf(exports, entry);
  }

  /** The first byte of RAM behind the static data. */
  get result(): number {
    return RAM_BASE + this.footprint.staticBytes;
  }

  /** Calls the function of the module as it goes into flash. */
  run(...parameters: readonly number[]): unknown {
    return this.#function(...parameters);
  }

  /**
   * Calls the function of the twin that counts.
   *
   * @throws UserError `call-fault` if it faults, traps or never ends
   */
  count(...parameters: readonly number[]): CountedCall {
    return countCall(this.#counting.instantiate({ env: { memory: this.memory } }), this.entry, parameters);
  }
}

/**
 * Calls a function of an instance that counts.
 *
 * @throws UserError `call-fault` if it faults, traps or never ends
 */
export function countCall(running: RunningModule, entry: string, parameters: readonly number[]): CountedCall {
  running.fuel = FUEL_MAX;
  try {
    const returned = running.call(entry, ...parameters);
    return { returned, instructions: running.executedInstructions ?? 0, fuel: FUEL_MAX - running.fuel };
  } catch (error) {
    const fault = faultOf(error, running);
    if (fault === undefined) throw error;
    const hint = "Give it operands that it can work on with --call, or measure a boot with --scenario.";
    throw new UserError("call-fault", fault.message, hint, { cause: error });
  }
}

/** An exported function of an instance. */
export function functionOf(exports: WebAssembly.Exports, entry: string): DeviceFunction {
  const callable = exports[entry];
  if (!isDeviceFunction(callable)) throw new TypeError(`The module exports no function ${entry}.`);
  return callable;
}

function isDeviceFunction(value: unknown): value is DeviceFunction {
  return typeof value === "function";
}
