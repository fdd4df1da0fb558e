/**
 * How long the bootloader in the boot partition is.
 *
 * A Wasm module does not say where it ends, and one that is followed by erased flash does not
 * compile. Our own devices state the length in the device page. A bootloader that somebody else
 * brought has no device page; then its length is that of the sections that the partition begins with.
 */

import { DevicePage } from "../assembly/layout.ts";
import { contains, DEVICE_PAGE, type FlashRange } from "./memory-map.ts";

/** `\0asm` and version 1, little-endian (WebAssembly 1.0 §5.5.16). */
const MAGIC = 0x6d736100;
const VERSION = 1;
const HEADER_BYTES = 8;
/** The highest section id that a device knows, the data count of bulk memory. */
const SECTION_ID_MAX = 12;
/** The id of custom sections, which are never empty: they have a name. */
const CUSTOM_SECTION_ID = 0;

/**
 * The length of the bootloader, as the device page states it, or as its sections say.
 *
 * @param flash the whole flash
 * @returns bytes, at most the partition; 0 when there is no module
 */
export function bootloaderBytes(flash: Uint8Array, boot: FlashRange): number {
  const view = new DataView(flash.buffer, flash.byteOffset, flash.byteLength);
  if (hasDevicePage(view, boot)) {
    const stated = view.getUint32(DEVICE_PAGE.address + DevicePage.BootloaderBytes, true);
    return Math.min(stated, DEVICE_PAGE.address);
  }
  return moduleBytes(view, boot.address, boot.address + boot.bytes);
}

function hasDevicePage(view: DataView, boot: FlashRange): boolean {
  return (
    contains(boot, DEVICE_PAGE.address, DEVICE_PAGE.bytes) &&
    view.getUint32(DEVICE_PAGE.address + DevicePage.Magic, true) === DevicePage.MagicValue
  );
}

/** The length of the module at `start`: as far as whole sections follow each other. */
function moduleBytes(view: DataView, start: number, end: number): number {
  if (end - start < HEADER_BYTES || view.getUint32(start, true) !== MAGIC) return 0;
  if (view.getUint32(start + 4, true) !== VERSION) return 0;
  let position = start + HEADER_BYTES;
  for (;;) {
    const next = sectionEnd(view, position, end);
    if (next === undefined) return position - start;
    position = next;
  }
}

/** Where the section at `position` ends, or undefined: there is none. */
function sectionEnd(view: DataView, position: number, end: number): number | undefined {
  if (position >= end) return undefined;
  const id = view.getUint8(position);
  if (id > SECTION_ID_MAX) return undefined;
  let bytes = 0;
  let at = position + 1;
  for (let shift = 0; ; shift += 7, at += 1) {
    if (at >= end || shift > 28) return undefined;
    const byte = view.getUint8(at);
    bytes += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) break;
  }
  const next = at + 1 + bytes;
  return next > end || (id === CUSTOM_SECTION_ID && bytes === 0) ? undefined : next;
}
