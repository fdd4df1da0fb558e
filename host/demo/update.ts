/**
 * Chapter 2: from firmware 1 to firmware 2 over the link.
 */
import { Phase, Slot } from "../../assembly/layout.ts";
import type { DeviceState } from "../../emulator/device.ts";
import { recordUntilRest, type BootHistory } from "../report/boot-record.ts";
import { bootedSlot, Expectation } from "./expectation.ts";
import { copyDevice, leaveDevice, type Update, type World } from "./world.ts";

/** What chapter 2 found. */
export interface UpdateFacts {
  readonly history: BootHistory;
  /** The device afterwards: firmware 2 in slot B. */
  readonly state: DeviceState;
  /** Of all power-ons together. */
  readonly totals: UpdateTotals;
  readonly differences: readonly string[];
}

/** Sums over power-ons. */
export interface UpdateTotals {
  readonly operations: number;
  readonly pagesErased: number;
  /** Simulated time [µs]. */
  readonly micros: number;
  /** Energy [nJ]. */
  readonly nanojoules: number;
  readonly datagramsSent: number;
}

/**
 * Plays chapter 2.
 *
 * @param state the device as delivered
 */
export function playUpdate(world: World, state: DeviceState, update: Update): UpdateFacts {
  const device = copyDevice(world, state, update);
  const history = recordUntilRest(device);
  const expect = new Expectation("The update");
  expect.rest(history, {
    phase: Phase.Confirmed,
    activeSlot: Slot.B,
    sequenceFloor: 2n,
    firmwareVersion: 2,
  });
  const [first] = history.boots;
  expect.same("the slot that ran first", "A", first === undefined ? undefined : bootedSlot(first));
  leaveDevice(world, "sensor-updated.device", device);
  return {
    history,
    state: device.snapshot(),
    totals: totalsOf(history),
    differences: expect.differences,
  };
}

/** Sums over all power-ons of a history. */
export function totalsOf({ boots }: BootHistory): UpdateTotals {
  const sum = (value: (boot: (typeof boots)[number]) => number): number =>
    boots.reduce((total, boot) => total + value(boot), 0);
  return {
    operations: sum((boot) => boot.cycle.operations),
    pagesErased: sum((boot) => boot.pagesErased),
    micros: sum((boot) => boot.cycle.micros.total),
    nanojoules: sum((boot) => boot.cycle.nanojoules.total),
    datagramsSent: sum((boot) => boot.datagramsSent),
  };
}
