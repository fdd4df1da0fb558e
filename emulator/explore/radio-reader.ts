/**
 * Reads off states what a radio runs. Few steps change a radio's flash, so what was read last is kept.
 */

import { bitAt, type DeviceBits } from "../device-bits.ts";
import { RADIO_FLASH } from "../memory-map.ts";
import { runningRadioImage } from "../radio.ts";

/** See the file comment. */
export class RadioReader {
  #seen: Uint8Array | undefined;
  #digest: string | undefined;

  /** Digest of the image that the radio runs, 64 hexadecimal digits; undefined if it has none, or is none. */
  digestIn(flash: Uint8Array, bits: DeviceBits): string | undefined {
    if (flash.length <= RADIO_FLASH.address) return undefined;
    // In few states a part of it cannot be read; what the same content says where it can is no answer for those.
    if (bitAt(bits, "poisoned", RADIO_FLASH.address, RADIO_FLASH.bytes) !== undefined) {
      return runningRadioImage(flash, bits)?.digest;
    }
    const content = flash.subarray(RADIO_FLASH.address);
    const seen = this.#seen;
    if (seen?.every((byte, index) => byte === content[index]) === true) return this.#digest;
    this.#seen = content.slice();
    this.#digest = runningRadioImage(flash, bits)?.digest;
    return this.#digest;
  }
}
