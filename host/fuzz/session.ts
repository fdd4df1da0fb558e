/**
 * One thread's part of a run: a target, a fuzzer, and rounds of so many executions.
 */
import type { CorpusEntry } from "../../emulator/fuzz/corpus.ts";
import { Fuzzer, type Finding } from "../../emulator/fuzz/fuzzer.ts";
import type { Capability } from "../manifest/capability.ts";
import { EnvelopeTarget } from "./envelope-target.ts";
import { LinkTarget } from "./link-target.ts";
import { PayloadTarget } from "./payload-target.ts";
import type { HostTarget, TargetName } from "./target.ts";

/** What a thread needs to begin; plain data. */
export interface FuzzRecipe {
  readonly target: TargetName;
  readonly bootloader: Uint8Array;
  readonly symbols: Uint8Array | undefined;
  /** What the host takes the bootloader to process; that of our default build if undefined. */
  readonly capability?: Capability | undefined;
  /** Images that payloads begin with. */
  readonly images: readonly Uint8Array[];
  readonly seed: number;
}

/** One round. */
export interface RoundRequest {
  /** Inputs of other threads, or from a folder, to be looked at first. */
  readonly inputs: readonly Uint8Array[];
  /** Mutations to run at most. */
  readonly executions: number;
  /** When to stop in any case, as Date.now() counts. */
  readonly deadlineMillis: number;
}

/** What came of it. */
export interface RoundResult {
  readonly executions: number;
  readonly accepted: number;
  /** What was kept, in order. */
  readonly kept: readonly CorpusEntry[];
  readonly findings: readonly Finding[];
}

/** Executions between two looks at the clock. */
const CLOCK_EVERY = 16;

/** Makes a target. Throws ModuleError for a bootloader that the device refuses. */
export function makeTarget(recipe: Omit<FuzzRecipe, "seed">): HostTarget {
  switch (recipe.target) {
    case "envelope":
      return new EnvelopeTarget(recipe);
    case "payload":
      return new PayloadTarget(recipe, recipe.images);
    case "link":
      return new LinkTarget(recipe);
  }
}

/** See the file comment. */
export class FuzzSession {
  readonly target: HostTarget;
  readonly #fuzzer: Fuzzer;
  /** What rounds have reported so far. */
  #kept = 0;
  #findings = 0;
  #executions = 0;
  #accepted = 0;

  /** Runs the seeds of its target: what they reach is the first round's. */
  constructor(recipe: FuzzRecipe) {
    this.target = makeTarget(recipe);
    this.#fuzzer = new Fuzzer(this.target, recipe.seed);
    for (const seed of this.target.seeds()) this.#fuzzer.try(seed);
  }

  /** One round. */
  round({ inputs, executions, deadlineMillis }: RoundRequest): RoundResult {
    const fuzzer = this.#fuzzer;
    for (const input of inputs) fuzzer.try(input);
    for (let count = 0; count < executions; count += 1) {
      if (count % CLOCK_EVERY === 0 && Date.now() >= deadlineMillis) break;
      fuzzer.step();
    }
    const result = {
      executions: fuzzer.executions - this.#executions,
      accepted: fuzzer.accepted - this.#accepted,
      kept: fuzzer.corpus.entries.slice(this.#kept),
      findings: fuzzer.findings.slice(this.#findings),
    };
    this.#executions = fuzzer.executions;
    this.#accepted = fuzzer.accepted;
    this.#kept = fuzzer.corpus.entries.length;
    this.#findings = fuzzer.findings.length;
    return result;
  }
}
