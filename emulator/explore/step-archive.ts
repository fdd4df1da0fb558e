/**
 * The ordered successors of every state, kept while an exploration goes on.
 *
 * A state that is powered on again with more torn operations left gets the longer list.
 */

import { STEP_FIELDS, type StepList } from "./expander.ts";

const FIRST_STATES = 1 << 10;
const NOT_KEPT = -1;

/** One successor: its id × 2, + 1 if a torn operation leads there. */
export type Edge = number;

/** See the file comment. */
export class StepArchive {
  #edges = new Uint32Array(FIRST_STATES * 8);
  #edgeCount = 0;
  #start = new Float64Array(FIRST_STATES);
  #length = new Uint32Array(FIRST_STATES);
  #budget = new Int8Array(FIRST_STATES).fill(NOT_KEPT);

  /** Keeps what a power-on of a state led to, unless a list with at least that budget is kept. */
  keep(state: number, tornBudget: number, steps: StepList): void {
    while (state >= this.#budget.length) this.#growStates();
    if ((this.#budget[state] ?? NOT_KEPT) >= tornBudget) return;
    const count = steps.length / STEP_FIELDS;
    while (this.#edgeCount + count > this.#edges.length) {
      const grown = new Uint32Array(2 * this.#edges.length);
      grown.set(this.#edges);
      this.#edges = grown;
    }
    this.#budget[state] = tornBudget;
    this.#start[state] = this.#edgeCount;
    this.#length[state] = count;
    for (let at = 0; at < steps.length; at += STEP_FIELDS) {
      const isTorn = (steps[at + 2] ?? 0) >= 2;
      this.#edges[this.#edgeCount] = 2 * (steps[at] ?? 0) + (isTorn ? 1 : 0);
      this.#edgeCount += 1;
    }
  }

  /** The successors of a state in order, in place; empty for one that was not powered on. */
  edgesOf(state: number): Uint32Array {
    if ((this.#budget[state] ?? NOT_KEPT) === NOT_KEPT) return new Uint32Array();
    const start = this.#start[state] ?? 0;
    return this.#edges.subarray(start, start + (this.#length[state] ?? 0));
  }

  #growStates(): void {
    const length = 2 * this.#budget.length;
    const start = new Float64Array(length);
    start.set(this.#start);
    this.#start = start;
    const lengths = new Uint32Array(length);
    lengths.set(this.#length);
    this.#length = lengths;
    const budget = new Int8Array(length).fill(NOT_KEPT);
    budget.set(this.#budget);
    this.#budget = budget;
  }
}
