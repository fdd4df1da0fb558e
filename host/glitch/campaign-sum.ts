/**
 * Which jobs a glitch campaign consists of, and what they add up to.
 */
import type { GlitchModel } from "../../emulator/wasm/glitch-model.ts";
import type { Verdict } from "./judge.ts";
import {
  emptyTally,
  type GlitchFinding,
  type GlitchJob,
  type GlitchPart,
  type GlitchRecipe,
  type GlitchRunner,
} from "./runner.ts";
import type { RefusalScenario } from "./scenario.ts";
import { survivorsIn, type Survivor } from "./survivor.ts";
import type { GlitchWindow } from "./window.ts";

/** How far a campaign is. */
export interface GlitchProgress {
  /** Runs so far. */
  readonly faults: number;
  /** Jobs done and all of them, in this stage. */
  readonly done: number;
  readonly total: number;
  readonly stage: "glitches" | "pairs";
}

/** Pairs around survivors. */
export interface PairTally {
  /** First glitches that changed nothing that could be seen. */
  readonly withoutEffect: number;
  /** First glitches that changed something and did not get through. */
  readonly survivors: number;
  /** How many of them are unlike each other: those that were disturbed a second time. */
  readonly unlike: number;
  /** Of those, how many make the boot execute other code, or end or write otherwise. */
  readonly elsewhere: number;
  /** Pairs around those. */
  readonly pairs: number;
  /** Pairs that were tried. */
  readonly tried: number;
  readonly tally: Readonly<Record<Verdict, number>>;
}

/** What a campaign found out. */
export interface GlitchCampaign {
  readonly scenario: RefusalScenario;
  readonly window: GlitchWindow;
  readonly models: readonly GlitchModel[];
  /** Instructions that the boot executes, outside of kernels. */
  readonly instructions: number;
  /** Instructions that were disturbed. */
  readonly disturbed: number;
  /** Instructions that were to be disturbed: more than that if the campaign was stopped. */
  readonly planned: number;
  /** Without any glitch the boot does what it must not: nothing else needs to be tried. */
  readonly failsUndisturbed: boolean;
  /** Single glitches. */
  readonly faults: number;
  /** How many single glitches per verdict. */
  readonly tally: Readonly<Record<Verdict, number>>;
  readonly findings: readonly GlitchFinding[];
  /** Undefined if nothing was disturbed twice. */
  readonly pairs?: PairTally;
}

/** Where a campaign that was stopped has come to. */
export interface GlitchStanding {
  /** How many of the instructions to disturb have been. */
  readonly disturbed: number;
  readonly faults: number;
  readonly tally: Readonly<Record<Verdict, number>>;
  readonly findings: readonly GlitchFinding[];
}

/** Instructions per job. */
const JOB_INSTRUCTIONS = 128;
/** Survivors per job. */
const JOB_SURVIVORS = 4;
const SHARE_ALL = 2 ** 32;

/** Says which jobs a campaign consists of, and adds up what they come to, in order. */
export class CampaignSum {
  readonly #recipe: GlitchRecipe;
  readonly #runner: GlitchRunner;
  readonly #survivors: Survivor[] = [];
  readonly #findings: GlitchFinding[];
  readonly #tally: Record<Verdict, number>;
  readonly #pairTally = emptyTally();
  #disturbed: number;
  #faults: number;
  #tried = 0;
  #withoutEffect = 0;
  #stage: "none" | GlitchProgress["stage"] = "none";
  #unlike: readonly Survivor[] = [];

  /** @param standing of the same campaign, to go on from */
  constructor(recipe: GlitchRecipe, runner: GlitchRunner, standing?: GlitchStanding) {
    this.#recipe = recipe;
    this.#runner = runner;
    this.#disturbed = standing?.disturbed ?? 0;
    this.#faults = standing?.faults ?? 0;
    this.#tally = { ...(standing?.tally ?? emptyTally()) };
    this.#findings = [...(standing?.findings ?? [])];
  }

  /** The jobs of the next stage, to be added in this order; none when the campaign is over. */
  nextJobs(): GlitchJob[] {
    const { pairs } = this.#recipe;
    if (this.#stage === "none") {
      this.#stage = "glitches";
      const jobs = this.#glitchJobs(pairs === undefined ? "disturb" : "observe");
      if (jobs.length > 0) return jobs;
    }
    if (this.#stage === "pairs" || pairs === undefined) return [];
    this.#stage = "pairs";
    this.#unlike = survivorsIn(this.#survivors);
    const jobs: GlitchJob[] = [];
    for (const { survivors, share } of sharesOf(this.#unlike, pairs.count)) {
      for (let from = 0; from < survivors.length; from += JOB_SURVIVORS) {
        jobs.push({ kind: "pairs", survivors: survivors.slice(from, from + JOB_SURVIVORS), share });
      }
    }
    return jobs;
  }

  /** Takes what a job came to. */
  add(job: GlitchJob, { faults, tally, findings, survivors, withoutEffect }: GlitchPart): void {
    this.#findings.push(...findings);
    if (job.kind === "pairs") {
      this.#tried += faults;
      addTally(this.#pairTally, tally);
      return;
    }
    this.#disturbed = job.to;
    this.#faults += faults;
    this.#withoutEffect += withoutEffect;
    this.#survivors.push(...survivors);
    addTally(this.#tally, tally);
  }

  progress(done: number, total: number): GlitchProgress {
    const stage = this.#stage === "pairs" ? "pairs" : "glitches";
    return { faults: this.#faults + this.#tried, done, total, stage };
  }

  /** Where it has come to; pairs do not count. */
  standing(): GlitchStanding {
    const findings = this.#findings.filter(({ second }) => second === undefined);
    return { disturbed: this.#disturbed, faults: this.#faults, tally: { ...this.#tally }, findings };
  }

  result(): GlitchCampaign {
    const { scenario, window, models, pairs } = this.#recipe;
    const { instructions, indices, failsUndisturbed } = this.#runner;
    return {
      scenario,
      window,
      models,
      instructions,
      disturbed: this.#disturbed,
      planned: indices.length,
      failsUndisturbed,
      faults: this.#faults,
      tally: this.#tally,
      findings: this.#findings,
      ...(pairs === undefined
        ? {}
        : {
            pairs: {
              withoutEffect: this.#withoutEffect,
              survivors: this.#survivors.reduce((sum, { likes }) => sum + likes, 0),
              unlike: this.#unlike.length,
              elsewhere: this.#unlike.filter(({ goesElsewhere }) => goesElsewhere).length,
              pairs: pairsAround(this.#unlike),
              tried: this.#tried,
              tally: this.#pairTally,
            },
          }),
    };
  }

  #glitchJobs(kind: "disturb" | "observe"): GlitchJob[] {
    const { length } = this.#runner.indices;
    const jobs: GlitchJob[] = [];
    for (let from = this.#disturbed; from < length; from += JOB_INSTRUCTIONS) {
      jobs.push({ kind, from, to: Math.min(length, from + JOB_INSTRUCTIONS) });
    }
    return jobs;
  }
}

/**
 * How many pairs of which survivors are tried: half of them around those that make the boot go
 * elsewhere, which is where refusals are passed, half around the others; all if there are not so many.
 *
 * @returns shares of 2³²
 */
function sharesOf(
  unlike: readonly Survivor[],
  count: number,
): { readonly survivors: readonly Survivor[]; readonly share: number }[] {
  const elsewhere = unlike.filter(({ goesElsewhere }) => goesElsewhere);
  const others = unlike.filter(({ goesElsewhere }) => !goesElsewhere);
  const first = Math.max(count / 2, count - pairsAround(others));
  const second = Math.max(count / 2, count - pairsAround(elsewhere));
  return [
    { survivors: elsewhere, share: shareOf(first, pairsAround(elsewhere)) },
    { survivors: others, share: shareOf(second, pairsAround(others)) },
  ];
}

function shareOf(part: number, whole: number): number {
  return part >= whole ? SHARE_ALL : Math.round((part / whole) * SHARE_ALL);
}

function pairsAround(survivors: readonly Survivor[]): number {
  return survivors.reduce((sum, { pairs }) => sum + pairs, 0);
}

function addTally(sum: Record<Verdict, number>, more: Readonly<Record<Verdict, number>>): void {
  sum.harmless += more.harmless;
  sum.booted += more.booted;
  sum.accepted += more.accepted;
  sum["booted-later"] += more["booted-later"];
  sum.bricked += more.bricked;
}
