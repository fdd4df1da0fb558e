/** Power cuts while the update agent works: every operation, before, during and after it. */
import { describe, expect, it } from "vitest";
import { Phase, Slot } from "../../assembly/layout.ts";
import { CutPower, formatCut, type Cut } from "../../emulator/cut.ts";
import type { Device, DeviceState } from "../../emulator/device.ts";
import type { Operation } from "../../emulator/power.ts";
import { PROFILE_NAMES, profileNamed } from "../../emulator/profile.ts";
import { tornVariants } from "../../emulator/tear.ts";
import {
  benchDevice,
  bytesOf,
  expectedSlot,
  firstDifference,
  FIRMWARE,
  journalOf,
  serverFor,
  settle,
  textsOf,
  updateOf,
} from "../firmware-bench.ts";

/** Every cut that the power-on from the device's present state can suffer. */
function cutsOf(device: Device): Cut[] {
  const cuts: Cut[] = [];
  const observer = {
    before(operation: Operation): void {
      const { index } = operation;
      cuts.push({ operation: index, phase: "before" });
      if (operation.kind === "counter") return;
      for (const { variant } of tornVariants(operation)) {
        cuts.push({ operation: index, phase: "torn", variant });
      }
      cuts.push({ operation: index, phase: "after" });
    },
  };
  const state = device.snapshot();
  device.powerOn({ observer });
  device.restore(state);
  return cuts;
}

/** Cuts the power once from `state`; returns what is left. */
function cutFrom(device: Device, state: DeviceState, cut: Cut): DeviceState {
  device.restore(state);
  const power = new CutPower(cut);
  expect(device.powerOn({ observer: power }), formatCut(cut)).toMatchObject({
    end: "power-loss",
    violations: [],
  });
  expect(power.executed).toBe(true);
  return device.snapshot();
}

describe("the update agent under power cuts", () => {
  it.each(PROFILE_NAMES)("ends with the same slot, wherever it is cut, on %s", (name) => {
    const profile = profileNamed(name);
    const update = { label: bytesOf(70, 5), payload: bytesOf(150, 6) };
    const device = benchDevice({
      profile: name,
      link: serverFor(update),
      slotB: { label: bytesOf(70, 9), payload: bytesOf(2 * profile.pageBytes, 9) },
      journal: { phase: Phase.Rejected, activeSlot: Slot.A },
    });
    const expected = expectedSlot(profile, update);
    let count = 0;
    // First the power-on that cleans the slot, then the one that fills it.
    for (let powerOn = 0; powerOn < 2; powerOn += 1) {
      const state = device.snapshot();
      for (const cut of cutsOf(device)) {
        cutFrom(device, state, cut);
        if (journalOf(device)?.phase !== Phase.Staged) settle(device, Phase.Staged);
        expect(firstDifference(device, Slot.B, expected), formatCut(cut)).toBe(-1);
        expect(journalOf(device), formatCut(cut)).toEqual({ phase: Phase.Staged, activeSlot: Slot.A });
        count += 1;
      }
      device.restore(state);
      device.powerOn();
    }
    expect(count).toBeGreaterThan(100);
  });

  it("ends with firmware 2 in service when it is cut while it recovers from a cut", () => {
    const update = updateOf(FIRMWARE.two, 2);
    const device = benchDevice({ link: serverFor(update), slotB: updateOf(FIRMWARE.failing, 3) });
    device.powerOn();
    const cleaned = device.snapshot();
    const outer = cutsOf(device);
    for (let index = 0; index < outer.length; index += 211) {
      const cut = outer[index];
      if (cut === undefined) continue;
      const left = cutFrom(device, cleaned, cut);
      const inner = cutsOf(device);
      for (let second = 0; second < inner.length; second += Math.ceil(inner.length / 4)) {
        const next = inner[second];
        if (next !== undefined) cutFrom(device, left, next);
        expect(textsOf(settle(device)).at(-1)).toBe("firmware 2: up to date");
        expect(journalOf(device)).toEqual({ phase: Phase.Confirmed, activeSlot: Slot.B });
        expect(firstDifference(device, Slot.B, expectedSlot(device.profile, update))).toBe(-1);
      }
    }
  });

  it("runs firmware 2 again when the confirmation is cut, and confirms it then", () => {
    const update = updateOf(FIRMWARE.two, 2);
    const device = benchDevice({
      link: serverFor(update),
      slotB: update,
      journal: { phase: Phase.Trial, activeSlot: Slot.A, trialBoots: 1 },
    });
    const state = device.snapshot();
    const cuts = cutsOf(device);
    expect(cuts.length).toBeGreaterThan(4);
    for (const cut of cuts) {
      cutFrom(device, state, cut);
      expect(textsOf(settle(device)).at(-1)).toBe("firmware 2: up to date");
      expect(journalOf(device)).toEqual({ phase: Phase.Confirmed, activeSlot: Slot.B });
    }
  });
});
