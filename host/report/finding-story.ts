/**
 * Findings as stories: each one replayed, power-on by power-on, with the flash before and after.
 */
import { replayCommand } from "../campaign/report.ts";
import { readCaseId, replayCase, type ReplayedPowerOn } from "../campaign/replay.ts";
import type { CampaignFinding } from "../campaign/run.ts";
import type { Scenario } from "../campaign/scenario.ts";
import { UserError } from "../user-error.ts";
import { pathText, sourceOf, type CallPath, type SourceLine } from "./call-site.ts";
import { cellText, type CellText } from "./flash-history.ts";
import { mapFlash } from "./flash-map.ts";

/** One power-on of a story. */
export interface StoryStep extends Omit<ReplayedPowerOn, "floorBefore" | "floorAfter"> {
  readonly floorBefore: string;
  readonly floorAfter: string;
  readonly cellsBefore: CellText;
  readonly cellsAfter: CellText;
  /** Where the cut hit, innermost call first, in words. */
  readonly cutPlace: string | undefined;
}

/** A finding with what led to it. */
export interface FindingStory {
  readonly oracle: string;
  readonly sentence: string;
  readonly caseId: string;
  /** The command line that plays it again. */
  readonly replay: string;
  readonly end: string | undefined;
  readonly steps: readonly StoryStep[];
  /** The call that the last cut hit; undefined where it is not known. */
  readonly lastCut: { readonly path: CallPath; readonly source: SourceLine | undefined } | undefined;
  /** Why it could not be told, if it could not. */
  readonly untold: string | undefined;
}

/** Replays a finding of a campaign of this scenario. */
export function tellFinding(scenario: Scenario, finding: CampaignFinding): FindingStory {
  const { oracle, sentence, caseId, end } = finding;
  const { replayOptions = "" } = scenario;
  const steps: StoryStep[] = [];
  let untold: string | undefined;
  try {
    replayCase(scenario, readCaseId(caseId), {
      onPowerOn: ({ powerOn, before, after }) => {
        const { cutPath } = powerOn;
        steps.push({
          ...powerOn,
          floorBefore: String(powerOn.floorBefore),
          floorAfter: String(powerOn.floorAfter),
          cellsBefore: cellText(mapFlash(before.flash, scenario.profile)),
          cellsAfter: cellText(mapFlash(after.flash, scenario.profile)),
          cutPlace: cutPath === undefined ? undefined : pathText(cutPath),
        });
      },
    });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    untold = error.message;
  }
  const path = [...steps].reverse().find(({ cutPath }) => cutPath !== undefined)?.cutPath;
  const lastCut = path === undefined ? undefined : { path, source: sourceOfPath(path) };
  const replay = replayCommand({ replayOptions }, caseId);
  return { oracle, sentence, caseId, replay, end, steps, lastCut, untold };
}

function sourceOfPath(path: CallPath): SourceLine | undefined {
  return path.map(sourceOf).find((source) => source !== undefined);
}
