/**
 * Hazards: flash that faults or wavers when it is read, for the probed build to see.
 *
 * A module reads flash with plain loads, so whatever such a load meets has to lie in memory. The
 * hole between flash and RAM, which no checked load can reach, holds one byte for each 8 bytes of
 * flash, and a table of what wavers:
 *
 * ```
 *  106496  map: bit 0 the lower 4 bytes are concerned, bit 1 the upper 4,
 *               bits 7..2 zero: reading them is a bus fault; otherwise 1 + entry in the table
 *  119296  table: mask i64 · reads before the first change i32 · changes left i32
 * ```
 *
 * A read of a wavering granule flips the bits of the mask, once it is due: see wasm/guard.ts. The
 * content that counts is put back before every operation and at the end of the power cycle, and the
 * read pattern begins anew after an operation. The flash of a radio, which lies before the map, is none of
 * a load's business and has no hazards here.
 */

import { Waver, type DeviceBits } from "./device-bits.ts";
import { FLASH_BYTES, RADIO_FLASH } from "./memory-map.ts";

/** Address of the map. */
export const HAZARD_MAP: number = RADIO_FLASH.address + RADIO_FLASH.bytes;
/** Address of the table. */
export const HAZARD_TABLE: number = HAZARD_MAP + FLASH_BYTES / 8;
/** Bytes of an entry of the table. */
export const HAZARD_ENTRY_BYTES = 16;

const GRANULE_BYTES = 8;
const HALF_BYTES = 4;
const ENTRIES_MAX = 63;
const FOR_EVER = 0x7fff_ffff;

/** The hazards of one device. */
export class Hazards {
  readonly #memory: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;
  /** Content that counts, where memory may show the other one. */
  #canonical: { readonly address: number; readonly bytes: Uint8Array }[] = [];
  #isArmed = false;

  /** @param memory the device's whole linear memory */
  constructor(memory: Uint8Array<ArrayBuffer>) {
    this.#memory = memory;
    this.#view = new DataView(memory.buffer);
  }

  /** Whether there is anything among these bits that a load can meet. */
  static areIn(bits: DeviceBits): boolean {
    return bits.some(({ kind }) => kind === "poisoned" || kind === "wavering");
  }

  /** Sets up map and table; memory shows what each wavering unit reads first. */
  arm(bits: DeviceBits): void {
    this.disarm();
    let entry = 0;
    for (const { kind, address, length, value, other } of bits) {
      if (address >= FLASH_BYTES) continue;
      if (kind === "poisoned") this.#mark(address, length, 0);
      if (kind !== "wavering" || other === undefined || entry >= ENTRIES_MAX) continue;
      const bytes = this.#memory.slice(address, address + length);
      this.#canonical.push({ address, bytes });
      const isShownOther = value === Waver.BeforeFirst || value === Waver.AfterOnce;
      if (isShownOther) this.#memory.set(other, address);
      for (
        let start = address - (address % GRANULE_BYTES);
        start < address + length;
        start += GRANULE_BYTES
      ) {
        const from = Math.max(start, address);
        this.#mark(from, Math.min(start + GRANULE_BYTES, address + length) - from, entry + 1);
        const at = HAZARD_TABLE + HAZARD_ENTRY_BYTES * entry;
        for (let index = 0; index < GRANULE_BYTES; index += 1) {
          const offset = start + index - address;
          const mask = offset < 0 ? 0 : (bytes[offset] ?? 0) ^ (other[offset] ?? bytes[offset] ?? 0);
          this.#memory[at + index] = mask;
        }
        const isOnce = value === Waver.AfterOnce || value === Waver.BeforeOnce;
        this.#view.setInt32(at + 8, isOnce ? 1 : 0, true);
        this.#view.setInt32(at + 12, isOnce ? 1 : FOR_EVER, true);
        entry += 1;
      }
    }
    this.#isArmed = entry > 0 || bits.some(({ kind }) => kind === "poisoned");
  }

  /** Shows the content that counts again, and clears the map. */
  disarm(): void {
    if (!this.#isArmed) return;
    for (const { address, bytes } of this.#canonical) this.#memory.set(bytes, address);
    this.#canonical = [];
    this.#memory.fill(0, HAZARD_MAP, HAZARD_TABLE);
    this.#isArmed = false;
  }

  #mark(address: number, length: number, entry: number): void {
    for (let at = address; at < address + length; at += 1) {
      const granule = HAZARD_MAP + Math.floor(at / GRANULE_BYTES);
      const half = at % GRANULE_BYTES < HALF_BYTES ? 1 : 2;
      this.#memory[granule] = (this.#memory[granule] ?? 0) | half | (entry << 2);
    }
  }
}
