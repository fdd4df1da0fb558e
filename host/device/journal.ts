/**
 * What the boot journal says, as data (docs/flash-layout.md, "Boot journal").
 */
import { Phase } from "../../assembly/layout.ts";
import { readJournal, slotName, type BootJournal } from "../../emulator/explore/journal.ts";
import { journalStrideBytes, type Profile } from "../../emulator/index.ts";
import { reasonCode } from "../report/boot-state.ts";
import { bootloaderIn, journalFormOf } from "./journal-form.ts";

/** The journal as a whole. */
export interface JournalSurvey {
  /** Whether the bootloader keeps a journal that is known here; it does if it is one of ours, of whatever day. */
  readonly isKnown: boolean;
  /** The boot state; undefined if there is no valid record, or it is not known. */
  readonly state: BootJournal | undefined;
  /** Places for a record that are written to, torn ones included, in each of the two pages. */
  readonly written: readonly [number, number];
}

/** Names of the phases. */
export const PHASE_NAMES: Readonly<Record<Phase, string>> = {
  [Phase.Confirmed]: "confirmed",
  [Phase.Staged]: "staged",
  [Phase.Trial]: "trial",
  [Phase.Rejected]: "rejected",
  [Phase.Reverted]: "reverted",
  [Phase.Passed]: "passed",
};

/** Reads the journal. */
export function surveyJournal(profile: Profile, flash: Uint8Array): JournalSurvey {
  const form = journalFormOf(bootloaderIn(flash, profile));
  return {
    isKnown: form !== undefined,
    state: form === undefined ? undefined : readJournal(flash, profile, form),
    written: [writtenRecords(profile, flash, 0), writtenRecords(profile, flash, 1)],
  };
}

/** The journal as data, for `--json`. */
export function journalData({
  isKnown: known,
  state,
  written,
}: JournalSurvey): Readonly<Record<string, unknown>> {
  if (state === undefined) return { known, phase: null, written };
  return {
    known,
    phase: PHASE_NAMES[state.phase],
    activeSlot: slotName(state.activeSlot),
    trialBoots: state.trialBoots,
    reason: state.reason === 0 ? null : reasonCode(state.reason),
    written,
  };
}

function writtenRecords(profile: Profile, flash: Uint8Array, page: number): number {
  const stride = journalStrideBytes(profile);
  const start = profile.layout.state.address + page * profile.pageBytes;
  let count = 0;
  for (let address = start; address + stride <= start + profile.pageBytes; address += stride) {
    if (flash.subarray(address, address + stride).some((byte) => byte !== profile.erasedValue)) count += 1;
  }
  return count;
}
