/**
 * The demonstration's chapters, played in process: what they show is what happened.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { Phase, Slot } from "../../assembly/layout.ts";
import { readDeviceFile } from "../../host/device/device-file.ts";
import { Expectation } from "../../host/demo/expectation.ts";
import { playProvisioning } from "../../host/demo/provisioning.ts";
import { flipSequenceNumber, playRefusals } from "../../host/demo/refusal.ts";
import { playReversions } from "../../host/demo/reversion.ts";
import { provisioningPage } from "../../host/demo/text/provisioning.ts";
import { refusalPage } from "../../host/demo/text/refusal.ts";
import { reversionPage } from "../../host/demo/text/reversion.ts";
import { updatePage } from "../../host/demo/text/update.ts";
import { playUpdate } from "../../host/demo/update.ts";
import { createWorld, makeUpdate } from "../../host/demo/world.ts";
import { readPrivateKey } from "../../host/keys/key-file.ts";
import { inspectEnvelope } from "../../host/manifest/inspect.ts";
import { verifyEnvelope } from "../../host/manifest/verify.ts";
import { PLAIN } from "../../host/report/color.ts";

const folder = mkdtempSync(path.join(tmpdir(), "brownout-demo-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const world = createWorld(folder);
const provisioning = playProvisioning(world);
const updating = playUpdate(world, provisioning.state, provisioning.update);
const { state: delivered, update } = provisioning;
const { state: updated } = updating;

describe("chapter 1, a device and an update", () => {
  it("comes out as it must", () => {
    expect(provisioning.differences).toEqual([]);
  });

  it("finds the bootloader within its flash and RAM", () => {
    const { bootloader, bootloaderBytesMax } = provisioning;
    expect(bootloader.moduleBytes).toBe(world.bootloader.length);
    expect(bootloader.moduleBytes).toBeLessThanOrEqual(bootloaderBytesMax);
    const { staticBytes, globalBytes, stackBytes, totalBytes, ramBytes } = bootloader;
    expect(staticBytes + globalBytes + stackBytes).toBe(totalBytes);
    expect(totalBytes).toBeLessThanOrEqual(ramBytes);
    expect(bootloader.deepestPathBytes.reduce((sum, bytes) => sum + bytes, 0)).toBe(stackBytes);
  });

  it("leaves keys, envelopes and devices as files that can be read", () => {
    expect(readdirSync(folder)).toEqual(
      expect.arrayContaining(["author.pem", "author-public.pem", "sensor.device", "envelope-2.suit"]),
    );
    const author = readPrivateKey(readFileSync(path.join(folder, "author.pem")));
    expect(verifyEnvelope(readFileSync(path.join(folder, "envelope-2.suit")), [author]).ok).toBe(true);
    expect(statSync(path.join(folder, "author.pem")).mode & 0o077).toBe(0);
    const record = readDeviceFile(path.join(folder, "sensor.device"));
    expect(Buffer.compare(record.state.flash, delivered.flash)).toBe(0);
    expect(
      Buffer.compare(readDeviceFile(path.join(folder, "sensor-updated.device")).state.flash, updated.flash),
    ).toBe(0);
  });

  it("shows the author's JSON as it was given to the signer", () => {
    const text = readFileSync(path.join(folder, "manifest-2.json"), "utf8");
    expect(JSON.parse(text)).toEqual(update.json);
    for (const line of text.trimEnd().split("\n")) {
      expect(provisioningPage(provisioning, PLAIN).some((shown) => shown.endsWith(line))).toBe(true);
    }
  });
});

describe("chapter 2, the update", () => {
  it("comes out as it must", () => {
    expect(updating.differences).toEqual([]);
  });

  it("stages, accepts, tries and confirms, in this order", () => {
    const phases = updating.history.boots.map(({ after }) => after.journal?.phase);
    expect(phases.slice(0, 3)).toEqual([Phase.Staged, Phase.Trial, Phase.Confirmed]);
    expect(updating.history.boots.at(-1)?.after.journal?.activeSlot).toBe(Slot.B);
  });

  it("accounts for every operation by its kind", () => {
    for (const { cycle, pagesErased, unitsProgrammed, counterAdvances } of updating.history.boots) {
      expect(pagesErased + unitsProgrammed + counterAdvances.length).toBe(cycle.operations);
    }
  });

  it("raises the anti-rollback floor once, after the confirmation", () => {
    const advances = updating.history.boots.flatMap(({ counterAdvances }) => counterAdvances);
    expect(advances).toEqual([{ id: 0, before: 1n, after: 2n }]);
  });

  it("shows each line that the device logged", () => {
    const page = updatePage(updating, PLAIN).join("\n");
    for (const { cycle } of updating.history.boots) {
      for (const { text } of cycle.log) expect(page).toContain(text);
    }
  });
});

describe("chapter 3, refusals", () => {
  const refusals = playRefusals(world, { delivered, updated, update });

  it("comes out as it must", () => {
    expect(refusals.flatMap(({ differences }) => differences)).toEqual([]);
  });

  it("names the reason that each update is refused for", () => {
    expect(Object.fromEntries(refusals.map(({ name, reason }) => [name, reason]))).toEqual({
      tampered: "manifest-digest-mismatch",
      "wrong-key": "signature-invalid",
      "wrong-class": "class-mismatch",
      "damaged-payload": "image-mismatch",
      "rolled-back": "sequence-too-old",
    });
  });

  it("has the device download each update before it judges it", () => {
    for (const { history } of refusals) {
      const downloads = history.boots.filter(({ after }) => after.journal?.phase === Phase.Staged);
      expect(downloads.length).toBeGreaterThan(0);
    }
  });

  it("keeps the same firmware running from the same slot", () => {
    for (const { history, name } of refusals) {
      const slots = history.boots.flatMap(({ cycle }) =>
        cycle.booted === undefined ? [] : [cycle.booted.slot],
      );
      expect(new Set(slots)).toEqual(new Set([name === "rolled-back" ? Slot.B : Slot.A]));
    }
  });

  it("tampers with one bit, and with the sequence number at that", () => {
    const tampered = flipSequenceNumber(update.envelope);
    const differing = [...tampered].filter((byte, index) => byte !== update.envelope[index]);
    expect(differing).toHaveLength(1);
    expect(inspectEnvelope(tampered).description.sequenceNumber).toBe(3);
  });

  it("shows every reason", () => {
    const page = refusalPage(refusals, PLAIN).join("\n");
    for (const { reason = "" } of refusals) expect(page).toContain(reason);
  });
});

describe("chapter 4, bad updates", () => {
  const reversions = playReversions(world, updated);

  it("comes out as it must", () => {
    expect(reversions.flatMap(({ differences }) => differences)).toEqual([]);
  });

  it("tries each bad firmware three times and goes back", () => {
    for (const { trials, history } of reversions) {
      expect(trials).toHaveLength(3);
      expect(history.boots.at(-1)?.after.journal?.phase).toBe(Phase.Reverted);
      expect(history.boots.at(-1)?.cycle.booted?.slot).toBe(Slot.B);
    }
  });

  it("ends a failing trial with a reset and a hanging one with the watchdog", () => {
    expect(reversions.map(({ trials }) => trials.map(({ cycle }) => cycle.end))).toEqual([
      ["reset", "reset", "reset"],
      ["watchdog", "watchdog", "watchdog"],
    ]);
  });

  it("shows what went wrong in each trial", () => {
    const page = reversionPage(reversions, PLAIN);
    expect(page.filter((line) => line.includes("self-test failed"))).toHaveLength(3);
    expect(page.filter((line) => line.includes("the watchdog bit after"))).toHaveLength(3);
  });
});

describe("the demonstration's own checks", () => {
  it("report a device that takes an update which should have been refused", () => {
    const good = playUpdate(world, delivered, update);
    const expectation = new Expectation("Refusal");
    expectation.rest(good.history, {
      phase: Phase.Rejected,
      activeSlot: Slot.A,
      reason: "signature-invalid",
      sequenceFloor: 1n,
      firmwareVersion: 1,
    });
    expect(expectation.differences).toHaveLength(5);
  });

  it("report an update that is refused although it should have been taken", () => {
    const strange = makeUpdate(world, { sequenceNumber: 2, firmware: "firmware-2", key: world.stranger });
    expect(playUpdate(world, delivered, strange).differences.length).toBeGreaterThan(0);
  });
});
