/**
 * A radio: a second processor behind a wire, with flash of its own that the device cannot map.
 *
 * Its flash is of the same kind as the device's and divided into two sub-slots (assembly/layout.ts). The
 * device may ask which image the radio runs, and erase and program; what it runs is decided by the radio
 * alone: of the sub-slots whose image has the digest that its header states, the one with the newer
 * generation. So an image that is under way is none until its header is whole.
 *
 * The wire takes no time and loses nothing. Each page and each unit is an operation like any other, which
 * power can be cut at; both processors lose it together.
 */

import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { Radio as Place } from "../assembly/layout.ts";
import type { Status } from "../assembly/status.ts";
import { bitAt, type DeviceBits } from "./device-bits.ts";
import type { Flash } from "./flash.ts";
import { RADIO_FLASH, type FlashRange } from "./memory-map.ts";
import { ProfileError, type Profile } from "./profile.ts";

/** The image that a radio runs. */
export interface RadioImage {
  /** Which of the two sub-slots it lies in. */
  readonly subSlot: number;
  readonly generation: number;
  /** Its size [bytes]. */
  readonly bytes: number;
  /** Its SHA-256, 64 hexadecimal digits. */
  readonly digest: string;
}

/** The largest image that a radio takes [bytes]. */
export const RADIO_IMAGE_BYTES_MAX: number = Place.SubSlotBytes - Place.Image;

const SUB_SLOTS: number = Place.FlashBytes / Place.SubSlotBytes;

/**
 * The part with a radio beside it.
 *
 * @throws ProfileError `profile-radio` if a sub-slot is not whole pages of the part
 */
export function withRadio(profile: Profile): Profile {
  if (profile.layout.radio !== undefined) return profile;
  if (Place.SubSlotBytes % profile.pageBytes !== 0) {
    throw new ProfileError(
      "profile-radio",
      profile.name,
      `no radio fits: it has pages of ${profile.pageBytes} bytes, and a radio's sub-slots have ${Place.SubSlotBytes}`,
    );
  }
  return { ...profile, layout: { ...profile.layout, radio: RADIO_FLASH } };
}

/**
 * What a radio runs, read off a persistent state.
 *
 * @param flash the device's flash, and the radio's behind it
 * @param bits what flash remembers beside its content: whether it can be read at all
 * @returns undefined if it has no image that it can boot, or there is no radio
 */
export function runningRadioImage(flash: Uint8Array, bits: DeviceBits): RadioImage | undefined {
  const isReadable = (address: number, bytes: number): boolean =>
    bits.length === 0 || bitAt(bits, "poisoned", address, bytes) === undefined;
  let newest: RadioImage | undefined;
  for (let subSlot = 0; subSlot < SUB_SLOTS; subSlot += 1) {
    const start = RADIO_FLASH.address + subSlot * Place.SubSlotBytes;
    if (start + Place.SubSlotBytes > flash.length || !isReadable(start, Place.Image)) continue;
    const view = new DataView(flash.buffer, flash.byteOffset + start, Place.SubSlotBytes);
    const word = (offset: number): number => view.getUint32(offset, true);
    const generation = word(Place.Generation);
    const bytes = word(Place.ImageBytes);
    const isHeader =
      word(Place.Magic) === Place.MagicValue && word(Place.Complement) === ~generation >>> 0 && bytes > 0;
    if (!isHeader || bytes > RADIO_IMAGE_BYTES_MAX) continue;
    // Generations go round: the newer of two is the one ahead.
    if (newest !== undefined && ((generation - newest.generation) | 0) <= 0) continue;
    if (!isReadable(start + Place.Image, bytes)) continue;
    const image = start + Place.Image;
    const digest = bytesToHex(sha256(flash.subarray(image, image + bytes)));
    const stated = flash.subarray(start + Place.Digest, start + Place.Digest + Place.DigestBytes);
    if (digest === bytesToHex(stated)) newest = { subSlot, generation, bytes, digest };
  }
  return newest;
}

/**
 * What the factory writes to a radio: an image in its first sub-slot, generation 1.
 *
 * @param image 1 to RADIO_IMAGE_BYTES_MAX bytes
 * @returns Radio.FlashBytes bytes
 */
export function radioFlashWith(image: Uint8Array, erasedValue: number): Uint8Array<ArrayBuffer> {
  const content = new Uint8Array(Place.FlashBytes).fill(erasedValue);
  const view = new DataView(content.buffer);
  view.setUint32(Place.Magic, Place.MagicValue, true);
  view.setUint32(Place.Generation, 1, true);
  view.setUint32(Place.Complement, ~1 >>> 0, true);
  view.setUint32(Place.ImageBytes, image.length, true);
  content.set(sha256(image), Place.Digest);
  content.set(image, Place.Image);
  return content;
}

/** The radio of one device, as the device reaches it. */
export class RadioWire {
  readonly #flash: Flash;
  readonly #range: FlashRange;

  constructor(flash: Flash, range: FlashRange) {
    this.#flash = flash;
    this.#range = range;
  }

  /** Which image the radio says that it runs. */
  running(): RadioImage | undefined {
    return runningRadioImage(this.#flash.bytes, this.#flash.bits);
  }

  /** Erases the page of the radio that holds its byte `address`; as {@link Flash.erase}. */
  erase(address: number): Status {
    return this.#write(() => this.#flash.erase(this.#range.address + address));
  }

  /** Programs whole units of the radio from its byte `address` on; as {@link Flash.program}. */
  program(address: number, data: Uint8Array): Status {
    return this.#write(() => this.#flash.program(this.#range.address + address, data));
  }

  /** The window of the running stage does not hold the radio's flash, which no address of the device names. */
  #write(operation: () => Status): Status {
    const { window } = this.#flash;
    this.#flash.window = [this.#range];
    try {
      return operation();
    } finally {
      this.#flash.window = window;
    }
  }
}
