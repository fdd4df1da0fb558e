/**
 * Firmware's report of the last attempt, put together after the boot from what a reset keeps: the boot journal,
 * with the reason and the place that the bootloader left there, and the slots.
 */
import { componentsAddress, componentsBytes, slotAddress, slotBytes } from "../flash/device-page";
import { activeOf, phaseOf, placeOf, reasonOf } from "../flash/journal";
import { Phase } from "../layout";
import { NO_SLOT, OFFER, OFFER_BYTES } from "../link/agent";
import { cursor, openCursor, readHead, skipItem } from "./cursor";
import { isReportWanted, sendReport } from "./delivery";
import { Hole, keepBytes } from "./hole";
import { commandOf, Reason, reasonFor } from "./reason";
import { describeOutcome, isFailure } from "./report";
import { findCommand, readSubject } from "./subject";

/**
 * Reports the last attempt to the far end, if it wants to know.
 *
 * @param word the boot journal's word
 * @param slot the slot that `status` is about, or NO_SLOT for the envelope on offer
 * @param status what the agent or the self-test came to
 */
export function reportAttempt(word: u32, slot: u32, status: i32): void {
  if (!isReportWanted(status)) return;
  describeAttempt(word, slot, status);
  sendReport();
}

// @ts-ignore: decorator
@inline
function describeAttempt(word: u32, slot: u32, status: i32): void {
  const phase = phaseOf(word);
  let place: u32 = 0;
  const isSettled = phase == Phase.Confirmed || phase == Phase.Passed;
  if (!isFailure(status)) {
    status = reasonOf(word);
    place = placeOf(word);
    slot = activeOf(word);
    if (!isSettled) slot ^= 1;
  }
  let reason = reasonFor(status);
  if (reason == Reason.Ok && !isSettled) reason = Reason.InvokePending;
  describeOutcome(word, status, reason);
  openCursor(componentsAddress(), componentsBytes());
  readHead();
  const component = cursor;
  skipItem();
  keepBytes(Hole.Component, component, cursor - component);
  if (slot == NO_SLOT) readSubject(<u32>OFFER, OFFER_BYTES);
  else readSubject(slotAddress(slot), slotBytes(slot));
  if (reason != Reason.Ok) findCommand(commandOf(status), place);
}
