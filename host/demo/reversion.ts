/**
 * Chapter 4: properly signed updates whose firmware is no good. Three trial boots, then back.
 */
import { Phase, Slot } from "../../assembly/layout.ts";
import { Limit } from "../../assembly/limits.ts";
import type { DeviceState } from "../../emulator/device.ts";
import type { PowerCycleEnd } from "../../emulator/trace.ts";
import { recordUntilRest, type BootHistory, type BootRecord } from "../report/boot-record.ts";
import { bootedSlot, Expectation } from "./expectation.ts";
import { copyDevice, leaveFile, makeUpdate, type FirmwareName, type World } from "./world.ts";

/** One bad update. */
export interface ReversionFacts {
  /** Short name, also that of the file the envelope is left in. */
  readonly name: string;
  /** What is wrong with the firmware. */
  readonly title: string;
  readonly history: BootHistory;
  /** The power-ons in which the candidate ran. */
  readonly trials: readonly BootRecord[];
  readonly differences: readonly string[];
}

interface Case {
  readonly name: string;
  readonly title: string;
  readonly firmware: FirmwareName;
  readonly sequenceNumber: number;
  /** How every trial boot must end. */
  readonly trialEnd: PowerCycleEnd;
}

const CASES: readonly Case[] = [
  {
    name: "failing",
    title: "firmware 3 fails its self-test",
    firmware: "firmware-failing",
    sequenceNumber: 3,
    trialEnd: "reset",
  },
  {
    name: "hanging",
    title: "firmware 4 hangs until the watchdog bites",
    firmware: "firmware-hanging",
    sequenceNumber: 4,
    trialEnd: "watchdog",
  },
];

/**
 * Plays chapter 4.
 *
 * @param updated a device that runs firmware 2 from slot B
 */
export function playReversions(world: World, updated: DeviceState): ReversionFacts[] {
  return CASES.map((each) => play(world, updated, each));
}

function play(world: World, updated: DeviceState, each: Case): ReversionFacts {
  const { name, title, firmware, sequenceNumber, trialEnd } = each;
  const update = makeUpdate(world, { sequenceNumber, firmware });
  leaveFile(world, `envelope-${sequenceNumber}-${name}.suit`, update.envelope);
  leaveFile(world, `${firmware}.wasm`, update.payload);
  const history = recordUntilRest(copyDevice(world, updated, update));
  const trials = history.boots.filter((boot) => bootedSlot(boot) === "A");

  const expect = new Expectation(`Bad update (${name})`);
  expect.rest(history, {
    phase: Phase.Reverted,
    reason: "trials-exhausted",
    activeSlot: Slot.B,
    sequenceFloor: 2n,
    firmwareVersion: 2,
  });
  expect.same("the number of trial boots", Limit.TrialBoots, trials.length);
  for (const { cycle } of trials) expect.same("the end of a trial boot", trialEnd, cycle.end);
  return { name, title, history, trials, differences: expect.differences };
}
