/** The sample firmware on the device: announce, self-test, confirm, sleep. */
import { describe, expect, it } from "vitest";
import { Phase, Slot } from "../../assembly/layout.ts";
import { PROFILE_NAMES, profileNamed } from "../../emulator/profile.ts";
import { decodeModule } from "../../emulator/wasm/decode.ts";
import { stripCustomSections } from "../../emulator/wasm/strip.ts";
import { readWasm } from "../wasm-file.ts";
import { benchDevice, FIRMWARE, journalOf, serverFor, settle, textsOf, updateOf } from "../firmware-bench.ts";

const trialInB = { phase: Phase.Trial, activeSlot: Slot.A, trialBoots: 1 };

describe("the sample firmware", () => {
  it.each(Object.entries(FIRMWARE))("fits 8 KiB and imports nothing but memory and HAL: %s", (_, bytes) => {
    expect(bytes.length).toBeLessThanOrEqual(8192);
    const modules = decodeModule(bytes).imports.map((entry) => entry.module);
    expect(new Set(modules)).toEqual(new Set(["env", "hal"]));
  });

  it.each(["reporting-1", "reporting-2", "reporting-failing"])("fits 8.5 KiB with reports: %s", (name) => {
    expect(stripCustomSections(readWasm(name)).length).toBeLessThanOrEqual(8704);
  });

  it.each(PROFILE_NAMES)("says who it is and sleeps without having written anything, on %s", (profile) => {
    const update = updateOf(FIRMWARE.one, 1, 100, profileNamed(profile).pageBytes);
    const cycle = benchDevice({ profile, link: serverFor(update) }).powerOn();
    expect(textsOf(cycle)).toEqual(["firmware 1: running from slot A", "firmware 1: up to date"]);
    expect(cycle).toMatchObject({ end: "idle", operations: 0, violations: [] });
  });

  it("confirms itself with two records in a page of their own when it is on trial", () => {
    const two = updateOf(FIRMWARE.two, 2);
    const device = benchDevice({ slotB: two, journal: trialInB, link: serverFor(two) });
    const cycle = device.powerOn();
    expect(textsOf(cycle)).toEqual([
      "firmware 2: running from slot B",
      "firmware 2: confirmed",
      "firmware 2: up to date",
    ]);
    expect(cycle).toMatchObject({ end: "idle", operations: 5, violations: [] });
    expect(journalOf(device)).toEqual({ phase: Phase.Confirmed, activeSlot: Slot.B });
    expect(textsOf(device.powerOn())).toEqual(["firmware 2: running from slot B", "firmware 2: up to date"]);
  });

  it("runs on when the journal takes no record of its confirmation", () => {
    const device = benchDevice({
      profile: "class1-with-worn-98304-with-worn-99328-with-failing-98312",
      slotB: updateOf(FIRMWARE.two, 2),
      journal: trialInB,
    });
    const cycle = device.powerOn();
    expect(textsOf(cycle).slice(0, 2)).toEqual([
      "firmware 2: running from slot B",
      "firmware 2: update declined",
    ]);
    expect(cycle.end).toBe("idle");
  });

  it("resets without confirming when its self-test fails on trial, and says why", () => {
    const device = benchDevice({ slotB: updateOf(FIRMWARE.failing, 3), journal: trialInB });
    const before = device.snapshot().flash;
    const cycle = device.powerOn();
    expect(textsOf(cycle)).toEqual([
      "firmware 3: running from slot B",
      "firmware 3: self-test failed: slot too small",
    ]);
    expect(cycle).toMatchObject({ end: "reset", operations: 0 });
    expect(device.snapshot().flash).toEqual(before);
  });

  it("still takes an update when its self-test fails and there is nothing to revert to", () => {
    const link = serverFor(updateOf(FIRMWARE.two, 2));
    const device = benchDevice({ slotA: updateOf(FIRMWARE.failing, 3), link });
    expect(settle(device, Phase.Staged).end).toBe("reset");
    expect(textsOf(settle(device))).toContain("firmware 2: confirmed");
  });

  it("is stopped by the watchdog when it hangs in its self-test", () => {
    const device = benchDevice({ slotB: updateOf(FIRMWARE.hanging, 4), journal: trialInB });
    const cycle = device.powerOn();
    expect(textsOf(cycle)).toEqual(["firmware 4: running from slot B"]);
    expect(cycle).toMatchObject({ end: "watchdog", stage: "firmware", operations: 0 });
    expect(journalOf(device)?.phase).toBe(Phase.Trial);
  });

  it("sleeps when there is no link", () => {
    const cycle = benchDevice().powerOn();
    expect(textsOf(cycle).at(-1)).toBe("firmware 1: update failed with status 0x0505");
    expect(cycle).toMatchObject({ end: "idle", operations: 0 });
  });
});
