/**
 * A program in WebAssembly text that can be disturbed at any executed instruction, for tests of the
 * glitch models. It exports `main`, which takes i32 parameters and may call `env.note(i32)`.
 */
import { decodeModule } from "../emulator/wasm/decode.ts";
import { effectsOn, GLITCH_MODELS, type Effect, type GlitchSite } from "../emulator/wasm/glitch-model.ts";
import { glitchExport, instrumentForGlitches } from "../emulator/wasm/glitch-module.ts";
import { assemble } from "./wat.ts";

/** What can be seen of one run: the result or how it ended, what was noted, and the first word of RAM. */
export interface Observation {
  readonly result: number | bigint | "trap" | "nothing";
  readonly notes: readonly number[];
  readonly word: number;
}

/** RAM of these programs; every store has to stay in it. */
export const PROGRAM_RAM = 65_536;

const NEVER = 0x7fff_ffff;

/** One program. */
export class GlitchProgram {
  /** The instructions of the undisturbed run, in the order in which they are executed. */
  readonly sites: readonly GlitchSite[];

  readonly #original: WebAssembly.Module;
  readonly #disturbed: WebAssembly.Module;
  readonly #parameters: readonly number[];

  /** @param body the module's fields, without import of memory and note */
  constructor(body: string, parameters: readonly number[] = []) {
    const bytes = assemble(`(module
      (import "env" "memory" (memory 2 2))
      (import "env" "note" (func $note (param i32)))
      ${body})`);
    const module = decodeModule(bytes);
    const options = { ramStart: PROGRAM_RAM, ramEnd: 2 * PROGRAM_RAM, kernels: [] };
    this.#parameters = parameters;
    this.#original = new WebAssembly.Module(bytes);
    this.#disturbed = new WebAssembly.Module(
      instrumentForGlitches(module, { ...options, traced: false }).bytes,
    );
    const traced = instrumentForGlitches(module, { ...options, traced: true });
    const trace: number[] = [];
    this.#observe(new WebAssembly.Module(traced.bytes), (run) => trace.push(run), [NEVER, 0, 0, 0]);
    this.sites = trace.flatMap((run) => traced.runs[run]?.sites ?? []);
  }

  /** The run of the module as it was written. */
  original(): Observation {
    return this.#observe(this.#original);
  }

  /** The run of the rewritten module with no glitch. */
  undisturbed(): Observation {
    return this.#observe(this.#disturbed, undefined, [NEVER, 0, 0, 0]);
  }

  /** The run with one instruction disturbed. */
  disturbed(index: number, effect: Effect, budget = 1000): Observation {
    return this.#observe(this.#disturbed, undefined, [index, effect.code, effect.bit, budget]);
  }

  /** The run with two instructions disturbed; the second index counts from the first glitch. */
  disturbedTwice(index: number, effect: Effect, distance: number, second: Effect): Observation {
    const first = [index, effect.code, effect.bit, 1000];
    return this.#observe(this.#disturbed, undefined, [...first, distance, second.code, second.bit]);
  }

  /** Dynamic indices of the instructions with this text. */
  indicesOf(text: string): number[] {
    return this.sites.flatMap((site, index) => (site.text === text ? [index] : []));
  }

  /** Every effect at every index. */
  faults(): { readonly index: number; readonly site: GlitchSite; readonly effect: Effect }[] {
    const models = new Set(GLITCH_MODELS);
    return this.sites.flatMap((site, index) =>
      effectsOn(site, models).map((effect) => ({ index, site, effect })),
    );
  }

  #observe(module: WebAssembly.Module, onRun?: (run: number) => void, arms?: number[]): Observation {
    const memory = new WebAssembly.Memory({ initial: 2, maximum: 2 });
    const notes: number[] = [];
    const note = (value: number): void => {
      notes.push(value);
    };
    const { exports } = new WebAssembly.Instance(module, {
      env: { memory, note },
      bo: { run: onRun ?? (() => undefined) },
    });
    const { main, [glitchExport.arm]: arm } = exports;
    if (arms !== undefined && isCallable(arm)) arm(...arms);
    let result: Observation["result"] = "nothing";
    try {
      const value: unknown = isCallable(main) ? main(...this.#parameters) : undefined;
      if (typeof value === "number" || typeof value === "bigint") result = value;
    } catch (error) {
      if (!(error instanceof WebAssembly.RuntimeError)) throw error;
      result = "trap";
    }
    return { result, notes, word: new DataView(memory.buffer).getInt32(PROGRAM_RAM, true) };
  }
}

function isCallable(value: unknown): value is (...values: readonly number[]) => unknown {
  return typeof value === "function";
}
