/**
 * Device bits: what flash remembers beside what it reads.
 *
 * Most power cuts leave nothing but content. Some leave more: a word whose error correction no
 * longer fits, a page that reads erased and is not, a unit that reads differently each time, a row
 * that has been written so and so often. That is part of the persistent state, and here it is data:
 * a short list, sorted, never changed in place, so that an unchanged list is the same object.
 *
 * | kind       | meaning                                                          | `value`          | `other`                      |
 * |------------|------------------------------------------------------------------|------------------|------------------------------|
 * | `writes`   | the area was written more often than its content shows            | how much more    | none                         |
 * | `poisoned` | reading any of it is a bus fault, until it is erased               | 0                | none                         |
 * | `weak`     | a page whose erase was too short                                   | power-ons to go  | what it reads after them     |
 * | `fading`   | a unit whose program was too short                                 | power-ons to go  | what it reads after them     |
 * | `wavering` | a unit that reads two ways within one power-on                     | a read pattern   | the other way                |
 *
 * Areas of one kind never overlap. An erase that is not cut ends all of them on its page.
 */

import { RADIO_FLASH } from "./memory-map.ts";

/** What kind of memory it is; the order is that of the encoding. */
const KINDS = ["writes", "poisoned", "weak", "fading", "wavering"] as const;
/** What kind of memory it is; see the file comment. */
export type DeviceBitKind = (typeof KINDS)[number];

/** One entry. */
export interface DeviceBit {
  readonly kind: DeviceBitKind;
  /** Device address of the area. */
  readonly address: number;
  /** Its size [bytes]. */
  readonly length: number;
  /** Depends on the kind; -128 to 32,639. */
  readonly value: number;
  /** `length` bytes, or none. */
  readonly other: Uint8Array | undefined;
}

/** Sorted by kind and address. */
export type DeviceBits = readonly DeviceBit[];

/** What almost every flash remembers. */
export const NO_BITS: DeviceBits = Object.freeze([]);

/** Whether two areas have a byte in common. */
export function overlaps(bit: DeviceBit, address: number, length: number): boolean {
  return bit.address < address + length && address < bit.address + bit.length;
}

/** In which order a wavering unit reads two ways: the `value` of its device bit. */
export const enum Waver {
  /** After, before, after, before … */
  AfterFirst = 1,
  /** Before, after, before, after … */
  BeforeFirst = 2,
  /** After once, then before. */
  AfterOnce = 3,
  /** Before once, then after. */
  BeforeOnce = 4,
}

/** The first entry of a kind that touches `[address, address + length)`. */
export function bitAt(
  bits: DeviceBits,
  kind: DeviceBitKind,
  address: number,
  length: number,
): DeviceBit | undefined {
  return bits.find((bit) => bit.kind === kind && overlaps(bit, address, length));
}

/** The list without what touches `[address, address + length)`, of one kind or of all. */
export function without(bits: DeviceBits, address: number, length: number, kind?: DeviceBitKind): DeviceBits {
  const goes = (bit: DeviceBit): boolean =>
    (kind === undefined || bit.kind === kind) && overlaps(bit, address, length);
  if (!bits.some(goes)) return bits;
  const rest = bits.filter((bit) => !goes(bit));
  return rest.length === 0 ? NO_BITS : rest;
}

/** The list with `bit` in the place of what it overlaps of its kind. */
export function withBit(bits: DeviceBits, bit: DeviceBit): DeviceBits {
  const rest = without(bits, bit.address, bit.length, bit.kind);
  return [...rest, bit].sort(
    (left, right) => KINDS.indexOf(left.kind) - KINDS.indexOf(right.kind) || left.address - right.address,
  );
}

const VALUE_BIAS = 128;
const BYTES_PER_WORD = 8;

/**
 * Counters and device bits in one row of 64-bit numbers: the whole persistent state beside content.
 *
 * Each entry is a header that is never 0 (bits 0–3 kind, 4–20 address, 21–34 length, 35–50 value,
 * 51 whether `other` follows) and the bytes of `other`, eight to a number. A row that is lengthened
 * with zeros is no other row, so zero may be neutral in a hash.
 */
export function encodeRegisters(counters: BigUint64Array, bits: DeviceBits): BigUint64Array<ArrayBuffer> {
  const words: bigint[] = [];
  for (const { kind, address, length, value, other } of bits) {
    words.push(
      BigInt(KINDS.indexOf(kind) + 1) |
        (BigInt(address) << 4n) |
        (BigInt(length) << 21n) |
        (BigInt(value + VALUE_BIAS) << 35n) |
        (other === undefined ? 0n : 1n << 51n),
    );
    for (let offset = 0; other !== undefined && offset < length; offset += BYTES_PER_WORD) {
      let word = 0n;
      for (let index = Math.min(BYTES_PER_WORD, length - offset) - 1; index >= 0; index -= 1) {
        word = (word << 8n) | BigInt(other[offset + index] ?? 0);
      }
      words.push(word);
    }
  }
  const registers = new BigUint64Array(counters.length + words.length);
  registers.set(counters);
  registers.set(words, counters.length);
  return registers;
}

/** The device bits of a row of {@link encodeRegisters} that begins with so many counters. */
export function decodeBits(registers: BigUint64Array, counterCount: number): DeviceBits {
  if (registers.length <= counterCount) return NO_BITS;
  const bits: DeviceBit[] = [];
  for (let at = counterCount; at < registers.length;) {
    const header = registers[at] ?? 0n;
    at += 1;
    const kind = KINDS[Number(header & 15n) - 1];
    const address = Number((header >> 4n) & 0x1_ffffn);
    const length = Number((header >> 21n) & 0x3fffn);
    if (kind === undefined || address + length > RADIO_FLASH.address + RADIO_FLASH.bytes)
      throw new RangeError("These are no device bits.");
    const value = Number((header >> 35n) & 0xffffn) - VALUE_BIAS;
    let other: Uint8Array | undefined;
    if ((header >> 51n) & 1n) {
      other = new Uint8Array(length);
      for (let index = 0; index < length; index += 1) {
        const word = registers[at + Math.floor(index / BYTES_PER_WORD)] ?? 0n;
        other[index] = Number((word >> BigInt(8 * (index % BYTES_PER_WORD))) & 0xffn);
      }
      at += Math.ceil(length / BYTES_PER_WORD);
    }
    bits.push({ kind, address, length, value, other });
  }
  return bits;
}
