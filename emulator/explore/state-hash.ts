/**
 * A 128-bit content hash of the persistent state that can be kept up to date operation by operation.
 *
 * It is the XOR, over all 4-byte flash words that differ from erased, of a mix of the word's index
 * and content, plus the same over the halves of the counters. XOR takes a word out as it put it in,
 * so programming a unit costs two mixes and erasing a page costs one per word that was written.
 * The hash of a state is the XOR of the hashes of its blocks.
 *
 * Four 32-bit lanes, each with its own seed and multiplier and the finalizer of MurmurHash3. For n
 * states the chance that any two collide is about n² / 2^129, if the mix is as good as random.
 */

/** 32-bit lanes of a hash. */
export const LANES = 4;

const SEEDS = [0x9e3779b9, 0x243f6a88, 0xb7e15162, 0x6a09e667] as const;
const INDEX_MULTIPLIERS = [0x85ebca77, 0xc2b2ae3d, 0x27d4eb2f, 0x165667b1] as const;

/** Where the counters' halves stand in the index space, far above every flash word. */
const COUNTER_INDEX = 0x4000_0000;

/**
 * Toggles one word: puts it into the hash, or takes it out again.
 *
 * @param lanes holds the hash at `[offset, offset + LANES)`
 * @param index number of the word in flash; neither is a word that reads erased ever put in
 */
export function toggleWord(lanes: Int32Array, offset: number, index: number, word: number): void {
  lanes[offset] = (lanes[offset] ?? 0) ^ mix(index, word, SEEDS[0], INDEX_MULTIPLIERS[0]);
  lanes[offset + 1] = (lanes[offset + 1] ?? 0) ^ mix(index, word, SEEDS[1], INDEX_MULTIPLIERS[1]);
  lanes[offset + 2] = (lanes[offset + 2] ?? 0) ^ mix(index, word, SEEDS[2], INDEX_MULTIPLIERS[2]);
  lanes[offset + 3] = (lanes[offset + 3] ?? 0) ^ mix(index, word, SEEDS[3], INDEX_MULTIPLIERS[3]);
}

/** Toggles the value of counter `id`; zero is neutral, as erased is in flash. */
export function toggleCounter(lanes: Int32Array, offset: number, id: number, value: bigint): void {
  const low = Number(value & 0xffff_ffffn);
  const high = Number(value >> 32n);
  if (low !== 0) toggleWord(lanes, offset, COUNTER_INDEX + 2 * id, low);
  if (high !== 0) toggleWord(lanes, offset, COUNTER_INDEX + 2 * id + 1, high);
}

/** XORs the hash at `source` in `from` into the one at `target` in `lanes`. */
export function xorLanes(lanes: Int32Array, target: number, from: Int32Array, source: number): void {
  for (let lane = 0; lane < LANES; lane += 1) {
    lanes[target + lane] = (lanes[target + lane] ?? 0) ^ (from[source + lane] ?? 0);
  }
}

/**
 * The hash of a state, from scratch.
 *
 * @param words the whole flash
 * @param erasedWord what an erased word reads, 0 or 0xFFFFFFFF
 * @returns LANES lanes
 */
export function hashState(
  words: Uint32Array,
  erasedWord: number,
  counters: BigUint64Array,
): Int32Array<ArrayBuffer> {
  const lanes = new Int32Array(LANES);
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? 0;
    if (word !== erasedWord) toggleWord(lanes, 0, index, word);
  }
  counters.forEach((value, id) => {
    toggleCounter(lanes, 0, id, value);
  });
  return lanes;
}

/** A hash as 32 hexadecimal digits. */
export function formatHash(lanes: Int32Array, offset = 0): string {
  let text = "";
  for (let lane = 0; lane < LANES; lane += 1) {
    text += ((lanes[offset + lane] ?? 0) >>> 0).toString(16).padStart(8, "0");
  }
  return text;
}

/** For one index a bijection of words, and for one word a bijection of indices. */
function mix(index: number, word: number, seed: number, multiplier: number): number {
  let hash = Math.imul(word ^ seed, 0xcc9e2d51);
  hash = (hash << 15) | (hash >>> 17);
  hash = Math.imul(hash, 0x1b873593) ^ Math.imul(index + 1, multiplier);
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
