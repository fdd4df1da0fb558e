/**
 * Mutation of bytes about which nothing is known: bits, bytes, words and blocks.
 */
import type { Chance } from "./chance.ts";

/** Bytes at which decoders tend to decide something. */
const TELLING_BYTES: readonly number[] = [
  0x00, 0x01, 0x0b, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1f, 0x20, 0x3f, 0x40, 0x58, 0x5f, 0x60, 0x7f, 0x80,
  0x9f, 0xa0, 0xbf, 0xc0, 0xd8, 0xf4, 0xf5, 0xf6, 0xf8, 0xff,
];

/** Lengths, addresses and signs at which 32-bit arithmetic turns over. */
const TELLING_WORDS: readonly number[] = [
  0, 1, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x10000, 102_400, 120_832, 131_072, 0x7fffffff,
  0x80000000, 0xffffffff,
];

/**
 * Changes bytes in one to about eight places.
 *
 * @param other what blocks may be taken from
 * @param bytesMax the result is cut to that
 */
export function mutateBytes(
  bytes: Uint8Array,
  chance: Chance,
  { other = bytes, bytesMax }: { readonly other?: Uint8Array; readonly bytesMax: number },
): Uint8Array<ArrayBuffer> {
  let mutated = Uint8Array.from(bytes);
  for (let count = chance.few(8); count > 0; count -= 1) mutated = mutateOnce(mutated, chance, other);
  return mutated.length > bytesMax ? mutated.slice(0, bytesMax) : mutated;
}

function mutateOnce(
  bytes: Uint8Array<ArrayBuffer>,
  chance: Chance,
  other: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const at = chance.below(bytes.length);
  const blockBytes = 1 + chance.below(chance.oneIn(4) ? 64 : 8);
  switch (chance.below(bytes.length === 0 ? 1 : 10)) {
    case 0:
      return replaced(bytes, at, 0, noise(blockBytes, chance));
    case 1:
      bytes[at] = (bytes[at] ?? 0) ^ (1 << chance.below(8));
      return bytes;
    case 2:
      bytes[at] = chance.pick(TELLING_BYTES);
      return bytes;
    case 3:
      bytes[at] = (bytes[at] ?? 0) + (chance.oneIn(2) ? 1 : -1) * (1 + chance.below(16));
      return bytes;
    case 4:
      return replaced(bytes, at, blockBytes, new Uint8Array());
    case 5: {
      const from = chance.below(bytes.length);
      return replaced(bytes, at, 0, bytes.slice(from, from + blockBytes));
    }
    case 6: {
      const from = chance.below(other.length);
      return replaced(bytes, at, chance.oneIn(2) ? blockBytes : 0, other.slice(from, from + blockBytes));
    }
    case 7: {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      if (at + 4 <= bytes.length) view.setUint32(at, chance.pick(TELLING_WORDS), chance.oneIn(2));
      return bytes;
    }
    case 8:
      bytes.fill(chance.byte(), at, at + blockBytes);
      return bytes;
    default:
      return bytes.slice(0, at);
  }
}

/** The bytes with those in `[at, at + removed)` replaced. */
export function replaced(
  bytes: Uint8Array,
  at: number,
  removed: number,
  inserted: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const tail = bytes.subarray(Math.min(at + removed, bytes.length));
  const result = new Uint8Array(at + inserted.length + tail.length);
  result.set(bytes.subarray(0, at));
  result.set(inserted, at);
  result.set(tail, at + inserted.length);
  return result;
}

function noise(length: number, chance: Chance): Uint8Array {
  return Uint8Array.from({ length }, () => chance.byte());
}
