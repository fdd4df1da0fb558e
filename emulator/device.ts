/**
 * The device: flash, RAM, counters, a link, and what happens from power-on to the end of a cycle.
 *
 * A power cycle begins at reset. The bootloader is whatever the boot partition holds, compiled
 * (from a cache), instantiated on the device's one memory, and called. When it hands control to an
 * image in a slot, that is compiled and runs in the same cycle, operations numbered on. Each stage
 * is a new instance, and RAM is zeroed before it: nothing survives but flash and counters.
 *
 * Flash that does not hold a module that may run is an outcome of the cycle, not an error.
 */

import type { Slot } from "../assembly/layout.ts";
import { Status } from "../assembly/status.ts";
import { bootloaderBytes } from "./bootloader-length.ts";
import { Clock, type ByCause, type Timing } from "./clock.ts";
import { Counters } from "./counters.ts";
import { NO_BITS, type DeviceBits } from "./device-bits.ts";
import { nanojoulesOf } from "./energy.ts";
import { Flash } from "./flash.ts";
import {
  busFaultSignal,
  ControlSignal,
  Hal,
  HAL_SIGNATURES,
  type HalStage,
  type LogLine,
  type Surroundings,
} from "./hal.ts";
import { ImageCache } from "./image-cache.ts";
import { Link, type LinkPeer } from "./link.ts";
import { FLASH_BYTES, RAM_BASE, RAM_BYTES, WASM_PAGES } from "./memory-map.ts";
import { Power, powerLoss, type PowerObserver } from "./power.ts";
import type { Profile } from "./profile.ts";
import { RadioWire } from "./radio.ts";
import { RandomBytes } from "./random.ts";
import { isRecordingDue, playRecording, type RecordedOperation } from "./recording.ts";
import type { PowerCycleEnd, Stage, TraceSink } from "./trace.ts";
import { ViolationLog, type Violation } from "./violation.ts";
import { Watchdog } from "./watchdog.ts";
import { faultOf, type Fault } from "./wasm/fault.ts";
import type { Build } from "./wasm/instrument.ts";
import { loadModule, type LoadedModule } from "./wasm/load.ts";
import { ModuleError } from "./wasm/module-error.ts";
import type { RunningModule } from "./wasm/running-module.ts";

/** What a device is made of. */
export interface DeviceOptions {
  readonly profile: Profile;
  /** `checked` (the default) checks loads as well, `fast` checks stores and fuel only. */
  readonly build?: Build;
  /** The far end of the link; without one the device has no link. */
  readonly link?: LinkPeer;
  /** The device's own end of the link, where it has to do more than ask `link`. */
  readonly linkEnd?: Link;
  /** Loads the bootloader in its own way, for tests that look into it; throws ModuleError. */
  readonly loadBootloader?: (bytes: Uint8Array<ArrayBuffer>) => LoadedModule;
  /** Unstripped twins of the modules that run, for the names of functions in faults. */
  readonly symbols?: readonly Uint8Array[];
  /** Where the device's entropy starts at every power-on; 1 by default. */
  readonly seed?: number;
  /** Time waiting for an answer after which the next `idle` ends the cycle [µs]; two minutes by default. */
  readonly idleLimitMicros?: number;
  /** What the device can find out about time, battery and permission; nothing by default. */
  readonly surroundings?: Surroundings;
  /** Which of the profile's times the clock uses; `typical` by default. */
  readonly timing?: Timing;
  /** Operations that are played at the first power-on, in place of the bootloader; see recording.ts. */
  readonly recording?: readonly RecordedOperation[] | undefined;
}

/** Everything that survives a power cycle. */
export interface DeviceState {
  /** The whole flash, FLASH_BYTES bytes; behind it that of the radio, if the device has one. */
  readonly flash: Uint8Array;
  readonly counters: BigUint64Array;
  /** Erases per page. History, which the device itself cannot read; left alone where absent. */
  readonly wear?: Uint32Array;
}

/** A state with what flash remembers beside its content. */
export interface RememberedState extends DeviceState {
  /** Nothing where absent. */
  readonly bits?: DeviceBits;
}

/** The image that control was handed to. */
export interface BootedImage {
  readonly slot: Slot;
  readonly address: number;
  readonly length: number;
}

/** One power cycle. */
export interface PowerCycle {
  readonly end: PowerCycleEnd;
  /** What ran, or was about to, when it ended. */
  readonly stage: Stage;
  /** The image that the bootloader handed control to, if it did. */
  readonly booted: BootedImage | undefined;
  /** How many operations took effect, wholly or partly. */
  readonly operations: number;
  readonly log: readonly LogLine[];
  /** What stopped it, when `end` is `hard-fault` or `watchdog`. */
  readonly fault: Fault | undefined;
  readonly violations: readonly Violation[];
  /** Simulated time [µs]. */
  readonly micros: ByCause;
  /** Energy [nJ]. */
  readonly nanojoules: ByCause;
  /** Fuel burnt. */
  readonly fuel: number;
  /** Why the module was refused, when `end` is `refused`. */
  readonly moduleError: ModuleError | undefined;
}

/** Who looks on during a power cycle. */
export interface PowerOnOptions {
  /** Sees every operation and may cut the power. */
  readonly observer?: PowerObserver;
  readonly trace?: TraceSink;
  /** The watchdog resets after so much fuel, kicks or not; the profile's cap unless given. */
  readonly capFuel?: number;
}

/** A call that the device cannot serve. */
export class DeviceError extends Error {
  override readonly name = "DeviceError";
  readonly code: "state-size" | "verify-fault";

  constructor(code: DeviceError["code"], message: string) {
    super(message);
    this.code = code;
  }
}

const DEFAULT_IDLE_LIMIT_MICROS = 120e6;

/** One device. It is off except during {@link Device.powerOn} and {@link Device.verify}. */
export class Device {
  readonly profile: Profile;
  /** The whole address space. Writing flash here is no operation; see memory-map.ts. */
  readonly memory: Uint8Array<ArrayBuffer>;
  readonly flash: Flash;
  readonly counters: Counters;
  /** What it can find out about the world. */
  readonly surroundings: Surroundings;

  readonly #link: Link;
  readonly #power = new Power();
  readonly #clock: Clock;
  readonly #watchdog: Watchdog;
  readonly #random: RandomBytes;
  readonly #violations = new ViolationLog();
  readonly #hal: Hal;
  readonly #imports: WebAssembly.Imports;
  /** Apart from the images, so that a campaign over thousands of those never forgets it. */
  readonly #bootloaders: ImageCache;
  readonly #images: ImageCache;
  /** The same modules, built to meet flash that faults or wavers when it is read. */
  readonly #probed: { readonly bootloaders: ImageCache; readonly images: ImageCache };
  readonly #recording: readonly RecordedOperation[] | undefined;
  #fault: Fault | undefined;
  #moduleError: ModuleError | undefined;

  constructor(options: DeviceOptions) {
    const { profile, build = "checked", symbols = [] } = options;
    const wasmMemory = new WebAssembly.Memory({ initial: WASM_PAGES, maximum: WASM_PAGES });
    this.profile = profile;
    this.surroundings = options.surroundings ?? {};
    this.#recording = options.recording;
    this.memory = new Uint8Array(wasmMemory.buffer);
    this.#link = options.linkEnd ?? new Link(options.link);
    this.#clock = new Clock(profile, options.timing);
    this.#watchdog = new Watchdog(profile, this.#clock);
    this.#random = new RandomBytes(options.seed ?? 1);
    const shared = { power: this.#power, clock: this.#clock, violations: this.#violations };
    this.flash = new Flash(profile, this.memory, shared);
    this.flash.bytes.fill(profile.erasedValue);
    this.counters = new Counters(this.#power, this.#clock);
    const { radio } = profile.layout;
    this.#hal = new Hal({
      ...shared,
      profile,
      memory: this.memory,
      flash: this.flash,
      counters: this.counters,
      link: this.#link,
      watchdog: this.#watchdog,
      random: this.#random,
      radio: radio === undefined ? undefined : new RadioWire(this.flash, radio),
      surroundings: this.surroundings,
      idleLimitMicros: options.idleLimitMicros ?? DEFAULT_IDLE_LIMIT_MICROS,
    });
    this.#imports = { env: { memory: wasmMemory }, hal: { ...this.#hal.functions } };
    const compile = (bytes: Uint8Array): LoadedModule => load(bytes, build, symbols);
    this.#bootloaders = new ImageCache(options.loadBootloader ?? compile);
    this.#images = new ImageCache(compile);
    const probed = (bytes: Uint8Array): LoadedModule => load(bytes, "probed", symbols);
    this.#probed = { bootloaders: new ImageCache(probed), images: new ImageCache(probed) };
    this.#violations.listener = (violation) =>
      this.#power.trace?.event({ kind: "violation", micros: this.#clock.now(), violation });
  }

  /** Everything that survives a power cycle, as it is now; no copy. */
  get held(): Required<RememberedState> {
    const { flash, counters } = this;
    return { flash: flash.bytes, counters: counters.values, wear: flash.wear, bits: flash.bits };
  }

  /** A copy of everything that survives a power cycle. */
  snapshot(): Required<RememberedState> {
    return {
      bits: this.flash.bits,
      flash: this.flash.bytes.slice(),
      counters: this.counters.values.slice(),
      wear: this.flash.wear.slice(),
    };
  }

  /**
   * Puts the device into a state; a copy, the state may be restored again.
   *
   * @throws DeviceError `state-size` when the state is of a device of another shape
   */
  restore(state: RememberedState): void {
    const { flash, counters, wear, bits = NO_BITS } = state;
    if (
      flash.length !== this.flash.bytes.length ||
      counters.length !== this.counters.values.length ||
      (wear !== undefined && wear.length !== this.flash.wear.length)
    ) {
      throw new DeviceError("state-size", "The state belongs to a device of another shape.");
    }
    this.flash.bytes.set(flash);
    this.flash.bits = bits;
    this.counters.values.set(counters);
    if (wear !== undefined) this.flash.wear.set(wear);
  }

  /**
   * Switches the power on and runs until the cycle ends.
   *
   * @throws whatever an observer or the link's far end throws, {@link powerLoss} excepted
   */
  powerOn(options: PowerOnOptions = {}): PowerCycle {
    this.#begin(options.observer, options.trace);
    this.#watchdog.capFuel = options.capFuel ?? this.profile.capFuel;
    try {
      this.flash.powerOn();
      return this.#cycle(options.trace);
    } finally {
      this.flash.powerOff();
      this.#power.powerOff();
    }
  }

  /**
   * Asks the bootloader in the boot partition to judge an envelope that lies in flash; nothing
   * changes, and no power cycle takes place.
   *
   * @param address device address of the envelope
   * @param length its size [bytes]
   * @returns what the bootloader says, or Status.HalUnavailable when it has no `verify` export
   * @throws ModuleError when there is no bootloader that may run
   * @throws DeviceError `verify-fault` when it faults, traps or never ends
   */
  verify(address: number, length: number): Status {
    this.#begin(undefined, undefined);
    const loaded = this.#loadBootloader();
    if (loaded instanceof ModuleError) throw loaded;
    const running = this.#enter(loaded, "verify");
    if (running.exports["verify"] === undefined) return Status.HalUnavailable;
    this.#watchdog.start(running);
    try {
      return Number(running.call("verify", address, length));
    } catch (error) {
      const fault = faultOf(error, running);
      if (fault === undefined) throw error;
      throw new DeviceError("verify-fault", fault.message);
    } finally {
      this.#watchdog.stop();
    }
  }

  #cycle(trace: TraceSink | undefined): PowerCycle {
    trace?.event({ kind: "power-on", micros: 0 });
    let stage: Stage = "bootloader";
    let booted: BootedImage | undefined;
    let end = this.#isRecordingDue() ? this.#playRecording() : this.#runStage(this.#loadBootloader(), stage);
    if (end === "boot") {
      stage = "firmware";
      booted = { slot: this.#hal.bootSlot, address: this.#hal.bootAddress, length: this.#hal.bootLength };
      trace?.event({ kind: "boot", micros: this.#clock.now(), ...booted });
      end = this.#runImage(booted);
    }
    if (end === "boot") throw new Error("An image cannot hand over to another image.");
    const micros = this.#clock.micros();
    trace?.event({ kind: "end", micros: this.#clock.now(), end });
    return {
      end,
      stage,
      booted,
      operations: this.#power.operationCount,
      log: this.#hal.log,
      fault: this.#fault,
      violations: this.#violations.list,
      micros,
      nanojoules: nanojoulesOf(this.profile, micros),
      fuel: this.#clock.fuelBurnt,
      moduleError: this.#moduleError,
    };
  }

  #begin(observer: PowerObserver | undefined, trace: TraceSink | undefined): void {
    this.#fault = undefined;
    this.#moduleError = undefined;
    this.#power.powerOn(observer, trace);
    this.#clock.powerOn();
    this.#link.powerOn();
    this.#random.powerOn();
    this.#violations.powerOn();
    this.#hal.powerOn();
  }

  #isRecordingDue(): boolean {
    return this.#recording !== undefined && isRecordingDue(this.counters);
  }

  #playRecording(): PowerCycleEnd {
    const { counters, flash } = this;
    try {
      playRecording(this.#recording ?? [], { flash, counters, boot: this.profile.layout.boot });
      return "reset";
    } catch (error) {
      if (error === powerLoss) return "power-loss";
      throw error;
    }
  }

  #runImage({ address, length }: BootedImage): PowerCycleEnd | "boot" {
    if (this.flash.isPoisoned(address, length)) return this.#busFault(address);
    const images = this.flash.hasHazards ? this.#probed.images : this.#images;
    return this.#runStage(images.load(this.memory, address, length), "firmware");
  }

  /** Something other than a load of the running module met flash that faults when it is read. */
  #busFault(address: number): PowerCycleEnd {
    this.#fault = {
      kind: "ecc",
      functionName: undefined,
      functionIndex: undefined,
      address,
      accessBytes: undefined,
      instructionOffset: undefined,
      message: `Flash from 0x${address.toString(16)} on was read whose error-correcting code does not fit.`,
    };
    this.#power.trace?.event({ kind: "fault", micros: this.#clock.now(), fault: this.#fault });
    return "hard-fault";
  }

  #loadBootloader(): LoadedModule | ModuleError {
    const { boot } = this.profile.layout;
    const bytes = bootloaderBytes(this.flash.bytes, boot);
    const bootloaders = this.flash.hasHazards ? this.#probed.bootloaders : this.#bootloaders;
    return bootloaders.load(this.memory, boot.address, bytes);
  }

  #enter(loaded: LoadedModule, stage: HalStage): RunningModule {
    this.memory.fill(0, RAM_BASE, RAM_BASE + RAM_BYTES);
    this.#hal.enterStage(stage, loaded.footprint.linearRamEnd);
    return loaded.instantiate(this.#imports);
  }

  #runStage(loaded: LoadedModule | ModuleError, stage: Stage): PowerCycleEnd | "boot" {
    const trace = this.#power.trace;
    trace?.event({ kind: "stage", micros: this.#clock.now(), stage });
    if (loaded instanceof ModuleError) {
      this.#moduleError = loaded;
      return "refused";
    }
    const running = this.#enter(loaded, stage);
    this.#watchdog.start(running);
    try {
      running.call("reset");
      return "returned";
    } catch (error) {
      if (error === powerLoss) return "power-loss";
      if (error instanceof ControlSignal) return error.kind;
      if (error === busFaultSignal) return this.#busFault(this.#hal.busFaultAddress);
      const fault = faultOf(error, running);
      if (fault === undefined) throw error;
      this.#fault = fault;
      trace?.event({ kind: "fault", micros: this.#clock.now(), fault });
      return fault.kind === "fuel" ? "watchdog" : "hard-fault";
    } finally {
      this.#watchdog.stop();
    }
  }
}

/** Loads a module for the device, with the names of whichever twin has the same code. */
function load(bytes: Uint8Array, build: Build, symbols: readonly Uint8Array[]): LoadedModule {
  const options = {
    ramBase: RAM_BASE,
    ramBytes: RAM_BYTES,
    flashBytes: FLASH_BYTES,
    build,
    requiredExports: ["reset", "__heap_base"],
    allowedImports: HAL_SIGNATURES,
  };
  for (const twin of symbols) {
    try {
      return loadModule(bytes, { ...options, symbols: twin });
    } catch (error) {
      if (!(error instanceof ModuleError) || error.code !== "symbols-mismatch") throw error;
    }
  }
  return loadModule(bytes, options);
}
