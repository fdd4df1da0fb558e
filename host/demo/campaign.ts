/**
 * Chapter 5: every power cut of the update, after bootloaders that are wrong on purpose have shown
 * that the campaign can find something.
 *
 * Campaigns use the fixed keys of the test bench instead of this demonstration's, so that their case
 * ids mean the same on every machine.
 */
import { profileNamed } from "../../emulator/profile.ts";
import { verdictOf, type Verdict } from "../campaign/report.ts";
import { runCampaign, type CampaignResult } from "../campaign/run.ts";
import { scenarioNamed, type Scenario, type ScenarioName } from "../campaign/scenario.ts";
import { ownModule, ownSymbols } from "../device/wasm-file.ts";
import { Expectation } from "./expectation.ts";

/** How far the campaign has come. */
export interface CampaignProgress {
  readonly states: number;
  readonly boots: number;
  readonly queued: number;
  readonly cuts: number;
  readonly seconds: number;
}

/** What the campaign found. */
export interface CampaignFacts {
  readonly result: CampaignResult;
  readonly verdict: Verdict;
  readonly differences: readonly string[];
}

/** Plays the campaign over every cut point of the update. */
export function playCampaign(onProgress: (progress: CampaignProgress) => void): CampaignFacts {
  const result = runCampaign(scenarioWith("bootloader", "update"), { onProgress });
  const { exploration, findings, uncut } = result;
  const expect = new Expectation("The campaign");
  expect.holds(uncut.isAtRest, "the update without cuts does not come to rest.");
  expect.holds(exploration.closed, "it ended before every state was visited.");
  const verdict = verdictOf(result);
  expect.same("the verdict", "proved", verdict.kind);
  for (const { caseId, sentence } of findings) expect.holds(false, `${sentence} Replay ${caseId}`);
  return { result, verdict, differences: expect.differences };
}

/** A scenario that ships, with one of the bootloaders that are built. */
export function scenarioWith(bootloader: string, scenario: ScenarioName): Scenario {
  return scenarioNamed(scenario, profileNamed("class1"), {
    bootloader: ownModule(bootloader),
    firmware1: ownModule("firmware-1"),
    firmware2: ownModule("firmware-2"),
    firmwareFailing: ownModule("firmware-failing"),
    firmwareHanging: ownModule("firmware-hanging"),
    symbols: ownSymbols(),
  });
}
