/**
 * The sample application that runs in a slot: says who it is, tests itself, confirms itself, looks
 * for an update, sleeps.
 *
 * It writes to flash only what running firmware may write: records to the boot journal, and the
 * slot it does not run from. With nothing to confirm and nothing to fetch it writes nothing.
 */
import { halReset, idle } from "../hal";
import { Phase } from "../layout";
import { Status } from "../status";
import { journalConfirm, journalRead, phaseOf, runningSlotOf } from "../flash/journal";
import { runAgent } from "../link/agent";
import { appendCharacter, appendDecimal, appendHexadecimal, appendText, endLine } from "../log-line";
import { Check, Defect, selfTest } from "./self-test";

/** How long the device sleeps before it looks for an update again. */
export const POLL_MILLIS: u32 = 3_600_000;

/** "firmware " */
const FIRMWARE: usize = memory.data<u8>([0x66, 0x69, 0x72, 0x6d, 0x77, 0x61, 0x72, 0x65, 0x20]);
/** ": running from slot " */
const RUNNING: usize = memory.data<u8>([
  0x3a, 0x20, 0x72, 0x75, 0x6e, 0x6e, 0x69, 0x6e, 0x67, 0x20, 0x66, 0x72, 0x6f, 0x6d, 0x20, 0x73, 0x6c, 0x6f,
  0x74, 0x20,
]);
/** ": self-test failed: " */
// @ts-ignore: decorator
@lazy
const FAILED: usize = memory.data<u8>([
  0x3a, 0x20, 0x73, 0x65, 0x6c, 0x66, 0x2d, 0x74, 0x65, 0x73, 0x74, 0x20, 0x66, 0x61, 0x69, 0x6c, 0x65, 0x64,
  0x3a, 0x20,
]);
/** "RAM" */
// @ts-ignore: decorator
@lazy
const RAM: usize = memory.data<u8>([0x52, 0x41, 0x4d]);
/** "flash" */
// @ts-ignore: decorator
@lazy
const FLASH: usize = memory.data<u8>([0x66, 0x6c, 0x61, 0x73, 0x68]);
/** "journal" */
// @ts-ignore: decorator
@lazy
const JOURNAL: usize = memory.data<u8>([0x6a, 0x6f, 0x75, 0x72, 0x6e, 0x61, 0x6c]);
/** "device page" */
// @ts-ignore: decorator
@lazy
const DEVICE_PAGE: usize = memory.data<u8>([
  0x64, 0x65, 0x76, 0x69, 0x63, 0x65, 0x20, 0x70, 0x61, 0x67, 0x65,
]);
/** "slot too small" */
// @ts-ignore: decorator
@lazy
const SLOT_SIZE: usize = memory.data<u8>([
  0x73, 0x6c, 0x6f, 0x74, 0x20, 0x74, 0x6f, 0x6f, 0x20, 0x73, 0x6d, 0x61, 0x6c, 0x6c,
]);
/** ": confirmed" */
// @ts-ignore: decorator
@lazy
const CONFIRMED: usize = memory.data<u8>([0x3a, 0x20, 0x63, 0x6f, 0x6e, 0x66, 0x69, 0x72, 0x6d, 0x65, 0x64]);
/** ": no update" */
// @ts-ignore: decorator
@lazy
const NO_UPDATE: usize = memory.data<u8>([0x3a, 0x20, 0x6e, 0x6f, 0x20, 0x75, 0x70, 0x64, 0x61, 0x74, 0x65]);
/** ": up to date" */
// @ts-ignore: decorator
@lazy
const UP_TO_DATE: usize = memory.data<u8>([
  0x3a, 0x20, 0x75, 0x70, 0x20, 0x74, 0x6f, 0x20, 0x64, 0x61, 0x74, 0x65,
]);
/** ": update declined" */
// @ts-ignore: decorator
@lazy
const DECLINED: usize = memory.data<u8>([
  0x3a, 0x20, 0x75, 0x70, 0x64, 0x61, 0x74, 0x65, 0x20, 0x64, 0x65, 0x63, 0x6c, 0x69, 0x6e, 0x65, 0x64,
]);
/** ": update failed with status 0x" */
// @ts-ignore: decorator
@lazy
const UPDATE_FAILED: usize = memory.data<u8>([
  0x3a, 0x20, 0x75, 0x70, 0x64, 0x61, 0x74, 0x65, 0x20, 0x66, 0x61, 0x69, 0x6c, 0x65, 0x64, 0x20, 0x77, 0x69,
  0x74, 0x68, 0x20, 0x73, 0x74, 0x61, 0x74, 0x75, 0x73, 0x20, 0x30, 0x78,
]);

/**
 * Runs the application from reset; does not return.
 *
 * @param version the number it gives itself in the log
 * @param defect what is wrong with this build, a constant
 */
// @ts-ignore: decorator
@inline
export function runApplication(version: u32, defect: Defect): void {
  const word = journalRead();
  const slot = runningSlotOf(word);
  beginApplication(version, defect, word, slot);
  attendUpdate(version, word, slot);
}

/**
 * The first half of `runApplication`: says who it is, tests itself, confirms itself.
 *
 * @param word what `journalRead` returned at first
 * @param slot the slot this firmware runs from
 */
// @ts-ignore: decorator
@inline
export function beginApplication(version: u32, defect: Defect, word: u32, slot: u32): void {
  announce(version, slot);
  const failed = selfTest(slot, defect);
  const phase = phaseOf(word);
  const isTrial = phase == Phase.Trial;
  if (failed != Check.Passed) {
    logFailure(version, failed);
    // On trial, the bootloader takes the old firmware back after some boots like this one.
    // Otherwise an update is the only remedy, so the agent runs all the same.
    if (isTrial) halReset();
  } else if (isTrial || phase == Phase.Passed) {
    confirm(version, slot);
  }
}

/** The second half of `runApplication`: looks for an update and sleeps. */
// @ts-ignore: decorator
@inline
export function attendUpdate(version: u32, word: u32, slot: u32): void {
  const status = word == 0 ? <i32>Status.JournalEmpty : runAgent(slot, journalRead());
  logOutcome(version, status);
  idle(POLL_MILLIS);
  halReset();
}

/** Records that this firmware is healthy; runs on if the journal does not take it. */
function confirm(version: u32, slot: u32): void {
  if (journalConfirm(slot) != Status.Ok) return;
  startLine(version);
  appendText(CONFIRMED, 11);
  endLine();
}

export function announce(version: u32, slot: u32): void {
  startLine(version);
  appendText(RUNNING, 20);
  appendCharacter(0x41 + slot);
  endLine();
}

function logFailure(version: u32, check: Check): void {
  startLine(version);
  appendText(FAILED, 20);
  if (check == Check.Ram) appendText(RAM, 3);
  if (check == Check.Flash) appendText(FLASH, 5);
  if (check == Check.Journal) appendText(JOURNAL, 7);
  if (check == Check.DevicePage) appendText(DEVICE_PAGE, 11);
  if (check == Check.SlotSize) appendText(SLOT_SIZE, 14);
  endLine();
}

function logOutcome(version: u32, status: i32): void {
  startLine(version);
  if (status == Status.NoUpdate) {
    appendText(NO_UPDATE, 11);
  } else if (status == Status.UpToDate) {
    appendText(UP_TO_DATE, 12);
  } else if (status == Status.UpdateDeclined) {
    appendText(DECLINED, 17);
  } else {
    appendText(UPDATE_FAILED, 30);
    appendHexadecimal(status);
  }
  endLine();
}

export function startLine(version: u32): void {
  appendText(FIRMWARE, 9);
  appendDecimal(version);
}
