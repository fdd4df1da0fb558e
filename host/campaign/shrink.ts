/**
 * Shrinks a finding's plan without making it longer. The exploration already gives the fewest cuts;
 * among plans of one length a clean cut is easier to follow than a torn operation, and a low torn
 * variant than a high one. A plan is taken only if its replay has the same oracle object.
 */
import type { Cut } from "../../emulator/cut.ts";
import { formatCaseId, parseCaseId } from "../../emulator/explore/case-id.ts";
import { UserError } from "../user-error.ts";
import { replayCase } from "./replay.ts";
import type { CampaignFinding } from "./run.ts";
import type { Scenario } from "./scenario.ts";

/** Replays that one finding may take. */
const REPLAYS_MAX = 16;

/** The findings, the first of each oracle with a plan that is as simple as it can be. */
export function shrinkFindings(scenario: Scenario, findings: readonly CampaignFinding[]): CampaignFinding[] {
  const seen = new Set<string>();
  return findings.map((finding) => {
    if (seen.has(finding.oracle)) return finding;
    seen.add(finding.oracle);
    return shrinkFinding(scenario, finding);
  });
}

/** The finding with the simplest plan of its length. */
export function shrinkFinding(scenario: Scenario, finding: CampaignFinding): CampaignFinding {
  let best = finding;
  let replays = 0;
  for (const [index, cut] of finding.cuts.entries()) {
    for (const simpler of simplerCuts(cut)) {
      if (replays >= REPLAYS_MAX) return best;
      replays += 1;
      const cuts = best.cuts.with(index, simpler);
      const found = replayed(scenario, best, cuts);
      if (found !== undefined) {
        best = found;
        break;
      }
    }
  }
  return best;
}

/** Simpler cuts of the same power-on, the simplest first. */
function simplerCuts(cut: Cut): Cut[] {
  if (cut.phase !== "torn") return [];
  const { operation } = cut;
  const clean: Cut[] = [
    { operation, phase: "after" },
    { operation, phase: "before" },
  ];
  for (let variant = 1; variant < cut.variant; variant += 1)
    clean.push({ operation, phase: "torn", variant });
  return clean;
}

/** The finding with other cuts, or undefined: with them its oracle does not object. */
function replayed(
  scenario: Scenario,
  finding: CampaignFinding,
  cuts: readonly Cut[],
): CampaignFinding | undefined {
  const id = { ...parseCaseId(finding.caseId), cuts };
  try {
    const { powerOns, objections } = replayCase(scenario, id);
    for (const { end, objections: said } of [...powerOns, { end: finding.end, objections }]) {
      const objection = said.find(({ oracle }) => oracle === finding.oracle);
      if (objection !== undefined) {
        return { ...finding, cuts, sentence: objection.sentence, end, caseId: formatCaseId(id) };
      }
    }
    return undefined;
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}
