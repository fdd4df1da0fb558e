/**
 * What a bootloader executes, and what that takes on a part: in the boot of confirmed firmware, and in
 * a whole update.
 */
import { Device, HAL_SIGNATURES, nanojoulesOf, type LinkPeer, type Profile } from "../../emulator/index.ts";
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
export function measureBoots({ profile, state, link, recording }: BootParts): BootCosts {
  const bootloader = new CountingLoader();
  const loadBootloader = (bytes: Uint8Array): LoadedModule => bootloader.load(bytes);
  const device = new Device({ profile, link, recording, build: "fast", loadBootloader });
  device.restore(state);
  const handover = new Handover();
  let boot: DeviceCost | undefined;
  let [instructions, micros, nanojoules] = [0, 0, 0];
  for (let powerOns = 1; powerOns <= BOOTS_MAX; powerOns++) {
    const cycle = device.powerOn(powerOns === 1 ? { trace: handover } : {});
    if (cycle.moduleError !== undefined) throw cycle.moduleError;
    instructions += bootloader.instructions;
    micros += cycle.micros.total;
    nanojoules += cycle.nanojoules.total;
    if (powerOns === 1 && handover.micros !== undefined) {
      const cpu = handover.micros;
      const spent = { cpu, program: 0, erase: 0, idle: 0, total: cpu };
      boot = { instructions, micros: cpu, nanojoules: nanojoulesOf(profile, spent).total, powerOns };
    }
    if (cycle.operations === 0) return { boot, update: { instructions, micros, nanojoules, powerOns } };
  }
  return { boot, update: undefined };
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

/** Notes when control goes to the image, if nothing was written until then. */
class Handover implements TraceSink {
  /** Undefined until then, and if the flash was at work before. */
  micros: number | undefined;
  #hasWritten = false;

  event(event: TraceEvent): void {
    if (event.kind === "boot" && !this.#hasWritten) this.micros = event.micros;
    this.#hasWritten ||= "operation" in event;
  }
}
