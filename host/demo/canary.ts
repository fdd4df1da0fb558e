/**
 * Chapter 5, first half: bootloaders and firmware that are wrong on purpose, one for each oracle, each
 * with a shortest sequence of cuts that shows it.
 */
import { canaryScenario } from "../campaign/canary-scenario.ts";
import { tryCanaries } from "../campaign/canary.ts";
import { missedSentence, type CanaryReport } from "../campaign/canary-report.ts";
import { readCaseId, replayCase } from "../campaign/replay.ts";
import { Expectation } from "./expectation.ts";

/** What became of the canaries. */
export interface CanaryFacts {
  readonly report: CanaryReport;
  readonly differences: readonly string[];
}

/**
 * Lets every canary out, and replays what was found.
 *
 * @throws UserError `not-built` when a module is missing
 */
export function playCanaries(): CanaryFacts {
  const report = tryCanaries();
  const expect = new Expectation("The canaries");
  const missed = missedSentence(report);
  expect.holds(missed === undefined, missed ?? "");
  for (const { canary, finding } of report.outcomes) {
    if (finding === undefined) continue;
    const { powerOns, objections } = replayCase(canaryScenario(canary.name), readCaseId(finding.caseId));
    const all = [...powerOns.flatMap((powerOn) => powerOn.objections), ...objections];
    const isShown = all.some(({ oracle }) => oracle === canary.oracle);
    expect.holds(isShown, `the replay of ${finding.caseId} shows nothing.`);
  }
  return { report, differences: expect.differences };
}
