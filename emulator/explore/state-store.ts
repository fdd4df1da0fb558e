/**
 * Every persistent state that was seen, small enough for a million of them.
 *
 * A state is an array of block ids and an id of its counters. Blocks of 1 KiB lie in a pool in
 * which equal ones are one: two states that follow each other share all blocks but one. Growing
 * parts are in chunks, so growing copies little.
 */

import { stateBytesOf, type Layout } from "../memory-map.ts";
import { DigestTable, plainMemory, type Allocate, type DigestTableView } from "./digest-table.ts";

/** Bytes of a block, whatever the part's erase page. */
export const BLOCK_BYTES = 1024;

/** Blocks of one state of a device: of its flash, and of that of its radio if it has one. */
export function blockCountOf(layout: Pick<Layout, "radio">): number {
  return stateBytesOf(layout) / BLOCK_BYTES;
}

/** Blocks that are allocated at once. */
export const BLOCKS_PER_CHUNK = 1024;
/** States that are allocated at once. */
export const STATES_PER_CHUNK = 1024;

/** What {@link WorkingState} needs of a place where states are kept. */
export interface StateSpace {
  /** Blocks of one state. */
  readonly blockCount: number;
  /** Hashes of states that the device can be moved to, LANES each. */
  readonly table: { readonly lanes: Int32Array };
  readonly blocks: BlockSpace;
  /** The id of the state with the hash in `lanes`, or -1. */
  find(lanes: Int32Array): number;
  /** Adds a state that is not there yet. @returns its id */
  add(lanes: Int32Array, blockIds: Uint32Array, countersId: number): number;
  /** The block ids of a state, in place. */
  blockIds(id: number): Uint32Array;
  /** The id of these counter values, copied if they are new. */
  internCounters(values: BigUint64Array): number;
  /** The id of the counter values of a state. */
  countersId(id: number): number;
  /** Counter values by their id, in place. */
  counters(countersId: number): BigUint64Array;
}

/** Blocks by content. */
export interface BlockSpace {
  /** Hashes of the blocks of those states, LANES each. */
  readonly table: { readonly lanes: Int32Array };
  /** The id of the block at `address` of `flash`, which has the hash at `lanes[offset …]`. */
  intern(lanes: Int32Array, offset: number, flash: Uint8Array, address: number): number;
  /** The bytes of a block, in place. */
  content(id: number): Uint8Array;
}

/** A store as other threads may read it; chunks and counters only from a number on. */
export interface StateStoreView {
  readonly states: DigestTableView;
  readonly blocks: DigestTableView;
  readonly blockChunks: readonly Uint8Array[];
  readonly blockIdChunks: readonly Uint32Array[];
  readonly counterIdChunks: readonly Uint32Array[];
  readonly counters: readonly BigUint64Array[];
}

/** How much of a store a thread has been shown. */
export interface StateStoreMark {
  readonly blockChunks: number;
  readonly stateChunks: number;
  readonly counters: number;
}

/** Blocks by content. */
class BlockPool implements BlockSpace {
  readonly table: DigestTable;
  /** BLOCKS_PER_CHUNK blocks each. */
  readonly chunks: Uint8Array[] = [];
  readonly #allocate: Allocate;

  constructor(allocate: Allocate) {
    this.table = new DigestTable(allocate);
    this.#allocate = allocate;
  }

  get bytes(): number {
    return this.table.bytes + this.chunks.length * BLOCKS_PER_CHUNK * BLOCK_BYTES;
  }

  /**
   * The id of the block at `address` of `flash`, which has the hash at `lanes[offset …]`.
   *
   * @throws Error when two blocks of different content have the same hash
   */
  intern(lanes: Int32Array, offset: number, flash: Uint8Array, address: number): number {
    const known = this.table.find(lanes, offset);
    if (known >= 0) {
      if (!sameBytes(this.content(known), flash, address)) throw new Error("Two blocks have the same hash.");
      return known;
    }
    const id = this.table.add(lanes, offset);
    if (id % BLOCKS_PER_CHUNK === 0) {
      this.chunks.push(new Uint8Array(this.#allocate(BLOCKS_PER_CHUNK * BLOCK_BYTES)));
    }
    this.content(id).set(flash.subarray(address, address + BLOCK_BYTES));
    return id;
  }

  /** The bytes of a block, in place. */
  content(id: number): Uint8Array {
    const chunk = this.chunks[Math.floor(id / BLOCKS_PER_CHUNK)];
    if (chunk === undefined) throw new RangeError(`There is no block ${id}.`);
    const start = (id % BLOCKS_PER_CHUNK) * BLOCK_BYTES;
    return chunk.subarray(start, start + BLOCK_BYTES);
  }
}

/** See the file comment. Ids of states are given out from 0 upward. */
export class StateStore implements StateSpace {
  readonly blocks: BlockPool;
  readonly table: DigestTable;
  readonly blockCount: number;

  readonly #allocate: Allocate;
  readonly #blockIds: Uint32Array[] = [];
  readonly #counterIds: Uint32Array[] = [];
  readonly #counters: BigUint64Array[] = [];
  readonly #counterIdOf = new Map<string, number>();

  /**
   * @param layout of the device; without a radio unless given
   * @param allocate gives the memory of everything but counters
   */
  constructor(layout: Pick<Layout, "radio"> = {}, allocate: Allocate = plainMemory) {
    this.blockCount = blockCountOf(layout);
    this.#allocate = allocate;
    this.blocks = new BlockPool(allocate);
    this.table = new DigestTable(allocate);
  }

  /** For other threads, if the memory is shared: everything, or what is new since `mark`. */
  view(mark: StateStoreMark = { blockChunks: 0, stateChunks: 0, counters: 0 }): StateStoreView {
    return {
      states: this.table.view(),
      blocks: this.blocks.table.view(),
      blockChunks: this.blocks.chunks.slice(mark.blockChunks),
      blockIdChunks: this.#blockIds.slice(mark.stateChunks),
      counterIdChunks: this.#counterIds.slice(mark.stateChunks),
      counters: this.#counters.slice(mark.counters),
    };
  }

  /** How much there is to be shown. */
  mark(): StateStoreMark {
    return {
      blockChunks: this.blocks.chunks.length,
      stateChunks: this.#blockIds.length,
      counters: this.#counters.length,
    };
  }

  /** How many states there are. */
  get size(): number {
    return this.table.size;
  }

  /** Bytes of memory taken, all parts together. */
  get bytes(): number {
    const perChunk = STATES_PER_CHUNK * 4 * (this.blockCount + 1);
    return this.blocks.bytes + this.table.bytes + this.#blockIds.length * perChunk;
  }

  /** The id of the state with the hash in `lanes`, or -1. */
  find(lanes: Int32Array): number {
    return this.table.find(lanes, 0);
  }

  /**
   * Adds a state that is not there yet.
   *
   * @param lanes its hash
   * @param blockIds its blocks, copied
   * @param countersId from {@link internCounters}
   */
  add(lanes: Int32Array, blockIds: Uint32Array, countersId: number): number {
    const id = this.table.add(lanes, 0);
    if (id % STATES_PER_CHUNK === 0) {
      this.#blockIds.push(new Uint32Array(this.#allocate(4 * STATES_PER_CHUNK * this.blockCount)));
      this.#counterIds.push(new Uint32Array(this.#allocate(4 * STATES_PER_CHUNK)));
    }
    this.blockIds(id).set(blockIds);
    const ids = this.#counterIds[Math.floor(id / STATES_PER_CHUNK)];
    if (ids !== undefined) ids[id % STATES_PER_CHUNK] = countersId;
    return id;
  }

  /** The block ids of a state, in place. */
  blockIds(id: number): Uint32Array {
    const chunk = this.#blockIds[Math.floor(id / STATES_PER_CHUNK)];
    if (chunk === undefined) throw new RangeError(`There is no state ${id}.`);
    const start = (id % STATES_PER_CHUNK) * this.blockCount;
    return chunk.subarray(start, start + this.blockCount);
  }

  /** The id of these counter values, copied if they are new. */
  internCounters(values: BigUint64Array): number {
    const key = values.join();
    const known = this.#counterIdOf.get(key);
    if (known !== undefined) return known;
    const id = this.#counters.length;
    this.#counters.push(values.slice());
    this.#counterIdOf.set(key, id);
    return id;
  }

  /** The id of the counter values of a state. */
  countersId(id: number): number {
    return this.#counterIds[Math.floor(id / STATES_PER_CHUNK)]?.[id % STATES_PER_CHUNK] ?? 0;
  }

  /** Counter values by their id, in place. */
  counters(countersId: number): BigUint64Array {
    const values = this.#counters[countersId];
    if (values === undefined) throw new RangeError(`There are no counter values ${countersId}.`);
    return values;
  }

  /** The flash of a state, that of a radio behind it: a copy. */
  flash(id: number): Uint8Array<ArrayBuffer> {
    const flash = new Uint8Array(this.blockCount * BLOCK_BYTES);
    this.blockIds(id).forEach((block, index) => {
      flash.set(this.blocks.content(block), index * BLOCK_BYTES);
    });
    return flash;
  }
}

function sameBytes(block: Uint8Array, flash: Uint8Array, address: number): boolean {
  for (let index = 0; index < BLOCK_BYTES; index += 1) {
    if (block[index] !== flash[address + index]) return false;
  }
  return true;
}
