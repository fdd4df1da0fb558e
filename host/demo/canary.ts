/**
 * Chapter 5, first half: bootloaders that are wrong on purpose, each with a shortest sequence of
 * cuts that shows it.
 *
 * The search is the campaign's own and stops at the first finding: states are visited with the
 * fewest cuts first, so no shorter sequence shows anything.
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { explore } from "../../emulator/explore/explore.ts";
import type { Finding } from "../../emulator/explore/finding.ts";
import { ORACLES, type Oracle } from "../../emulator/explore/oracle.ts";
import { readCaseId, replayCase } from "../campaign/replay.ts";
import { caseIdOf, type CampaignFinding } from "../campaign/run.ts";
import type { Scenario, ScenarioName } from "../campaign/scenario.ts";
import { projectRoot } from "../project.ts";
import { scenarioWith, type CampaignProgress } from "./campaign.ts";
import { Expectation } from "./expectation.ts";

/** A canary of `assembly/canary/`, and a scenario in which it cannot hide. */
export interface Canary {
  readonly name: string;
  readonly scenario: ScenarioName;
}

/** What became of a canary. */
export interface CanaryFacts {
  readonly name: string;
  /** What is wrong with it, as its own file says. */
  readonly title: string;
  /** The first finding, which is a shortest one; undefined if it was not caught. */
  readonly finding: CampaignFinding | undefined;
  readonly states: number;
  readonly boots: number;
  readonly seconds: number;
  readonly differences: readonly string[];
}

/** The canaries that the demonstration lets out. */
export const CANARIES: readonly Canary[] = [
  { name: "floor-before-confirmation", scenario: "failing-update" },
  { name: "journal-erased-first", scenario: "update" },
];

const CanaryFile = z.object({ title: z.string() });

/**
 * Lets one canary out.
 *
 * @throws UserError `not-built` when its module is missing
 */
export function playCanary(
  { name, scenario: scenarioName }: Canary,
  onProgress: (progress: CampaignProgress) => void,
): CanaryFacts {
  const start = performance.now();
  const seconds = (): number => (performance.now() - start) / 1000;
  const scenario = scenarioWith(`canary-${name}`, scenarioName);
  const { first, states, boots } = firstFinding(scenario, (progress) => {
    onProgress({ ...progress, seconds: seconds() });
  });
  const finding = first === undefined ? undefined : { ...first, caseId: caseIdOf(scenario, first) };
  const expect = new Expectation(`Canary ${name}`);
  expect.holds(finding !== undefined, "it was not caught.");
  if (finding !== undefined) {
    const { isFinding } = replayCase(scenario, readCaseId(finding.caseId));
    expect.holds(isFinding, `the replay of ${finding.caseId} shows nothing.`);
  }
  return {
    name,
    title: titleOf(name),
    finding,
    states,
    boots,
    seconds: seconds(),
    differences: expect.differences,
  };
}

function titleOf(name: string): string {
  const file = path.join(projectRoot, "assembly", "canary", `${name}.json`);
  return CanaryFile.parse(JSON.parse(readFileSync(file, "utf8"))).title;
}

/** Explores until any oracle objects to anything. */
function firstFinding(
  scenario: Scenario,
  onProgress: (progress: Omit<CampaignProgress, "seconds">) => void,
): { readonly first: Finding | undefined; readonly states: number; readonly boots: number } {
  let isFound = false;
  const noticed = (sentence: string | undefined): string | undefined => {
    isFound ||= sentence !== undefined;
    return sentence;
  };
  const oracles = ORACLES.map((oracle): Oracle => {
    const { id, sentence } = oracle;
    return {
      id,
      sentence,
      cycle: (view) => noticed(oracle.cycle?.(view)),
      step: (view) => noticed(oracle.step?.(view)),
    };
  });
  const { findings, states, boots } = explore({
    device: { profile: scenario.profile, link: scenario.link },
    initial: scenario.initial,
    subject: scenario.subject,
    oracles,
    shouldStop: () => isFound,
    onProgress,
  });
  return { first: findings[0], states, boots };
}
