/**
 * The campaign over the real bootloader and firmware, and over bootloaders that are wrong on purpose.
 */
import { describe, expect, it } from "vitest";
import { parseCaseId } from "../../emulator/explore/case-id.ts";
import { profileNamed } from "../../emulator/profile.ts";
import { replayCase } from "../../host/campaign/replay.ts";
import { verdictOf } from "../../host/campaign/report.ts";
import { runCampaign } from "../../host/campaign/run.ts";
import { SCENARIO_NAMES, scenarioNamed, type Scenario } from "../../host/campaign/scenario.ts";
import { readWasm } from "../wasm-file.ts";

const TIMEOUT_MILLIS = 300_000;

function scenario(name: string, profile = "class1", bootloader = "bootloader"): Scenario {
  return scenarioNamed(name, profileNamed(profile), {
    bootloader: readWasm(bootloader),
    firmware1: readWasm("firmware-1"),
    firmware2: readWasm("firmware-2"),
    firmwareFailing: readWasm("firmware-failing"),
    firmwareHanging: readWasm("firmware-hanging"),
  });
}

describe("the bootloader", () => {
  it(
    "survives every sequence of power cuts during an update, with one torn operation among them",
    () => {
      const result = runCampaign(scenario("update"));
      expect([verdictOf(result).kind, result.findings]).toEqual(["proved", []]);
      expect(result.exploration.terminals.map(({ image, journal }) => [image, journal])).toEqual([
        ["firmware 2", "Confirmed, slot B is active"],
        ["firmware 1", "Reverted (status 0x0603), slot A is active"],
      ]);
    },
    TIMEOUT_MILLIS,
  );

  it.each([
    ["update", "stm32l0"],
    ["update", "stm32f103"],
    ["update-into-blank", "class1"],
    ["refused-update", "class1"],
    ["failing-update", "class1"],
  ])(
    "survives every sequence of clean power cuts: %s on %s",
    (name, profile) => {
      const result = runCampaign(scenario(name, profile), { tornBudget: 0 });
      expect([verdictOf(result).kind, result.findings]).toEqual(["proved", []]);
    },
    TIMEOUT_MILLIS,
  );

  it.each(SCENARIO_NAMES)("comes to rest without a cut: %s", (name) => {
    const { uncut } = runCampaign(scenario(name), { maxStates: 0 });
    expect(uncut.isAtRest).toBe(true);
    const [first] = uncut.boots;
    const last = uncut.boots.at(-1);
    expect(first?.image).toBe("firmware 1");
    expect(last?.image).toBe(name.startsWith("update") ? "firmware 2" : "firmware 1");
  });
});

describe("a canary", () => {
  it.each([
    ["journal-erased-first", "update", "alive", 2],
    ["floor-before-confirmation", "failing-update", "counted", 0],
  ])(
    "that is wrong by %s is caught in %s by %s with %i cuts, and its replay shows the same",
    (canary, name, oracle, cuts) => {
      const broken = scenario(name, "class1", `canary-${canary}`);
      const result = runCampaign(broken, { stopAtFinding: true });
      expect(verdictOf(result).kind).toBe("broken");
      const [finding] = result.findings;
      expect(finding?.oracle).toBe(oracle);
      const replay = replayCase(broken, parseCaseId(finding?.caseId ?? ""));
      const objections = [...replay.objections, ...replay.powerOns.flatMap((powerOn) => powerOn.objections)];
      expect(objections.map((objection) => objection.oracle)).toContain(oracle);
      expect(replay.powerOns.filter(({ fate }) => fate === "cut")).toHaveLength(cuts);
    },
    TIMEOUT_MILLIS,
  );
});
