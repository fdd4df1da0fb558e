/**
 * The journal in the forms that bootloaders of ours keep and have kept it in.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Phase, Slot } from "../../assembly/layout.ts";
import { PRESENT_FORM, readJournal } from "../../emulator/explore/journal.ts";
import { encodeJournalRecord, FLASH_BYTES, profileNamed } from "../../emulator/index.ts";
import { JOURNAL_FORMS, journalFormOf } from "../../host/device/journal-form.ts";
import { PHASE_NUMBERS, revertingBootloader } from "../reverting-bootloader.ts";
import { toyBootloader } from "../toy-bootloader.ts";
import { readWasm } from "../wasm-file.ts";

const PROFILE = profileNamed("class1");
const { state } = PROFILE.layout;

const PHASES = [
  Phase.Confirmed,
  Phase.Staged,
  Phase.Trial,
  Phase.Rejected,
  Phase.Reverted,
  Phase.Passed,
] as const;

describe("the form of a journal", () => {
  it.each([
    "bootloader",
    "bootloader-ed25519",
    "bootloader-hss",
    "bootloader-managed",
    "bootloader-encrypted",
  ])("is the present one with %s", (name) => {
    expect(journalFormOf(readWasm(name))).toBe(PRESENT_FORM);
  });

  it.each([0, 1, 2])("is told by the numbers that a bootloader goes by: form %i", (index) => {
    expect(journalFormOf(revertingBootloader(PHASE_NUMBERS[index]))).toBe(JOURNAL_FORMS[index]);
  });

  it("is unknown of a bootloader that is none of ours, crashes or is no module", () => {
    expect(journalFormOf(toyBootloader("data first"))).toBeUndefined();
    expect(journalFormOf(Uint8Array.of(1, 2, 3))).toBeUndefined();
    expect(journalFormOf(new Uint8Array(FLASH_BYTES))).toBeUndefined();
  });
});

describe("a journal", () => {
  it("says in each form what that form's numbers mean, wherever its last record stands", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: PHASE_NUMBERS.length - 1 }),
        fc.array(fc.integer({ min: 0, max: PHASES.length - 1 }), { minLength: 1, maxLength: 8 }),
        fc.constantFrom(Slot.A, Slot.B),
        (index, steps, activeSlot) => {
          const flash = new Uint8Array(FLASH_BYTES).fill(PROFILE.erasedValue);
          for (const [position, step] of steps.entries()) {
            const record = encodeJournalRecord({ phase: Number(PHASE_NUMBERS[index]?.[step]), activeSlot });
            flash.set(record, state.address + position * record.length);
          }
          const last = steps.at(-1);
          expect(readJournal(flash, PROFILE, JOURNAL_FORMS[index])).toMatchObject({
            phase: PHASES[last],
            activeSlot,
          });
        },
      ),
    );
  });

  it("fills its page with records in the earliest form, as bootloaders once did", () => {
    const flash = new Uint8Array(FLASH_BYTES).fill(PROFILE.erasedValue);
    for (let position = 0; position < 9; position += 1) {
      // 5 is Reverted in the first form, and Trial today.
      const record = encodeJournalRecord({ phase: position === 8 ? 5 : 3, activeSlot: Slot.A });
      flash.set(record, state.address + position * record.length);
    }
    expect(readJournal(flash, PROFILE, JOURNAL_FORMS[2])?.phase).toBe(Phase.Reverted);
    expect(readJournal(flash, PROFILE)?.phase).toBe(Phase.Staged);
  });
});
