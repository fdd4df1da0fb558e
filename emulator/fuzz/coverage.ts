/**
 * What has been reached so far: for every edge, how often in one run, roughly.
 *
 * Counts are put into eight buckets (1, 2, 3, 4 to 7, 8 to 15, 16 to 31, 32 to 127, more), as AFL does,
 * so that a loop that runs once more is news only when it matters. A feature is an edge with a bucket,
 * as one number, or an outcome that the target tells.
 */

const BUCKETS = 8;
/** Outcomes are told apart by that many numbers behind those of the edges. */
const OUTCOMES = 4096;

/** Features seen. */
export class Coverage {
  readonly #edges: number;
  readonly #seen: Uint8Array;
  #count = 0;

  constructor(edges: number) {
    this.#edges = edges;
    this.#seen = new Uint8Array(edges * BUCKETS + OUTCOMES);
  }

  /** Features seen. */
  get size(): number {
    return this.#count;
  }

  /** Edges seen. */
  get edges(): number {
    let count = 0;
    for (let edge = 0; edge < this.#edges; edge += 1) if (this.hasEdge(edge)) count += 1;
    return count;
  }

  hasEdge(edge: number): boolean {
    for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
      if (this.#seen[edge * BUCKETS + bucket] === 1) return true;
    }
    return false;
  }

  /** Whether a run has features that none had before. */
  hasNews(counters: Uint16Array, outcome: number): boolean {
    if (this.#seen[this.#outcomeFeature(outcome)] === 0) return true;
    for (let edge = 0; edge < this.#edges; edge += 1) {
      const count = counters[edge] ?? 0;
      if (count > 0 && this.#seen[edge * BUCKETS + bucketOf(count)] === 0) return true;
    }
    return false;
  }

  /** The features of a run, in ascending order. */
  featuresOf(counters: Uint16Array, outcome: number): Uint32Array {
    const features: number[] = [];
    for (let edge = 0; edge < this.#edges; edge += 1) {
      const count = counters[edge] ?? 0;
      if (count > 0) features.push(edge * BUCKETS + bucketOf(count));
    }
    features.push(this.#outcomeFeature(outcome));
    return Uint32Array.from(features);
  }

  /** Adds features. @returns how many are new */
  add(features: Uint32Array): number {
    let added = 0;
    for (const feature of features) {
      if (this.#seen[feature] !== 0) continue;
      this.#seen[feature] = 1;
      added += 1;
    }
    this.#count += added;
    return added;
  }

  #outcomeFeature(outcome: number): number {
    return this.#edges * BUCKETS + (outcome % OUTCOMES);
  }
}

function bucketOf(count: number): number {
  if (count < 4) return count - 1;
  if (count < 8) return 3;
  if (count < 16) return 4;
  if (count < 32) return 5;
  return count < 128 ? 6 : 7;
}
