/**
 * Tiny bootloaders and an image in Wasm text, for tests of the fault engine.
 *
 * The toy update lies in the state partition of `class1`: two data words at the start of its third
 * page, and a flag, a valid journal record that says Confirmed with slot B active, in place of the
 * one at the start of the first page. Slot A holds the old image, slot B the new one. With the flag
 * the toy boots slot B, but only if both data words are there; otherwise it hangs itself up.
 */
import { Phase, Slot } from "../assembly/layout.ts";
import { Device, type DeviceOptions, type DeviceState } from "../emulator/device.ts";
import type { Subject } from "../emulator/explore/subject.ts";
import { profileNamed } from "../emulator/profile.ts";
import { buildDevicePage, provision } from "../emulator/provision.ts";
import { assemble } from "./wat.ts";

/** How the toy goes about its update. */
export type ToyOrder = "data first" | "flag first";

const PROFILE = profileNamed("class1");
const { slotA, slotB, state } = PROFILE.layout;
const JOURNAL_PAGE = state.address;
const DATA_PAGE = state.address + 2 * PROFILE.pageBytes;
const DATA = [0x11223344, 0x55667700] as const;
const FLAG = (Phase.Confirmed | (Slot.B << 10)) >>> 0;

/** Sizes differ so that nothing is taken for the other. */
const OLD_IMAGE = image(1);
const NEW_IMAGE = image(22);

/** What the toy scenario is about. */
export const TOY_SUBJECT: Subject = {
  images: [
    { name: "old", bytes: OLD_IMAGE, sequenceNumber: 1n, role: "old" },
    { name: "new", bytes: NEW_IMAGE, sequenceNumber: 2n, role: "new" },
  ],
  expectation: "accepted",
};

/** A device with the toy in its boot partition and nothing done yet. */
export function toyDevice(order: ToyOrder): {
  readonly options: DeviceOptions;
  readonly initial: Required<DeviceState>;
} {
  const options: DeviceOptions = { profile: PROFILE };
  const device = new Device(options);
  const bootloader = toyBootloader(order);
  const devicePage = buildDevicePage({
    profile: PROFILE,
    bootloaderBytes: bootloader.length,
    vendorId: new Uint8Array(16),
    classId: new Uint8Array(16),
    deviceId: new Uint8Array(16),
    anchors: Uint8Array.of(0x80),
    components: Uint8Array.of(0x80),
  });
  provision(device, {
    bootloader,
    devicePage,
    slots: { A: { envelope: OLD_IMAGE }, B: { envelope: NEW_IMAGE } },
  });
  return { options, initial: device.snapshot() };
}

/** The toy's Wasm. */
export function toyBootloader(order: ToyOrder): Uint8Array {
  const data = `
    (if (i32.and (call $blank (i32.const ${DATA_PAGE})) (call $blank (i32.const ${DATA_PAGE + 4})))
      (then) (else (if (i32.eqz (call $data_ok)) (then (drop (call $erase (i32.const ${DATA_PAGE})))))))
    (if (i32.eqz (call $data_ok)) (then
      (call $program (i32.const ${DATA_PAGE}) (i32.const ${DATA[0]}))
      (call $program (i32.const ${DATA_PAGE + 4}) (i32.const ${DATA[1]}))))`;
  const flag = `
    (if (i32.eqz (call $flag_ok)) (then
      (if (i32.eqz (i32.and (call $blank (i32.const ${JOURNAL_PAGE})) (call $blank (i32.const ${JOURNAL_PAGE + 4}))))
        (then (drop (call $erase (i32.const ${JOURNAL_PAGE})))))
      (call $program (i32.const ${JOURNAL_PAGE}) (i32.const ${FLAG}))
      (call $program (i32.const ${JOURNAL_PAGE + 4}) (i32.const ${~FLAG}))))`;
  return assemble(`(module
    (import "env" "memory" (memory 2 2))
    (import "hal" "flash_erase" (func $erase (param i32) (result i32)))
    (import "hal" "flash_program" (func $flash_program (param i32 i32 i32) (result i32)))
    (import "hal" "boot" (func $boot (param i32 i32) (result i32)))
    (global $end i32 (i32.const 120848))
    (export "__heap_base" (global $end))
    (export "reset" (func $reset))
    (func $blank (param $at i32) (result i32) (i32.eq (i32.load (local.get $at)) (i32.const -1)))
    (func $program (param $at i32) (param $word i32)
      (i32.store (i32.const 120832) (local.get $word))
      (if (call $flash_program (local.get $at) (i32.const 120832) (i32.const 4)) (then (unreachable))))
    (func $data_ok (result i32) (i32.and
      (i32.eq (i32.load (i32.const ${DATA_PAGE})) (i32.const ${DATA[0]}))
      (i32.eq (i32.load (i32.const ${DATA_PAGE + 4})) (i32.const ${DATA[1]}))))
    (func $flag_ok (result i32) (i32.and
      (i32.eq (i32.load (i32.const ${JOURNAL_PAGE})) (i32.const ${FLAG}))
      (i32.eq (i32.load (i32.const ${JOURNAL_PAGE + 4})) (i32.const ${~FLAG}))))
    (func $reset
      (if (call $flag_ok) (then
        (if (i32.eqz (call $data_ok)) (then (unreachable)))
        (drop (call $boot (i32.const ${slotB.address}) (i32.const ${NEW_IMAGE.length})))))
      ${order === "data first" ? data + flag : flag + data}
      (drop (call $boot (i32.const ${slotB.address}) (i32.const ${NEW_IMAGE.length})))
      (drop (call $boot (i32.const ${slotA.address}) (i32.const ${OLD_IMAGE.length})))))`);
}

/** An image that runs and waits. */
function image(padding: number): Uint8Array {
  return assemble(`(module
    (import "env" "memory" (memory 2 2))
    (import "hal" "idle" (func $idle (param i32) (result i32)))
    (global $end i32 (i32.const 120832))
    (export "__heap_base" (global $end))
    (export "reset" (func $reset))
    (func $reset (drop (call $idle (i32.const 1000))) ${"(nop)".repeat(padding)}))`);
}
