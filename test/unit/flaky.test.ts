/**
 * Operations that report failure once: what they leave, and what a bootloader makes of it.
 */
import { describe, expect, it } from "vitest";
import { Status } from "../../assembly/status.ts";
import {
  FLAKY_OUTCOMES,
  flakyIn,
  formatDefect,
  parseDefect,
  type FlakyDefect,
} from "../../emulator/defect.ts";
import { defectiveProfile, profileNamed } from "../../emulator/profile.ts";
import { flakyText, runFlaky } from "../../host/campaign/flaky.ts";
import { readCaseId, replayCase } from "../../host/campaign/replay.ts";
import type { Scenario } from "../../host/campaign/scenario.ts";
import { toyScenario } from "../toy-scenario.ts";
import { deviceWith, keepStatus, moduleOf, RAM, statuses } from "./device-fixture.ts";

const STATE = profileNamed("class1").layout.state.address;
const ERASE = `(call $flash_erase (i32.const ${STATE}))`;
const PROGRAM = `(call $flash_program (i32.const ${STATE}) (i32.const ${RAM + 64}) (i32.const 4))`;
const WORD = `(i32.store (i32.const ${RAM + 64}) (i32.const 0x11223344))`;

/** Erases the page and programs its first word, twice; operation `operation` of the power-on is flaky. */
function twice(operation: number, leaves: FlakyDefect["leaves"]) {
  const body =
    WORD + keepStatus(0, ERASE) + keepStatus(1, PROGRAM) + keepStatus(2, ERASE) + keepStatus(3, PROGRAM);
  const part = profileNamed(`class1-with-flaky-1-${operation}-${leaves}`);
  const device = deviceWith(moduleOf(body), { profile: part });
  device.flash.bytes.fill(0x21, STATE, STATE + 1024);
  device.flash.flaky = flakyIn(part.defects, 1);
  const cycle = device.powerOn();
  return { device, cycle, word: [...device.flash.bytes.subarray(STATE, STATE + 4)] };
}

describe("a flaky operation", () => {
  it("fails with a status, and the same operation done again works", () => {
    const { device, cycle, word } = twice(1, 1);
    expect(statuses(device, 4)).toEqual([Status.Ok, Status.FlashFailed, Status.Ok, Status.Ok]);
    expect(word).toEqual([0x44, 0x33, 0x22, 0x11]);
    expect(cycle).toMatchObject({ operations: 4, violations: [] });
  });

  it.each([
    [1, [0xff, 0xff, 0xff, 0xff]],
    [2, [0x44, 0x33, 0xff, 0xff]],
    [3, [0x44, 0x33, 0x22, 0x11]],
  ] as const)("leaves of a unit, in way %i, %j", (leaves, left) => {
    const { device, word } = twice(3, leaves);
    expect(statuses(device, 4)).toEqual([Status.Ok, Status.Ok, Status.Ok, Status.FlashFailed]);
    expect(word).toEqual(left);
  });

  it.each([
    [1, 0x21, 0x21],
    [2, 0xff, 0x21],
    [3, 0xff, 0xff],
  ] as const)("leaves of a page, in way %i, %i and %i in its halves", (leaves, first, second) => {
    const part = profileNamed(`class1-with-flaky-1-0-${leaves}`);
    const device = deviceWith(moduleOf(keepStatus(0, ERASE)), { profile: part });
    device.flash.bytes.fill(0x21, STATE, STATE + 1024);
    device.flash.flaky = flakyIn(part.defects, 1);
    device.powerOn();
    expect([device.flash.bytes[STATE], device.flash.bytes[STATE + 1023]]).toEqual([first, second]);
    expect(statuses(device, 1)).toEqual([Status.FlashFailed]);
    device.powerOn();
    expect(statuses(device, 1)).toEqual([Status.Ok]);
  });

  it("has a name that says power-on, operation and what is left", () => {
    const defect: FlakyDefect = { kind: "flaky", powerOn: 12, operation: 345, leaves: 2 };
    expect(formatDefect(defect)).toBe("flaky-12-345-2");
    expect(parseDefect("flaky-12-345-2")).toEqual(defect);
    for (const text of ["flaky-0-1-1", "flaky-1-1-4", "flaky-1-1"]) expect(parseDefect(text)).toBeUndefined();
  });
});

describe("a campaign of flaky operations", () => {
  const scenario = toyScenario("data first");
  const scenarioFor = (defect: FlakyDefect): Scenario => {
    return { ...scenario, profile: defectiveProfile(scenario.profile, [defect]) };
  };
  const result = runFlaky(scenario, scenarioFor);

  it("lets every operation fail in every way, and tries all cuts after it", () => {
    expect(result).toMatchObject({ operations: 4, failures: 4 * FLAKY_OUTCOMES.length, closed: true });
    expect(result.states).toBeGreaterThan(4);
    expect(result.ends).toEqual([{ image: "new", states: result.states }]);
  });

  it("finds that the toy traps where it should try again, and replays it from its case id", () => {
    expect(new Set(result.findings.map(({ oracle }) => oracle))).toEqual(new Set(["sound"]));
    expect(flakyText(scenario, result)).toContain("-with-flaky-1-0-1/toy#");
    for (const { defect, oracle, caseId, replay } of result.findings) {
      expect(replay).toBe(`brownout replay '${caseId}'`);
      const { powerOns } = replayCase(scenarioFor(defect), readCaseId(caseId));
      expect(powerOns.flatMap(({ objections }) => objections.map((objection) => objection.oracle))).toContain(
        oracle,
      );
    }
  });

  it("finds nothing where the failure is not armed: the same plan on a sound part", () => {
    const [finding] = result.findings;
    const caseId = (finding?.caseId ?? "").replace(/-with-flaky-[-0-9]+/, "");
    expect(replayCase(scenario, readCaseId(caseId)).isFinding).toBe(false);
  });

  it("says so when it was given up", () => {
    const open = runFlaky(scenario, scenarioFor, () => true);
    expect(open).toMatchObject({ operations: 0, closed: false });
    expect(flakyText(scenario, open)).toContain("NOT tried to the end");
  });
});
