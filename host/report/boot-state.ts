/**
 * The boot journal in words.
 */
import { Phase } from "../../assembly/layout.ts";
import { Limit } from "../../assembly/limits.ts";
import { Status } from "../../assembly/status.ts";
import { slotName, type BootJournal } from "../../emulator/explore/journal.ts";
import { otherSlot } from "../../emulator/memory-map.ts";
import { statusText } from "../status-text.ts";

/** The boot state as one phrase: "slot A confirmed", "slot B on trial, boot 1 of 3". */
export function bootStatePhrase(journal: BootJournal | undefined): string {
  if (journal === undefined) return "blank";
  const active = slotName(journal.activeSlot);
  const candidate = slotName(otherSlot(journal.activeSlot));
  const because = journal.reason === Status.Ok ? "" : `: ${reasonCode(journal.reason)}`;
  switch (journal.phase) {
    case Phase.Confirmed:
      return `slot ${active} confirmed`;
    case Phase.Staged:
      return `slot ${candidate} staged${because}`;
    case Phase.Trial:
      if (journal.trialBoots === 0) return `slot ${candidate} accepted for trial`;
      return `slot ${candidate} on trial, boot ${journal.trialBoots} of ${Limit.TrialBoots}`;
    case Phase.Rejected:
      return `slot ${candidate} rejected${because}`;
    case Phase.Reverted:
      return `reverted to slot ${active}${because}`;
    case Phase.Passed:
      return `slot ${active} passed its self-test`;
  }
}

/** The stable code of a status from the device, or its number when it is none. */
export function reasonCode(status: number): string {
  return statusText(status)?.code ?? `0x${status.toString(16).padStart(4, "0")}`;
}
