/**
 * The sample application's self-test: is this device fit to run the new firmware?
 *
 * It decides whether an update on trial is confirmed, so it looks at what an update can break.
 */
import { flashCheck, watchdogKick } from "../hal";
import { Status } from "../status";
import { devicePageStatus, slotAddress, slotBytes } from "../flash/device-page";
import { journalRead } from "../flash/journal";

/** What a build of the sample application does in its self-test besides testing. */
export const enum Defect {
  /** Nothing: a healthy build. */
  None,
  /** It was built for a larger part, a mistake that no signature shows. */
  WrongPart,
  /** It waits for a sensor that this device does not have. */
  Hangs,
}

/** The first check that failed. */
export const enum Check {
  Passed = 0,
  Ram = 1,
  Flash = 2,
  Journal = 3,
  DevicePage = 4,
  SlotSize = 5,
}

/** The slot size that a build with Defect.WrongPart was made for. */
const LARGER_SLOT_BYTES: u32 = 256 * 1024;

/** RAM: tested with patterns, and the place of the sensor's flag, which nothing ever raises. */
const BUFFER_BYTES: u32 = 256;
const BUFFER: usize = memory.data(BUFFER_BYTES, 4);

/**
 * Runs every check.
 *
 * @param slot the slot this firmware runs from
 * @param defect a constant, so that only the one defect ends up in a build
 * @returns Check.Passed or the first check that failed
 */
// @ts-ignore: decorator
@inline
export function selfTest(slot: u32, defect: Defect): Check {
  watchdogKick();
  if (devicePageStatus() != Status.Ok) return Check.DevicePage;
  if (!ramHolds(0x55555555) || !ramHolds(0xaaaaaaaa) || !ramHolds(0)) return Check.Ram;
  if (flashCheck(slotAddress(slot), slotBytes(slot)) != Status.Ok) return Check.Flash;
  if (journalRead() == 0) return Check.Journal;
  if (defect == Defect.WrongPart && slotBytes(slot) < LARGER_SLOT_BYTES) return Check.SlotSize;
  if (defect == Defect.Hangs) while (load<u32>(BUFFER) == 0);
  return Check.Passed;
}

/** Fills the buffer with a pattern that differs from word to word, then reads it back. */
function ramHolds(pattern: u32): bool {
  for (let offset: u32 = 0; offset < BUFFER_BYTES; offset += 4) store<u32>(BUFFER + offset, pattern ^ offset);
  for (let offset: u32 = 0; offset < BUFFER_BYTES; offset += 4) {
    if (load<u32>(BUFFER + offset) != (pattern ^ offset)) return false;
  }
  return true;
}
