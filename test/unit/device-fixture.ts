/**
 * Devices with tiny modules in WebAssembly text, for tests that need device code before, or
 * instead of, the real bootloader.
 */

import binaryen from "binaryen";
import {
  buildDevicePage,
  Device,
  profileNamed,
  provision,
  type DeviceOptions,
  type Profile,
  type ProvisionOptions,
} from "../../emulator/index.ts";

/** Address of RAM that the modules here use freely; the bytes at it are the module's own data. */
export const RAM = 120832;

const IMPORTS: Readonly<Record<string, string>> = {
  flash_erase: "(param i32)",
  flash_program: "(param i32 i32 i32)",
  flash_check: "(param i32 i32)",
  counter_read: "(param i32 i32)",
  counter_advance: "(param i32 i64)",
  boot: "(param i32 i32)",
  boot_with_arguments: "(param i32 i32 i32 i32)",
  boot_arguments: "(param i32)",
  reset: "",
  log: "(param i32 i32)",
  time: "(param i32)",
  unique_id: "(param i32)",
  random: "(param i32 i32)",
  link_receive: "(param i32 i32 i32)",
  link_send: "(param i32 i32)",
  idle: "(param i32)",
  watchdog_kick: "",
  radio_status: "(param i32)",
  radio_erase: "(param i32)",
  radio_program: "(param i32 i32 i32)",
};

/** A module whose `reset` is `body`; HAL functions are `$flash_erase` and so on. 4 KiB of data. */
export function moduleOf(body: string, more = ""): Uint8Array {
  const imports = Object.entries(IMPORTS)
    .filter(([name]) => `${body}${more}`.includes(`$${name}`))
    .map(([name, parameters]) => `(import "hal" "${name}" (func $${name} ${parameters} (result i32)))`);
  const module = binaryen.parseText(`(module
    (import "env" "memory" (memory 2 2))
    ${imports.join("\n")}
    (global $heap i32 (i32.const ${RAM + 4096}))
    (export "__heap_base" (global $heap))
    (func $main (export "reset") (local $i i32) ${body})
    ${more})`);
  try {
    return module.emitBinary();
  } finally {
    module.dispose();
  }
}

/** Text of an instruction that stores the status of `call` as byte number `index` of RAM. */
export function keepStatus(index: number, call: string): string {
  return `(i32.store (i32.const ${RAM + 4 * index}) ${call})`;
}

/** The words that {@link keepStatus} kept. */
export function statuses(device: Device, count: number): number[] {
  const view = new DataView(device.memory.buffer);
  return Array.from({ length: count }, (_, index) => view.getUint32(RAM + 4 * index, true));
}

/** The 16 bytes of device identity that {@link deviceWith} provisions: 0xd0, 0xd1, … */
export const DEVICE_ID: Uint8Array = Uint8Array.from({ length: 16 }, (_, index) => 0xd0 + index);

/** A provisioned device that runs `bootloader`. */
export function deviceWith(
  bootloader: Uint8Array,
  options: Partial<DeviceOptions> = {},
  content: Partial<ProvisionOptions> = {},
): Device {
  const profile: Profile = options.profile ?? profileNamed("class1");
  const device = new Device({ ...options, profile });
  provision(device, {
    bootloader,
    devicePage: buildDevicePage({
      profile,
      bootloaderBytes: bootloader.length,
      vendorId: new Uint8Array(16).fill(1),
      classId: new Uint8Array(16).fill(2),
      deviceId: DEVICE_ID,
      anchors: Uint8Array.of(0x80),
      components: Uint8Array.of(0x80),
    }),
    ...content,
  });
  return device;
}
