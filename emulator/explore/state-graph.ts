/**
 * What is known of each state: what can be read off it, what its uncut power-on did and led to.
 *
 * No edges are kept but the one uncut successor; whoever needs the others powers the state on again.
 */

import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import type { PowerCycleEnd } from "../trace.ts";
import { describeJournal } from "./journal.ts";
import { followUncut, NEVER, type Liveness } from "./liveness.ts";
import type { ObservedCycle } from "./oracle.ts";
import { LANES } from "./state-hash.ts";
import type { StateStore } from "./state-store.ts";
import type { StateFacts, StateReader, Subject, SubjectImage } from "./subject.ts";
import type { WearLedger, WearToRest } from "./wear.ts";

/** States at rest that cannot be told apart by what runs and what the journal says. */
export interface TerminalClass {
  /** The image that runs, or undefined: none, or one that the scenario does not know. */
  readonly image: string | undefined;
  /** What the journal says, in words. */
  readonly journal: string;
  /** The anti-rollback counter. */
  readonly floor: bigint;
  /** States at rest of this class. */
  readonly states: number;
  /** States, these included, that uninterrupted power brings here. */
  readonly reachedFrom: number;
}

/** One power-on, as it is recorded. */
export interface PowerOnRecord {
  readonly cycle: ObservedCycle;
  readonly image: SubjectImage | undefined;
  readonly subject: Subject;
  readonly successor: number;
  readonly steps: number;
  readonly tornBudget: number;
  readonly node: number;
}

const ENDS: readonly PowerCycleEnd[] = [
  "idle",
  "reset",
  "power-loss",
  "hard-fault",
  "watchdog",
  "returned",
  "refused",
];
const UNEXPLORED = 0;
const IN_FIRMWARE = 0x10;
const IMAGE_SHIFT = 8;
const UNKNOWN_IMAGE = 0xff;
const RECORD_BYTES = 2 * LANES * 4 + 16;

/** See the file comment. Indexed by the ids of a {@link StateStore}. */
export class StateGraph {
  /** States that were powered on. */
  exploredCount = 0;

  readonly #store: StateStore;
  readonly #reader: StateReader;
  readonly #order: number[] = [];
  #images: readonly SubjectImage[] = [];
  #facts = new Uint16Array(1024);
  /** End + 1, stage and image; 0 for a state that was not powered on. */
  #outcome = new Uint32Array(1024);
  #successor = new Uint32Array(1024);
  #operations = new Uint32Array(1024);
  #steps = new Uint32Array(1024);
  #budget = new Uint8Array(1024);
  #node = new Uint32Array(1024);

  constructor(store: StateStore, reader: StateReader) {
    this.#store = store;
    this.#reader = reader;
  }

  /** Notes what can be read off a new state. */
  setFacts(state: number, facts: number): void {
    while (state >= this.#facts.length) this.#grow();
    this.#facts[state] = facts;
  }

  /** The number of the facts about a state, for {@link StateReader.facts}. */
  factsNumberOf(state: number): number {
    return this.#facts[state] ?? 0;
  }

  /** The facts about a state. */
  factsOf(state: number): StateFacts {
    return this.#reader.facts(this.factsNumberOf(state));
  }

  /** Notes what a power-on did. The first of a state fixes how it is reached, the largest budget its steps. */
  record(state: number, { cycle, image, subject, successor, steps, tornBudget, node }: PowerOnRecord): void {
    const isFirst = this.#outcome[state] === UNEXPLORED;
    if (isFirst) {
      this.exploredCount += 1;
      this.#order.push(state);
      this.#images = subject.images;
      const number = image === undefined ? UNKNOWN_IMAGE : subject.images.indexOf(image);
      this.#outcome[state] =
        (ENDS.indexOf(cycle.end) + 1) |
        (cycle.booted === undefined ? 0 : IN_FIRMWARE) |
        (number << IMAGE_SHIFT);
      this.#successor[state] = successor;
      this.#operations[state] = cycle.operations;
      this.#node[state] = node;
    }
    if (isFirst || tornBudget > (this.#budget[state] ?? 0)) {
      this.#budget[state] = tornBudget;
      this.#steps[state] = steps;
    }
  }

  /** The node by which a state was first powered on. */
  nodeOf(state: number): number {
    return this.#node[state] ?? 0;
  }

  /** Whether a state was powered on. */
  isExplored(state: number): boolean {
    return this.#outcome[state] !== UNEXPLORED;
  }

  /** What is known of a state's power-on, as {@link CertificateState} has it. */
  outcomeOf(state: number): { outcome: number; tornBudget: number; operations: number } {
    return {
      outcome: this.#outcome[state] ?? UNEXPLORED,
      tornBudget: this.#budget[state] ?? 0,
      operations: this.#operations[state] ?? 0,
    };
  }

  /** Operations of a state's uncut power-on. */
  operationsOf(state: number): number {
    return this.#operations[state] ?? 0;
  }

  /** The image that a state's uncut power-on ran, or undefined: none, or no known one. */
  imageOf(state: number): SubjectImage | undefined {
    return this.#images[(this.#outcome[state] ?? 0) >>> IMAGE_SHIFT];
  }

  /** How a state's uncut power-on ended, in words. */
  endOf(state: number): string {
    const end = ENDS[((this.#outcome[state] ?? 0) & 0xf) - 1] ?? "unexplored";
    return `${(this.#outcome[state] ?? 0) & IN_FIRMWARE ? "an image" : "the bootloader"}: ${end}`;
  }

  /** States in the order in which they were powered on. */
  inOrderOfDiscovery(): readonly number[] {
    return this.#order;
  }

  /** Steps of all states, each counted with the largest budget it was reached with. */
  transitionCount(): number {
    return this.#order.reduce((sum, state) => sum + (this.#steps[state] ?? 0), 0);
  }

  /** The largest value over the nodes by which states were first powered on. */
  largestOverNodes(valueOf: (node: number) => number): number {
    return this.#order.reduce((largest, state) => Math.max(largest, valueOf(this.nodeOf(state))), 0);
  }

  /** Follows uninterrupted power from every state. */
  follow(): Liveness {
    const running = (ENDS.indexOf("idle") + 1) | IN_FIRMWARE;
    return followUncut(this.#store.size, (state) => {
      const outcome = this.#outcome[state] ?? UNEXPLORED;
      if (outcome === UNEXPLORED) return undefined;
      return { successor: this.#successor[state] ?? 0, isRunning: (outcome & 0xff) === running };
    });
  }

  /** Adds up what every state's way to rest erases. */
  wear(ledger: WearLedger, liveness: Liveness): WearToRest {
    return ledger.follow(this.#order, (state) => this.#successor[state] ?? 0, liveness);
  }

  /** States at rest, the class that most states lead to first. */
  terminals({ bootsToRest, rest }: Liveness): TerminalClass[] {
    const classes = new Map<string, { -readonly [key in keyof TerminalClass]: TerminalClass[key] }>();
    for (const state of this.#order) {
      if (bootsToRest[state] === NEVER) continue;
      const terminal = rest[state] ?? 0;
      const { journal, floor } = this.factsOf(terminal);
      const image = this.#images[(this.#outcome[terminal] ?? 0) >>> IMAGE_SHIFT]?.name;
      const text = describeJournal(journal);
      const key = `${image}/${text}/${floor}`;
      let found = classes.get(key);
      if (found === undefined) {
        found = { image, journal: text, floor, states: 0, reachedFrom: 0 };
        classes.set(key, found);
      }
      found.reachedFrom += 1;
      if (terminal === state) found.states += 1;
    }
    return [...classes.values()].sort((left, right) => right.reachedFrom - left.reachedFrom);
  }

  /** SHA-256 over what is known of each state, in the order of their hashes. */
  digest(): string {
    const { lanes } = this.#store.table;
    const sorted = Uint32Array.from(this.#order).sort((left, right) => {
      for (let lane = 0; lane < LANES; lane += 1) {
        const difference =
          ((lanes[left * LANES + lane] ?? 0) >>> 0) - ((lanes[right * LANES + lane] ?? 0) >>> 0);
        if (difference !== 0) return difference;
      }
      return 0;
    });
    const hash = sha256.create();
    const record = new DataView(new ArrayBuffer(RECORD_BYTES));
    for (const state of sorted) {
      const successor = this.#successor[state] ?? 0;
      for (let lane = 0; lane < LANES; lane += 1) {
        record.setInt32(4 * lane, lanes[state * LANES + lane] ?? 0);
        record.setInt32(4 * (LANES + lane), lanes[successor * LANES + lane] ?? 0);
      }
      record.setUint32(32, this.#outcome[state] ?? 0);
      record.setUint32(36, this.#operations[state] ?? 0);
      record.setUint32(40, this.#steps[state] ?? 0);
      record.setUint32(44, this.#budget[state] ?? 0);
      hash.update(new Uint8Array(record.buffer));
    }
    return bytesToHex(hash.digest());
  }

  #grow(): void {
    const length = this.#facts.length * 2;
    this.#facts = copied(this.#facts, new Uint16Array(length));
    this.#outcome = copied(this.#outcome, new Uint32Array(length));
    this.#successor = copied(this.#successor, new Uint32Array(length));
    this.#operations = copied(this.#operations, new Uint32Array(length));
    this.#steps = copied(this.#steps, new Uint32Array(length));
    this.#budget = copied(this.#budget, new Uint8Array(length));
    this.#node = copied(this.#node, new Uint32Array(length));
  }
}

function copied<T extends Uint8Array | Uint16Array | Uint32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
