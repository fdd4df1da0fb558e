/**
 * In which form a device's bootloader keeps its journal, found out by asking it.
 *
 * The numbers of the phases have changed twice, and a device keeps the bootloader that it was made with. Neither
 * the version of its file tells which they are nor a record alone: 5 was Reverted, then Confirmed, and is Trial.
 * So a copy of the bootloader is put before a candidate that has used up its trials, written down in each form:
 * the one whose form it is reverts the candidate, and no other.
 */
import { Limit } from "../../assembly/limits.ts";
import { Phase, Slot } from "../../assembly/layout.ts";
import {
  journalForm,
  PRESENT_FORM,
  readJournal,
  type BootJournal,
  type JournalForm,
} from "../../emulator/explore/journal.ts";
import { bootloaderBytes } from "../../emulator/bootloader-length.ts";
import { encodeJournalRecord, journalRange, profileNamed, type Profile } from "../../emulator/index.ts";
import { equalBytes } from "../keys/key.ts";
import { UserError } from "../user-error.ts";
import { manufacture } from "./factory.ts";
import { ownModule } from "./wasm-file.ts";

/** Later forms first. Before there was a limit, a page was filled with records. */
export const JOURNAL_FORMS: readonly JournalForm[] = [
  PRESENT_FORM,
  journalForm([5, 3, 9, 6, 10, 12], Infinity),
  journalForm([1, 2, 3, 4, 5, 6], Infinity),
];

/** The bootloader that was asked last, and its answer. */
let asked: { readonly bootloader: Uint8Array; readonly form: JournalForm | undefined } | undefined;

/** The form in which a bootloader keeps its journal; undefined if it is none of ours, so that nobody knows. */
export function journalFormOf(bootloader: Uint8Array): JournalForm | undefined {
  if (asked === undefined || !equalBytes(asked.bootloader, bootloader)) {
    const form = equalBytes(bootloader, ownModule("bootloader"))
      ? PRESENT_FORM
      : JOURNAL_FORMS.find((each) => isFormOf(bootloader, each));
    asked = { bootloader, form };
  }
  return asked.form;
}

/** The bootloader in a device's flash. */
export function bootloaderIn(flash: Uint8Array, { layout: { boot } }: Profile): Uint8Array {
  return flash.slice(boot.address, boot.address + bootloaderBytes(flash, boot));
}

/** Reads a device's journal in the form of its bootloader; in the present one if that is not known. */
export function readOwnJournal(flash: Uint8Array, profile: Profile): BootJournal | undefined {
  return readJournal(flash, profile, journalFormOf(bootloaderIn(flash, profile)));
}

function isFormOf(bootloader: Uint8Array, form: JournalForm): boolean {
  const profile = profileNamed("class1");
  const nobody = new Uint8Array(16);
  try {
    const device = manufacture({
      profile,
      bootloader,
      trusted: [],
      identity: { vendorId: nobody, classId: nobody, deviceId: nobody },
      components: ["app"],
    });
    const used = encodeJournalRecord({
      phase: form.phases.indexOf(Phase.Trial),
      activeSlot: Slot.A,
      trialBoots: Limit.TrialBoots,
    });
    device.flash.bytes.set(used, journalRange(profile.layout, profile.pageBytes).address);
    device.powerOn();
    return readJournal(device.flash.bytes, profile, form)?.phase === Phase.Reverted;
  } catch (error) {
    // It does not fit into any device.
    if (error instanceof UserError) return false;
    throw error;
  }
}
