/**
 * The device page as the host reads it: who a device is, what it has and whom it trusts.
 */
import { DevicePage, Policy } from "../../assembly/layout.ts";
import { DEVICE_PAGE } from "../../emulator/index.ts";
import { readCoseKey } from "../keys/cose-key.ts";
import type { Key } from "../keys/key.ts";
import type { Authority } from "../manifest/authority.ts";
import { CborReader } from "../manifest/cbor-reader.ts";
import { Refusal } from "../manifest/refusal.ts";
import { UserError } from "../user-error.ts";
import type { DeviceIdentity } from "./factory.ts";

/** What a device page says. */
export interface PageFacts {
  /** Length of the bootloader's Wasm module [bytes]. */
  readonly bootloaderBytes: number;
  readonly identity: DeviceIdentity;
  /** Its trust anchors, which of them must sign, and its components. */
  readonly authority: Required<Authority>;
  /** Names of the components: parts joined by slashes. */
  readonly componentNames: readonly string[];
  readonly acceptsUncheckedIdentity: boolean;
}

/** Bits of the policy for required trust anchors. */
const REQUIRED_MASK = 15;

/**
 * Reads the device page in a device's flash.
 *
 * @throws UserError `device-page-invalid` if the device page is not one
 */
export function readDevicePage(flash: Uint8Array): PageFacts {
  const page = flash.subarray(DEVICE_PAGE.address, DEVICE_PAGE.address + DEVICE_PAGE.bytes);
  const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
  if (view.getUint32(DevicePage.Magic, true) !== DevicePage.MagicValue) throw invalidPage();
  const policy = view.getUint16(DevicePage.Policy, true);
  const identifier = (offset: number): Uint8Array => page.slice(offset, offset + 16);
  try {
    const components = readItems(
      field(page, view, DevicePage.ComponentsOffset, DevicePage.ComponentsBytes),
      "The components",
    );
    return {
      bootloaderBytes: view.getUint32(DevicePage.BootloaderBytes, true),
      identity: {
        vendorId: identifier(DevicePage.VendorId),
        classId: identifier(DevicePage.ClassId),
        deviceId: identifier(DevicePage.DeviceId),
      },
      authority: {
        keys: readAnchors(field(page, view, DevicePage.AnchorsOffset, DevicePage.AnchorsBytes)),
        required: (policy >> Policy.RequiredAnchorsShift) & REQUIRED_MASK,
        components,
      },
      componentNames: components.map(componentName),
      acceptsUncheckedIdentity: (policy & Policy.AllowUncheckedIdentity) !== 0,
    };
  } catch (error) {
    if (error instanceof Refusal || error instanceof UserError) throw invalidPage(error);
    throw error;
  }
}

/** Bytes as text if they are printable, otherwise as hex. */
export function readable(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString("latin1");
  return /^[\x21-\x7e]+$/.test(text) ? text : `0x${Buffer.from(bytes).toString("hex")}`;
}

function invalidPage(cause?: unknown): UserError {
  return new UserError(
    "device-page-invalid",
    "The device page is missing or damaged, so the device is nobody.",
    "Create the device again.",
    { cause },
  );
}

function field(page: Uint8Array, view: DataView, offsetAt: number, bytesAt: number): Uint8Array {
  const offset = view.getUint16(offsetAt, true);
  return page.subarray(offset, offset + view.getUint16(bytesAt, true));
}

function readAnchors(anchors: Uint8Array): Key[] {
  return readItems(anchors, "The trust anchors").map((key) => readCoseKey(key, "trust anchor"));
}

/** The items of an encoded array, each by itself. */
function readItems(array: Uint8Array, what: string): Uint8Array[] {
  const reader = new CborReader(array);
  const items: Uint8Array[] = [];
  for (let left = reader.array(what); left > 0; left -= 1) {
    const start = reader.offset;
    reader.skip("An item");
    items.push(array.slice(start, reader.offset));
  }
  return items;
}

function componentName(identifier: Uint8Array): string {
  const reader = new CborReader(identifier);
  const parts: string[] = [];
  for (let part = reader.array("A component"); part > 0; part -= 1) {
    const { from, to } = reader.byteString("A part of a component");
    parts.push(readable(identifier.subarray(from, to)));
  }
  return parts.join("/");
}
