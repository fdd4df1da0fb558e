/**
 * An open-addressing table from 128-bit hashes to ids, which are given out from 0 upward.
 *
 * Everything is in typed arrays: 16 bytes of hash per id and 4 bytes per place, at most half full.
 */

import { LANES } from "./state-hash.ts";

const FIRST_PLACES = 1 << 10;

/** See the file comment. */
export class DigestTable {
  /** How many ids were given out. */
  size = 0;

  /** Id + 1, or 0 for a free place; a power of two of them. */
  #places = new Uint32Array(FIRST_PLACES);
  #lanes = new Int32Array((FIRST_PLACES / 2) * LANES);

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
    return (this.#places[this.#placeOf(lanes, offset)] ?? 0) - 1;
  }

  /** Gives the next id to a hash that is not in the table. */
  add(lanes: Int32Array, offset: number): number {
    if (2 * (this.size + 1) > this.#places.length) this.#grow();
    const id = this.size;
    this.#lanes.set(lanes.subarray(offset, offset + LANES), id * LANES);
    this.#places[this.#placeOf(lanes, offset)] = id + 1;
    this.size += 1;
    return id;
  }

  /** The place that holds this hash, or the free one where it belongs. */
  #placeOf(lanes: Int32Array, offset: number): number {
    const places = this.#places;
    const known = this.#lanes;
    const mask = places.length - 1;
    let place = (lanes[offset] ?? 0) & mask;
    for (;;) {
      const entry = places[place] ?? 0;
      if (entry === 0) return place;
      const at = (entry - 1) * LANES;
      if (
        known[at] === lanes[offset] &&
        known[at + 1] === lanes[offset + 1] &&
        known[at + 2] === lanes[offset + 2] &&
        known[at + 3] === lanes[offset + 3]
      ) {
        return place;
      }
      place = (place + 1) & mask;
    }
  }

  #grow(): void {
    const lanes = new Int32Array(this.#lanes.length * 2);
    lanes.set(this.#lanes);
    this.#lanes = lanes;
    this.#places = new Uint32Array(this.#places.length * 2);
    for (let id = 0; id < this.size; id += 1) this.#places[this.#placeOf(lanes, id * LANES)] = id + 1;
  }
}
