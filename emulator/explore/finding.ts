/**
 * Findings: what an oracle objects to, and the shortest chain of cuts that leads there.
 */

import type { Cut } from "../cut.ts";
import { cutOf, type Frontier } from "./frontier.ts";
import { NEVER, type Liveness } from "./liveness.ts";
import { describeEnd, type CycleView, type Oracle, type OracleId, type StepView } from "./oracle.ts";
import type { StateGraph } from "./state-graph.ts";
import type { StateFacts, SubjectImage } from "./subject.ts";
import type { PageWear, WearToRest } from "./wear.ts";

/** One finding. */
export interface Finding {
  readonly oracle: OracleId;
  /** What is wrong, in one sentence. */
  readonly sentence: string;
  /**
   * One cut per power-on; after them the power stays on. A power-on that ended by itself is written
   * as a cut after its last operation, which leaves the same state.
   */
  readonly cuts: readonly Cut[];
  /** How the power-on ended in which it showed, in words; undefined if it was cut. */
  readonly end: string | undefined;
}

/** Where in the exploration something was seen. */
export interface Origin {
  readonly node: number;
  readonly frontier: Frontier;
  /** The cut in the node's own power-on that led to what was seen; none if it needs no cut. */
  readonly step: { readonly operation: number; readonly variant: number } | undefined;
}

/** What makes a finding one and the same, wherever and however it was come across. */
export interface FindingKey {
  readonly oracle: OracleId;
  /** Hash of the state whose power-on it shows in, 32 hexadecimal digits. */
  readonly state: string;
  /** The cut in that power-on that it needs, as `7/0`: after operation 7; empty if it needs none. */
  readonly step: string;
  /** The fewest cuts and power-ons that it was found with. */
  readonly rank: readonly [cuts: number, powerOns: number];
  /** The finding, if it is one of those that were kept. */
  readonly finding: Finding | undefined;
}

interface Entry {
  readonly oracle: OracleId;
  readonly sentence: string;
  readonly cuts: readonly Cut[];
  readonly end: string | undefined;
  /** Cuts, power-ons and order of discovery, for sorting. */
  readonly rank: readonly [number, number, number];
}

/** Judges and collects; keeps the first findings of each oracle, which are the shortest. */
export class FindingLog {
  readonly #oracles: readonly Oracle[];
  readonly #limit: number;
  readonly #entries: Entry[] = [];
  readonly #counts = new Map<OracleId, number>();
  /** What was found already: a state may be powered on twice. */
  readonly #seen = new Map<string, Omit<FindingKey, "state"> & { readonly state: number }>();
  /** Nodes whose own power-on `alive` objects to, so that the graph need not say it again. */
  readonly #dead = new Set<number>();

  constructor(oracles: readonly Oracle[], limit: number) {
    this.#oracles = oracles;
    this.#limit = limit;
  }

  /** Judges one uncut power cycle. `origin` is only called for a finding. */
  judgeCycle(view: CycleView, origin: () => Origin): void {
    for (const oracle of this.#oracles) {
      const sentence = oracle.cycle?.(view);
      if (sentence === undefined) continue;
      const from = origin();
      if (oracle.id === "alive") this.#dead.add(from.node);
      this.#add(oracle.id, sentence, from, describeEnd(view.cycle));
    }
  }

  /** Judges one step. */
  judgeStep(view: StepView, origin: () => Origin): void {
    for (const oracle of this.#oracles) {
      const sentence = oracle.step?.(view);
      if (sentence !== undefined) this.#add(oracle.id, sentence, origin(), undefined);
    }
  }

  /**
   * Judges the closed graph: does every state arrive, does what is at rest stay so, and what does
   * arriving wear?
   *
   * @param erasesPerPage how often a page may be erased on the way; undefined if nobody asks
   */
  judgeGraph(
    graph: StateGraph,
    { liveness, wear }: { readonly liveness: Liveness; readonly wear: WearToRest },
    frontier: Frontier,
    erasesPerPage: number = Infinity,
  ): void {
    const isAsked = (id: OracleId): boolean => this.#oracles.some((oracle) => oracle.id === id);
    const at = (state: number): Origin => ({ node: graph.nodeOf(state), frontier, step: undefined });
    for (const state of graph.inOrderOfDiscovery()) {
      const end = graph.endOf(state);
      if (liveness.bootsToRunning[state] === NEVER) {
        if (isAsked("alive") && !this.#dead.has(graph.nodeOf(state))) {
          this.#add(
            "alive",
            "However long the power stays on, no image ever runs and waits.",
            at(state),
            end,
          );
        }
        continue;
      }
      if (liveness.bootsToRest[state] !== NEVER) {
        const rest = liveness.rest[state] ?? 0;
        this.#judgeRest(graph.imageOf(rest), graph.factsOf(rest), at(state), end);
      }
      if (liveness.bootsToRest[state] === NEVER) {
        if (isAsked("idempotent")) this.#add("idempotent", NEVER_AT_REST, at(state), end);
        continue;
      }
      if (isAsked("quiet") && liveness.rest[state] === state && graph.operationsOf(state) > 0) {
        this.#add("quiet", restlessText(graph.operationsOf(state)), at(state), end);
      }
      const worst = wear.worstOf(state);
      if (worst !== undefined && worst.erases > erasesPerPage && isAsked("wear")) {
        this.#add("wear", wearText(worst, erasesPerPage), at(state), end);
      }
    }
  }

  #judgeRest(image: SubjectImage | undefined, facts: StateFacts, origin: Origin, end: string): void {
    for (const oracle of this.#oracles) {
      const sentence = oracle.rest?.(image, facts);
      if (sentence !== undefined) this.#add(oracle.id, sentence, origin, end);
    }
  }

  /** The fewest cuts of any finding; Infinity while there is none. */
  get fewestCuts(): number {
    return this.#entries.reduce((fewest, { rank }) => Math.min(fewest, rank[0]), Infinity);
  }

  /** How many findings each oracle has; absent where it has none. */
  counts(): Record<string, number> {
    return Object.fromEntries([...this.#counts].sort(([left], [right]) => (left < right ? -1 : 1)));
  }

  /** Every finding, kept or not. @param hashOf gives the hash of a state */
  keys(hashOf: (state: number) => string): FindingKey[] {
    return [...this.#seen.values()].map(({ state, ...key }) => ({ ...key, state: hashOf(state) }));
  }

  /** The findings that were kept, fewest cuts first. */
  list(): Finding[] {
    return [...this.#entries]
      .sort((left, right) => compareRanks(left.rank, right.rank))
      .map(({ oracle, sentence, cuts, end }) => ({ oracle, sentence, cuts, end }));
  }

  #add(oracle: OracleId, sentence: string, { node, frontier, step }: Origin, end: string | undefined): void {
    const where = step === undefined ? "" : `${step.operation}/${step.variant}`;
    const key = `${oracle}/${frontier.stateOf(node)}/${where}`;
    if (this.#seen.has(key)) return;
    const count = (this.#counts.get(oracle) ?? 0) + 1;
    this.#counts.set(oracle, count);
    const extra = step === undefined ? 0 : 1;
    const rank = [frontier.cutsOf(node) + extra, frontier.powerOnsOf(node) + extra] as const;
    const seen = { oracle, state: frontier.stateOf(node), step: where, rank, finding: undefined };
    if (count > this.#limit) {
      this.#seen.set(key, seen);
      return;
    }
    const chain = frontier.chainOf(node);
    if (step !== undefined) chain.push(cutOf(step.operation, step.variant));
    const entry: Entry = { oracle, sentence, cuts: chain, end, rank: [...rank, this.#entries.length] };
    this.#entries.push(entry);
    this.#seen.set(key, { ...seen, finding: { oracle, sentence, cuts: chain, end } });
  }
}

/** What `idempotent` says. */
export const NEVER_AT_REST = "However long the power stays on, each boot changes something.";

/** What `quiet` says. */
export function restlessText(operations: number): string {
  return `A boot at rest does ${operations} operation${operations === 1 ? "" : "s"} that change nothing.`;
}

/** What `wear` says. */
export function wearText({ address, erases }: PageWear, erasesPerPage: number): string {
  const page = `the page at 0x${address.toString(16).padStart(5, "0")}`;
  return `Uninterrupted power erases ${page} ${erases} times before it rests; ${erasesPerPage} are allowed.`;
}

function compareRanks(left: readonly number[], right: readonly number[]): number {
  for (let index = 0; index < left.length; index += 1) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
