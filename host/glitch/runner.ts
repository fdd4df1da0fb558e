/**
 * What glitch campaigns do, cut into jobs: a job needs nothing but the recipe of its campaign, so that
 * any thread can do it, and gives the same result wherever it is done.
 */
import { GlitchBench } from "../../emulator/glitch/bench.ts";
import {
  effectsOn,
  type Effect,
  type GlitchModel,
  type GlitchSite,
} from "../../emulator/wasm/glitch-model.ts";
import { Judge, type Judgement, type Verdict } from "./judge.ts";
import { isKept, secondsAround, type PairLimits } from "./pair.ts";
import type { RefusalScenario } from "./scenario.ts";
import { survivorsIn, Witnesser, type Survivor } from "./survivor.ts";
import type { WindowOptions } from "./window.ts";

/** A second glitch in the same boot. */
export interface SecondGlitch {
  /** Dynamic index in the boot that the first one has disturbed. */
  readonly index: number;
  readonly effect: Effect;
  readonly site: GlitchSite;
  readonly functionName: string;
}

/** A glitch with consequences, or two. */
export interface GlitchFinding extends Judgement {
  readonly verdict: Exclude<Verdict, "harmless">;
  /** Dynamic index: how many instructions were executed before. */
  readonly index: number;
  readonly effect: Effect;
  readonly site: GlitchSite;
  /** Name of the function it is in. */
  readonly functionName: string;
  readonly second?: SecondGlitch;
}

/** How to make a runner: plain data. */
export interface GlitchRecipe extends WindowOptions {
  readonly scenario: RefusalScenario;
  readonly models: readonly GlitchModel[];
  /** Disturb so many instructions drawn at random, instead of all of them. */
  readonly sample?: { readonly count: number; readonly seed: number };
  /** Disturb a second time around survivors. */
  readonly pairs?: PairLimits;
}

/** A piece of a campaign. */
export type GlitchJob =
  /** Every glitch at the instructions `from` to `to` of those that are disturbed. */
  | { readonly kind: "disturb"; readonly from: number; readonly to: number }
  /** The same, and which of them are survivors. */
  | { readonly kind: "observe"; readonly from: number; readonly to: number }
  /** Pairs around survivors; `share` of 2³² of them. */
  | { readonly kind: "pairs"; readonly survivors: readonly Survivor[]; readonly share: number };

/** What came of a job. */
export interface GlitchPart {
  /** Runs. */
  readonly faults: number;
  /** How many runs per verdict. */
  readonly tally: Readonly<Record<Verdict, number>>;
  readonly findings: readonly GlitchFinding[];
  /** Of a job that observes: survivors, no two of which are alike. */
  readonly survivors: readonly Survivor[];
  /** Of a job that observes: glitches that changed nothing that could be seen. */
  readonly withoutEffect: number;
}

/** Does the jobs of one campaign. */
export class GlitchRunner {
  /** Instructions that the boot executes, outside of kernels. */
  readonly instructions: number;
  /** The dynamic indices to disturb, in ascending order. */
  readonly indices: readonly number[];
  /** Without any glitch the boot does what it must not: nothing else needs to be tried. */
  readonly failsUndisturbed: boolean;

  readonly #bench: GlitchBench;
  readonly #judge: Judge;
  readonly #models: ReadonlySet<GlitchModel>;
  readonly #pairs: PairLimits | undefined;
  readonly #effects = new Map<GlitchSite, readonly Effect[]>();
  #witnesser: Witnesser | undefined;

  /** Throws KernelError for kernels that are not there or are none. */
  constructor(recipe: GlitchRecipe) {
    const { scenario, symbols, kernels, models, pairs } = recipe;
    const { profile, state, surroundings } = scenario;
    this.#bench = new GlitchBench({ profile, bootloader: symbols, state, surroundings, kernels });
    this.#judge = new Judge(scenario, this.#bench);
    this.#models = new Set(models);
    this.#pairs = pairs;
    this.instructions = this.#bench.golden().instructions;
    this.failsUndisturbed = this.#judge.judge(this.#bench.runUndisturbed()).verdict !== "harmless";
    this.#bench.rewind();
    this.indices = this.failsUndisturbed ? [] : indicesOf(this.#bench, recipe);
  }

  /** Does one job. */
  do(job: GlitchJob): GlitchPart {
    const traceLimit = Error.stackTraceLimit;
    // Traps are as frequent as instructions here, and nobody reads where they come from.
    Error.stackTraceLimit = 0;
    try {
      switch (job.kind) {
        case "disturb":
          return this.#disturb(job.from, job.to);
        case "observe":
          return this.#observe(job.from, job.to);
        case "pairs":
          return this.#disturbTwice(job.survivors, job.share);
      }
    } finally {
      Error.stackTraceLimit = traceLimit;
    }
  }

  /** The instruction at each dynamic index of a boot that is disturbed once. */
  sitesOf(index: number, effect: Effect): readonly GlitchSite[] {
    const { sites } = this.#witness().observe(index, effect);
    this.#bench.rewind();
    return sites;
  }

  #disturb(from: number, to: number): GlitchPart {
    const sum = new PartSum();
    for (const { index, site, effect } of this.#glitches(from, to)) {
      const judgement = this.#judge.judge(this.#bench.run(index, effect));
      this.#bench.rewind();
      sum.add(judgement, (bad) => ({ ...bad, index, effect, site, functionName: this.#nameOf(site) }));
    }
    return sum.part();
  }

  #observe(from: number, to: number): GlitchPart {
    const sum = new PartSum();
    const witnesser = this.#witness();
    const seen: Survivor[] = [];
    for (const { index, site, effect } of this.#glitches(from, to)) {
      const observation = witnesser.observe(index, effect);
      const judgement = this.#judge.judge(observation.outcome);
      this.#bench.rewind();
      sum.add(judgement, (bad) => ({ ...bad, index, effect, site, functionName: this.#nameOf(site) }));
      if (judgement.verdict !== "harmless") continue;
      if (observation.key === undefined) sum.withoutEffect += 1;
      else {
        const { key, divergence, goesElsewhere, sites } = observation;
        const pairs = this.#seconds(index, divergence, sites).length;
        seen.push({ key, index, effect, divergence, goesElsewhere, likes: 1, pairs });
      }
    }
    return sum.part(survivorsIn(seen));
  }

  #disturbTwice(survivors: readonly Survivor[], share: number): GlitchPart {
    const sum = new PartSum();
    const { seed = 1 } = this.#pairs ?? {};
    const { sites: golden } = this.#bench.golden();
    for (const { index, effect, divergence } of survivors) {
      const site = golden[index];
      if (site === undefined) continue;
      for (const second of this.#seconds(index, divergence, this.sitesOf(index, effect))) {
        if (!isKept(seed, share, { index, effect }, second)) continue;
        const judgement = this.#judge.judge(
          this.#bench.run(index, effect, { index: second.index - index, effect: second.effect }),
        );
        this.#bench.rewind();
        sum.add(judgement, (bad) => ({
          ...bad,
          index,
          effect,
          site,
          functionName: this.#nameOf(site),
          second: { ...second, functionName: this.#nameOf(second.site) },
        }));
      }
    }
    return sum.part();
  }

  #seconds(index: number, divergence: number, sites: readonly GlitchSite[]) {
    const reach = this.#pairs?.reach ?? 0;
    return secondsAround(index, divergence + reach, sites, (site) => this.#effectsOn(site));
  }

  #witness(): Witnesser {
    return (this.#witnesser ??= new Witnesser(this.#bench));
  }

  *#glitches(from: number, to: number): Generator<{ index: number; site: GlitchSite; effect: Effect }> {
    const { sites } = this.#bench.golden();
    for (const index of this.indices.slice(from, to)) {
      const site = sites[index];
      if (site === undefined) continue;
      for (const effect of this.#effectsOn(site)) yield { index, site, effect };
    }
  }

  #effectsOn(site: GlitchSite): readonly Effect[] {
    let effects = this.#effects.get(site);
    if (effects === undefined) this.#effects.set(site, (effects = effectsOn(site, this.#models)));
    return effects;
  }

  #nameOf(site: GlitchSite): string {
    return this.#bench.module.functions[site.functionIndex]?.name ?? "";
  }
}

/** Counts what runs come to. */
class PartSum {
  withoutEffect = 0;
  #faults = 0;
  readonly #tally = emptyTally();
  readonly #findings: GlitchFinding[] = [];

  add(
    judgement: Judgement,
    describe: (bad: Judgement & Pick<GlitchFinding, "verdict">) => GlitchFinding,
  ): void {
    const { verdict } = judgement;
    this.#faults += 1;
    this.#tally[verdict] += 1;
    if (verdict !== "harmless") this.#findings.push(describe({ ...judgement, verdict }));
  }

  part(survivors: readonly Survivor[] = []): GlitchPart {
    return {
      faults: this.#faults,
      tally: this.#tally,
      findings: this.#findings,
      survivors,
      withoutEffect: this.withoutEffect,
    };
  }
}

/** No run of any verdict. */
export function emptyTally(): Record<Verdict, number> {
  return { harmless: 0, booted: 0, accepted: 0, "booted-later": 0, bricked: 0 };
}

/** The dynamic indices to disturb, in ascending order. */
function indicesOf(
  bench: GlitchBench,
  options: Pick<GlitchRecipe, "within" | "isShallow" | "sample">,
): number[] {
  const { sites } = bench.golden();
  const { within, isShallow = false, sample } = options;
  const chosen = within && (isShallow ? bench.functionsNamed(within) : bench.functionsBelow(within));
  const indices: number[] = [];
  sites.forEach((site, index) => {
    if (chosen?.has(site.functionIndex) ?? true) indices.push(index);
  });
  if (sample === undefined || sample.count >= indices.length) return indices;
  const drawn = new Set<number>();
  let state = sample.seed >>> 0 || 1;
  while (drawn.size < sample.count) {
    // xorshift32
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    drawn.add(indices[(state >>> 0) % indices.length] ?? 0);
  }
  return [...drawn].sort((a, b) => a - b);
}
