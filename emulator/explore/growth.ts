/**
 * Why an exploration does not end: which bytes make the states that still wait different.
 *
 * What grows without an end (a log, a counter, torn words that are never cleaned up) has another
 * content in state after state. So blocks are ranked by how many contents they have among the states
 * that wait, and within a block those words are named that differ.
 */

import { partitionAt } from "../memory-map.ts";
import type { Profile } from "../profile.ts";
import { BLOCK_BYTES, type StateStore } from "./state-store.ts";

/** Bytes that differ between the states that wait. */
export interface Growth {
  /** Where they lie; undefined for flash that belongs to no partition. */
  readonly partition: ReturnType<typeof partitionAt>;
  /** Device address of the first byte that differs. */
  readonly address: number;
  /** From the first to the last byte that differs. */
  readonly bytes: number;
  /** Words of 4 bytes within it that differ. */
  readonly words: number;
  /** How many contents it has. */
  readonly contents: number;
}

const AREAS_MAX = 6;
const WORD_BYTES = 4;

/**
 * Ranks what differs.
 *
 * @param states ids of the states that wait
 * @returns the areas with the most contents first; empty if fewer than two states wait
 */
export function findGrowth(store: StateStore, profile: Profile, states: readonly number[]): Growth[] {
  const contents = Array.from({ length: store.blockCount }, () => new Set<number>());
  for (const state of states) {
    const ids = store.blockIds(state);
    for (let block = 0; block < store.blockCount; block += 1) contents[block]?.add(ids[block] ?? 0);
  }
  return contents
    .map((ids, block) => ({ ids: [...ids], block }))
    .filter(({ ids }) => ids.length > 1)
    .sort((left, right) => right.ids.length - left.ids.length)
    .slice(0, AREAS_MAX)
    .map(({ ids, block }) => {
      const { first, last, words } = differingWords(ids.map((id) => store.blocks.content(id)));
      const address = block * BLOCK_BYTES + first;
      const partition = partitionAt(profile.layout, address);
      return { partition, address, bytes: last - first, words, contents: ids.length };
    });
}

/** How many values counters and device bits together have. */
export function countRegisters(store: StateStore, states: readonly number[]): number {
  return new Set(states.map((state) => store.countersId(state))).size;
}

function differingWords(blocks: readonly Uint8Array[]): { first: number; last: number; words: number } {
  const [reference = new Uint8Array(BLOCK_BYTES), ...others] = blocks;
  let first = BLOCK_BYTES;
  let last = 0;
  let words = 0;
  for (let word = 0; word < BLOCK_BYTES; word += WORD_BYTES) {
    if (others.every((other) => isSameWord(reference, other, word))) continue;
    first = Math.min(first, word);
    last = word + WORD_BYTES;
    words += 1;
  }
  return { first, last, words };
}

function isSameWord(left: Uint8Array, right: Uint8Array, word: number): boolean {
  for (let at = word; at < word + WORD_BYTES; at += 1) if (left[at] !== right[at]) return false;
  return true;
}
