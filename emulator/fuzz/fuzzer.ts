/**
 * The loop: take an input, mutate it, run it, keep it if it reached something new.
 *
 * Everything follows from target, corpus and seed; no clock is read.
 */
import { Chance } from "./chance.ts";
import { Corpus, type CorpusEntry } from "./corpus.ts";
import { Coverage } from "./coverage.ts";

/** Kinds of findings. */
export type FindingKind =
  /** A load or store where nothing is, or a trap. */
  | "hard-fault"
  /** The watchdog had to step in. */
  | "hang"
  /** Something was accepted or booted that nobody entitled has signed for this device. */
  | "unauthentic"
  /** The device refuses what the independent reader accepts. */
  | "disagreement"
  /** A rule of the flash was broken, or something changed that must not. */
  | "violation"
  /** The device does not come back when the trouble is over. */
  | "stuck"
  /** The emulator itself failed. */
  | "defect";

/** What went wrong in a run. */
export interface Trouble {
  readonly kind: FindingKind;
  /** One sentence. */
  readonly sentence: string;
  /** Where, so that many inputs with one cause count once: a function, a rule. */
  readonly place: string;
}

/** One run. The counters of the target are those of this run until the next one. */
export interface RunResult {
  /** A number for how it ended. */
  readonly outcome: number;
  /** The device took the input for good. */
  readonly isAccepted: boolean;
  readonly trouble: Trouble | undefined;
}

/** Something that takes hostile input. */
export interface FuzzTarget {
  /** Counters of the last run, one per edge. */
  readonly counters: Uint16Array;
  run(input: Uint8Array): RunResult;
  /** A closer look at a run that reached something new. */
  look?(input: Uint8Array): Trouble | undefined;
  mutate(input: Uint8Array, other: Uint8Array, chance: Chance): Uint8Array;
  /** Simpler inputs than this one, the simplest first. */
  simpler(input: Uint8Array): Iterable<Uint8Array>;
}

/** A finding, as it was first met. */
export interface Finding extends Trouble {
  readonly input: Uint8Array;
}

/** Tests one target. */
export class Fuzzer {
  readonly corpus = new Corpus();
  readonly coverage: Coverage;
  readonly findings: Finding[] = [];
  executions = 0;
  /** Inputs that were taken for good. */
  accepted = 0;

  readonly #target: FuzzTarget;
  readonly #chance: Chance;
  readonly #known = new Set<string>();

  constructor(target: FuzzTarget, seed: number) {
    this.#target = target;
    this.#chance = new Chance(seed);
    this.coverage = new Coverage(target.counters.length);
  }

  /** Runs an input as it is, and keeps it if it reaches something new. @returns whether it does */
  try(input: Uint8Array): boolean {
    this.executions += 1;
    const { outcome, isAccepted, trouble } = this.#target.run(input);
    if (isAccepted) this.accepted += 1;
    if (trouble !== undefined) this.#note(trouble, input);
    const { counters } = this.#target;
    if (!this.coverage.hasNews(counters, outcome)) return false;
    const entry: CorpusEntry = { bytes: input, features: this.coverage.featuresOf(counters, outcome) };
    this.coverage.add(entry.features);
    this.corpus.add(entry);
    const more = this.#target.look?.(input);
    if (more !== undefined) this.#note(more, input);
    return true;
  }

  /** Runs one mutation. @returns whether it is kept. @throws RangeError as long as the corpus is empty */
  step(): boolean {
    const chance = this.#chance;
    const { bytes } = this.corpus.pick(chance);
    return this.try(this.#target.mutate(bytes, this.corpus.any(chance).bytes, chance));
  }

  /** One finding per kind and place is enough. */
  #note(trouble: Trouble, input: Uint8Array): void {
    const key = keyOf(trouble);
    if (this.#known.has(key)) return;
    this.#known.add(key);
    this.findings.push({ ...trouble, input });
  }
}

/** What makes two findings the same. */
export function keyOf({ kind, place }: Pick<Trouble, "kind" | "place">): string {
  return `${kind} ${place}`;
}
