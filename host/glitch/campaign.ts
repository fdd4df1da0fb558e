/**
 * Glitch campaigns: a boot that must refuse, with every executed instruction disturbed in every way
 * that the chosen models know, one at a time, or two at a time around what a first one has changed.
 * judge.ts says when a glitch has got through.
 */
import { GlitchBench, type GlitchAim, type GlitchRunOutcome } from "../../emulator/glitch/bench.ts";
import type { Effect, GlitchSite } from "../../emulator/wasm/glitch-model.ts";
import { Judge, type Judgement } from "./judge.ts";
import {
  CampaignSum,
  type GlitchCampaign,
  type GlitchProgress,
  type GlitchStanding,
} from "./campaign-sum.ts";
import { GlitchRunner, type GlitchRecipe } from "./runner.ts";
import type { RefusalScenario } from "./scenario.ts";
import type { GlitchThreads } from "./worker-pool.ts";

export type { GlitchCampaign, GlitchProgress, GlitchStanding, PairTally } from "./campaign-sum.ts";
export type { GlitchFinding } from "./runner.ts";

/** What is disturbed. */
export interface GlitchCampaignOptions extends Omit<GlitchRecipe, "scenario"> {
  readonly onProgress?: (progress: GlitchProgress) => void;
}

/** Runs one campaign in this thread. */
export function runGlitchCampaign(
  scenario: RefusalScenario,
  { onProgress, ...options }: GlitchCampaignOptions,
): GlitchCampaign {
  const recipe = { scenario, ...options };
  const runner = new GlitchRunner(recipe);
  const sum = new CampaignSum(recipe, runner);
  for (let jobs = sum.nextJobs(); jobs.length > 0; jobs = sum.nextJobs()) {
    jobs.forEach((job, index) => {
      sum.add(job, runner.do(job));
      onProgress?.(sum.progress(index + 1, jobs.length));
    });
  }
  return sum.result();
}

/** How to run a campaign in threads. */
export interface GlitchThreading {
  readonly threads: GlitchThreads;
  /** Where an earlier run of the same campaign has come to. */
  readonly standing?: GlitchStanding;
  /** Called after every job with what there is to go on from. */
  readonly onStanding?: (standing: () => GlitchStanding) => void;
  /** Asked before each job. */
  readonly isStopped?: () => boolean;
}

/** Runs one campaign in threads; the result is that of {@link runGlitchCampaign}. */
export async function runGlitchCampaignInThreads(
  scenario: RefusalScenario,
  { onProgress, ...options }: GlitchCampaignOptions,
  { threads, standing, onStanding, isStopped = () => false }: GlitchThreading,
): Promise<GlitchCampaign> {
  const recipe = { scenario, ...options };
  const runner = new GlitchRunner(recipe);
  const sum = new CampaignSum(recipe, runner, standing);
  for (let jobs = sum.nextJobs(); jobs.length > 0 && !isStopped(); jobs = sum.nextJobs()) {
    let done = 0;
    for await (const part of threads.run(recipe, runner, jobs, isStopped)) {
      const job = jobs[done];
      if (job !== undefined) sum.add(job, part);
      done += 1;
      onProgress?.(sum.progress(done, jobs.length));
      onStanding?.(() => sum.standing());
    }
  }
  return sum.result();
}

/** One glitch or a pair, played again. */
export interface GlitchReplay extends Judgement {
  /** The instruction; undefined: the boot does not execute so many. */
  readonly site: GlitchSite | undefined;
  readonly functionName: string;
  /** The second instruction of a pair; its site is undefined if the disturbed boot executes fewer. */
  readonly second?: { readonly site: GlitchSite | undefined; readonly functionName: string };
  readonly run: GlitchRunOutcome;
}

/** Plays one glitch, or two; the second one's index counts as the first one's does. */
export function playGlitch(
  scenario: RefusalScenario,
  { symbols, kernels }: Pick<GlitchRecipe, "symbols" | "kernels">,
  index: number,
  effect: Effect,
  second?: GlitchAim,
): GlitchReplay {
  const { profile, state, surroundings } = scenario;
  const bench = new GlitchBench({ profile, bootloader: symbols, state, surroundings, kernels });
  const nameOf = (site: GlitchSite | undefined): string =>
    site === undefined ? "" : (bench.module.functions[site.functionIndex]?.name ?? "");
  const site = bench.golden().sites[index];
  const judge = new Judge(scenario, bench);
  if (second === undefined) {
    const run = bench.run(index, effect);
    return { site, functionName: nameOf(site), run, ...judge.judge(run) };
  }
  const sites: GlitchSite[] = [];
  bench.observe(
    { run: (_run, ofRun) => void sites.push(...ofRun), checkpoint: () => undefined },
    index,
    effect,
  );
  bench.rewind();
  const run = bench.run(index, effect, { index: second.index - index, effect: second.effect });
  const secondSite = sites[second.index];
  return {
    site,
    functionName: nameOf(site),
    second: { site: secondSite, functionName: nameOf(secondSite) },
    run,
    ...judge.judge(run),
  };
}
