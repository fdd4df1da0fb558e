/**
 * The frontier: what is still to be explored, in the order in which it is, and how it was reached.
 *
 * The order is by number of cuts first and by number of power-ons second, so that whatever is found
 * first is found on a chain with the fewest cuts. A power-on that ends by itself counts as none.
 *
 * A node is a state with a label: torn operations left, and whether the update was confirmed on
 * the way. A label that is at least as large in both finds everything that a smaller one does, so
 * a node is skipped when its state was explored, or is queued no later, with a label that dominates.
 */

import type { Cut } from "../cut.ts";
import { BEFORE_ALL } from "./power-on.ts";

/** Torn operations that a chain may have at most, whatever is asked for. */
export const TORN_BUDGET_LIMIT = 7;

/** Stands for "none" in place of the id of a node. */
const NONE = 0xffff_ffff;
/** In place of a torn variant. */
const AFTER = 0;
const FIRST_NODES = 1 << 12;

/** How a node was reached from its parent. */
export interface Arrival {
  readonly parent: number;
  /** Operations of the power-on before power was gone. */
  readonly operation: number;
  /** Torn variant, or 0 for a cut after the operation. */
  readonly variant: number;
  /** The power-on ended by itself after that operation. */
  readonly isUncut: boolean;
}

/** What is carried along a chain beside the state. */
export interface Label {
  readonly tornBudget: number;
  readonly wasConfirmed: boolean;
}

/** Nodes in typed arrays, and buckets of them by cuts and power-ons. */
export class Frontier {
  /** Nodes that were created. */
  size = 0;
  /** Nodes that are still in a bucket. */
  queued = 0;

  #state = new Uint32Array(FIRST_NODES);
  #parent = new Uint32Array(FIRST_NODES);
  #operation = new Uint32Array(FIRST_NODES);
  #variant = new Uint16Array(FIRST_NODES);
  #cuts = new Uint32Array(FIRST_NODES);
  #powerOns = new Uint32Array(FIRST_NODES);
  #label = new Uint8Array(FIRST_NODES);

  /** Per state and label: the node that stands for it. */
  #best = new Uint32Array(FIRST_NODES);
  readonly #labels: number;
  readonly #budgets: number;
  /** Nodes by number of cuts, then by number of power-ons. */
  readonly #buckets: (number[] | undefined)[][] = [];
  #level = 0;
  #bucket = 0;
  #next = 0;

  /** @param tornBudget the largest budget of any label */
  constructor(tornBudget: number) {
    this.#budgets = tornBudget + 1;
    this.#labels = 2 * this.#budgets;
    this.#best.fill(NONE);
  }

  /** Adds the state to start from. */
  start(state: number, label: Label): void {
    this.#push(state, label, undefined);
  }

  /** Adds a state that was reached, unless something that dominates it is there already. */
  reach(state: number, label: Label, arrival: Arrival): void {
    this.#push(state, label, arrival);
  }

  /** Takes the next node, or returns undefined: nothing is left. */
  take(): number | undefined {
    for (;;) {
      const level = this.#buckets[this.#level];
      if (level === undefined) return undefined;
      const bucket = level[this.#bucket];
      if (bucket !== undefined && this.#next < bucket.length) {
        const node = bucket[this.#next];
        this.#next += 1;
        this.queued -= 1;
        if (node !== undefined && this.#isBest(node)) return node;
        continue;
      }
      level[this.#bucket] = undefined;
      this.#next = 0;
      this.#bucket += 1;
      if (this.#bucket >= level.length) {
        this.#level += 1;
        this.#bucket = 0;
      }
    }
  }

  /**
   * The nodes that {@link take} gives next and whose power-ons can be done in any order: what is
   * reached from one of them is neither among them nor a reason to skip one. Empty if the next one
   * is the first of its kind; call {@link take} then.
   */
  ahead(): number[] {
    const bucket = this.#buckets[this.#level]?.[this.#bucket] ?? [];
    return bucket.slice(this.#next).filter((node) => this.#isBest(node));
  }

  /** The nodes that wait, in the order in which they would be taken. */
  waiting(): number[] {
    const rest = this.#buckets
      .slice(this.#level)
      .flatMap((level, index) =>
        level
          .slice(index === 0 ? this.#bucket : 0)
          .flatMap((bucket, place) => (bucket ?? []).slice(index === 0 && place === 0 ? this.#next : 0)),
      );
    return rest.filter((node) => this.#isBest(node));
  }

  /** How a node was reached; undefined for the one to start from. */
  arrivalOf(node: number): Omit<Arrival, "isUncut"> | undefined {
    const parent = this.#parent[node] ?? NONE;
    if (parent === NONE) return undefined;
    return { parent, operation: this.#operation[node] ?? 0, variant: this.#variant[node] ?? AFTER };
  }

  /** The state of a node. */
  stateOf(node: number): number {
    return this.#state[node] ?? 0;
  }

  /** Cuts on the way to a node; power-ons that ended by themselves do not count. */
  cutsOf(node: number): number {
    return this.#cuts[node] ?? 0;
  }

  /** Power-ons on the way to a node. */
  powerOnsOf(node: number): number {
    return this.#powerOns[node] ?? 0;
  }

  /** The label of a node. */
  labelOf(node: number): Label {
    const label = this.#label[node] ?? 0;
    return { tornBudget: label % this.#budgets, wasConfirmed: label >= this.#budgets };
  }

  /** The chain that leads to a node, one cut per power-on; one that ended by itself is cut after its last operation. */
  chainOf(node: number): Cut[] {
    const chain: Cut[] = [];
    for (let at = node; ;) {
      const parent = this.#parent[at] ?? NONE;
      if (parent === NONE) return chain.reverse();
      chain.push(cutOf(this.#operation[at] ?? 0, this.#variant[at] ?? AFTER));
      at = parent;
    }
  }

  #push(state: number, label: Label, arrival: Arrival | undefined): void {
    const parent = arrival?.parent ?? NONE;
    const cuts = arrival === undefined ? 0 : this.cutsOf(parent) + (arrival.isUncut ? 0 : 1);
    const powerOns = arrival === undefined ? 0 : this.powerOnsOf(parent) + 1;
    const code = label.tornBudget + (label.wasConfirmed ? this.#budgets : 0);
    if (this.#isDominated(state, code, cuts, powerOns)) return;
    const node = this.#addNode();
    this.#state[node] = state;
    this.#parent[node] = parent;
    this.#operation[node] = arrival?.operation ?? 0;
    this.#variant[node] = arrival?.variant ?? AFTER;
    this.#cuts[node] = cuts;
    this.#powerOns[node] = powerOns;
    this.#label[node] = code;
    this.#best[state * this.#labels + code] = node;
    const level = (this.#buckets[cuts] ??= []);
    while (level.length < powerOns) level.push(undefined);
    (level[powerOns] ??= []).push(node);
    this.queued += 1;
  }

  /** Whether a node with a label at least as large is there that comes no later. */
  #isDominated(state: number, code: number, cuts: number, powerOns: number): boolean {
    while ((state + 1) * this.#labels > this.#best.length) {
      const grown = new Uint32Array(this.#best.length * 2).fill(NONE);
      grown.set(this.#best);
      this.#best = grown;
    }
    return this.#someDominator(state, code, (other) => {
      const otherCuts = this.cutsOf(other);
      return otherCuts < cuts || (otherCuts === cuts && this.powerOnsOf(other) <= powerOns);
    });
  }

  /** Whether nothing that came earlier in the order, or replaced it, does this node's work. */
  #isBest(node: number): boolean {
    const cuts = this.cutsOf(node);
    const powerOns = this.powerOnsOf(node);
    return !this.#someDominator(this.stateOf(node), this.#label[node] ?? 0, (other) => {
      if (other === node) return false;
      const otherCuts = this.cutsOf(other);
      if (otherCuts !== cuts) return otherCuts < cuts;
      const otherPowerOns = this.powerOnsOf(other);
      if (otherPowerOns !== powerOns) return otherPowerOns < powerOns;
      // A larger label in the same bucket: one of the two is enough. Equal labels never meet here.
      return (this.#label[other] ?? 0) !== (this.#label[node] ?? 0);
    });
  }

  #someDominator(state: number, code: number, test: (node: number) => boolean): boolean {
    const budget = code % this.#budgets;
    const start = state * this.#labels;
    for (let confirmed = code - budget; confirmed < this.#labels; confirmed += this.#budgets) {
      for (let other = budget; other < this.#budgets; other += 1) {
        const node = this.#best[start + confirmed + other] ?? NONE;
        if (node !== NONE && test(node)) return true;
      }
    }
    return false;
  }

  #addNode(): number {
    const node = this.size;
    this.size += 1;
    if (this.size > this.#state.length) {
      this.#state = doubled(this.#state, new Uint32Array(2 * node));
      this.#parent = doubled(this.#parent, new Uint32Array(2 * node));
      this.#operation = doubled(this.#operation, new Uint32Array(2 * node));
      this.#variant = doubled(this.#variant, new Uint16Array(2 * node));
      this.#cuts = doubled(this.#cuts, new Uint32Array(2 * node));
      this.#powerOns = doubled(this.#powerOns, new Uint32Array(2 * node));
      this.#label = doubled(this.#label, new Uint8Array(2 * node));
    }
    return node;
  }
}

/** The cut that a step stands for. */
export function cutOf(operation: number, variant: number): Cut {
  if (operation === BEFORE_ALL) return { operation: 0, phase: "before" };
  return variant === AFTER ? { operation, phase: "after" } : { operation, phase: "torn", variant };
}

function doubled<T extends Uint8Array | Uint16Array | Uint32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
