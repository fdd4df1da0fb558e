/**
 * What a bootloader executes, and what that takes on a part: in the boot of confirmed firmware, and in
 * a whole update.
 */
import {
  Device,
  HAL_SIGNATURES,
  nanojoulesOf,
  type LinkPeer,
  type PowerCycle,
  type Profile,
} from "../../emulator/index.ts";
import type { DeviceState } from "../../emulator/device.ts";
import { FLASH_BYTES, RAM_BASE, RAM_BYTES } from "../../emulator/memory-map.ts";
import type { RecordedOperation } from "../../emulator/recording.ts";
import type { TraceEvent, TraceSink } from "../../emulator/trace.ts";
import { loadModule, type LoadedModule } from "../../emulator/wasm/load.ts";
import type { RunningModule } from "../../emulator/wasm/running-module.ts";
import { BOOTS_MAX } from "../device/session.ts";

/** A device before its first power-on. */
export interface BootParts {
  readonly profile: Profile;
  readonly state: DeviceState;
  readonly link: LinkPeer;
  /** Operations that are played at the first power-on, in place of the bootloader. */
  readonly recording?: readonly RecordedOperation[] | undefined;
}

/** What a stretch of a device's life takes. */
export interface DeviceCost {
  /** Executed by the bootloader. */
  readonly instructions: number;
  /** Of the whole device: bootloader, firmware, flash and waiting. */
  readonly micros: number;
  readonly nanojoules: number;
  readonly powerOns: number;
}

/** The boots of a device. */
export interface BootCosts {
  /** From the first power-on to the start of the image; undefined if nothing starts without writing first. */
  readonly boot: DeviceCost | undefined;
  /** All power-ons until one changes nothing; undefined if the device never comes to rest. */
  readonly update: DeviceCost | undefined;
}

/** Runs a device until it rests. @throws ModuleError if its bootloader may not run */
export function measureBoots(parts: BootParts): BootCosts {
  let boot: DeviceCost | undefined;
  let [instructions, micros, nanojoules, powerOns] = [0, 0, 0, 0];
  for (const { cycle, handover, ...step } of countedPowerOns(parts)) {
    powerOns++;
    instructions += step.instructions;
    micros += cycle.micros.total;
    nanojoules += cycle.nanojoules.total;
    if (powerOns === 1 && handover?.hasWritten === false) {
      const cpu = handover.micros;
      const spent = { cpu, program: 0, erase: 0, idle: 0, total: cpu };
      boot = { instructions, micros: cpu, nanojoules: nanojoulesOf(parts.profile, spent).total, powerOns };
    }
    if (cycle.operations === 0) return { boot, update: { instructions, micros, nanojoules, powerOns } };
  }
  return { boot, update: undefined };
}

/** One power-on, with what the bootloader did of it. */
export interface CountedPowerOn {
  readonly before: DeviceState;
  readonly after: DeviceState;
  readonly cycle: PowerCycle;
  /** Executed by the bootloader. */
  readonly instructions: number;
  /** When and where control went to an image; undefined if it did not. */
  readonly handover: Handover | undefined;
}

/** The moment at which the bootloader is done and the image begins. */
export interface Handover {
  /** Simulated time since power-on. */
  readonly micros: number;
  /** The bootloader has erased or programmed something in this power-on. */
  readonly hasWritten: boolean;
  readonly state: DeviceState;
}

/** Power-on after power-on of a device; the caller says when to stop. At most {@link BOOTS_MAX}. */
export function* countedPowerOns({ profile, state, link, recording }: BootParts): Generator<CountedPowerOn> {
  const bootloader = new CountingLoader();
  const loadBootloader = (bytes: Uint8Array): LoadedModule => bootloader.load(bytes);
  const device = new Device({ profile, link, recording, build: "fast", loadBootloader });
  device.restore(state);
  for (let powerOns = 0; powerOns < BOOTS_MAX; powerOns++) {
    const before = device.snapshot();
    const watch = new HandoverWatch(device);
    const cycle = device.powerOn({ trace: watch });
    if (cycle.moduleError !== undefined) throw cycle.moduleError;
    const { instructions } = bootloader;
    yield { before, after: device.snapshot(), cycle, instructions, handover: watch.handover };
  }
}

/** Loads the bootloader so that it counts, and knows what it has counted. */
class CountingLoader {
  #running: RunningModule | undefined;

  /** Executed in the power-on that is over. */
  get instructions(): number {
    return this.#running?.executedInstructions ?? 0;
  }

  load(bytes: Uint8Array): LoadedModule {
    const loaded = loadModule(bytes, {
      ramBase: RAM_BASE,
      ramBytes: RAM_BYTES,
      flashBytes: FLASH_BYTES,
      build: "fast",
      requiredExports: ["reset", "__heap_base"],
      allowedImports: HAL_SIGNATURES,
      countInstructions: true,
    });
    const instantiate = loaded.instantiate.bind(loaded);
    loaded.instantiate = (imports) => (this.#running = instantiate(imports));
    return loaded;
  }
}

/** Waits for the moment at which control goes to the image. */
class HandoverWatch implements TraceSink {
  handover: Handover | undefined;
  readonly #device: Device;
  #hasWritten = false;

  constructor(device: Device) {
    this.#device = device;
  }

  event(event: TraceEvent): void {
    this.#hasWritten ||= "operation" in event;
    if (event.kind !== "boot") return;
    this.handover = { micros: event.micros, hasWritten: this.#hasWritten, state: this.#device.snapshot() };
  }
}
