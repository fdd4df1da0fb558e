/**
 * Runs a module under observation, and compares executions: is there anything an onlooker could tell
 * one secret from another by?
 */
import { decodeModule } from "./decode.ts";
import { instrument } from "./instrument.ts";
import type { Bounds } from "./instrument.ts";
import { withSymbols } from "./load.ts";
import type { DecodedModule } from "./module.ts";
import { observationExport, Observer, type ObservedKind, type ObservedSite } from "./observation.ts";
import { RunningModule } from "./running-module.ts";

/** What an onlooker sees of an execution, in short. */
export interface Observation {
  readonly hash: bigint;
  readonly events: number;
}

/** Drives one execution, always from the same fresh memory; all that differs is the secret. */
export type Drive = (module: RunningModule, memory: Uint8Array) => void;

/** The first thing by which two executions differ. */
export interface Divergence {
  readonly kind: ObservedKind;
  readonly functionName: string;
  /** Byte offset of the instruction in the module. */
  readonly instructionOffset: number;
  /** How many events came before. */
  readonly event: number;
  readonly message: string;
}

/** Far more fuel than anything that is observed burns. */
const FUEL = 2 ** 50;

/** A module that is instrumented for observation. It is given to the drive anew for every execution. */
export class ObservedModule {
  readonly #module: WebAssembly.Module;
  readonly #decoded: DecodedModule;
  readonly #sites: readonly ObservedSite[];
  readonly #memoryPages: number;

  /**
   * @param symbols an unstripped twin, for the names of functions
   * @throws ModuleError for a module that the device would not decode
   */
  constructor(bytes: Uint8Array, bounds: Bounds, symbols?: Uint8Array) {
    const decoded = decodeModule(bytes);
    this.#decoded = symbols === undefined ? decoded : withSymbols(decoded, decodeModule(symbols));
    const observer = new Observer();
    const instrumented = instrument(decoded, { build: "checked", bounds, observer });
    this.#module = new WebAssembly.Module(instrumented.bytes);
    this.#sites = observer.sites;
    this.#memoryPages = Math.ceil(bounds.ramEnd / 65_536);
  }

  /** Runs the module. Throws whatever the drive throws. */
  observe(drive: Drive): Observation {
    return this.#run(drive, 0).observation;
  }

  /** The first event in which two executions differ, or undefined if there is none. */
  divergence(one: Drive, other: Drive): Divergence | undefined {
    const [first, second] = [this.observe(one), this.observe(other)];
    if (first.hash === second.hash && first.events === second.events) return undefined;
    // The shortest prefix that differs: all shorter ones are equal, all longer ones are not.
    let equal = 0;
    let different = Math.min(first.events, second.events) + 1;
    while (different - equal > 1) {
      const middle = (equal + different) >> 1;
      const isEqual = this.#run(one, middle).observation.hash === this.#run(other, middle).observation.hash;
      if (isEqual) equal = middle;
      else different = middle;
    }
    const longer = first.events >= different ? one : other;
    return this.#describe(this.#run(longer, different).stopped, equal);
  }

  #describe(stopped: bigint, event: number): Divergence {
    const site = this.#sites[Number(stopped >> 32n) - 1];
    if (site === undefined) throw new RangeError(`No event ${event + 1} was observed.`);
    const { kind, functionIndex, instructionOffset } = site;
    const functionName = this.#decoded.functions[functionIndex]?.name ?? "";
    const message =
      `The executions differ at event ${event + 1}, a ${kind} in ${functionName} ` +
      `at byte ${instructionOffset}: it depends on what differs between them.`;
    return { kind, functionName, instructionOffset, event, message };
  }

  /** Runs up to an event, or to the end if it is 0. */
  #run(drive: Drive, stopAt: number): { observation: Observation; stopped: bigint } {
    const pages = { initial: this.#memoryPages, maximum: this.#memoryPages };
    const memory = new WebAssembly.Memory(pages);
    const instance = new WebAssembly.Instance(this.#module, { env: { memory } });
    const names = this.#decoded.functions.map(({ name }) => name);
    const running = new RunningModule(instance, {
      sites: [],
      trapOffsets: new Int32Array(0),
      functionNames: names,
    });
    running.fuel = FUEL;
    const global = (name: string): WebAssembly.Global => {
      const found = instance.exports[name];
      if (!(found instanceof WebAssembly.Global)) throw new TypeError(`The module exports no ${name}.`);
      return found;
    };
    const read = (name: string): bigint => BigInt.asUintN(64, BigInt(String(global(name).value)));
    global(observationExport.stopAt).value = BigInt(stopAt);
    try {
      drive(running, new Uint8Array(memory.buffer));
    } catch (error) {
      if (stopAt === 0 || read(observationExport.events) !== BigInt(stopAt)) throw error;
    }
    const observation = {
      hash: read(observationExport.hash),
      events: Number(read(observationExport.events)),
    };
    return { observation, stopped: read(observationExport.stopped) };
  }
}
