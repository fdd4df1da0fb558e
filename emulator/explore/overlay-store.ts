/**
 * New states on top of a store that another thread keeps, until they are handed to that thread.
 *
 * What the store below held when it was last shown is found there and has its ids; everything else
 * gets ids from {@link FIRST_OWN} upward, which are good until {@link OverlayStore.clear}.
 */

import { DigestTable, findInView } from "./digest-table.ts";
import { LANES } from "./state-hash.ts";
import {
  BLOCK_BYTES,
  BLOCKS_PER_CHUNK,
  STATES_PER_CHUNK,
  type BlockSpace,
  type StateSpace,
  type StateStore,
  type StateStoreView,
} from "./state-store.ts";

/** The first id of the overlay's own states, blocks and counter values. */
export const FIRST_OWN = 0x4000_0000;

/** An overlay was given more states than it may hold. */
export class OverlayFullError extends Error {
  override readonly name = "OverlayFullError";
  readonly code = "overlay-full";
}

/** States and blocks that there is room for at first. */
const FIRST_ROOM = 64;

/** See the file comment. */
export class OverlayStore implements StateSpace {
  readonly blocks = new OverlayBlocks();
  readonly blockCount: number;

  readonly #statesMax: number;
  #view: StateStoreView | undefined;
  readonly #blockIdChunks: Uint32Array[] = [];
  readonly #counterIdChunks: Uint32Array[] = [];
  readonly #sharedCounters: BigUint64Array[] = [];
  readonly #counterIdOf = new Map<string, number>();
  #table = new DigestTable();
  /** As many per state as it has blocks. */
  #ownBlockIds: Uint32Array<ArrayBuffer>;
  #ownCounterIds: number[] = [];
  #ownCounters: BigUint64Array[] = [];

  /**
   * @param blockCount blocks of one state
   * @param statesMax own states that it may hold
   */
  constructor(blockCount: number, statesMax = Infinity) {
    this.blockCount = blockCount;
    this.#statesMax = statesMax;
    this.#ownBlockIds = new Uint32Array(blockCount * FIRST_ROOM);
  }

  /** Takes note of what the store below holds; chunks and counters are those that are new. */
  show(view: StateStoreView): void {
    this.#view = view;
    this.#blockIdChunks.push(...view.blockIdChunks);
    this.#counterIdChunks.push(...view.counterIdChunks);
    for (const values of view.counters) {
      this.#counterIdOf.set(values.join(), this.#sharedCounters.length);
      this.#sharedCounters.push(values);
    }
    this.blocks.show(view);
  }

  /** Forgets its own states, blocks and counter values. */
  clear(): void {
    for (const values of this.#ownCounters) this.#counterIdOf.delete(values.join());
    this.#table = new DigestTable();
    this.#ownBlockIds = new Uint32Array(this.blockCount * FIRST_ROOM);
    this.#ownCounterIds = [];
    this.#ownCounters = [];
    this.blocks.clear();
  }

  /** Hashes of the states below. */
  get table(): { readonly lanes: Int32Array } {
    return this.#shown.states;
  }

  find(lanes: Int32Array): number {
    const shared = findInView(this.#shown.states, lanes, 0);
    if (shared >= 0) return shared;
    const own = this.#table.find(lanes, 0);
    return own < 0 ? own : FIRST_OWN + own;
  }

  /** @throws OverlayFullError when it holds as many own states as it may */
  add(lanes: Int32Array, blockIds: Uint32Array, countersId: number): number {
    if (this.#table.size >= this.#statesMax) throw new OverlayFullError("The overlay is full.");
    const own = this.#table.add(lanes, 0);
    const start = own * this.blockCount;
    if (start === this.#ownBlockIds.length) {
      const grown = new Uint32Array(2 * start);
      grown.set(this.#ownBlockIds);
      this.#ownBlockIds = grown;
    }
    this.#ownBlockIds.set(blockIds, start);
    this.#ownCounterIds.push(countersId);
    return FIRST_OWN + own;
  }

  blockIds(id: number): Uint32Array {
    if (id >= FIRST_OWN) {
      const own = existing(id - FIRST_OWN, this.#table.size) * this.blockCount;
      return this.#ownBlockIds.subarray(own, own + this.blockCount);
    }
    const start = (id % STATES_PER_CHUNK) * this.blockCount;
    return present(this.#blockIdChunks[Math.floor(id / STATES_PER_CHUNK)]).subarray(
      start,
      start + this.blockCount,
    );
  }

  countersId(id: number): number {
    if (id >= FIRST_OWN) return this.#ownCounterIds[id - FIRST_OWN] ?? 0;
    return this.#counterIdChunks[Math.floor(id / STATES_PER_CHUNK)]?.[id % STATES_PER_CHUNK] ?? 0;
  }

  internCounters(values: BigUint64Array): number {
    const key = values.join();
    const known = this.#counterIdOf.get(key);
    if (known !== undefined) return known;
    const id = FIRST_OWN + this.#ownCounters.length;
    this.#ownCounters.push(values.slice());
    this.#counterIdOf.set(key, id);
    return id;
  }

  counters(countersId: number): BigUint64Array {
    return present(
      countersId >= FIRST_OWN ? this.#ownCounters[countersId - FIRST_OWN] : this.#sharedCounters[countersId],
    );
  }

  /** Its own states, blocks and counter values, for the thread that keeps the store below. */
  harvest(): Harvest {
    return {
      lanes: ownLanes(this.#table),
      blockIds: this.#ownBlockIds.slice(0, this.#table.size * this.blockCount),
      counterIds: Uint32Array.from(this.#ownCounterIds),
      counters: this.#ownCounters,
      ...this.blocks.harvest(),
    };
  }

  get #shown(): StateStoreView {
    return present(this.#view);
  }
}

/** States, blocks and counter values that an overlay found, in the order in which it did. */
export interface Harvest {
  /** Hashes of the states, LANES each. */
  readonly lanes: Int32Array<ArrayBuffer>;
  /** As many per state as it has blocks; from {@link FIRST_OWN} upward they count in `blockContent`. */
  readonly blockIds: Uint32Array<ArrayBuffer>;
  /** One per state; from {@link FIRST_OWN} upward they count in `counters`. */
  readonly counterIds: Uint32Array<ArrayBuffer>;
  readonly counters: readonly BigUint64Array[];
  /** Hashes of the blocks, LANES each. */
  readonly blockLanes: Int32Array<ArrayBuffer>;
  /** BLOCK_BYTES per block. */
  readonly blockContent: Uint8Array<ArrayBuffer>;
}

/** Moves what an overlay found into the store below it, state by state. */
export class HarvestSettler {
  readonly #store: StateStore;
  readonly #harvest: Harvest;
  /** Ids in the store + 1, by number in the harvest; 0 while they are not there. */
  readonly #states: Uint32Array;
  readonly #blocks: Uint32Array;
  #settled = 0;

  constructor(store: StateStore, harvest: Harvest) {
    this.#store = store;
    this.#harvest = harvest;
    this.#states = new Uint32Array(harvest.counterIds.length);
    this.#blocks = new Uint32Array(harvest.blockContent.length / BLOCK_BYTES);
  }

  /** The id in the store of a state of the overlay, which was settled if it is the overlay's own. */
  idOf(state: number): number {
    return state < FIRST_OWN ? state : (this.#states[state - FIRST_OWN] ?? 0) - 1;
  }

  /**
   * Settles states up to a number in the harvest.
   *
   * @param onNew called for each that the store did not have yet, with its number in the harvest
   */
  settle(upTo: number, onNew: (state: number, number: number) => void): void {
    const { lanes, blockIds, counterIds } = this.#harvest;
    for (; this.#settled < upTo; this.#settled += 1) {
      const own = this.#settled;
      const hash = lanes.subarray(own * LANES, (own + 1) * LANES);
      let state = this.#store.find(hash);
      const isNew = state < 0;
      if (isNew) {
        const ids = blockIds
          .subarray(own * this.#store.blockCount, (own + 1) * this.#store.blockCount)
          .map((id) => this.#blockOf(id));
        state = this.#store.add(hash, ids, this.#countersOf(counterIds[own] ?? 0));
      }
      this.#states[own] = state + 1;
      if (isNew) onNew(state, own);
    }
  }

  #blockOf(id: number): number {
    if (id < FIRST_OWN) return id;
    const own = id - FIRST_OWN;
    const known = this.#blocks[own] ?? 0;
    if (known > 0) return known - 1;
    const { blockLanes, blockContent } = this.#harvest;
    const block = this.#store.blocks.intern(blockLanes, own * LANES, blockContent, own * BLOCK_BYTES);
    this.#blocks[own] = block + 1;
    return block;
  }

  #countersOf(id: number): number {
    return id < FIRST_OWN ? id : this.#store.internCounters(present(this.#harvest.counters[id - FIRST_OWN]));
  }
}

class OverlayBlocks implements BlockSpace {
  #view: StateStoreView | undefined;
  readonly #chunks: Uint8Array[] = [];
  #table = new DigestTable();
  /** BLOCK_BYTES per block. */
  #own = new Uint8Array(BLOCK_BYTES * FIRST_ROOM);

  show(view: StateStoreView): void {
    this.#view = view;
    this.#chunks.push(...view.blockChunks);
  }

  clear(): void {
    this.#table = new DigestTable();
    this.#own = new Uint8Array(BLOCK_BYTES * FIRST_ROOM);
  }

  get table(): { readonly lanes: Int32Array } {
    return present(this.#view).blocks;
  }

  intern(lanes: Int32Array, offset: number, flash: Uint8Array, address: number): number {
    const shared = findInView(present(this.#view).blocks, lanes, offset);
    if (shared >= 0) return shared;
    const known = this.#table.find(lanes, offset);
    if (known >= 0) return FIRST_OWN + known;
    const start = this.#table.size * BLOCK_BYTES;
    if (start === this.#own.length) {
      const grown = new Uint8Array(2 * start);
      grown.set(this.#own);
      this.#own = grown;
    }
    this.#own.set(flash.subarray(address, address + BLOCK_BYTES), start);
    return FIRST_OWN + this.#table.add(lanes, offset);
  }

  content(id: number): Uint8Array {
    if (id >= FIRST_OWN) {
      const own = existing(id - FIRST_OWN, this.#table.size) * BLOCK_BYTES;
      return this.#own.subarray(own, own + BLOCK_BYTES);
    }
    const start = (id % BLOCKS_PER_CHUNK) * BLOCK_BYTES;
    return present(this.#chunks[Math.floor(id / BLOCKS_PER_CHUNK)]).subarray(start, start + BLOCK_BYTES);
  }

  harvest(): Pick<Harvest, "blockLanes" | "blockContent"> {
    const blockContent = this.#own.slice(0, this.#table.size * BLOCK_BYTES);
    return { blockLanes: ownLanes(this.#table), blockContent };
  }
}

function ownLanes(table: DigestTable): Int32Array<ArrayBuffer> {
  return new Int32Array(table.lanes.subarray(0, table.size * LANES));
}

function existing(index: number, count: number): number {
  return present(index < count ? index : undefined);
}

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new RangeError("There is no such state, block or counter value.");
  return value;
}
