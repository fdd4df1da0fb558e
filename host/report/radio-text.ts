/**
 * The radio in words: what it runs, and what an operation on its flash is about.
 */
import { Radio } from "../../assembly/layout.ts";
import { RADIO_FLASH } from "../../emulator/memory-map.ts";
import type { RadioImage } from "../../emulator/radio.ts";
import { count } from "./quantity.ts";

const SUB_SLOT_NAMES = ["first", "second"] as const;
/** Digits of a digest that tell images apart. */
const DIGEST_DIGITS = 16;

/** What a radio runs, as in `generation 2 in its second sub-slot, 283 B, SHA-256 0123456789abcdef…`. */
export function radioPhrase(image: RadioImage | undefined): string {
  if (image === undefined) return "nothing that it can boot";
  const { subSlot, generation, bytes, digest } = image;
  const place = SUB_SLOT_NAMES[subSlot] ?? String(subSlot);
  return `generation ${generation} in its ${place} sub-slot, ${count(bytes)} B, SHA-256 ${digest.slice(0, DIGEST_DIGITS)}…`;
}

/**
 * Where bytes of a persistent state lie in the radio's flash, as in `the header in the radio's second sub-slot`.
 *
 * @returns undefined for flash of the device itself
 */
export function radioPlace(address: number, bytes: number): string | undefined {
  const start = address - RADIO_FLASH.address;
  if (start < 0) return undefined;
  const name = SUB_SLOT_NAMES[Math.floor(start / Radio.SubSlotBytes)] ?? "last";
  const offset = start % Radio.SubSlotBytes;
  const subSlot = `the radio's ${name} sub-slot`;
  if (offset >= Radio.Image) return `the image in ${subSlot}`;
  return offset + bytes <= Radio.Image ? `the header in ${subSlot}` : subSlot;
}
