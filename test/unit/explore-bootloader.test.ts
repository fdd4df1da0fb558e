/**
 * The campaign over the real bootloader and firmware, and over bootloaders that are wrong on purpose.
 */
import { describe, expect, it } from "vitest";
import { Phase, Slot } from "../../assembly/layout.ts";
import { CoapServer } from "../../emulator/coap-server.ts";
import { Device } from "../../emulator/device.ts";
import { parseCaseId } from "../../emulator/explore/case-id.ts";
import { readJournal } from "../../emulator/explore/journal.ts";
import type { LinkPeer } from "../../emulator/link.ts";
import { profileNamed } from "../../emulator/profile.ts";
import { stripCustomSections } from "../../emulator/wasm/strip.ts";
import { withDefectOracles } from "../../host/campaign/defect.ts";
import { replayCase, type Replay } from "../../host/campaign/replay.ts";
import { verdictOf } from "../../host/campaign/report.ts";
import { runCampaign } from "../../host/campaign/run.ts";
import {
  moduleNamesOf,
  SCENARIO_NAMES,
  scenarioNamed,
  TRUSTED_TEST_KEY,
  type Scenario,
} from "../../host/campaign/scenario.ts";
import { createEnvelope } from "../../host/manifest/create.ts";
import { signEnvelope } from "../../host/manifest/sign.ts";
import { readWasm } from "../wasm-file.ts";

const TIMEOUT_MILLIS = 300_000;

function scenario(
  name: string,
  profile = "class1",
  bootloader: string = moduleNamesOf(name).bootloader,
): Scenario {
  return scenarioNamed(name, profileNamed(profile), {
    bootloader: readWasm(bootloader),
    firmware1: readWasm(moduleNamesOf(name).firmware1),
    firmware2: readWasm(moduleNamesOf(name).firmware2),
    firmwareFailing: readWasm("firmware-failing"),
    firmwareHanging: readWasm("firmware-hanging"),
  });
}

/** What the far end of a scenario's link offers. */
function offerOf(sequenceNumber: number, payload: Uint8Array): LinkPeer {
  const json = {
    sequenceNumber,
    component: ["app"],
    vendor: { domain: "brownout.example" },
    class: { name: "class1" },
    uri: "coap://updates.brownout.example/suit/payload",
  };
  const envelope = signEnvelope(createEnvelope(json, { payload }), TRUSTED_TEST_KEY);
  return new CoapServer(
    new Map([
      ["/suit/envelope", envelope],
      ["/suit/payload", payload],
    ]),
  );
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
    ["managed-update", "class1"],
    ["unauthorized-update", "class1"],
    ["postponed-update", "class1"],
    ["encrypted-update", "class1"],
    ["recovery", "class1"],
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
    const isRecovery = name.endsWith("recovery");
    const installed = name === "update-back" ? "firmware 2" : "firmware 1";
    // Where a step is due at once, the first power-on takes it and runs nothing.
    expect(first?.image).toBe(isRecovery || name === "postponed-update" ? undefined : installed);
    const offered = name === "update-back" ? "firmware 1" : "firmware 2";
    const isAccepted = /^((dependent|managed|postponed|encrypted|radio)-)?update|^recovery$/.test(name);
    expect(last?.image).toBe(isAccepted ? offered : isRecovery ? undefined : installed);
  });
});

describe("a journal record that reads two ways", () => {
  it(
    "leads nowhere it should not, whichever record was torn and whatever is cut besides",
    () => {
      const result = runCampaign(scenario("update"), { tearClasses: ["metastable"] });
      expect([verdictOf(result).kind, result.findings]).toEqual(["proved", []]);
    },
    TIMEOUT_MILLIS,
  );
});

describe("a defective part", () => {
  const replay = (part: string, plan: string): Replay => {
    const defective = withDefectOracles(scenario("update", part));
    const id = `bo1:${part}/update#00000000#00000000@${plan}`;
    return replayCase(defective, parseCaseId(id), { anyDigest: true });
  };

  it("with a worn journal page boots its last known good image when no page takes a record", () => {
    const { powerOns: uncut } = replay("class1-with-worn-98304", "");
    const isStaged = uncut.findIndex(({ journalAfter }) => journalAfter.startsWith("Staged"));
    const staged = uncut
      .slice(0, isStaged + 1)
      .map(({ operations }) => `${operations - 1}a`)
      .join();
    // The first trial is recorded in the other page, whose next record is torn as well.
    const { powerOns, objections } = replay("class1-with-worn-98304", `${staged},1a,0a,4a`);
    expect(objections).toEqual([]);
    expect(powerOns.at(-1)).toMatchObject({
      image: "firmware 1",
      end: "the image in slot A is idle",
      journalAfter: "Trial, slot A is active, 1 trial boots of the other slot have begun",
    });
  });

  it("with a bit that is stuck where the update does not need it takes the update", () => {
    const { powerOns, objections } = replay("class1-with-stuck-77429-1", "");
    expect(objections).toEqual([]);
    expect(powerOns.at(-1)).toMatchObject({ image: "firmware 2", operations: 0 });
  });

  it.each([
    ["a unit that does not take", "class1-with-failing-66000"],
    ["a stuck bit", "class1-with-stuck-66000-1"],
    ["a worn page", "class1-with-worn-65536"],
  ])("with %s where the update needs it gives the update up and writes nothing any more", (_, part) => {
    const { powerOns, objections } = replay(part, "");
    expect(objections).toEqual([]);
    expect(powerOns.flatMap(({ objections: own }) => own)).toEqual([]);
    expect(powerOns.at(-1)).toMatchObject({
      image: "firmware 1",
      operations: 0,
      journalAfter: "Rejected (status 0x0501), slot A is active",
    });
  });
});

describe("update after update", () => {
  it.each(["class1", "samd21", "stm32l0"])("breaks no rule of the flash, on %s", (part) => {
    const profile = profileNamed(part);
    const firmware = ["firmware-1", "firmware-2"].map((name) => stripCustomSections(readWasm(name)));
    let offer: LinkPeer | undefined;
    const device = new Device({ profile, link: { answer: (datagram) => offer?.answer(datagram) } });
    device.restore(scenario("update", part).initial);
    for (let sequenceNumber = 2; sequenceNumber < 8; sequenceNumber += 1) {
      offer = offerOf(sequenceNumber, firmware[(sequenceNumber + 1) % 2] ?? new Uint8Array());
      for (let cycle = device.powerOn(); cycle.operations > 0; cycle = device.powerOn()) {
        expect(cycle.violations).toEqual([]);
      }
      expect(readJournal(device.flash.bytes, profile)).toMatchObject({
        phase: Phase.Confirmed,
        activeSlot: sequenceNumber % 2 === 0 ? Slot.B : Slot.A,
      });
      expect(device.counters.values[0]).toBe(BigInt(sequenceNumber));
    }
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
