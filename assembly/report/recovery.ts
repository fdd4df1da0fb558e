/**
 * Reports from the bootloader's recovery: a build switch of their own.
 *
 * Off, recovery tells nobody that nothing runs; the firmware that it fetches in the end does, once it
 * runs. On, the bootloader carries the report writer as well.
 */
import { activeOf, journalRead, phaseOf } from "../flash/journal";
import { Phase } from "../layout";
import { NO_SLOT } from "../link/agent";
import { deliverReport } from "./delivery";
import { isFailure } from "./report";

/** The switch. */
export const REPORTS_FROM_RECOVERY: bool = false;

/**
 * Reports that nothing can be booted, or what came of the attempt to change that.
 *
 * @param status why nothing can be booted
 * @param outcome what the agent returned
 */
export function reportRecovery(status: i32, outcome: i32): void {
  if (!REPORTS_FROM_RECOVERY) return;
  const word = journalRead();
  const phase = phaseOf(word);
  const isToldByJournal = phase == Phase.Rejected || phase == Phase.Reverted;
  if (isToldByJournal || isFailure(outcome)) deliverReport(word, NO_SLOT, outcome);
  else deliverReport(word, activeOf(word), status);
}
