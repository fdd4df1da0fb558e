/**
 * Campaign, report and replay, over a toy scenario that is explored in a moment.
 */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { parseCaseId } from "../../emulator/explore/case-id.ts";
import { profileNamed } from "../../emulator/profile.ts";
import { readCaseId, replayCase } from "../../host/campaign/replay.ts";
import { replayJson, replayText } from "../../host/campaign/replay-text.ts";
import { reportJson, reportText, verdictOf } from "../../host/campaign/report.ts";
import { runCampaign } from "../../host/campaign/run.ts";
import {
  buildUpdateScenario,
  SCENARIO_NAMES,
  scenarioNamed,
  type Scenario,
} from "../../host/campaign/scenario.ts";
import { toyBootloader, toyDevice, TOY_SUBJECT, type ToyOrder } from "../toy-bootloader.ts";

function toyScenario(order: ToyOrder): Scenario {
  const { options, initial } = toyDevice(order);
  const bootloader = toyBootloader(order);
  return {
    name: "toy",
    title: "A toy.",
    profile: options.profile,
    bootloader,
    initial,
    link: { answer: () => undefined },
    subject: TOY_SUBJECT,
    symbols: [],
    bootloaderDigest: createHash("sha256").update(bootloader).digest("hex"),
    inputsDigest: createHash("sha256").update(initial.flash.subarray(bootloader.length)).digest("hex"),
  };
}

describe("a campaign", () => {
  it("says of a correct bootloader exactly what was proved", () => {
    const result = runCampaign(toyScenario("data first"));
    expect(verdictOf(result)).toEqual({
      kind: "proved",
      sentence:
        "Proved: none of the 12 oracles objects, whatever is cut. Every sequence of power cuts of any length, clean cuts unlimited and at most 1 torn operation among them (program-prefix, erase-half, erase-stripe): 15 states, 84 ways between them, nothing left to try.",
    });
    expect(reportText(result)).toContain(
      "At rest: new runs; Confirmed, slot B is active; floor 0. From 15 states.",
    );
  });

  it("runs once without a cut on the checked build and reports power-ons and wear", () => {
    const { uncut } = runCampaign(toyScenario("data first"));
    expect(uncut).toMatchObject({ isAtRest: true, operations: 4, mostErasesOfAPage: 0 });
    expect(uncut.boots.map(({ image, operations }) => [image, operations])).toEqual([
      ["new", 4],
      ["new", 0],
    ]);
  });

  it("proves nothing when it was stopped", () => {
    const stopped = runCampaign(toyScenario("data first"), { maxStates: 3 });
    expect(verdictOf(stopped).kind).toBe("open");
    expect(verdictOf(stopped).sentence).toContain("the limit of states was reached");
    expect(reportText(stopped)).toMatch(/alive +open/);
  });

  it("names each finding of a broken bootloader by a case id, in text and in JSON", () => {
    const result = runCampaign(toyScenario("flag first"));
    expect(verdictOf(result).kind).toBe("broken");
    expect(verdictOf(result).sentence).toContain("the shortest with the plan 1a.");
    for (const { caseId } of result.findings)
      expect(reportText(result)).toContain(`brownout replay '${caseId}'`);
    const json: unknown = JSON.parse(JSON.stringify(reportJson(result)));
    expect(json).toMatchObject({
      verdict: { kind: "broken" },
      findings: result.findings.map(({ oracle, caseId }) => ({ oracle, caseId })),
    });
  });
});

describe("a replay", () => {
  it("reproduces every finding: the same oracle objects", () => {
    const scenario = toyScenario("flag first");
    const { findings } = runCampaign(scenario);
    expect(findings.length).toBeGreaterThan(0);
    for (const { caseId, oracle } of findings) {
      const replay = replayCase(scenario, parseCaseId(caseId));
      const objections = [...replay.objections, ...replay.powerOns.flatMap((powerOn) => powerOn.objections)];
      expect(objections.map((objection) => objection.oracle)).toContain(oracle);
      expect(replay.isFinding).toBe(true);
    }
  });

  it("tells the story power-on by power-on", () => {
    const scenario = toyScenario("flag first");
    const [finding] = runCampaign(scenario).findings;
    const replay = replayCase(scenario, parseCaseId(finding?.caseId ?? ""));
    expect(replay.powerOns[0]).toMatchObject({ cut: "1a", fate: "cut", operations: 2 });
    expect(replayText(replay)).toContain("Power is cut after operation 1, the program of 4 bytes at ");
    expect(replayText(replay)).toContain(">> sound: hard fault in the bootloader");
    expect(JSON.parse(JSON.stringify(replayJson(replay)))).toMatchObject({ isFinding: true });
  });

  it("shows what a torn operation leaves, and recovers from it", () => {
    const scenario = toyScenario("data first");
    const { bootloaderDigest, inputsDigest } = scenario;
    const id = `bo1:class1/toy#${bootloaderDigest.slice(0, 8)}#${inputsDigest.slice(0, 8)}@0t2,3a,9b`;
    const replay = replayCase(scenario, readCaseId(id));
    expect(replay.powerOns.map(({ fate }) => fate)).toEqual(["cut", "cut", "ended-before", "uncut"]);
    expect(replay.powerOns[0]?.cutSentence).toContain("torn variant 2 (program-prefix): 44 33 ff ff is left");
    expect(replay).toMatchObject({ isFinding: false, isAtRest: true });
  });

  it("refuses another bootloader, other inputs or another scenario, unless told", () => {
    const scenario = toyScenario("data first");
    const id = parseCaseId(runCampaign(toyScenario("flag first")).findings[0]?.caseId ?? "");
    expect(() => replayCase(scenario, id)).toThrow(expect.objectContaining({ code: "case-digest" }));
    expect(replayCase(scenario, id, { anyDigest: true }).isFinding).toBe(false);
    const inputs = {
      ...id,
      bootloaderDigest: scenario.bootloaderDigest.slice(0, 8),
      inputsDigest: "00000000",
    };
    expect(() => replayCase(scenario, inputs)).toThrow(expect.objectContaining({ code: "case-digest" }));
    const other = { ...id, scenario: "other" };
    expect(() => replayCase(scenario, other)).toThrow(expect.objectContaining({ code: "case-mismatch" }));
  });

  it("refuses a torn variant that the operation does not have", () => {
    const scenario = toyScenario("data first");
    const id = { ...parseCaseId("bo1:class1/toy#00000000#00000000@0t4") };
    expect(() => replayCase(scenario, id, { anyDigest: true })).toThrow(
      expect.objectContaining({ code: "case-impossible" }),
    );
    expect(() => readCaseId("bo1:nonsense")).toThrow(expect.objectContaining({ code: "case-id-syntax" }));
  });
});

describe("a standard scenario", () => {
  const [installed, offered] = TOY_SUBJECT.images.map(({ bytes }) => bytes);
  const module = installed ?? new Uint8Array();
  const modules = {
    bootloader: toyBootloader("data first"),
    firmware1: module,
    firmware2: offered ?? new Uint8Array(),
    firmwareFailing: module,
    firmwareHanging: module,
  };

  it.each(["class1", "stm32l0", "stm32f103"])(
    "is the same each time and differs from any other, on %s",
    (name) => {
      const profile = profileNamed(name);
      const digests = SCENARIO_NAMES.map((scenario) => {
        const built = scenarioNamed(scenario, profile, modules);
        expect(scenarioNamed(scenario, profile, modules).inputsDigest).toBe(built.inputsDigest);
        return built.inputsDigest;
      });
      expect(new Set(digests).size).toBe(SCENARIO_NAMES.length);
    },
  );

  it("has a digest for the bootloader and another for everything else", () => {
    const parts = { profile: profileNamed("class1"), installed: module, offered: modules.firmware2 };
    const first = buildUpdateScenario({ ...parts, bootloader: toyBootloader("data first") });
    const second = buildUpdateScenario({ ...parts, bootloader: toyBootloader("flag first") });
    expect(first.bootloaderDigest).not.toBe(second.bootloaderDigest);
    expect(first.inputsDigest).toBe(second.inputsDigest);
  });

  it("names the scenarios there are when asked for another one", () => {
    expect(() => scenarioNamed("upgrade", profileNamed("class1"), modules)).toThrow(
      expect.objectContaining({ code: "scenario-unknown" }),
    );
  });
});
