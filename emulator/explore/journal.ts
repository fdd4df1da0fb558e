/**
 * The boot journal as an outsider reads it: decoded from the drawing in assembly/layout.ts, with
 * none of the bootloader's code, so that an oracle does not inherit the bootloader's mistakes.
 */

import { Journal, Phase, Slot } from "../../assembly/layout.ts";
import type { Profile } from "../profile.ts";
import { journalStrideBytes } from "../provision.ts";

/** What the journal says. */
export interface BootJournal {
  readonly phase: Phase;
  /** The last known good slot. */
  readonly activeSlot: Slot;
  /** Trial boots that have begun. */
  readonly trialBoots: number;
  /** Why, for Rejected and Reverted: a Status. */
  readonly reason: number;
  /** Of the page that counts, modulo 4. */
  readonly generation: number;
  /** The record's word as it stands in flash. */
  readonly word: number;
}

/** What has changed of the journal from one bootloader of ours to a later one. */
export interface JournalForm {
  /** What each number of a phase means; what stands for none is undefined. */
  readonly phases: readonly (Phase | undefined)[];
  /** Records in a page, if so many fit. */
  readonly recordsPerPage: number;
}

const PHASES: readonly Phase[] = [
  Phase.Confirmed,
  Phase.Staged,
  Phase.Trial,
  Phase.Rejected,
  Phase.Reverted,
  Phase.Passed,
];

/**
 * A form.
 *
 * @param numbers of Confirmed, Staged, Trial, Rejected, Reverted and Passed
 */
export function journalForm(numbers: readonly number[], recordsPerPage: number): JournalForm {
  const phases = Array.from(
    { length: Journal.PhaseMask + 1 },
    (_, number) => PHASES[numbers.indexOf(number)],
  );
  return { phases, recordsPerPage };
}

/** The form that assembly/layout.ts draws. */
export const PRESENT_FORM: JournalForm = journalForm(PHASES, Journal.RecordsPerPage);

/**
 * Reads the journal.
 *
 * @param flash the whole flash
 * @param form the form in which the device's bootloader keeps it
 * @returns what it says, or undefined when neither page begins with a valid record
 */
export function readJournal(
  flash: Uint8Array,
  profile: Profile,
  form: JournalForm = PRESENT_FORM,
): BootJournal | undefined {
  return decodeJournalWord(readJournalWord(flash, profile, form), form);
}

/** The word of the record that counts, or 0. Allocates nothing. */
export function readJournalWord(
  flash: Uint8Array,
  profile: Profile,
  form: JournalForm = PRESENT_FORM,
): number {
  const { address } = profile.layout.state;
  const first = lastRecord(flash, profile, form, address);
  const second = lastRecord(flash, profile, form, address + profile.pageBytes);
  if (first === 0 || second === 0) return first === 0 ? second : first;
  const lead = (generationOf(second) - generationOf(first)) & Journal.GenerationMask;
  return lead === 1 ? second : first;
}

/** Takes a journal word apart; undefined when its phase is none. */
export function decodeJournalWord(
  word: number,
  { phases }: JournalForm = PRESENT_FORM,
): BootJournal | undefined {
  const phase = phases[word & Journal.PhaseMask];
  if (phase === undefined) return undefined;
  return {
    phase,
    activeSlot: ((word >>> Journal.ActiveShift) & 1) === 0 ? Slot.A : Slot.B,
    trialBoots: phase === Phase.Trial ? (word >>> Journal.TrialShift) & Journal.TrialMask : 0,
    reason: (word >>> Journal.ReasonShift) & Journal.ReasonMask,
    generation: generationOf(word),
    word,
  };
}

/** What a journal says, in words. */
export function describeJournal(journal: BootJournal | undefined): string {
  if (journal === undefined) return "no valid record";
  const active = `slot ${slotName(journal.activeSlot)}`;
  switch (journal.phase) {
    case Phase.Confirmed:
      return `Confirmed, ${active} is active`;
    case Phase.Staged:
      return `Staged, ${active} is active, a candidate waits in the other slot`;
    case Phase.Trial:
      return `Trial, ${active} is active, ${journal.trialBoots} trial boots of the other slot have begun`;
    case Phase.Rejected:
      return `Rejected (status ${statusNumber(journal.reason)}), ${active} is active`;
    case Phase.Reverted:
      return `Reverted (status ${statusNumber(journal.reason)}), ${active} is active`;
    case Phase.Passed:
      return `Passed, ${active} is active`;
  }
}

/** The name of a phase, as in `Confirmed`. */
export function phaseName(journal: BootJournal | undefined): string {
  return describeJournal(journal).split(/[ ,(]/, 1)[0] ?? "";
}

/** A slot's letter. */
export function slotName(slot: Slot): "A" | "B" {
  return slot === Slot.A ? "A" : "B";
}

function statusNumber(status: number): string {
  return `0x${status.toString(16).padStart(4, "0")}`;
}

/** The last valid one of the records of a page, or 0. Records end where one is blank. */
function lastRecord(flash: Uint8Array, profile: Profile, form: JournalForm, page: number): number {
  const stride = journalStrideBytes(profile);
  const blank = profile.erasedValue === 0 ? 0 : -1;
  const end = page + Math.min(profile.pageBytes, form.recordsPerPage * stride);
  let last = 0;
  for (let address = page; address + stride <= end; address += stride) {
    const word = wordAt(flash, address);
    const complement = wordAt(flash, address + 4);
    if (word === blank && complement === blank) break;
    if ((word ^ complement) === -1 && form.phases[word & Journal.PhaseMask] !== undefined) last = word >>> 0;
  }
  return last;
}

function wordAt(flash: Uint8Array, address: number): number {
  return (
    (flash[address] ?? 0) |
    ((flash[address + 1] ?? 0) << 8) |
    ((flash[address + 2] ?? 0) << 16) |
    ((flash[address + 3] ?? 0) << 24)
  );
}

function generationOf(word: number): number {
  return (word >>> Journal.GenerationShift) & Journal.GenerationMask;
}
