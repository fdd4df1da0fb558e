/**
 * The sample application with reports: what `application.ts` does, and the far end is told what came of
 * the last update.
 *
 * It reports after each look for an update, from its own self-test if that fails on trial, and right
 * before the next update takes the place of one that came to nothing. No report writes to flash. What
 * the report says is not logged as well: there is no room for both in 8 KiB.
 */
import { halReset, idle } from "../hal";
import { Phase } from "../layout";
import { Status } from "../status";
import { journalConfirm, journalRead, phaseOf, runningSlotOf } from "../flash/journal";
import { lookForUpdate, NO_SLOT, takeUpdate } from "../link/agent";
import { reportAttempt } from "../report/attempt";
import { announce, POLL_MILLIS } from "./application";
import { Check, Defect, selfTest } from "./self-test";

/**
 * Runs the application from reset; does not return.
 *
 * @param version the number it gives itself in the log
 * @param defect what is wrong with this build, a constant
 */
// @ts-ignore: decorator
@inline
export function runReportingApplication(version: u32, defect: Defect): void {
  const word = journalRead();
  const slot = runningSlotOf(word);
  announce(version, slot);
  const failed = selfTest(slot, defect);
  const phase = phaseOf(word);
  const isTrial = phase == Phase.Trial;
  if (failed != Check.Passed) {
    if (isTrial) {
      reportAttempt(word, slot, Status.SelfTestFailed);
      halReset();
    }
  } else if (isTrial || phase == Phase.Passed) {
    journalConfirm(slot);
  }
  const status = word == 0 ? <i32>Status.JournalEmpty : attendUpdate(slot);
  reportAttempt(journalRead(), NO_SLOT, status);
  idle(POLL_MILLIS);
  halReset();
}

/** Looks for an update and takes it; returns why there is none, or what failed. */
// @ts-ignore: decorator
@inline
function attendUpdate(slot: u32): i32 {
  const word = journalRead();
  const status = lookForUpdate(slot, word);
  if (status != Status.Ok) return status;
  const phase = phaseOf(word);
  if (phase == Phase.Rejected || phase == Phase.Reverted) reportAttempt(word, NO_SLOT, status);
  return takeUpdate(slot, word);
}
