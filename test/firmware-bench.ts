/**
 * A device for tests of the firmware and its update agent, with a bootloader that believes everything.
 *
 * What lies at the start of a slot is a label, not a SUIT envelope: see
 * assembly/testing/trusting-bootloader.ts.
 */
import { Phase, Slot } from "../assembly/layout.ts";
import { CoapServer } from "../emulator/coap-server.ts";
import { Device, type PowerCycle } from "../emulator/device.ts";
import { readJournal } from "../emulator/explore/journal.ts";
import type { LinkPeer } from "../emulator/link.ts";
import { slotRange } from "../emulator/memory-map.ts";
import { profileNamed, type Profile } from "../emulator/profile.ts";
import { buildDevicePage, provision, type JournalFields, type SlotContent } from "../emulator/provision.ts";
import { stripCustomSections } from "../emulator/wasm/strip.ts";
import { readWasm } from "./wasm-file.ts";

/** The four builds of the sample firmware, as they lie in flash. */
export const FIRMWARE = {
  one: stripCustomSections(readWasm("firmware-1")),
  two: stripCustomSections(readWasm("firmware-2")),
  failing: stripCustomSections(readWasm("firmware-failing")),
  hanging: stripCustomSections(readWasm("firmware-hanging")),
};

/** An update as the far end offers it; without a payload the label carries the image itself. */
export interface Update {
  readonly label: Uint8Array;
  readonly payload?: Uint8Array;
}

/** What the device starts with. */
export interface BenchOptions {
  readonly profile?: string;
  readonly link?: LinkPeer;
  readonly slotA?: Update;
  readonly slotB?: Update;
  readonly journal?: JournalFields;
}

/**
 * An update with an image that the trusting bootloader boots.
 *
 * @param seed makes labels differ in their first 64 bytes
 */
export function updateOf(payload: Uint8Array, seed: number, labelBytes = 100, pageBytes = 1024): Update {
  const label = bytesOf(labelBytes, seed);
  const view = new DataView(label.buffer);
  if (labelBytes >= 8) {
    view.setUint32(0, Math.ceil(labelBytes / pageBytes) * pageBytes, true);
    view.setUint32(4, payload.length, true);
  }
  return { label, payload };
}

/** Bytes without a pattern that a mistake in placing them could hide behind. */
export function bytesOf(length: number, seed: number): Uint8Array<ArrayBuffer> {
  let state = seed * 2654435761 + 1;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
}

/** A server that offers an update. */
export function serverFor(update: Update, blockBytesMax = 1024): CoapServer {
  const resources = new Map([["/suit/envelope", update.label]]);
  if (update.payload !== undefined) resources.set("/suit/payload", update.payload);
  return new CoapServer(resources, { blockBytesMax });
}

/** A provisioned device: firmware 1 confirmed in slot A, slot B blank, unless `options` say otherwise. */
export function benchDevice(options: BenchOptions = {}): Device {
  const profile = profileNamed(options.profile ?? "class1");
  const slotA = options.slotA ?? updateOf(FIRMWARE.one, 1, 100, profile.pageBytes);
  const device = new Device({ profile, ...(options.link === undefined ? {} : { link: options.link }) });
  const bootloader = stripCustomSections(readWasm("testing/trusting-bootloader"));
  const identifier = new Uint8Array(16);
  const devicePage = buildDevicePage({
    profile,
    bootloaderBytes: bootloader.length,
    vendorId: identifier,
    classId: identifier,
    deviceId: identifier,
    anchors: Uint8Array.of(0x80),
    components: Uint8Array.of(0x80),
  });
  provision(device, {
    bootloader,
    devicePage,
    slots: {
      A: slotContent(slotA),
      ...(options.slotB === undefined ? {} : { B: slotContent(options.slotB) }),
    },
    journal: options.journal ?? { phase: Phase.Confirmed, activeSlot: Slot.A },
  });
  return device;
}

/** The texts a power cycle logged. */
export function textsOf(cycle: PowerCycle): string[] {
  return cycle.log.map((line) => line.text);
}

/** What a slot of this part holds after an update was written to it. */
export function expectedSlot(profile: Profile, update: Update): Uint8Array {
  const expected = new Uint8Array(profile.layout.slotA.bytes).fill(profile.erasedValue);
  expected.set(update.label);
  const pages = Math.ceil(update.label.length / profile.pageBytes);
  if (update.payload !== undefined) expected.set(update.payload, pages * profile.pageBytes);
  return expected;
}

/** Address within the slot of the first byte that is not what it should be; -1 if all are right. */
export function firstDifference(device: Device, slot: Slot, expected: Uint8Array): number {
  const { address, bytes } = slotRange(device.profile.layout, slot);
  for (let offset = 0; offset < bytes; offset += 1) {
    if (device.memory[address + offset] !== expected[offset]) return offset;
  }
  return -1;
}

/** Whether every byte of a slot is erased. */
export function isBlank(device: Device, slot: Slot): boolean {
  const { bytes } = slotRange(device.profile.layout, slot);
  return firstDifference(device, slot, new Uint8Array(bytes).fill(device.profile.erasedValue)) === -1;
}

/** Phase and active slot of the record that counts; undefined if the journal holds none. */
export function journalOf(device: Device): { phase: Phase; activeSlot: Slot } | undefined {
  const journal = readJournal(device.memory, device.profile);
  return journal && { phase: journal.phase, activeSlot: journal.activeSlot };
}

/**
 * Powers the device on until a cycle ends otherwise than with a reset, or the journal says `until`.
 *
 * @throws Error after `limit` cycles
 */
export function settle(device: Device, until?: Phase, limit = 6): PowerCycle {
  for (let count = 0; count < limit; count += 1) {
    const cycle = device.powerOn();
    if (cycle.end !== "reset" || journalOf(device)?.phase === until) return cycle;
  }
  throw new Error(`The device still resets after ${limit} power cycles.`);
}

/** Bytes that differ outside of `ranges`, as device addresses. */
export function changesOutside(
  before: Uint8Array,
  after: Uint8Array,
  ranges: readonly { readonly address: number; readonly bytes: number }[],
): number[] {
  const changed: number[] = [];
  before.forEach((byte, address) => {
    const isInside = ranges.some(
      (range) => address >= range.address && address < range.address + range.bytes,
    );
    if (!isInside && after[address] !== byte) changed.push(address);
  });
  return changed;
}

function slotContent({ label, payload }: Update): SlotContent {
  return payload === undefined ? { envelope: label } : { envelope: label, payload };
}
