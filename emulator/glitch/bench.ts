/**
 * The glitch bench: one power-on of a bootloader, run again and again from the same state, each time
 * with another instruction disturbed.
 *
 * It is the device of device.ts with everything left out that a run of the bootloader alone does not
 * need: the instance is made once and put back to its first state, only what a run has changed in
 * flash is undone, and kernels are looked up. HAL and flash are the device's own. A run ends where
 * the bootloader ends: it hands over, resets, waits for ever, returns, or faults.
 */
import { Clock } from "../clock.ts";
import { Counters } from "../counters.ts";
import type { DeviceState } from "../device.ts";
import { Flash } from "../flash.ts";
import { ControlSignal, Hal, HAL_SIGNATURES, type Surroundings } from "../hal.ts";
import { Link } from "../link.ts";
import { FLASH_BYTES, RAM_BASE, RAM_BYTES, WASM_PAGES } from "../memory-map.ts";
import { Power, type Operation, type PowerObserver } from "../power.ts";
import type { Profile } from "../profile.ts";
import { RandomBytes } from "../random.ts";
import { ViolationLog } from "../violation.ts";
import { Watchdog } from "../watchdog.ts";
import { decodeModule } from "../wasm/decode.ts";
import { type Effect, type GlitchSite, GlitchCode } from "../wasm/glitch-model.ts";
import {
  FIRED_TWICE,
  glitchExport,
  HUNG,
  instrumentForGlitches,
  type GlitchRun,
} from "../wasm/glitch-module.ts";
import { loadModule } from "../wasm/load.ts";
import type { DecodedModule } from "../wasm/module.ts";
import { closureOf, functionIndices, kernelIndices } from "./kernel-purity.ts";
import { Kernels } from "./kernel.ts";

/** What is disturbed, and under what conditions. */
export interface BenchOptions {
  readonly profile: Profile;
  /** The bootloader with the names of its functions. */
  readonly bootloader: Uint8Array;
  /** What every run starts from. */
  readonly state: DeviceState;
  /** What the device can find out; nothing by default. */
  readonly surroundings?: Surroundings;
  /** Names of functions that are computed once per input and never disturbed. */
  readonly kernels: readonly string[];
}

/** How a run ended. */
export type RunEnd = "boot" | "reset" | "idle" | "returned" | "fault" | "hang";

/** One run, valid until the next one. */
export interface GlitchRunOutcome {
  readonly end: RunEnd;
  /** What control was handed to, when `end` is `boot`. */
  readonly bootAddress: number;
  readonly bootLength: number;
  /** Operations that took effect, on flash or a counter. */
  readonly operations: number;
  /** The glitch was reached. */
  readonly fired: boolean;
  /** The second glitch was reached, and the run came to an end behind it. */
  readonly firedTwice: boolean;
}

/** The run without a glitch: which straight runs of code it went through, in order. */
export interface GoldenRun {
  readonly outcome: GlitchRunOutcome;
  /** Instructions executed, each one a dynamic index. */
  readonly instructions: number;
  /** The instruction at each dynamic index. */
  readonly sites: readonly GlitchSite[];
}

/** A glitch in a run: so many instructions after reset, or after the first glitch. */
export interface GlitchAim {
  readonly index: number;
  readonly effect: Effect;
}

/** What {@link GlitchBench.observe} tells, in the order in which it happens. */
export interface GlitchObserver {
  /** A straight run of code begins; `sites` are its instructions. */
  run(run: number, sites: readonly GlitchSite[]): void;
  /**
   * The bootloader calls the device or a kernel: a checkpoint.
   *
   * @param call number of the function called
   * @param digest computes a digest of the arguments, of RAM and of every global, in two halves
   */
  checkpoint(call: number, digest: () => readonly [number, number]): void;
}

/** A countdown that no run reaches. */
const NEVER = 0x7fff_ffff;
/**
 * Instructions behind a glitch after which a run counts as hung. It has to be far above the longest
 * boot, because a glitched refusal may turn into one that installs, checks and boots.
 */
const HANG_INSTRUCTIONS = 2_000_000;
/** The same, in boots without a glitch, for boots that are longer than that. */
const HANG_BOOTS = 2;
const FNV_PRIME = 16777619;
const NO_AIM: GlitchAim = { index: NEVER, effect: { code: GlitchCode.Skip, bit: 0 } };

/** Runs one bootloader from one state, with and without glitches. */
export class GlitchBench {
  readonly module: DecodedModule;
  readonly flash: Flash;
  readonly counters: Counters;
  readonly kernels: Kernels;

  readonly #memory: Uint8Array<ArrayBuffer>;
  readonly #power = new Power();
  readonly #clock: Clock;
  readonly #link = new Link(undefined);
  readonly #random = new RandomBytes(1);
  readonly #violations = new ViolationLog();
  readonly #hal: Hal;
  readonly #kernelIndices: readonly number[];
  readonly #linearRamEnd: number;
  readonly #imports: WebAssembly.Imports;
  readonly #undo: UndoLog;
  readonly #instance: Instance;
  #golden: GoldenRun | undefined;
  #traced: Instance | undefined;
  #observer: GlitchObserver | undefined;
  #digest: WasmFunction = () => 0;

  /** Throws ModuleError for a module that the device refuses, KernelError for a kernel that is none. */
  constructor(options: BenchOptions) {
    const { profile, bootloader, state, surroundings = {}, kernels } = options;
    const wasmMemory = new WebAssembly.Memory({ initial: WASM_PAGES, maximum: WASM_PAGES });
    const memory = new Uint8Array(wasmMemory.buffer);
    this.#memory = memory;
    this.#clock = new Clock(profile);
    const shared = { power: this.#power, clock: this.#clock, violations: this.#violations };
    this.flash = new Flash(profile, memory, shared);
    this.counters = new Counters(this.#power, this.#clock);
    this.#hal = new Hal({
      ...shared,
      profile,
      memory,
      flash: this.flash,
      counters: this.counters,
      link: this.#link,
      watchdog: new Watchdog(profile, this.#clock),
      random: this.#random,
      surroundings,
      idleLimitMicros: 0,
    });
    this.#imports = { env: { memory: wasmMemory }, hal: { ...this.#hal.functions, log: () => 0 } };
    this.#linearRamEnd = linearRamEnd(bootloader);
    this.module = decodeModule(bootloader);
    this.#kernelIndices = kernelIndices(this.module, kernels);
    const place = {
      memory: wasmMemory,
      ramStart: RAM_BASE,
      ramEnd: this.#linearRamEnd & ~3,
      flashBytes: FLASH_BYTES,
    };
    this.kernels = new Kernels(this.module, this.#kernelIndices, place, this.#imports);
    this.flash.bytes.set(state.flash);
    this.counters.values.set(state.counters);
    this.#undo = new UndoLog(this.flash, this.counters, this.kernels);
    this.#instance = this.#instantiate(false);
  }

  /** The run without a glitch, recorded once. */
  golden(): GoldenRun {
    if (this.#golden !== undefined) return this.#golden;
    const sites: GlitchSite[] = [];
    const observer: GlitchObserver = {
      run: (_run, ofRun) => {
        for (const site of ofRun) sites.push(site);
      },
      checkpoint: () => undefined,
    };
    const outcome = { ...this.#observed(observer, NO_AIM, 0) };
    this.rewind();
    this.#golden = { outcome, instructions: sites.length, sites };
    return this.#golden;
  }

  /**
   * One run, disturbed at a dynamic index, and a second time if `second` says so, whose index counts
   * from the first glitch and is at least 1. What it wrote stays in flash and counters until
   * {@link rewind}.
   */
  run(index: number, effect: Effect, second?: GlitchAim): GlitchRunOutcome {
    return this.#powerOn(this.#instance, { index, effect }, this.#hangInstructions(), second);
  }

  /** One run like {@link run}, told step by step: slower by far. */
  observe(observer: GlitchObserver, index: number, effect: Effect): GlitchRunOutcome {
    return this.#observed(observer, { index, effect }, this.#hangInstructions());
  }

  /** The run without a glitch, told step by step. */
  observeUndisturbed(observer: GlitchObserver): GlitchRunOutcome {
    return this.#observed(observer, NO_AIM, 0);
  }

  /** One run of the instrumented module in which no glitch is reached, for comparison. */
  runUndisturbed(): GlitchRunOutcome & { readonly instructions: number } {
    const outcome = this.#powerOn(this.#instance, NO_AIM, 0);
    return { ...outcome, instructions: NEVER - Number(this.#instance.countdown.value) };
  }

  /** Indices of the functions called `names`. Throws KernelError. */
  functionsNamed(names: readonly string[]): ReadonlySet<number> {
    return new Set(functionIndices(this.module, names));
  }

  /** Indices of the functions called `names` and of all that they call. Throws KernelError. */
  functionsBelow(names: readonly string[]): ReadonlySet<number> {
    return closureOf(this.module, functionIndices(this.module, names));
  }

  /** What the run has written, as a text that is equal for equal operations in equal order. */
  written(): string {
    return this.#undo.written();
  }

  /** The operations of the run that took effect, in order. */
  operations(): readonly DoneOperation[] {
    return this.#undo.done;
  }

  /** Undoes what the run has written, all or all but its first `kept` operations. */
  rewind(kept = 0): void {
    this.#undo.rewind(kept);
  }

  /** A copy of what survives the run. */
  snapshot(): DeviceState {
    return { flash: this.flash.bytes.slice(), counters: this.counters.values.slice() };
  }

  #hangInstructions(): number {
    return Math.max(HANG_INSTRUCTIONS, HANG_BOOTS * this.golden().instructions);
  }

  #observed(observer: GlitchObserver, aim: GlitchAim, budget: number): GlitchRunOutcome {
    this.#traced ??= this.#instantiate(true);
    this.#observer = observer;
    const outcome = this.#powerOn(this.#traced, aim, budget);
    this.#observer = undefined;
    return outcome;
  }

  #instantiate(traced: boolean): Instance {
    const rewritten = instrumentForGlitches(this.module, {
      ramStart: RAM_BASE,
      ramEnd: this.#linearRamEnd,
      kernels: this.#kernelIndices,
      traced,
    });
    this.#memory.fill(0, RAM_BASE, RAM_BASE + RAM_BYTES);
    const { exports } = new WebAssembly.Instance(
      new WebAssembly.Module(rewritten.bytes),
      traced ? this.#tracedImports(rewritten.runs) : { ...this.#imports, bo: { ...this.kernels.functions } },
    );
    if (traced) this.#digest = callable(exports[glitchExport.digest]);
    return {
      ram: this.#memory.slice(RAM_BASE, RAM_BASE + RAM_BYTES),
      reset: callable(exports["reset"]),
      arm: callable(exports[glitchExport.arm]),
      countdown: cell(exports[glitchExport.countdown]),
      fired: cell(exports[glitchExport.fired]),
    };
  }

  /** The imports, each of which tells the observer of its call first. */
  #tracedImports(runs: readonly GlitchRun[]): WebAssembly.Imports {
    let calls = 0;
    const watched = (functions: Readonly<Record<string, unknown>>): WebAssembly.ModuleImports =>
      Object.fromEntries(
        Object.entries(functions).map(([name, value]) => {
          const call = (calls += 1);
          const target = callable(value);
          const watching = (...values: WasmNumber[]): unknown => {
            this.#observer?.checkpoint(call, () => {
              let seed = call;
              for (const each of values) seed = Math.imul(seed ^ Number(each), FNV_PRIME);
              return [Number(this.#digest(seed)), Number(this.#digest(~seed))];
            });
            return target(...values);
          };
          return [name, watching];
        }),
      );
    const run = (index: number): void => {
      const sites = runs[index]?.sites;
      if (sites !== undefined) this.#observer?.run(index, sites);
    };
    return {
      ...this.#imports,
      hal: watched({ ...this.#imports["hal"] }),
      bo: { ...watched(this.kernels.functions), run },
    };
  }

  #powerOn(
    instance: Instance,
    { index, effect }: GlitchAim,
    budget: number,
    second?: GlitchAim,
  ): GlitchRunOutcome {
    this.#memory.set(instance.ram, RAM_BASE);
    this.#power.powerOn(this.#undo, undefined);
    this.#clock.powerOn();
    this.#link.powerOn();
    this.#random.powerOn();
    if (this.#violations.list.length > 0) this.#violations.powerOn();
    this.#hal.enterStage("bootloader", this.#linearRamEnd);
    this.kernels.begin();
    if (second === undefined) instance.arm(index, effect.code, effect.bit, budget, 0, 0, 0);
    else {
      const { code, bit } = second.effect;
      instance.arm(index, effect.code, effect.bit, budget, second.index, code, bit);
    }
    let end: RunEnd = "returned";
    try {
      instance.reset();
    } catch (error) {
      if (error instanceof ControlSignal) end = error.kind;
      else if (error instanceof WebAssembly.RuntimeError || error instanceof RangeError) {
        end = instance.fired.value === HUNG ? "hang" : "fault";
      } else throw error;
    }
    return {
      end,
      bootAddress: this.#hal.bootAddress,
      bootLength: this.#hal.bootLength,
      operations: this.#undo.operations,
      fired: instance.fired.value !== 0,
      firedTwice: instance.fired.value === FIRED_TWICE,
    };
  }
}

interface Instance {
  /** RAM as instantiation leaves it. */
  readonly ram: Uint8Array<ArrayBuffer>;
  readonly reset: WasmFunction;
  readonly arm: WasmFunction;
  readonly countdown: WebAssembly.Global;
  readonly fired: WebAssembly.Global;
}

/** An operation that took effect, and what it did, as text. */
export type DoneOperation = { readonly text: string } & (
  | { readonly kind: "counter"; readonly id: number; readonly before: bigint }
  | {
      readonly kind: "erase" | "program";
      readonly address: number;
      readonly before: Uint8Array;
      readonly after: Uint8Array;
    }
);

/** Keeps what operations overwrite. */
class UndoLog implements PowerObserver {
  readonly #flash: Flash;
  readonly #counters: Counters;
  readonly #kernels: Kernels;
  readonly #done: DoneOperation[] = [];
  /** Numbers of flash contents, by what came before and what was written. */
  readonly #versions = new Map<string, number>();

  constructor(flash: Flash, counters: Counters, kernels: Kernels) {
    this.#flash = flash;
    this.#counters = counters;
    this.#kernels = kernels;
  }

  get operations(): number {
    return this.#done.length;
  }

  before(operation: Operation): void {
    if (operation.kind === "counter") {
      const { id, before, after } = operation;
      this.#done.push({ kind: "counter", id, before, text: `counter ${id}: ${after}` });
      return;
    }
    const { kind, address, length } = operation;
    const before = operation.before.slice(0, length);
    const after = operation.after.slice(0, length);
    const text = `${address}: ${after.join()}`;
    this.#done.push({ kind, address, before, after, text });
    const content = `${this.#kernels.flashVersion} ${text}`;
    let version = this.#versions.get(content);
    if (version === undefined) this.#versions.set(content, (version = this.#versions.size + 1));
    this.#kernels.flashVersion = version;
  }

  get done(): readonly DoneOperation[] {
    return [...this.#done];
  }

  written(): string {
    return this.#done.map(({ text }) => text).join(";");
  }

  /** Undoes all operations but the first `kept`. */
  rewind(kept = 0): void {
    if (this.#done.length === 0) return;
    for (const operation of this.#done.splice(kept).reverse()) {
      if (operation.kind === "counter") this.#counters.values[operation.id] = operation.before;
      else this.#flash.bytes.set(operation.before, operation.address);
    }
    this.#kernels.flashVersion = 0;
  }
}

function linearRamEnd(bootloader: Uint8Array): number {
  return loadModule(bootloader, {
    ramBase: RAM_BASE,
    ramBytes: RAM_BYTES,
    flashBytes: FLASH_BYTES,
    build: "fast",
    requiredExports: ["reset", "__heap_base"],
    allowedImports: HAL_SIGNATURES,
  }).footprint.linearRamEnd;
}

type WasmNumber = number | bigint;
type WasmFunction = (...values: WasmNumber[]) => unknown;

function callable(value: unknown): WasmFunction {
  if (!isCallable(value)) throw new TypeError("The rewritten module lost an export.");
  return value;
}

function isCallable(value: unknown): value is WasmFunction {
  return typeof value === "function";
}

function cell(value: unknown): WebAssembly.Global {
  if (!(value instanceof WebAssembly.Global)) throw new TypeError("The rewritten module lost a global.");
  return value;
}
