/**
 * The device's entropy, which is not random at all.
 *
 * A generator (mulberry32, 32 bits of state) that starts from the scenario's seed at every
 * power-on: equal power cycles see equal bytes. Good enough for token bytes and back-off times,
 * never for keys.
 */

/** A seeded generator of bytes. */
export class RandomBytes {
  readonly #seed: number;
  #state: number;

  /** @param seed any 32-bit number */
  constructor(seed: number) {
    this.#seed = seed | 0;
    this.#state = this.#seed;
  }

  /** Starts afresh. */
  powerOn(): void {
    this.#state = this.#seed;
  }

  /** Fills `target`. */
  fill(target: Uint8Array): void {
    for (let index = 0; index < target.length; index += 1) target[index] = this.#next() >>> 24;
  }

  #next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return mixed ^ (mixed >>> 14);
  }
}
