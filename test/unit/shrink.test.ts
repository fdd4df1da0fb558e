/**
 * Shrinking of findings, over the toy that writes its flag first.
 */
import { describe, expect, it } from "vitest";
import { formatCuts, parseCuts } from "../../emulator/cut.ts";
import { readCaseId, replayCase } from "../../host/campaign/replay.ts";
import { caseIdOf, type CampaignFinding } from "../../host/campaign/run.ts";
import { shrinkFinding, shrinkFindings } from "../../host/campaign/shrink.ts";
import { explored, toyScenario } from "../report-campaign.ts";

describe("shrinking", () => {
  const scenario = toyScenario("flag first");
  const { findings } = explored(scenario).result;
  const withPlan = (plan: string): CampaignFinding => {
    const [first] = findings;
    if (first === undefined) throw new Error("The toy has findings.");
    const cuts = parseCuts(plan);
    return { ...first, cuts, caseId: caseIdOf(scenario, { cuts }) };
  };

  it("prefers a clean cut to a torn operation that shows the same", () => {
    const shrunk = shrinkFinding(scenario, withPlan("2t3"));
    expect(formatCuts(shrunk.cuts)).toBe("2a");
    expect(shrunk.caseId).toBe(caseIdOf(scenario, shrunk));
  });

  it("leaves a plan alone whose cuts are clean, or whose simpler ones show nothing", () => {
    expect(shrinkFinding(scenario, withPlan("1a"))).toEqual(withPlan("1a"));
    const mute = { ...withPlan("2t2"), oracle: "floor" } as const;
    expect(shrinkFinding(scenario, mute)).toEqual(mute);
  });

  it("gives plans of the same length whose replays still have the oracle object", () => {
    const shrunk = shrinkFindings(scenario, findings);
    expect(shrunk).toHaveLength(findings.length);
    shrunk.forEach(({ oracle, cuts, caseId }, index) => {
      expect(cuts).toHaveLength(findings[index]?.cuts.length ?? -1);
      const { powerOns, objections } = replayCase(scenario, readCaseId(caseId));
      const said = [...powerOns.flatMap((powerOn) => powerOn.objections), ...objections];
      expect(said.map((objection) => objection.oracle)).toContain(oracle);
    });
  });
});
