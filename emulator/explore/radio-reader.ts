/**
 * Reads off states what a radio runs. Few steps change a radio's flash, so what was read last is kept.
 */

import { RADIO_FLASH } from "../memory-map.ts";
import { runningRadioImage } from "../radio.ts";

/** See the file comment. */
export class RadioReader {
  #seen: Uint8Array | undefined;
  #digest: string | undefined;

  /** Digest of the image that the radio runs, 64 hexadecimal digits; undefined if it has none, or is none. */
  digestIn(flash: Uint8Array): string | undefined {
    if (flash.length <= RADIO_FLASH.address) return undefined;
    const content = flash.subarray(RADIO_FLASH.address);
    const seen = this.#seen;
    if (seen?.every((byte, index) => byte === content[index]) === true) return this.#digest;
    this.#seen = content.slice();
    this.#digest = runningRadioImage(flash)?.digest;
    return this.#digest;
  }
}
