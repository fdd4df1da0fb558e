/**
 * An open-addressing table from 128-bit hashes to ids, which are given out from 0 upward.
 *
 * Everything is in typed arrays: 16 bytes of hash per id and 4 bytes per place, at most half full.
 */

import { LANES } from "./state-hash.ts";

const FIRST_PLACES = 1 << 10;

/** Gives memory filled with zeros; shared memory if other threads are to read it. */
export type Allocate = (bytes: number) => ArrayBufferLike;

/** A table as another thread may read it: as it was when the view was taken, however it grows on. */
export interface DigestTableView {
  readonly places: Uint32Array;
  readonly lanes: Int32Array;
  readonly size: number;
}

/** See the file comment. */
export class DigestTable {
  /** How many ids were given out. */
  size = 0;

  /** Id + 1, or 0 for a free place; a power of two of them. */
  #places: Uint32Array;
  #lanes: Int32Array;
  readonly #allocate: Allocate;

  constructor(allocate: Allocate = plainMemory) {
    this.#allocate = allocate;
    this.#places = new Uint32Array(allocate(4 * FIRST_PLACES));
    this.#lanes = new Int32Array(allocate(4 * (FIRST_PLACES / 2) * LANES));
  }

  /** For other threads, if the memory is shared. */
  view(): DigestTableView {
    return { places: this.#places, lanes: this.#lanes, size: this.size };
  }

  /** Bytes of memory taken. */
  get bytes(): number {
    return this.#places.byteLength + this.#lanes.byteLength;
  }

  /** Hashes of all ids, LANES each; replaced when the table grows. */
  get lanes(): Int32Array {
    return this.#lanes;
  }

  /** The id of the hash at `lanes[offset …]`, or -1. */
  find(lanes: Int32Array, offset: number): number {
    return (this.#places[placeOf(this.#places, this.#lanes, lanes, offset)] ?? 0) - 1;
  }

  /** Gives the next id to a hash that is not in the table. */
  add(lanes: Int32Array, offset: number): number {
    if (2 * (this.size + 1) > this.#places.length) this.#grow();
    const id = this.size;
    this.#lanes.set(lanes.subarray(offset, offset + LANES), id * LANES);
    this.#places[placeOf(this.#places, this.#lanes, lanes, offset)] = id + 1;
    this.size += 1;
    return id;
  }

  #grow(): void {
    const lanes = new Int32Array(this.#allocate(8 * this.#lanes.length));
    lanes.set(this.#lanes);
    const places = new Uint32Array(this.#allocate(8 * this.#places.length));
    for (let id = 0; id < this.size; id += 1) places[placeOf(places, lanes, lanes, id * LANES)] = id + 1;
    this.#lanes = lanes;
    this.#places = places;
  }
}

/**
 * The id of a hash in a view, or -1 if it was not there when the view was taken.
 *
 * Ids of later date are never on the way to an earlier one: places are taken in the order of ids.
 */
export function findInView(view: DigestTableView, lanes: Int32Array, offset: number): number {
  const { places, lanes: known, size } = view;
  const mask = places.length - 1;
  for (let place = (lanes[offset] ?? 0) & mask; ; place = (place + 1) & mask) {
    const id = (places[place] ?? 0) - 1;
    if (id < 0 || id >= size) return -1;
    if (isAt(known, id, lanes, offset)) return id;
  }
}

/** Memory of this thread alone. */
export function plainMemory(bytes: number): ArrayBuffer {
  return new ArrayBuffer(bytes);
}

/** The place that holds this hash, or the free one where it belongs. */
function placeOf(places: Uint32Array, known: Int32Array, lanes: Int32Array, offset: number): number {
  const mask = places.length - 1;
  for (let place = (lanes[offset] ?? 0) & mask; ; place = (place + 1) & mask) {
    const entry = places[place] ?? 0;
    if (entry === 0 || isAt(known, entry - 1, lanes, offset)) return place;
  }
}

function isAt(known: Int32Array, id: number, lanes: Int32Array, offset: number): boolean {
  const at = id * LANES;
  return (
    known[at] === lanes[offset] &&
    known[at + 1] === lanes[offset + 1] &&
    known[at + 2] === lanes[offset + 2] &&
    known[at + 3] === lanes[offset + 3]
  );
}
