/**
 * Calls of one exported function of a module that is not linked for a device: with a memory of its own, or with
 * none. It may import a memory and nothing else.
 */
import { decodeModule } from "../../emulator/wasm/decode.ts";
import { instrument } from "../../emulator/wasm/instrument.ts";
import { refuseInvalid } from "../../emulator/wasm/load.ts";
import { ModuleError } from "../../emulator/wasm/module-error.ts";
import type { DecodedModule } from "../../emulator/wasm/module.ts";
import { refuseStartFunction, wasmPageBytes } from "../../emulator/wasm/policy.ts";
import { RunningModule } from "../../emulator/wasm/running-module.ts";
import { countCall, functionOf, type CountedCall, type DeviceFunction } from "./measured-call.ts";

/** The whole of a memory can be stored to; the engine knows how much of it there is. */
const ANYWHERE = { ramStart: 0, ramEnd: 65_535 * wasmPageBytes, flashBytes: 0 };

/** One instance of a module, and twins that count. */
export class PlainCall {
  readonly #entry: string;
  readonly #function: DeviceFunction;
  readonly #startTwin: () => RunningModule;

  /**
   * @param entry the function that is called
   * @throws ModuleError for bytes that are no module, and for one that imports more than a memory or has a start
   *   function, which could do anything before it is counted
   */
  constructor(binary: Uint8Array<ArrayBuffer>, entry: string) {
    const module = decodeModule(binary);
    refuseStartFunction(module);
    refuseInvalid(binary);
    const twin = instrument(module, { build: "fast", bounds: ANYWHERE, countInstructions: true });
    const compiled = new WebAssembly.Module(twin.bytes);
    const faults = { ...twin, functionNames: module.functions.map(({ name }) => name) };
    this.#entry = entry;
    this.#startTwin = () => new RunningModule(instantiate(compiled, module), faults);
    this.#function = functionOf(instantiate(new WebAssembly.Module(binary), module).exports, entry);
  }

  /** Calls the function of the module as it is. */
  run(...parameters: readonly number[]): unknown {
    return this.#function(...parameters);
  }

  /**
   * Calls the function of a new twin that counts.
   *
   * @throws UserError `call-fault` if it faults, traps or never ends
   */
  count(...parameters: readonly number[]): CountedCall {
    return countCall(this.#startTwin(), this.#entry, parameters);
  }
}

function instantiate(compiled: WebAssembly.Module, module: DecodedModule): WebAssembly.Instance {
  try {
    return new WebAssembly.Instance(compiled, importsOf(module));
  } catch (error) {
    if (error instanceof ModuleError) throw error;
    const [pages = 0] = module.memories.map(({ minimum }) => minimum);
    throw new ModuleError(
      "memory-size",
      `The module cannot be started with its memory of ${pages} pages and the data that it puts there.`,
    );
  }
}

/** A memory as it asks for, under whatever name. */
function importsOf(module: DecodedModule): WebAssembly.Imports {
  const imports: Record<string, Record<string, WebAssembly.Memory>> = {};
  for (const { module: from, name, kind } of module.imports) {
    const limits = module.memories.find(({ imported }) => imported);
    if (kind !== "memory" || limits === undefined) {
      throw new ModuleError("foreign-import", `The module imports the ${kind} ${from}.${name}.`);
    }
    const { minimum: initial, maximum } = limits;
    const memory = new WebAssembly.Memory({ initial, ...(maximum === undefined ? {} : { maximum }) });
    imports[from] = { ...imports[from], [name]: memory };
  }
  return imports;
}
