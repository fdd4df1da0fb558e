/**
 * What becomes of every cut in the run that nothing else interrupts: one strip per power-on, one
 * place per operation.
 */
import type { ExploredGraph } from "../../emulator/explore/explore.ts";
import { formatHash } from "../../emulator/explore/state-hash.ts";
import type { SubjectImage } from "../../emulator/explore/subject.ts";

/** How a fate looks: well, back to what was before, wrong, or not known. */
export type FateTone = "new" | "old" | "bad" | "unknown";

/** What uninterrupted power makes of a state in the end. */
export interface CutFate {
  readonly label: string;
  readonly tone: FateTone;
}

/** One power-on of the run without cuts. */
export interface CutStrip {
  readonly operations: number;
  /** Per operation the fate of a cut after it, as a number in {@link CutStrips.fates}. */
  readonly after: readonly number[];
  /** Per operation the worst fate of tearing it, or -1: it was not torn. */
  readonly torn: readonly number[];
  /** Per operation the power-ons from a cut after it to rest; -1 where it never comes to rest. */
  readonly boots: readonly number[];
  /** Per operation the operations from a cut after it to rest. */
  readonly toRest: readonly number[];
  /** Per operation how many of these are done only because of the cut; what it costs. */
  readonly again: readonly number[];
}

/** All strips. */
export interface CutStrips {
  readonly fates: readonly CutFate[];
  readonly strips: readonly CutStrip[];
}

const ENDS_MASK = 0xf;
const IDLE = 1;
const IN_FIRMWARE = 0x10;
const IMAGE_SHIFT = 8;
const POWER_ONS_MAX = 64;
const SEVERITY: readonly FateTone[] = ["new", "old", "unknown", "bad"];

/** Where uninterrupted power leads from a state. */
interface Arrival {
  readonly fate: number;
  readonly boots: number;
  readonly operations: number;
}

/** Reads the strips off an explored graph. @param images those of the subject */
export function cutStrips(graph: ExploredGraph, images: readonly SubjectImage[]): CutStrips {
  const follower = new CutFollower(graph, images);
  const strips: CutStrip[] = [];
  const seen = new Set<number>();
  for (let state = 0; strips.length < POWER_ONS_MAX && !seen.has(state);) {
    seen.add(state);
    if (!follower.isExplored(state)) break;
    const strip = follower.strip(state);
    if (strip.operations > 0) strips.push(strip);
    state = follower.successorOf(state);
  }
  return { fates: follower.fates, strips };
}

/** Follows uninterrupted power from wherever a cut leads. */
export class CutFollower {
  /** Fates come across so far; strips name them by their numbers here. */
  readonly fates: CutFate[] = [];
  readonly #graph: ExploredGraph;
  readonly #images: readonly SubjectImage[];
  readonly #outcomes: number[] = [];
  readonly #operations: number[] = [];
  /** States in whose uninterrupted power-on an oracle objects, and `state/operation/variant`. */
  readonly #wrong = new Set<string>();
  readonly #arrivals = new Map<number, Arrival>();

  constructor(graph: ExploredGraph, images: readonly SubjectImage[]) {
    this.#graph = graph;
    this.#images = images;
    const findings = new Map<string, string[]>();
    for (const { state, step } of graph.findings) {
      findings.set(state, [...(findings.get(state) ?? []), step]);
    }
    for (const { hash, outcome, operations } of graph.states) {
      const state = this.#outcomes.length;
      this.#outcomes.push(outcome);
      this.#operations.push(operations);
      const steps = findings.size === 0 ? [] : (findings.get(formatHash(hash)) ?? []);
      for (const step of steps) this.#wrong.add(step === "" ? `${state}` : `${state}/${step}`);
    }
  }

  /** Whether a state was powered on. */
  isExplored(state: number): boolean {
    return (this.#outcomes[state] ?? 0) !== 0;
  }

  /** The state that a state's power-on leads to without a cut. */
  successorOf(state: number): number {
    const edges = this.#graph.edgesOf(state);
    for (let at = edges.length - 1; at >= 0; at -= 1) {
      const edge = edges[at] ?? 0;
      if (edge % 2 === 0) return edge / 2;
    }
    return state;
  }

  /** What becomes of each cut in a state's power-on. */
  strip(state: number): CutStrip {
    const edges = this.#graph.edgesOf(state);
    const operations = this.#operations[state] ?? 0;
    const after: number[] = [];
    const torn = new Array<number>(operations).fill(-1);
    const boots: number[] = [];
    const toRest: number[] = [];
    const again: number[] = [];
    const uncut = this.#arrive(state).operations;
    let whole = 0;
    for (let at = 0; at < edges.length; at += 1) whole += 1 - ((edges[at] ?? 0) % 2);
    // Flash that came up otherwise than it was left is an edge before the first operation.
    let operation = operations - whole;
    for (let at = 0; at < edges.length; at += 1) {
      const edge = edges[at] ?? 0;
      const isTorn = edge % 2 === 1;
      const arrival = this.#arrive((edge - (isTorn ? 1 : 0)) / 2);
      if (isTorn) torn[operation] = this.#worse(torn[operation] ?? -1, arrival.fate);
      else if (operation >= 0) {
        const isWrong = this.#wrong.has(`${state}/${operation}/0`);
        after.push(isWrong ? this.#fate("an oracle objects", "bad") : arrival.fate);
        boots.push(arrival.boots);
        toRest.push(arrival.operations);
        again.push(Math.max(0, operation + 1 + arrival.operations - uncut));
      }
      if (!isTorn) operation += 1;
    }
    return { operations, after, torn, boots, toRest, again };
  }

  #arrive(start: number): Arrival {
    const path: number[] = [];
    const seen = new Set<number>();
    let state = start;
    let known = this.#arrivals.get(state);
    while (known === undefined) {
      if (!this.isExplored(state))
        known = { fate: this.#fate("not explored", "unknown"), boots: -1, operations: 0 };
      else if (seen.has(state))
        known = { fate: this.#fate("never comes to rest", "bad"), boots: -1, operations: 0 };
      else {
        path.push(state);
        seen.add(state);
        const next = this.successorOf(state);
        if (next === state) {
          path.pop();
          known = { fate: this.#fateAtRest(state), boots: 0, operations: 0 };
          this.#arrivals.set(state, known);
        } else {
          state = next;
          known = this.#arrivals.get(state);
        }
      }
    }
    for (const passed of path.reverse()) {
      const fate: number = this.#wrong.has(`${passed}`) ? this.#fate("an oracle objects", "bad") : known.fate;
      known = {
        fate,
        boots: known.boots < 0 ? -1 : known.boots + 1,
        operations: known.operations + (this.#operations[passed] ?? 0),
      };
      this.#arrivals.set(passed, known);
    }
    return known;
  }

  #fateAtRest(state: number): number {
    if (this.#wrong.has(`${state}`)) return this.#fate("an oracle objects", "bad");
    const outcome = this.#outcomes[state] ?? 0;
    const isRunning = (outcome & ENDS_MASK) === IDLE && (outcome & IN_FIRMWARE) !== 0;
    if (!isRunning) return this.#fate("nothing runs", "bad");
    const image = this.#images[outcome >>> IMAGE_SHIFT];
    return image === undefined
      ? this.#fate("an unknown image runs", "bad")
      : this.#fate(`${image.name} runs`, image.role);
  }

  #fate(label: string, tone: FateTone): number {
    const known = this.fates.findIndex((fate) => fate.label === label);
    if (known >= 0) return known;
    this.fates.push({ label, tone });
    return this.fates.length - 1;
  }

  #worse(left: number, right: number): number {
    const severity = (fate: number): number => SEVERITY.indexOf(this.fates[fate]?.tone ?? "new");
    return left >= 0 && severity(left) >= severity(right) ? left : right;
  }
}
