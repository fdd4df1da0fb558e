/**
 * The state that the device is in right now, followed operation by operation.
 *
 * Keeps the hash and the block ids of what the device's memory holds, so that every point of a
 * power-on can be named as a state at the cost of what the operation changed, and so that moving
 * to another state copies only the blocks that differ.
 */

import type { Device } from "../device.ts";
import { decodeBits, encodeRegisters, NO_BITS, type DeviceBits } from "../device-bits.ts";
import type { AgedContent, FlashOperation, Operation, TornOutcome } from "../power.ts";
import { tornVariant, type TearClass } from "../tear.ts";
import { ErasePlans, type ErasePlan } from "./erase-plan.ts";
import { LANES, toggleCounter, toggleWord, xorLanes } from "./state-hash.ts";
import { BLOCK_BYTES, type StateSpace } from "./state-store.ts";

const WORD_BYTES = 4;
const WORDS_PER_BLOCK = BLOCK_BYTES / WORD_BYTES;
/** In place of an id of the store: the device holds nothing that is known. */
const NOTHING_YET = 0xffff_ffff;

/** Told of each state when it is added, while the device holds its content, counters and device bits. */
export type NewStateListener = (state: number) => void;

/** See the file comment. One device and one store; nobody else writes to the device meanwhile. */
export class WorkingState {
  readonly #device: Device;
  readonly #store: StateSpace;
  readonly #onNew: NewStateListener;
  readonly #words: Uint32Array;
  readonly #erasedWord: number;
  readonly #lanes = new Int32Array(LANES);
  readonly #blockLanes: Int32Array<ArrayBuffer>;
  readonly #blockIds: Uint32Array<ArrayBuffer>;
  /** The state whose block ids are to be taken over before they are next asked for. */
  #idsFrom = NOTHING_YET;
  readonly #erasePlans = new ErasePlans();
  readonly #planKey = new Int32Array(LANES);
  /** An erase leaves nothing but the erased value. */
  readonly #erasesAll: boolean;
  /** The torn state that is looked up, and its changed blocks. */
  readonly #tornLanes = new Int32Array(LANES);
  readonly #tornBlockLanes: Int32Array<ArrayBuffer>;
  /** Counters and device bits as one row of numbers: what the store calls counters. */
  #registers: BigUint64Array = new BigUint64Array();
  #bits: DeviceBits = NO_BITS;
  #registersId = NOTHING_YET;

  constructor(device: Device, store: StateSpace, onNew: NewStateListener) {
    const { bytes } = device.flash;
    this.#device = device;
    this.#store = store;
    this.#onNew = onNew;
    const { blockCount } = store;
    this.#blockLanes = new Int32Array(blockCount * LANES);
    this.#tornBlockLanes = new Int32Array(blockCount * LANES);
    this.#blockIds = new Uint32Array(blockCount).fill(NOTHING_YET);
    this.#words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / WORD_BYTES);
    this.#erasedWord = device.profile.erasedValue === 0 ? 0 : 0xffff_ffff;
    this.#erasesAll = (device.profile.defects ?? []).length === 0;
  }

  /** Takes what the device holds, whatever it is, from scratch. @returns the state's id */
  adopt(): number {
    this.#idsFrom = NOTHING_YET;
    this.#lanes.fill(0);
    this.#blockLanes.fill(0);
    for (let index = 0; index < this.#words.length; index += 1) {
      const word = this.#words[index] ?? 0;
      if (word !== this.#erasedWord) toggleWord(this.#blockLanes, blockOfWord(index) * LANES, index, word);
    }
    for (let block = 0; block < this.#blockIds.length; block += 1) {
      xorLanes(this.#lanes, 0, this.#blockLanes, block * LANES);
      this.#internBlock(block);
    }
    this.#registers = new BigUint64Array();
    this.#followRegisters();
    return this.#name(0, -1);
  }

  /** Puts the device into a state of the store. */
  moveTo(state: number): void {
    this.takeIds();
    const { blocks, table } = this.#store;
    const wanted = this.#store.blockIds(state);
    const flash = this.#device.flash.bytes;
    for (let block = 0; block < this.#blockIds.length; block += 1) {
      const id = wanted[block] ?? 0;
      if (id === this.#blockIds[block]) continue;
      flash.set(blocks.content(id), block * BLOCK_BYTES);
      this.#blockIds[block] = id;
      copyLanes(this.#blockLanes, block * LANES, blocks.table.lanes, id * LANES);
    }
    copyLanes(this.#lanes, 0, table.lanes, state * LANES);
    const registersId = this.#store.countersId(state);
    if (registersId !== this.#registersId) {
      const { values } = this.#device.counters;
      this.#registers = this.#store.counters(registersId);
      values.set(this.#registers.subarray(0, values.length));
      this.#bits = decodeBits(this.#registers, values.length);
      this.#registersId = registersId;
    }
    // A power cycle may have left other bits behind that read the same.
    this.#device.flash.bits = this.#bits;
  }

  /** Follows an operation that has just taken effect. @returns the id of the state after it */
  settle(operation: Operation): number {
    if (operation.kind === "counter") {
      this.#followRegisters();
      return this.#name(0, -1);
    }
    if (this.#device.flash.bits !== this.#bits) this.#followRegisters();
    const { address, length, before } = operation;
    if (operation.kind === "erase" && this.#erasesAll && areWholeBlocks(address, length)) {
      this.#forgetBlocks(blockOfWord(address >>> 2), length / BLOCK_BYTES);
    } else {
      this.#follow(address, length, before);
    }
    return this.#name(blockOfWord(address >>> 2), blockOfWord((address + length - 1) >>> 2));
  }

  /** Follows what changed at power-on before anything ran. @returns the id of the state after it */
  settleAged(areas: readonly AgedContent[]): number {
    this.#followRegisters();
    let first = this.#blockIds.length;
    let last = -1;
    for (const { address, before } of areas) {
      this.#follow(address, before.length, before);
      first = Math.min(first, blockOfWord(address >>> 2));
      last = Math.max(last, blockOfWord((address + before.length - 1) >>> 2));
    }
    return this.#name(first, last);
  }

  /** Follows an erase of whole blocks: they go as they came. */
  #forgetBlocks(first: number, count: number): void {
    for (let block = first; block < first + count; block += 1) {
      xorLanes(this.#lanes, 0, this.#blockLanes, block * LANES);
      this.#blockLanes.fill(0, block * LANES, (block + 1) * LANES);
    }
  }

  /** Follows content that has changed from `before`. */
  #follow(address: number, length: number, before: Uint8Array): void {
    const last = (address + length - 1) >>> 2;
    for (let index = address >>> 2; index <= last; index += 1) {
      const now = this.#words[index] ?? 0;
      const was = patched(now, index * WORD_BYTES, address, before);
      if (now === was) continue;
      const offset = blockOfWord(index) * LANES;
      if (was !== this.#erasedWord) this.#toggle(index, was, offset);
      if (now !== this.#erasedWord) this.#toggle(index, now, offset);
    }
  }

  /**
   * The torn outcomes of an erase in the given classes, which are always the same ones: what they are
   * and change follows from what the page holds alone. To be called before the operation takes effect.
   *
   * @returns undefined when flash remembers more than content, or would, or the part is defective
   */
  erasePlan(operation: FlashOperation, classes: readonly TearClass[]): ErasePlan | undefined {
    const { address, length } = operation;
    const isPlain = this.#erasesAll && this.#bits.length === 0 && this.#device.flash.bits.length === 0;
    if (operation.kind !== "erase" || !isPlain) return undefined;
    const key = this.#planKey.fill(0);
    const last = blockOfWord((address + length - 1) >>> 2);
    for (let block = blockOfWord(address >>> 2); block <= last; block += 1) {
      xorLanes(key, 0, this.#blockLanes, block * LANES);
    }
    return this.#erasePlans.of(key, operation, classes, this.#erasedWord);
  }

  /**
   * Names the state that an erase leaves when it is torn as entry `index` of its plan says; as
   * {@link torn}, at the cost of looking it up.
   */
  tornErase(
    operation: FlashOperation,
    plan: ErasePlan,
    index: number,
    classes: readonly TearClass[],
  ): number {
    copyLanes(this.#tornLanes, 0, this.#lanes, 0);
    xorLanes(this.#tornLanes, 0, plan.lanes, index * LANES);
    const known = this.#store.find(this.#tornLanes);
    if (known >= 0) return known;
    const variant = plan.variants[index] ?? 0;
    const outcome = tornVariant(operation, variant, classes);
    if (outcome === undefined) throw new Error(`A plan has torn variant ${variant}, and the erase has not.`);
    return this.torn(operation, outcome);
  }

  /**
   * Names the state that an operation leaves when it is torn, without going there. To be called
   * before the operation takes effect.
   *
   * @param outcome what is left
   * @returns the state's id
   */
  torn(operation: FlashOperation, outcome: TornOutcome): number {
    const { address, length } = operation;
    const patches: Patch[] = [{ address, bytes: outcome.bytes.subarray(0, length) }];
    if (outcome.damage !== undefined) patches.push(outcome.damage);
    const blockLanes = this.#tornBlockLanes;
    const touched = blocksOf(patches);
    copyLanes(this.#tornLanes, 0, this.#lanes, 0);
    for (const block of touched) {
      copyLanes(blockLanes, block * LANES, this.#blockLanes, block * LANES);
      xorLanes(this.#tornLanes, 0, blockLanes, block * LANES);
    }
    for (const patch of patches) {
      const last = (patch.address + patch.bytes.length - 1) >>> 2;
      for (let index = patch.address >>> 2; index <= last; index += 1) {
        const was = this.#words[index] ?? 0;
        const now = patched(was, index * WORD_BYTES, patch.address, patch.bytes);
        if (now === was) continue;
        const offset = blockOfWord(index) * LANES;
        if (was !== this.#erasedWord) toggleWord(blockLanes, offset, index, was);
        if (now !== this.#erasedWord) toggleWord(blockLanes, offset, index, now);
      }
    }
    for (const block of touched) xorLanes(this.#tornLanes, 0, blockLanes, block * LANES);
    const bits = this.#device.flash.bitsAfterTear(operation, outcome);
    const registers = bits === this.#bits ? undefined : this.#registersWith(bits);
    if (registers !== undefined) {
      toggleRegisters(this.#tornLanes, this.#registers);
      toggleRegisters(this.#tornLanes, registers);
    }
    const known = this.#store.find(this.#tornLanes);
    return known >= 0 ? known : this.#addTorn(patches, touched, registers, bits);
  }

  /** Lets the device hold the torn state for as long as it takes to add it. */
  #addTorn(
    patches: readonly Patch[],
    touched: readonly number[],
    registers: BigUint64Array | undefined,
    bits: DeviceBits,
  ): number {
    this.takeIds();
    const { blocks } = this.#store;
    const { bytes: flash, bits: bitsBefore } = this.#device.flash;
    const ids = this.#blockIds;
    const kept = touched.map((block) => ids[block] ?? 0);
    const before = patches.map(({ address, bytes }) => flash.slice(address, address + bytes.length));
    for (const { address, bytes } of patches) flash.set(bytes, address);
    for (const block of touched) {
      ids[block] = blocks.intern(this.#tornBlockLanes, block * LANES, flash, block * BLOCK_BYTES);
    }
    const registersId = registers === undefined ? this.#registersId : this.#store.internCounters(registers);
    const state = this.#store.add(this.#tornLanes, ids, registersId);
    this.#device.flash.bits = bits;
    this.#onNew(state);
    this.#device.flash.bits = bitsBefore;
    patches.forEach(({ address }, index) => {
      flash.set(before[index] ?? [], address);
    });
    touched.forEach((block, index) => {
      ids[block] = kept[index] ?? 0;
    });
    return state;
  }

  /**
   * Takes over the block ids of the state that the device is in, if that was put off. To be called
   * before the store forgets any states.
   */
  takeIds(): void {
    if (this.#idsFrom === NOTHING_YET) return;
    this.#blockIds.set(this.#store.blockIds(this.#idsFrom));
    this.#idsFrom = NOTHING_YET;
  }

  /** Takes over counters and device bits as the device now has them. */
  #followRegisters(): void {
    const { bits } = this.#device.flash;
    const registers = this.#registersWith(bits);
    toggleRegisters(this.#lanes, this.#registers);
    toggleRegisters(this.#lanes, registers);
    this.#registers = registers;
    this.#bits = bits;
    this.#registersId = this.#store.internCounters(registers);
  }

  #registersWith(bits: DeviceBits): BigUint64Array {
    return encodeRegisters(this.#device.counters.values, bits);
  }

  /** The id of the current state, whose blocks `[first, last]` have changed since the last call. */
  #name(first: number, last: number): number {
    const known = this.#store.find(this.#lanes);
    if (known >= 0) {
      this.#idsFrom = known;
      return known;
    }
    this.takeIds();
    for (let block = first; block <= last; block += 1) this.#internBlock(block);
    const state = this.#store.add(this.#lanes, this.#blockIds, this.#registersId);
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

/** New content somewhere in flash. */
interface Patch {
  readonly address: number;
  readonly bytes: Uint8Array;
}

/** The blocks that patches touch, each once, in the order in which they are touched. */
function blocksOf(patches: readonly Patch[]): number[] {
  const blocks: number[] = [];
  for (const { address, bytes } of patches) {
    const last = blockOfWord((address + bytes.length - 1) >>> 2);
    for (let block = blockOfWord(address >>> 2); block <= last; block += 1) {
      if (!blocks.includes(block)) blocks.push(block);
    }
  }
  return blocks;
}

function toggleRegisters(lanes: Int32Array, registers: BigUint64Array): void {
  for (let id = 0; id < registers.length; id += 1) toggleCounter(lanes, 0, id, registers[id] ?? 0n);
}

function areWholeBlocks(address: number, length: number): boolean {
  return address % BLOCK_BYTES === 0 && length % BLOCK_BYTES === 0;
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
