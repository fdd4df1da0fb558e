/**
 * Where the bootloader ends: as the device page says, or as its own sections say.
 */
import { describe, expect, it } from "vitest";
import { bootloaderBytes } from "../../emulator/bootloader-length.ts";
import { Device } from "../../emulator/device.ts";
import { FLASH_BYTES } from "../../emulator/memory-map.ts";
import { profileNamed } from "../../emulator/profile.ts";
import { buildDevicePage } from "../../emulator/provision.ts";
import { DEVICE_PAGE } from "../../emulator/memory-map.ts";
import { assemble } from "../wat.ts";
import { readWasm } from "../wasm-file.ts";

const profile = profileNamed("class1");
const { boot } = profile.layout;

function flashWith(module: Uint8Array, erasedValue = 0xff): Uint8Array {
  const flash = new Uint8Array(FLASH_BYTES).fill(erasedValue);
  flash.set(module);
  return flash;
}

describe("the length of a bootloader without a device page", () => {
  const module = readWasm("bootloader");

  it.each([0xff, 0x00])("is that of its sections, whatever erased flash reads: %i", (erasedValue) => {
    expect(bootloaderBytes(flashWith(module, erasedValue), boot)).toBe(module.length);
    const symbols = readWasm("firmware-1.symbols");
    expect(bootloaderBytes(flashWith(symbols, erasedValue), boot)).toBe(symbols.length);
  });

  it("is 0 for erased flash, for another magic and for another version", () => {
    expect(bootloaderBytes(flashWith(new Uint8Array()), boot)).toBe(0);
    expect(bootloaderBytes(flashWith(Uint8Array.from([1, ...module.subarray(1)])), boot)).toBe(0);
    const next = Uint8Array.from(module);
    next[4] = 2;
    expect(bootloaderBytes(flashWith(next), boot)).toBe(0);
  });

  it("never leaves the partition, whatever a section claims to be", () => {
    const small = { address: 0, bytes: 1024 };
    expect(bootloaderBytes(flashWith(module), small)).toBeLessThanOrEqual(1024);
    const huge = Uint8Array.from([...module.subarray(0, 8), 10, 0xff, 0xff, 0xff, 0xff, 0x7f]);
    expect(bootloaderBytes(flashWith(huge), boot)).toBe(8);
    const full = Uint8Array.from({ length: boot.bytes }, (_, index) => module[index] ?? 0);
    expect(bootloaderBytes(flashWith(full), { address: 0, bytes: 10 })).toBe(8);
  });

  it("is what the device page states where there is one", () => {
    const flash = flashWith(module);
    const identifier = new Uint8Array(16);
    const page = buildDevicePage({
      profile,
      bootloaderBytes: 4711,
      vendorId: identifier,
      classId: identifier,
      deviceId: identifier,
      anchors: Uint8Array.of(0x80),
      components: Uint8Array.of(0x80),
    });
    flash.set(page, DEVICE_PAGE.address);
    expect(bootloaderBytes(flash, boot)).toBe(4711);
    expect(bootloaderBytes(flash, { address: 0, bytes: boot.bytes - 1024 })).toBe(module.length);
  });
});

describe("a device without a device page", () => {
  it("runs what its boot partition holds", () => {
    const device = new Device({ profile });
    device.flash.bytes.set(
      assemble(`(module
        (import "env" "memory" (memory 2 2))
        (import "hal" "idle" (func $idle (param i32) (result i32)))
        (global (export "__heap_base") i32 (i32.const 120832))
        (func (export "reset") (drop (call $idle (i32.const 1)))))`),
    );
    expect(device.powerOn().end).toBe("idle");
  });
});
