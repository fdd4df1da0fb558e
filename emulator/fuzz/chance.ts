/**
 * Chance with a seed: the same seed makes the same choices.
 *
 * Xorshift with 32 bits of state (Marsaglia 2003, the triple 13, 17, 5), scrambled once at the start so
 * that neighbouring seeds have nothing in common. It chooses mutations and is no source of secrets.
 */

/** Makes choices. */
export class Chance {
  #state: number;

  /** @param seed any whole number */
  constructor(seed: number) {
    this.#state = Math.imul((seed + 1) | 0, 0x9e3779b1) | 1;
    for (let round = 0; round < 8; round += 1) this.#next();
  }

  /** A whole number from 0 to `bound` - 1; 0 for a bound of 0. */
  below(bound: number): number {
    return bound <= 1 ? 0 : this.#next() % bound;
  }

  /** True once in `among` times on average. */
  oneIn(among: number): boolean {
    return this.below(among) === 0;
  }

  /** One of the items. Throws RangeError if there is none. */
  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new RangeError("There is nothing to choose from.");
    return item;
  }

  /** 1, 2, 3, … each half as likely as the one before, at most `most`. */
  few(most: number): number {
    let count = 1;
    while (count < most && this.oneIn(2)) count += 1;
    return count;
  }

  byte(): number {
    return this.#next() & 0xff;
  }

  #next(): number {
    let state = this.#state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.#state = state;
    return state >>> 0;
  }
}
