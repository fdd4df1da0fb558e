/**
 * Everything that report files show of one campaign.
 */
import type { ExploredGraph } from "../../emulator/explore/explore.ts";
import { measureCoverage, type CrashCoverage } from "../campaign/coverage.ts";
import type { CampaignResult } from "../campaign/run.ts";
import type { Scenario } from "../campaign/scenario.ts";
import { cutStrips, type CutStrips } from "./cut-strip.ts";
import { tellFinding, type FindingStory } from "./finding-story.ts";
import { recordHistory, type FlashHistory } from "./flash-history.ts";

/** One campaign, ready to be shown. */
export interface CampaignView {
  readonly result: CampaignResult;
  readonly stories: readonly FindingStory[];
  readonly coverage: CrashCoverage;
  readonly strips: CutStrips;
  readonly history: FlashHistory;
  /** Version of Brownout. */
  readonly version: string;
}

/** Gathers it: replays the findings, runs the scenario once more, looks at a sample of power-ons again. */
export function viewCampaign(
  scenario: Scenario,
  result: CampaignResult,
  graph: ExploredGraph,
  version: string,
): CampaignView {
  return {
    result,
    stories: result.findings.map((finding) => tellFinding(scenario, finding)),
    coverage: measureCoverage(scenario, graph),
    strips: cutStrips(graph, scenario.subject.images),
    history: recordHistory(
      scenario,
      result.uncut.boots.map(({ operations }) => operations),
    ),
    version,
  };
}
