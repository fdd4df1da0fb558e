/**
 * Whole bootloaders with the phase numbers of earlier days: they are told by what they do.
 */
import { describe, expect, it } from "vitest";
import { Phase, Slot } from "../../assembly/layout.ts";
import { encodeJournalRecord, profileNamed } from "../../emulator/index.ts";
import { buildPatched, WITHOUT_RECOVERY_REPORTS } from "../../host/build/variant.ts";
import { identityOf, manufacture } from "../../host/device/factory.ts";
import { JOURNAL_FORMS, journalFormOf, readOwnJournal } from "../../host/device/journal-form.ts";
import { PHASE_NUMBERS } from "../reverting-bootloader.ts";

const PROFILE = profileNamed("class1");
/** As assembly/layout.ts writes them, in the order of `PHASE_NUMBERS`. */
const LINES = [
  "Confirmed = 0x09",
  "Staged = 0x03",
  "Trial = 0x05",
  "Rejected = 0x06",
  "Reverted = 0x0a",
  "Passed = 0x0c",
];

describe("a bootloader with the phase numbers of form", () => {
  it.each([1, 2])(
    "%i is told from others, and what it writes is read",
    async (index) => {
      const numbers = PHASE_NUMBERS[index] ?? [];
      const { module } = await buildPatched([
        WITHOUT_RECOVERY_REPORTS,
        ...LINES.map((find, phase) => ({
          file: "assembly/layout.ts",
          find: `  ${find},`,
          replace: `  ${find.split(" ", 1).join("")} = ${numbers[phase] ?? 0},`,
        })),
        {
          file: "assembly/flash/journal.ts",
          find: "return popcnt<u32>(value) == 2;",
          replace: `return ${numbers.map((number) => `value == ${number}`).join(" || ")};`,
        },
      ]);
      expect(journalFormOf(module)).toBe(JOURNAL_FORMS[index]);
      const device = manufacture({
        profile: PROFILE,
        bootloader: module,
        trusted: [],
        identity: identityOf({ vendor: "brownout.example", class: "class1" }),
        components: ["app"],
      });
      const staged = encodeJournalRecord({ phase: Number(numbers[1]), activeSlot: Slot.B });
      device.flash.bytes.set(staged, PROFILE.layout.state.address);
      expect(readOwnJournal(device.flash.bytes, PROFILE)?.phase).toBe(Phase.Staged);
      device.powerOn();
      expect(readOwnJournal(device.flash.bytes, PROFILE)).toMatchObject({
        phase: Phase.Rejected,
        activeSlot: Slot.B,
      });
    },
    120_000,
  );
});
