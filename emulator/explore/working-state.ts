/**
 * The state that the device is in right now, followed operation by operation.
 *
 * Keeps the hash and the block ids of what the device's memory holds, so that every point of a
 * power-on can be named as a state at the cost of what the operation changed, and so that moving
 * to another state copies only the blocks that differ.
 */

import type { Device } from "../device.ts";
import type { FlashOperation, Operation } from "../power.ts";
import { LANES, toggleCounter, toggleWord, xorLanes } from "./state-hash.ts";
import { BLOCK_BYTES, BLOCK_COUNT, type StateStore } from "./state-store.ts";

const WORD_BYTES = 4;
const WORDS_PER_BLOCK = BLOCK_BYTES / WORD_BYTES;

/** Told of each state when it is added, while the device's memory holds it. */
export type NewStateListener = (state: number) => void;

/** See the file comment. One device and one store; nobody else writes to the device meanwhile. */
export class WorkingState {
  readonly #device: Device;
  readonly #store: StateStore;
  readonly #onNew: NewStateListener;
  readonly #words: Uint32Array;
  readonly #erasedWord: number;
  readonly #lanes = new Int32Array(LANES);
  readonly #blockLanes = new Int32Array(BLOCK_COUNT * LANES);
  readonly #blockIds = new Uint32Array(BLOCK_COUNT);
  /** The torn state that is looked up, and its changed blocks. */
  readonly #tornLanes = new Int32Array(LANES);
  readonly #tornBlockLanes = new Int32Array(BLOCK_COUNT * LANES);
  #countersId = 0;

  constructor(device: Device, store: StateStore, onNew: NewStateListener) {
    const { bytes } = device.flash;
    this.#device = device;
    this.#store = store;
    this.#onNew = onNew;
    this.#words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / WORD_BYTES);
    this.#erasedWord = device.profile.erasedValue === 0 ? 0 : 0xffff_ffff;
  }

  /** Takes what the device holds, whatever it is, from scratch. @returns the state's id */
  adopt(): number {
    this.#lanes.fill(0);
    this.#blockLanes.fill(0);
    for (let index = 0; index < this.#words.length; index += 1) {
      const word = this.#words[index] ?? 0;
      if (word !== this.#erasedWord) toggleWord(this.#blockLanes, blockOfWord(index) * LANES, index, word);
    }
    for (let block = 0; block < BLOCK_COUNT; block += 1) {
      xorLanes(this.#lanes, 0, this.#blockLanes, block * LANES);
      this.#internBlock(block);
    }
    const { values } = this.#device.counters;
    values.forEach((value, id) => {
      toggleCounter(this.#lanes, 0, id, value);
    });
    this.#countersId = this.#store.internCounters(values);
    return this.#name(0, -1);
  }

  /** Puts the device into a state of the store. */
  moveTo(state: number): void {
    const { blocks, table } = this.#store;
    const wanted = this.#store.blockIds(state);
    const flash = this.#device.flash.bytes;
    for (let block = 0; block < BLOCK_COUNT; block += 1) {
      const id = wanted[block] ?? 0;
      if (id === this.#blockIds[block]) continue;
      flash.set(blocks.content(id), block * BLOCK_BYTES);
      this.#blockIds[block] = id;
      copyLanes(this.#blockLanes, block * LANES, blocks.table.lanes, id * LANES);
    }
    copyLanes(this.#lanes, 0, table.lanes, state * LANES);
    const countersId = this.#store.countersId(state);
    if (countersId !== this.#countersId) {
      this.#device.counters.values.set(this.#store.counters(countersId));
      this.#countersId = countersId;
    }
  }

  /** Follows an operation that has just taken effect. @returns the id of the state after it */
  settle(operation: Operation): number {
    if (operation.kind === "counter") {
      toggleCounter(this.#lanes, 0, operation.id, operation.before);
      toggleCounter(this.#lanes, 0, operation.id, operation.after);
      this.#countersId = this.#store.internCounters(this.#device.counters.values);
      return this.#name(0, -1);
    }
    const { address, length, before } = operation;
    const last = (address + length - 1) >>> 2;
    for (let index = address >>> 2; index <= last; index += 1) {
      const now = this.#words[index] ?? 0;
      const was = patched(now, index * WORD_BYTES, address, before);
      if (now === was) continue;
      const offset = blockOfWord(index) * LANES;
      if (was !== this.#erasedWord) this.#toggle(index, was, offset);
      if (now !== this.#erasedWord) this.#toggle(index, now, offset);
    }
    return this.#name(blockOfWord(address >>> 2), blockOfWord(last));
  }

  /**
   * Names the state that an operation leaves when it is torn, without going there. To be called
   * before the operation takes effect.
   *
   * @param torn what the page or unit then holds
   * @returns the state's id
   */
  torn(operation: FlashOperation, torn: Uint8Array): number {
    const { address, length } = operation;
    const last = (address + length - 1) >>> 2;
    const firstBlock = blockOfWord(address >>> 2);
    const lastBlock = blockOfWord(last);
    const blockLanes = this.#tornBlockLanes;
    copyLanes(this.#tornLanes, 0, this.#lanes, 0);
    for (let block = firstBlock; block <= lastBlock; block += 1) {
      copyLanes(blockLanes, block * LANES, this.#blockLanes, block * LANES);
      xorLanes(this.#tornLanes, 0, blockLanes, block * LANES);
    }
    for (let index = address >>> 2; index <= last; index += 1) {
      const was = this.#words[index] ?? 0;
      const now = patched(was, index * WORD_BYTES, address, torn);
      if (now === was) continue;
      const offset = blockOfWord(index) * LANES;
      if (was !== this.#erasedWord) toggleWord(blockLanes, offset, index, was);
      if (now !== this.#erasedWord) toggleWord(blockLanes, offset, index, now);
    }
    for (let block = firstBlock; block <= lastBlock; block += 1) {
      xorLanes(this.#tornLanes, 0, blockLanes, block * LANES);
    }
    const known = this.#store.find(this.#tornLanes);
    return known >= 0 ? known : this.#addTorn(operation, torn, firstBlock, lastBlock);
  }

  /** Lets the device hold the torn content for as long as it takes to add that state. */
  #addTorn(operation: FlashOperation, torn: Uint8Array, firstBlock: number, lastBlock: number): number {
    const { blocks } = this.#store;
    const flash = this.#device.flash.bytes;
    const ids = this.#blockIds;
    const kept = ids.slice(firstBlock, lastBlock + 1);
    flash.set(torn.subarray(0, operation.length), operation.address);
    for (let block = firstBlock; block <= lastBlock; block += 1) {
      ids[block] = blocks.intern(this.#tornBlockLanes, block * LANES, flash, block * BLOCK_BYTES);
    }
    const state = this.#store.add(this.#tornLanes, ids, this.#countersId);
    this.#onNew(state);
    flash.set(operation.before.subarray(0, operation.length), operation.address);
    ids.set(kept, firstBlock);
    return state;
  }

  /** The id of the current state, whose blocks `[first, last]` have changed since the last call. */
  #name(first: number, last: number): number {
    const known = this.#store.find(this.#lanes);
    if (known >= 0) {
      const ids = this.#store.blockIds(known);
      for (let block = first; block <= last; block += 1) this.#blockIds[block] = ids[block] ?? 0;
      return known;
    }
    for (let block = first; block <= last; block += 1) this.#internBlock(block);
    const state = this.#store.add(this.#lanes, this.#blockIds, this.#countersId);
    this.#onNew(state);
    return state;
  }

  #internBlock(block: number): void {
    const { blocks } = this.#store;
    const flash = this.#device.flash.bytes;
    this.#blockIds[block] = blocks.intern(this.#blockLanes, block * LANES, flash, block * BLOCK_BYTES);
  }

  #toggle(index: number, word: number, blockOffset: number): void {
    toggleWord(this.#lanes, 0, index, word);
    toggleWord(this.#blockLanes, blockOffset, index, word);
  }
}

function blockOfWord(index: number): number {
  return Math.floor(index / WORDS_PER_BLOCK);
}

/** The word at `wordAddress` with the bytes that `[address, address + bytes.length)` covers replaced. */
function patched(word: number, wordAddress: number, address: number, bytes: Uint8Array): number {
  const offset = wordAddress - address;
  if (offset >= 0 && offset + WORD_BYTES <= bytes.length) {
    const low = (bytes[offset] ?? 0) | ((bytes[offset + 1] ?? 0) << 8);
    return (low | ((bytes[offset + 2] ?? 0) << 16) | ((bytes[offset + 3] ?? 0) << 24)) >>> 0;
  }
  let result = word;
  for (let index = 0; index < WORD_BYTES; index += 1) {
    const at = offset + index;
    if (at < 0 || at >= bytes.length) continue;
    const shift = 8 * index;
    result = (result & ~(0xff << shift)) | ((bytes[at] ?? 0) << shift);
  }
  return result >>> 0;
}

function copyLanes(target: Int32Array, to: number, source: Int32Array, from: number): void {
  for (let lane = 0; lane < LANES; lane += 1) target[to + lane] = source[from + lane] ?? 0;
}
