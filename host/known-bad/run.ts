/**
 * Runs the corpus of known-bad variants: each has to be found, and what is right has to pass where it
 * is found.
 */
import { formatCaseId, parseCaseId, type CaseId } from "../../emulator/explore/case-id.ts";
import type { Exploration } from "../../emulator/explore/explore.ts";
import { ORACLES, type OracleId } from "../../emulator/explore/oracle.ts";
import { replayCase } from "../campaign/replay.ts";
import { caseIdOf, runCampaign, type CampaignFinding, type CampaignOptions } from "../campaign/run.ts";
import type { Scenario } from "../campaign/scenario.ts";
import { shrinkFinding } from "../campaign/shrink.ts";
import { scenarioOf } from "./scenario.ts";
import type { Trial, Variant } from "./variant.ts";

/** The shortest way to show that a variant is bad. */
export interface ShownBad {
  readonly oracle: OracleId;
  readonly sentence: string;
  /** As in a variant's file. */
  readonly plan: string;
  readonly caseId: string;
}

/** What a campaign over something that is right says. */
export interface ShownGood {
  /** Every plan was tried, and no oracle objects. */
  readonly passes: boolean;
  readonly states: number;
  readonly seconds: number;
  /** The first objection, with its plan, or that not everything was tried. */
  readonly objection: string | undefined;
}

/** What became of a variant. */
export interface VariantResult {
  readonly variant: Variant;
  /** Undefined: not found. */
  readonly found: ShownBad | undefined;
  /** Found with the plan that its file states. */
  readonly isAsStated: boolean;
  /** Power-ons until it was found. */
  readonly boots: number;
  readonly seconds: number;
  /** Our own modules where the variant is found. */
  readonly fixed: ShownGood;
  /** The twin that is repaired by the idea of the published fix, if there is one. */
  readonly repaired: ShownGood | undefined;
}

/** Runs variants one by one; what they share is run once. */
export class KnownBadRun {
  readonly #fixed = new Map<string, ShownGood>();

  /** Finds a variant and tries what is right in its place. */
  run(variant: Variant): VariantResult {
    const start = performance.now();
    const { found, boots } = findVariant(variant);
    const seconds = (performance.now() - start) / 1000;
    return {
      variant,
      found,
      isAsStated: found?.plan === variant.plan,
      boots,
      seconds,
      fixed: this.fixed(variant.trial),
      repaired:
        variant.repaired === undefined
          ? undefined
          : tryAll(scenarioOf(variant.trial, variant, "repaired"), variant.trial),
    };
  }

  /** Our own modules in a trial. */
  fixed(trial: Trial): ShownGood {
    const key = JSON.stringify(trial);
    const known = this.#fixed.get(key);
    if (known !== undefined) return known;
    const shown = tryAll(scenarioOf(trial), trial);
    this.#fixed.set(key, shown);
    return shown;
  }
}

/** Whether what is right in a variant's place passes: our modules, and its repaired twin if it has one. */
export function isRight({ fixed, repaired }: VariantResult): boolean {
  return fixed.passes && repaired?.passes !== false;
}

/**
 * The shortest plan to which the oracle of a variant objects: first no cut at all, then all plans,
 * those with the fewest cuts first. Another oracle may object to a shorter one.
 */
export function findVariant(variant: Variant): {
  readonly found: ShownBad | undefined;
  readonly boots: number;
} {
  const scenario = withOracle(scenarioOf(variant.trial, variant), variant.oracle);
  const uncut = parseCaseId(caseIdOf(scenario, { cuts: [] }));
  const shown = showBad(scenario, uncut);
  if (shown !== undefined) return { found: shown, boots: 1 };
  const options = { ...optionsOf(variant.trial), stopAtFinding: true };
  // Some variants have no end of states, but a shortest plan of one cut.
  let boots = 0;
  for (const maxCuts of [1, Infinity]) {
    const { findings, exploration } = runCampaign(scenario, { ...options, maxCuts });
    const [first] = findings;
    boots += exploration.boots;
    if (first !== undefined) return { found: showShrunk(scenario, first), boots };
  }
  return { found: undefined, boots };
}

/** The scenario with one oracle to look on. */
export function withOracle(scenario: Scenario, id: OracleId): Scenario {
  return { ...scenario, oracles: (scenario.oracles ?? ORACLES).filter((oracle) => oracle.id === id) };
}

/** Replays a plan; what the first oracle says that objects to it. */
export function showBad(scenario: Scenario, id: CaseId): ShownBad | undefined {
  const { powerOns, objections } = replayCase(scenario, id);
  const [first] = [...powerOns.flatMap((powerOn) => powerOn.objections), ...objections];
  if (first === undefined) return undefined;
  const plan = powerOns.slice(0, id.cuts.length).map(({ fate, cut = "" }) => (fate === "cut" ? cut : "end"));
  return { ...first, plan: plan.join(","), caseId: formatCaseId(id) };
}

function showShrunk(scenario: Scenario, finding: CampaignFinding): ShownBad | undefined {
  return showBad(scenario, parseCaseId(shrinkFinding(scenario, finding).caseId));
}

function tryAll(scenario: Scenario, trial: Trial): ShownGood {
  const { findings, exploration, seconds } = runCampaign(scenario, optionsOf(trial));
  const objection = objectionOf(findings, exploration);
  return { passes: objection === undefined, states: exploration.states, seconds, objection };
}

function objectionOf(findings: readonly CampaignFinding[], { closed }: Exploration): string | undefined {
  const [first] = findings;
  if (first !== undefined) return `${first.oracle}: ${first.sentence} ${first.caseId}`;
  return closed ? undefined : "not every plan was tried";
}

function optionsOf({ tear }: Trial): Pick<CampaignOptions, "tornBudget" | "tearClasses" | "maxStates"> {
  return { tornBudget: tear.length === 0 ? 0 : 1, tearClasses: tear, maxStates: STATES_MAX };
}

/** Some variants never run out of states. */
const STATES_MAX = 200_000;
