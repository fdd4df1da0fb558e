/**
 * A run over one target, in one thread or several.
 *
 * Threads work in rounds. Each has a seed of its own; what one keeps, the others get at the beginning of
 * the next round, always in the same order. So a run that is limited by executions alone has the same
 * result every time, for one number of threads.
 */
import { once } from "node:events";
import { setImmediate } from "node:timers/promises";
import type { Worker } from "node:worker_threads";
import { minimalCorpus, type CorpusEntry } from "../../emulator/fuzz/corpus.ts";
import { Coverage } from "../../emulator/fuzz/coverage.ts";
import { keyOf, type Finding } from "../../emulator/fuzz/fuzzer.ts";
import { shrinkInput } from "../../emulator/fuzz/shrink.ts";
import { startThread } from "../thread.ts";
import { FuzzSession, makeTarget, type FuzzRecipe, type RoundRequest, type RoundResult } from "./session.ts";
import type { HostTarget, TargetName } from "./target.ts";

/** How long to run, and with what. */
export interface FuzzOptions {
  readonly recipe: FuzzRecipe;
  readonly workers: number;
  readonly executions?: number | undefined;
  readonly seconds?: number | undefined;
  /** Inputs of an earlier run. */
  readonly inputs?: readonly Uint8Array[];
  readonly onProgress?: (executions: number, edges: number, findings: number) => void;
}

/** What a run has come to. */
export interface FuzzResult {
  readonly target: TargetName;
  readonly seed: number;
  readonly workers: number;
  readonly executions: number;
  readonly seconds: number;
  /** CPU time of all threads [s]. */
  readonly cpuSeconds: number;
  readonly accepted: number;
  readonly edges: { readonly reached: number; readonly total: number };
  readonly functions: readonly FunctionCoverage[];
  /** Inputs kept on the way, and how many of them are needed. */
  readonly kept: number;
  readonly corpus: readonly CorpusEntry[];
  readonly findings: readonly ShrunkFinding[];
}

/** How much of a function was reached. */
export interface FunctionCoverage {
  readonly name: string;
  readonly reached: number;
  readonly total: number;
}

/** A finding with the simplest input that shows it. */
export interface ShrunkFinding extends Finding {
  /** Bytes of the input that showed it first. */
  readonly firstBytes: number;
}

/** Executions of one thread in one round. */
const ROUND_EXECUTIONS: Readonly<Record<TargetName, number>> = { envelope: 2000, payload: 50, link: 250 };
/** Runs that shrinking one finding may take: a device that is stuck takes long, a hang very long. */
const SHRINK_TRIES = { stuck: 200, hang: 24, other: 4000 } as const;

/** Something that does rounds: this thread or another. */
interface Member {
  round(request: RoundRequest): Promise<RoundResult>;
  close(): Promise<unknown>;
}

/**
 * Runs.
 *
 * @throws ModuleError for a bootloader that the device refuses
 */
export async function runFuzz(options: FuzzOptions): Promise<FuzzResult> {
  const { recipe, workers, executions = Infinity, seconds = Infinity, onProgress } = options;
  const start = { millis: Date.now(), cpu: process.cpuUsage() };
  const deadlineMillis = start.millis + seconds * 1000;
  const target = makeTarget(recipe);
  const coverage = new Coverage(target.counters.length);
  const kept: CorpusEntry[] = [];
  const findings = new Map<string, Finding>();
  let done = 0;
  let accepted = 0;
  const members = makeMembers(recipe, workers);
  try {
    let fresh = members.map(() => options.inputs ?? []);
    do {
      const share = Math.ceil((executions - done) / members.length);
      const count = Math.max(0, Math.min(ROUND_EXECUTIONS[recipe.target], share));
      const results = await Promise.all(
        members.map((member, index) =>
          member.round({ inputs: fresh[index] ?? [], executions: count, deadlineMillis }),
        ),
      );
      fresh = members.map((_, index) =>
        results.flatMap((result, from) => (from === index ? [] : result.kept.map(({ bytes }) => bytes))),
      );
      for (const result of results) {
        done += result.executions;
        accepted += result.accepted;
        for (const entry of result.kept) if (coverage.add(entry.features) > 0) kept.push(entry);
        for (const finding of result.findings) {
          if (!findings.has(keyOf(finding))) findings.set(keyOf(finding), finding);
        }
      }
      onProgress?.(done, coverage.edges, findings.size);
    } while (done < executions && Date.now() < deadlineMillis);
  } finally {
    await Promise.all(members.map((member) => member.close()));
  }
  const { user, system } = process.cpuUsage(start.cpu);
  return {
    target: recipe.target,
    seed: recipe.seed,
    workers,
    executions: done,
    seconds: (Date.now() - start.millis) / 1000,
    cpuSeconds: (user + system) / 1e6,
    accepted,
    edges: { reached: coverage.edges, total: target.counters.length },
    functions: functionsOf(target, coverage),
    kept: kept.length,
    corpus: minimalCorpus(kept),
    findings: [...findings.values()].map((finding) => shrinkFinding(target, finding)),
  };
}

/** The finding with the simplest input for which the same goes wrong in the same place. */
export function shrinkFinding(target: HostTarget, finding: Finding): ShrunkFinding {
  const key = keyOf(finding);
  const troubleOf = (input: Uint8Array) => {
    const { trouble } = target.run(input);
    return trouble ?? target.look?.(input);
  };
  const isSame = (input: Uint8Array): boolean => {
    const trouble = troubleOf(input);
    return trouble !== undefined && keyOf(trouble) === key;
  };
  const { kind } = finding;
  const tries = SHRINK_TRIES[kind === "stuck" || kind === "hang" ? kind : "other"];
  const input = shrinkInput(finding.input, (each) => target.simpler(each), isSame, tries);
  return { ...finding, ...troubleOf(input), input, firstBytes: finding.input.length };
}

function makeMembers(recipe: FuzzRecipe, workers: number): Member[] {
  if (workers < 2) {
    const session = new FuzzSession(recipe);
    return [
      {
        round: async (request) => {
          await setImmediate();
          return session.round(request);
        },
        close: () => Promise.resolve(),
      },
    ];
  }
  return Array.from({ length: workers }, (_, index) =>
    memberOf(startThread("worker", import.meta.url, { ...recipe, seed: recipe.seed + index })),
  );
}

function memberOf(worker: Worker): Member {
  return {
    // `once` also rejects when the thread fails.
    round: async (request) => {
      const answer = once(worker, "message");
      worker.postMessage(request);
      const [result] = (await answer) as [RoundResult];
      return result;
    },
    close: () => worker.terminate(),
  };
}

function functionsOf({ bench }: HostTarget, coverage: Coverage): FunctionCoverage[] {
  const { edges = [], functionNames = [] } = bench.module ?? {};
  const functions = new Map<number, { name: string; reached: number; total: number }>();
  edges.forEach(({ functionIndex }, edge) => {
    const name = functionNames[functionIndex] ?? `function ${functionIndex}`;
    const entry = functions.get(functionIndex) ?? { name, reached: 0, total: 0 };
    entry.total += 1;
    if (coverage.hasEdge(edge)) entry.reached += 1;
    functions.set(functionIndex, entry);
  });
  return [...functions.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}
