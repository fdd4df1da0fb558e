/**
 * The corpus: inputs that are worth keeping, and which of them to try next.
 */
import type { Chance } from "./chance.ts";

/** An input that reached something. */
export interface CorpusEntry {
  readonly bytes: Uint8Array;
  /** Features of its run, ascending; see coverage.ts. */
  readonly features: Uint32Array;
}

/** Inputs to be mutated. */
export class Corpus {
  readonly #entries: CorpusEntry[] = [];
  /** How many entries have each feature. */
  #holders = new Uint32Array(1024);

  get entries(): readonly CorpusEntry[] {
    return this.#entries;
  }

  add(entry: CorpusEntry): void {
    this.#entries.push(entry);
    for (const feature of entry.features) {
      if (feature >= this.#holders.length) {
        const grown = new Uint32Array(2 * feature);
        grown.set(this.#holders);
        this.#holders = grown;
      }
      this.#holders[feature] = (this.#holders[feature] ?? 0) + 1;
    }
  }

  /** One to mutate: of two, the one that reached the rarer thing; now and then one of the newest. */
  pick(chance: Chance): CorpusEntry {
    const entries = this.#entries;
    if (chance.oneIn(4)) return chance.pick(entries.slice(-8));
    const [first, second] = [chance.pick(entries), chance.pick(entries)];
    return this.#rarity(second) < this.#rarity(first) ? second : first;
  }

  /** Any of them. */
  any(chance: Chance): CorpusEntry {
    return chance.pick(this.#entries);
  }

  /** How many entries share the rarest feature of this one. */
  #rarity({ features }: CorpusEntry): number {
    let rarest = Infinity;
    for (const feature of features) {
      const holders = this.#holders[feature] ?? 0;
      if (holders < rarest) rarest = holders;
    }
    return rarest;
  }
}

/**
 * A small corpus that reaches all that the given one does: as long as something is missing, the entry
 * that adds most of it, the shortest one of several. No entry of the result can be left out.
 */
export function minimalCorpus(entries: readonly CorpusEntry[]): CorpusEntry[] {
  const missing = new Set<number>();
  for (const { features } of entries) for (const feature of features) missing.add(feature);
  // A gain only shrinks while entries are taken, so an old gain that is beaten need not be counted anew.
  const queue = entries
    .map((entry) => ({ entry, gain: entry.features.length }))
    .sort((a, b) => b.gain - a.gain || a.entry.bytes.length - b.entry.bytes.length);
  const chosen: CorpusEntry[] = [];
  while (missing.size > 0) {
    let best: (typeof queue)[number] | undefined;
    for (const candidate of queue) {
      if (best !== undefined && candidate.gain < best.gain) continue;
      candidate.gain = countIn(candidate.entry.features, missing);
      const isShorter = best !== undefined && candidate.entry.bytes.length < best.entry.bytes.length;
      if (best === undefined || candidate.gain > best.gain || (candidate.gain === best.gain && isShorter)) {
        best = candidate;
      }
    }
    if (best === undefined || best.gain === 0) break;
    chosen.push(best.entry);
    for (const feature of best.entry.features) missing.delete(feature);
  }
  return withoutRedundant(chosen);
}

/** Leaves out, from the longest on, what the others reach together. */
function withoutRedundant(entries: readonly CorpusEntry[]): CorpusEntry[] {
  const holders = new Map<number, number>();
  for (const { features } of entries) {
    for (const feature of features) holders.set(feature, (holders.get(feature) ?? 0) + 1);
  }
  const kept = new Set(entries);
  for (const entry of entries.toSorted((a, b) => b.bytes.length - a.bytes.length)) {
    if (entry.features.some((feature) => holders.get(feature) === 1)) continue;
    kept.delete(entry);
    for (const feature of entry.features) holders.set(feature, (holders.get(feature) ?? 0) - 1);
  }
  return entries.filter((entry) => kept.has(entry));
}

function countIn(features: Uint32Array, set: ReadonlySet<number>): number {
  let count = 0;
  for (const feature of features) if (set.has(feature)) count += 1;
  return count;
}
