/**
 * Chapter 1: keys, a device from the factory, and an update as its author makes it.
 */
import { Phase, Slot } from "../../assembly/layout.ts";
import type { Status } from "../../assembly/status.ts";
import type { DeviceState } from "../../emulator/device.ts";
import { HAL_SIGNATURES } from "../../emulator/hal.ts";
import { DEVICE_PAGE, FLASH_BYTES, RAM_BASE, RAM_BYTES, slotRange } from "../../emulator/memory-map.ts";
import type { Footprint } from "../../emulator/wasm/footprint.ts";
import { loadModule } from "../../emulator/wasm/load.ts";
import { ModuleError } from "../../emulator/wasm/module-error.ts";
import type { Description } from "../manifest/description.ts";
import { inspectEnvelope } from "../manifest/inspect.ts";
import { verifyEnvelope, type Verdict } from "../manifest/verify.ts";
import { deviceFacts, type DeviceFacts } from "../report/boot-record.ts";
import { reasonCode } from "../report/boot-state.ts";
import { Expectation } from "./expectation.ts";
import {
  authorText,
  copyDevice,
  leaveDevice,
  leaveFile,
  makeDevice,
  makeUpdate,
  type Update,
  type World,
} from "./world.ts";

/** What chapter 1 found. */
export interface ProvisioningFacts {
  readonly bootloader: Footprint;
  /** Flash that a bootloader may take [bytes]. */
  readonly bootloaderBytesMax: number;
  readonly firmware: Footprint;
  readonly device: DeviceFacts;
  /** The device as delivered: firmware 1 in slot A. */
  readonly state: DeviceState;
  /** The update to firmware 2. */
  readonly update: Update;
  readonly description: Description;
  /** What the host's code says of the envelope. */
  readonly hostVerdict: Verdict;
  /** What the bootloader on the device says of it, as a stable code. */
  readonly deviceVerdict: string;
  readonly differences: readonly string[];
}

/** Plays chapter 1. */
export function playProvisioning(world: World): ProvisioningFacts {
  const expect = new Expectation("Provisioning");
  const installed = makeUpdate(world, { sequenceNumber: 1, firmware: "firmware-1" });
  const update = makeUpdate(world, { sequenceNumber: 2, firmware: "firmware-2" });
  const device = makeDevice(world, installed);
  const state = device.snapshot();
  leaveDevice(world, "sensor.device", device);
  leaveFile(world, "envelope-1.suit", installed.envelope);
  leaveFile(world, "firmware-1.wasm", installed.payload);
  leaveFile(world, "manifest-2.json", `${authorText(update.json).join("\n")}\n`);
  leaveFile(world, "envelope-2.suit", update.envelope);
  leaveFile(world, "firmware-2.wasm", update.payload);

  const facts = deviceFacts(device);
  const hostVerdict = verifyEnvelope(update.envelope, [world.author]);
  const deviceVerdict = reasonCode(verifyOnDevice(world, state, update.envelope));
  const bootloader = footprintOf(world.bootloader, world.symbols);
  expect.state(facts, { phase: Phase.Confirmed, activeSlot: Slot.A, sequenceFloor: 1n });
  expect.same("the host's verdict on the update", "ok", hostVerdict.reason);
  expect.same("the device's verdict on the update", "ok", deviceVerdict);
  expect.holds(bootloader.totalBytes <= RAM_BYTES, "the bootloader needs more RAM than there is.");
  return {
    bootloader,
    bootloaderBytesMax: DEVICE_PAGE.address,
    firmware: footprintOf(installed.payload, world.symbols),
    device: facts,
    state,
    update,
    description: inspectEnvelope(update.envelope).description,
    hostVerdict,
    deviceVerdict,
    differences: expect.differences,
  };
}

/** What a module takes, with the names of whichever twin has the same code. */
function footprintOf(bytes: Uint8Array, symbols: readonly Uint8Array[]): Footprint {
  const options = {
    ramBase: RAM_BASE,
    ramBytes: RAM_BYTES,
    flashBytes: FLASH_BYTES,
    build: "checked",
    requiredExports: ["reset", "__heap_base"],
    allowedImports: HAL_SIGNATURES,
  } as const;
  for (const twin of symbols) {
    try {
      return loadModule(bytes, { ...options, symbols: twin }).footprint;
    } catch (error) {
      if (!(error instanceof ModuleError) || error.code !== "symbols-mismatch") throw error;
    }
  }
  return loadModule(bytes, options).footprint;
}

/** Has the bootloader on a copy of the device judge an envelope that lies in slot B. */
function verifyOnDevice(world: World, state: DeviceState, envelope: Uint8Array): Status {
  const device = copyDevice(world, state);
  const { address } = slotRange(world.profile.layout, Slot.B);
  device.flash.bytes.set(envelope, address);
  return device.verify(address, envelope.length);
}
