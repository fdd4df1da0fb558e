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
import { ControlSignal, Hal, HAL_SIGNATURES } from "../hal.ts";
import { Link } from "../link.ts";
import { FLASH_BYTES, RAM_BASE, RAM_BYTES, WASM_PAGES } from "../memory-map.ts";
import { Power, type Operation, type PowerObserver } from "../power.ts";
import type { Profile } from "../profile.ts";
import { RandomBytes } from "../random.ts";
import { ViolationLog } from "../violation.ts";
import { Watchdog } from "../watchdog.ts";
import { decodeModule } from "../wasm/decode.ts";
import { type Effect, type GlitchSite, GlitchCode } from "../wasm/glitch-model.ts";
import { glitchExport, HUNG, instrumentForGlitches, type GlitchRun } from "../wasm/glitch-module.ts";
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
}

/** The run without a glitch: which straight runs of code it went through, in order. */
export interface GoldenRun {
  readonly outcome: GlitchRunOutcome;
  /** Instructions executed, each one a dynamic index. */
  readonly instructions: number;
  /** The instruction at each dynamic index. */
  readonly sites: readonly GlitchSite[];
}

/** A countdown that no run reaches. */
const NEVER = 0x7fff_ffff;
/**
 * Instructions behind a glitch after which a run counts as hung. It has to be far above the longest
 * boot, because a glitched refusal may turn into one that installs, checks and boots.
 */
const HANG_INSTRUCTIONS = 2_000_000;

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

  /** Throws ModuleError for a module that the device refuses, KernelError for a kernel that is none. */
  constructor(options: BenchOptions) {
    const { profile, bootloader, state, kernels } = options;
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
    const trace: number[] = [];
    const traced = this.#instantiate(true, (run) => trace.push(run));
    const outcome = { ...this.#powerOn(traced, NEVER, 0, 0, 0) };
    this.rewind();
    const sites = trace.flatMap((run) => traced.runs[run]?.sites ?? []);
    this.#golden = { outcome, instructions: sites.length, sites };
    return this.#golden;
  }

  /**
   * One run, disturbed at a dynamic index. What it wrote stays in flash and counters until
   * {@link rewind}.
   */
  run(index: number, effect: Effect): GlitchRunOutcome {
    return this.#powerOn(this.#instance, index, effect.code, effect.bit, HANG_INSTRUCTIONS);
  }

  /** One run of the instrumented module in which no glitch is reached, for comparison. */
  runUndisturbed(): GlitchRunOutcome & { readonly instructions: number } {
    const outcome = this.#powerOn(this.#instance, NEVER, GlitchCode.Skip, 0, 0);
    return { ...outcome, instructions: NEVER - Number(this.#instance.countdown.value) };
  }

  /** Indices of the functions called `names` and of all that they call. Throws KernelError. */
  functionsBelow(names: readonly string[]): ReadonlySet<number> {
    return closureOf(this.module, functionIndices(this.module, names));
  }

  /** What the run has written, as a text that is equal for equal operations in equal order. */
  written(): string {
    return this.#undo.written();
  }

  /** Undoes what the run has written, all or all but its first `kept` operations. */
  rewind(kept = 0): void {
    this.#undo.rewind(kept);
  }

  /** A copy of what survives the run. */
  snapshot(): DeviceState {
    return { flash: this.flash.bytes.slice(), counters: this.counters.values.slice() };
  }

  #instantiate(traced: boolean, onRun?: (run: number) => void): Instance {
    const rewritten = instrumentForGlitches(this.module, {
      ramStart: RAM_BASE,
      ramEnd: this.#linearRamEnd,
      kernels: this.#kernelIndices,
      traced,
    });
    this.#memory.fill(0, RAM_BASE, RAM_BASE + RAM_BYTES);
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(rewritten.bytes), {
      ...this.#imports,
      bo: { ...this.kernels.functions, ...(onRun === undefined ? {} : { run: onRun }) },
    });
    return {
      runs: rewritten.runs,
      ram: this.#memory.slice(RAM_BASE, RAM_BASE + RAM_BYTES),
      reset: callable(exports["reset"]),
      arm: callable(exports[glitchExport.arm]),
      countdown: cell(exports[glitchExport.countdown]),
      fired: cell(exports[glitchExport.fired]),
    };
  }

  #powerOn(instance: Instance, index: number, code: number, bit: number, budget: number): GlitchRunOutcome {
    this.#memory.set(instance.ram, RAM_BASE);
    this.#power.powerOn(this.#undo, undefined);
    this.#clock.powerOn();
    this.#link.powerOn();
    this.#random.powerOn();
    if (this.#violations.list.length > 0) this.#violations.powerOn();
    this.#hal.enterStage("bootloader", this.#linearRamEnd);
    this.kernels.begin();
    instance.arm(index, code, bit, budget);
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
    };
  }
}

interface Instance {
  readonly runs: readonly GlitchRun[];
  /** RAM as instantiation leaves it. */
  readonly ram: Uint8Array<ArrayBuffer>;
  readonly reset: (...values: number[]) => unknown;
  readonly arm: (...values: number[]) => unknown;
  readonly countdown: WebAssembly.Global;
  readonly fired: WebAssembly.Global;
}

/** One operation that took effect: how to undo it, and what it did, as text. */
interface Done {
  readonly undo: { readonly address: number; readonly bytes: Uint8Array } | { id: number; before: bigint };
  readonly text: string;
}

/** Keeps what operations overwrite. */
class UndoLog implements PowerObserver {
  readonly #flash: Flash;
  readonly #counters: Counters;
  readonly #kernels: Kernels;
  readonly #done: Done[] = [];
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
      this.#done.push({ undo: { id, before }, text: `counter ${id}: ${after}` });
      return;
    }
    const { address, before, after } = operation;
    const text = `${address}: ${after.join()}`;
    this.#done.push({ undo: { address, bytes: before.slice() }, text });
    const content = `${this.#kernels.flashVersion} ${text}`;
    let version = this.#versions.get(content);
    if (version === undefined) this.#versions.set(content, (version = this.#versions.size + 1));
    this.#kernels.flashVersion = version;
  }

  written(): string {
    return this.#done.map(({ text }) => text).join(";");
  }

  /** Undoes all operations but the first `kept`. */
  rewind(kept = 0): void {
    if (this.#done.length === 0) return;
    for (const { undo } of this.#done.splice(kept).reverse()) {
      if ("address" in undo) this.#flash.bytes.set(undo.bytes, undo.address);
      else this.#counters.values[undo.id] = undo.before;
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

function callable(value: unknown): (...values: number[]) => unknown {
  if (!isCallable(value)) throw new TypeError("The rewritten module lost an export.");
  return value;
}

function isCallable(value: unknown): value is (...values: number[]) => unknown {
  return typeof value === "function";
}

function cell(value: unknown): WebAssembly.Global {
  if (!(value instanceof WebAssembly.Global)) throw new TypeError("The rewritten module lost a global.");
  return value;
}
