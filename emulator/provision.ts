/**
 * Provisioning: what the factory writes before the device is ever powered.
 *
 * The bootloader and its device page go to the boot partition, images to the slots, a first record
 * to the boot journal, start values to the counters. All of it is written directly: it is no
 * operation, breaks no rule of the part and wears nothing.
 */

import { DevicePage, Journal, PayloadKey, Policy, Slot, type Phase } from "../assembly/layout.ts";
import { Status } from "../assembly/status.ts";
import { COUNTER_COUNT } from "./counters.ts";
import { defectiveContent } from "./defect.ts";
import type { Device } from "./device.ts";
import { DEVICE_PAGE, journalRange, slotRange } from "./memory-map.ts";
import type { Profile } from "./profile.ts";
import { RADIO_IMAGE_BYTES_MAX, radioFlashWith } from "./radio.ts";

/** Something to provision that does not fit or makes no sense. */
export class ProvisionError extends Error {
  override readonly name = "ProvisionError";
  readonly code:
    | "bootloader-size"
    | "device-page-size"
    | "device-page-mismatch"
    | "identifier-size"
    | "payload-key-size"
    | "report-key-size"
    | "slot-overflow"
    | "journal-field"
    | "counter-value"
    | "radio-image";

  constructor(code: ProvisionError["code"], message: string) {
    super(message);
    this.code = code;
  }
}

/** What the device page states beside the profile's own figures. */
export interface DevicePageOptions {
  readonly profile: Profile;
  /** Length of the bootloader's Wasm module [bytes]. */
  readonly bootloaderBytes: number;
  /** 16 bytes each. */
  readonly vendorId: Uint8Array;
  readonly classId: Uint8Array;
  readonly deviceId: Uint8Array;
  /** A CBOR array of COSE_Key (RFC 9052 §7), encoded. */
  readonly anchors: Uint8Array;
  /** A CBOR array of component identifiers, encoded. */
  readonly components: Uint8Array;
  /** Bits of `Policy` in assembly/layout.ts; none by default. */
  readonly policy?: number;
  /** The key that payloads are encrypted for, 16 or 32 bytes by its kind: a secret. */
  readonly payloadKey?: { readonly kind: PayloadKey; readonly bytes: Uint8Array };
  /** The key of the device's reports, 32 bytes: a secret. Reports are not authenticated without one. */
  readonly reportKey?: Uint8Array;
}

/**
 * Builds the device page.
 *
 * @returns DevicePage.Bytes bytes, what is not used having the part's erased value
 * @throws ProvisionError `identifier-size`, `bootloader-size` or `device-page-size`
 */
export function buildDevicePage(options: DevicePageOptions): Uint8Array<ArrayBuffer> {
  const { profile, anchors, components, bootloaderBytes, payloadKey, reportKey } = options;
  const policy =
    (options.policy ?? 0) |
    ((payloadKey?.kind ?? PayloadKey.None) << Policy.PayloadKeyShift) |
    (reportKey === undefined ? 0 : Policy.HasReportKey);
  checkBootloaderBytes(bootloaderBytes);
  const end = DevicePage.Data + anchors.length + components.length;
  const limit =
    payloadKey !== undefined
      ? DevicePage.PayloadKey
      : reportKey === undefined
        ? DEVICE_PAGE.bytes
        : DevicePage.ReportKey;
  if (end > limit) {
    throw new ProvisionError(
      "device-page-size",
      `Trust anchors (${anchors.length} bytes) and component identifiers (${components.length} bytes) ` +
        `exceed the ${limit - DevicePage.Data} bytes the device page has for them.`,
    );
  }
  const page = new Uint8Array(DEVICE_PAGE.bytes).fill(profile.erasedValue);
  const view = new DataView(page.buffer);
  view.setUint32(DevicePage.Magic, DevicePage.MagicValue, true);
  view.setUint16(DevicePage.Version, DevicePage.FormatVersion, true);
  view.setUint16(DevicePage.Policy, policy, true);
  const words: readonly (readonly [number, number])[] = [
    [DevicePage.BootloaderBytes, bootloaderBytes],
    [DevicePage.PageBytes, profile.pageBytes],
    [DevicePage.WriteUnitBytes, profile.unitBytes],
    [DevicePage.ErasedValue, profile.erasedValue],
    [DevicePage.SlotAAddress, profile.layout.slotA.address],
    [DevicePage.SlotABytes, profile.layout.slotA.bytes],
    [DevicePage.SlotBAddress, profile.layout.slotB.address],
    [DevicePage.SlotBBytes, profile.layout.slotB.bytes],
    [DevicePage.StateAddress, profile.layout.state.address],
    [DevicePage.StateBytes, profile.layout.state.bytes],
  ];
  for (const [offset, value] of words) view.setUint32(offset, value, true);
  page.set(identifier("vendor", options.vendorId), DevicePage.VendorId);
  page.set(identifier("class", options.classId), DevicePage.ClassId);
  page.set(identifier("device", options.deviceId), DevicePage.DeviceId);
  view.setUint16(DevicePage.AnchorsOffset, DevicePage.Data, true);
  view.setUint16(DevicePage.AnchorsBytes, anchors.length, true);
  view.setUint16(DevicePage.ComponentsOffset, DevicePage.Data + anchors.length, true);
  view.setUint16(DevicePage.ComponentsBytes, components.length, true);
  page.set(anchors, DevicePage.Data);
  page.set(components, DevicePage.Data + anchors.length);
  if (payloadKey !== undefined) {
    const bytes = payloadKey.kind === PayloadKey.Kek128 ? 16 : DevicePage.PayloadKeyBytes;
    if (payloadKey.bytes.length !== bytes) {
      throw new ProvisionError(
        "payload-key-size",
        `The key for payloads has ${payloadKey.bytes.length} bytes instead of ${bytes}.`,
      );
    }
    page.set(payloadKey.bytes, DevicePage.PayloadKey);
  }
  if (reportKey !== undefined) {
    if (reportKey.length !== DevicePage.ReportKeyBytes) {
      throw new ProvisionError(
        "report-key-size",
        `The report key has ${reportKey.length} bytes instead of ${DevicePage.ReportKeyBytes}.`,
      );
    }
    page.set(reportKey, DevicePage.ReportKey);
  }
  return page;
}

/** What a boot journal record says. */
export interface JournalFields {
  readonly phase: Phase;
  readonly activeSlot: Slot;
  /** Trial boots that have begun; 0 by default. */
  readonly trialBoots?: number;
  /** Why; Status.Ok by default. */
  readonly reason?: Status;
  /** The page's generation; 0 by default. */
  readonly generation?: number;
}

/**
 * Encodes one boot journal record: a 32-bit word and its complement, little-endian.
 *
 * @returns Journal.RecordBytes bytes
 * @throws ProvisionError `journal-field`
 */
export function encodeJournalRecord(fields: JournalFields): Uint8Array<ArrayBuffer> {
  const { phase, activeSlot, trialBoots = 0, reason = Status.Ok, generation = 0 } = fields;
  const field = (name: string, value: number, mask: number, shift: number): number => {
    if (!Number.isInteger(value) || value < 0 || value > mask) {
      throw new ProvisionError("journal-field", `${name} ${value} does not fit the journal record.`);
    }
    return value << shift;
  };
  const word =
    field("phase", phase, Journal.PhaseMask, 0) |
    field("generation", generation, Journal.GenerationMask, Journal.GenerationShift) |
    field("active slot", activeSlot, Slot.B, Journal.ActiveShift) |
    field("trial boots", trialBoots, Journal.TrialMask, Journal.TrialShift) |
    field("reason", reason, Journal.ReasonMask, Journal.ReasonShift);
  const record = new Uint8Array(Journal.RecordBytes);
  const view = new DataView(record.buffer);
  view.setUint32(0, word >>> 0, true);
  view.setUint32(4, ~word >>> 0, true);
  return record;
}

/** The content of one slot. */
export interface SlotContent {
  /** The SUIT envelope, at the start of the slot. */
  readonly envelope: Uint8Array;
  /** The image, at the first erase page after the envelope; absent when the envelope holds it. */
  readonly payload?: Uint8Array;
}

/** What to write. */
export interface ProvisionOptions {
  /** The bootloader's Wasm module, as it is to lie in flash. */
  readonly bootloader: Uint8Array;
  /** As built by {@link buildDevicePage}. */
  readonly devicePage: Uint8Array;
  readonly slots?: { readonly A?: SlotContent; readonly B?: SlotContent };
  /** The journal's first record; the journal is blank without it. */
  readonly journal?: JournalFields;
  /** The image that the radio runs; its flash is blank without one, or there is no radio. */
  readonly radioImage?: Uint8Array;
  /** Start values of the counters, by id; 0 for the others. */
  readonly counters?: readonly bigint[];
}

/**
 * Writes the whole flash and all counters of a device, and sets its wear to nothing.
 *
 * @throws ProvisionError; the device is then unchanged
 */
export function provision(device: Device, options: ProvisionOptions): void {
  const { bootloader, devicePage, slots = {}, journal, counters = [], radioImage } = options;
  const { profile } = device;
  const content = new Uint8Array(device.flash.bytes.length).fill(profile.erasedValue);

  checkBootloaderBytes(bootloader.length);
  checkDevicePage(devicePage, bootloader.length);
  content.set(bootloader, profile.layout.boot.address);
  content.set(devicePage, DEVICE_PAGE.address);
  if (slots.A !== undefined) writeSlot(content, profile, Slot.A, slots.A);
  if (slots.B !== undefined) writeSlot(content, profile, Slot.B, slots.B);
  if (journal !== undefined) {
    const page = (journal.generation ?? 0) % 2;
    const start = journalRange(profile.layout, profile.pageBytes).address + page * profile.pageBytes;
    content.set(encodeJournalRecord(journal), start);
  }
  if (radioImage !== undefined) writeRadio(content, profile, radioImage);
  defectiveContent(profile.defects ?? [], content, profile.erasedValue);
  const values = new BigUint64Array(COUNTER_COUNT);
  counters.forEach((value, id) => {
    if (id >= COUNTER_COUNT || value < 0n || value >= 1n << 64n) {
      throw new ProvisionError("counter-value", `Counter ${id} cannot be set to ${value}.`);
    }
    values[id] = value;
  });
  device.restore({ flash: content, counters: values, wear: new Uint32Array(device.flash.wear.length) });
}

function writeRadio(content: Uint8Array, profile: Profile, image: Uint8Array): void {
  const { radio } = profile.layout;
  if (radio === undefined) throw new ProvisionError("radio-image", "An image for a radio that is not there.");
  if (image.length === 0 || image.length > RADIO_IMAGE_BYTES_MAX) {
    throw new ProvisionError(
      "radio-image",
      `The radio's image has ${image.length} bytes, and the radio takes 1 to ${RADIO_IMAGE_BYTES_MAX}.`,
    );
  }
  content.set(radioFlashWith(image, profile.erasedValue), radio.address);
}

/** Distance between two journal records [bytes]: whole write units. */
export function journalStrideBytes(profile: Profile): number {
  return Math.max(Journal.RecordBytes, profile.unitBytes);
}

/** Where the image of a slot lies when its envelope has `envelopeBytes` bytes. */
export function payloadAddress(profile: Profile, slot: Slot, envelopeBytes: number): number {
  const { address } = slotRange(profile.layout, slot);
  return address + Math.ceil(envelopeBytes / profile.pageBytes) * profile.pageBytes;
}

function writeSlot(
  content: Uint8Array,
  profile: Profile,
  slot: Slot,
  { envelope, payload }: SlotContent,
): void {
  const range = slotRange(profile.layout, slot);
  const end = range.address + range.bytes;
  const start = payload === undefined ? range.address : payloadAddress(profile, slot, envelope.length);
  const last = payload === undefined ? start + envelope.length : start + payload.length;
  if (last > end) {
    throw new ProvisionError(
      "slot-overflow",
      `Slot ${slot === Slot.A ? "A" : "B"} has ${range.bytes} bytes, its content needs ${last - range.address}.`,
    );
  }
  content.set(envelope, range.address);
  if (payload !== undefined) content.set(payload, start);
}

function checkBootloaderBytes(bytes: number): void {
  if (!Number.isInteger(bytes) || bytes < 1 || bytes > DEVICE_PAGE.address) {
    throw new ProvisionError(
      "bootloader-size",
      `A bootloader of ${bytes} bytes does not fit: there are ${DEVICE_PAGE.address} bytes before the device page.`,
    );
  }
}

function checkDevicePage(page: Uint8Array, bootloaderBytes: number): void {
  if (page.length !== DEVICE_PAGE.bytes) {
    throw new ProvisionError(
      "device-page-size",
      `The device page has ${page.length} bytes instead of ${DEVICE_PAGE.bytes}.`,
    );
  }
  const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
  const stated = view.getUint32(DevicePage.BootloaderBytes, true);
  if (stated !== bootloaderBytes) {
    throw new ProvisionError(
      "device-page-mismatch",
      `The device page states a bootloader of ${stated} bytes, but it has ${bootloaderBytes}.`,
    );
  }
}

function identifier(name: string, bytes: Uint8Array): Uint8Array {
  if (bytes.length !== 16) {
    throw new ProvisionError(
      "identifier-size",
      `The ${name} identifier has ${bytes.length} bytes instead of 16.`,
    );
  }
  return bytes;
}
