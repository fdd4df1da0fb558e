/**
 * What the log claims is held against what happened.
 */
import { describe, expect, it } from "vitest";
import { Phase, Slot } from "../../assembly/layout.ts";
import { Status } from "../../assembly/status.ts";
import { ClaimReader, untrueClaim, type ClaimedCycle } from "../../emulator/explore/claim.ts";
import { decodeJournalWord } from "../../emulator/explore/journal.ts";
import type { StateFacts } from "../../emulator/explore/subject.ts";
import { encodeJournalRecord, type JournalFields } from "../../emulator/provision.ts";

function facts(fields: JournalFields, floor = 1n): StateFacts {
  const word = new DataView(encodeJournalRecord(fields).buffer).getUint32(0, true);
  return {
    journal: decodeJournalWord(word),
    activeImage: undefined,
    floor,
    isLastKnownGood: true,
    leak: undefined,
    radioDigest: undefined,
  };
}

const A = { activeSlot: Slot.A } as const;
const CONFIRMED_A = facts({ phase: Phase.Confirmed, ...A });
const CONFIRMED_B = facts({ phase: Phase.Confirmed, activeSlot: Slot.B });
const STAGED = facts({ phase: Phase.Staged, ...A });
const TRIAL = [0, 1, 2, 3].map((trialBoots) => facts({ phase: Phase.Trial, ...A, trialBoots }));
const REJECTED = facts({ phase: Phase.Rejected, ...A, reason: Status.Unsigned });
const REVERTED = facts({ phase: Phase.Reverted, ...A, reason: Status.TrialsExhausted });

/** Slot B is active, with a manifest that states image "2" for a radio, which runs this one. */
function serving(radioDigest: string | undefined): StateFacts {
  const radioImage = { name: "radio image 2", digest: "2" };
  const activeImage = {
    name: "firmware 2",
    bytes: new Uint8Array(1),
    sequenceNumber: 2n,
    role: "new",
    radioImage,
  } as const;
  return { ...CONFIRMED_B, activeImage, radioDigest };
}

type Happened = Partial<Omit<ClaimedCycle, "claims">>;

function untrue(lines: readonly string[], happened: Happened): string | undefined {
  const claims = new ClaimReader().read(lines.map((text) => ({ micros: 0, text })));
  return untrueClaim({
    end: "idle",
    bootedSlot: undefined,
    before: CONFIRMED_A,
    after: CONFIRMED_A,
    ...happened,
    claims,
  });
}

describe("a claim", () => {
  const bootedA = { bootedSlot: Slot.A };
  const bootedB = { bootedSlot: Slot.B };
  it.each<[string, readonly string[], Happened, Happened]>([
    ["a boot", ["boot: slot A"], bootedA, bootedB],
    ["a boot that never came", ["boot: slot A"], bootedA, { end: "reset" }],
    [
      "a trial",
      ["boot: slot B on trial, boot 2"],
      { ...bootedB, before: TRIAL[1] ?? STAGED },
      { ...bootedB, before: TRIAL[0] ?? STAGED },
    ],
    ["an image sent", ["firmware 2: radio image sent"], { after: serving("2") }, { after: serving("1") }],
    [
      "an image sent to nobody",
      ["firmware 2: radio image sent"],
      { after: CONFIRMED_B },
      { after: serving(undefined) },
    ],
    ["a slot that does not boot", ["boot: slot A does not boot, status 0x0212"], { end: "reset" }, bootedA],
    [
      "an acceptance",
      ["boot: candidate accepted"],
      { end: "reset", after: TRIAL[0] ?? STAGED },
      { end: "reset", after: STAGED },
    ],
    [
      "a refusal",
      ["boot: candidate refused, status 0x0201"],
      { end: "reset", after: REJECTED },
      { end: "reset", after: TRIAL[0] ?? STAGED },
    ],
    [
      "the reason of a refusal",
      ["boot: candidate refused, status 0x0201"],
      { after: REJECTED },
      { after: facts({ phase: Phase.Rejected, ...A, reason: Status.SignatureInvalid }) },
    ],
    [
      "the reason of a reversion",
      ["boot: candidate reverted, status 0x0603"],
      { after: REVERTED },
      { after: facts({ phase: Phase.Reverted, ...A, reason: Status.SelfTestFailed }) },
    ],
    [
      "the counter",
      ["boot: anti-rollback floor raised"],
      { end: "reset", after: { ...CONFIRMED_A, floor: 2n } },
      { end: "reset" },
    ],
    ["recovery", ["boot: recovery, status 0x0604"], {}, bootedA],
    ["where firmware runs", ["firmware 2: running from slot B"], bootedB, bootedA],
    [
      "a confirmation",
      ["firmware 2: confirmed"],
      { ...bootedB, after: CONFIRMED_B },
      { ...bootedB, after: TRIAL[1] ?? STAGED },
    ],
  ])("about %s holds if it is so, and only then", (_about, lines, so, otherwise) => {
    expect(untrue(lines, so)).toBeUndefined();
    expect(untrue(lines, otherwise)).toMatch(/^The log says "(boot|firmware).*", but .+\.$/);
  });

  it("may be taken back before it comes to be", () => {
    const lines = ["boot: slot B on trial, boot 1", "boot: candidate reverted, status 0x0603"];
    expect(untrue(lines, { end: "reset", before: TRIAL[0] ?? STAGED, after: REVERTED })).toBeUndefined();
    const unbootable = ["boot: slot A", "boot: slot A does not boot, status 0x0212"];
    expect(untrue(unbootable, { end: "reset" })).toBeUndefined();
  });

  it("of a boot says nothing when the bootloader faults or hangs first", () => {
    expect(untrue(["boot: slot A"], { end: "hard-fault" })).toBeUndefined();
  });

  it("is made by no other line", () => {
    const lines = ["hello", "boot: slot C", "boot: slot A on fire", "firmware 2: no update", "BOOT: SLOT A"];
    const log = lines.map((text) => ({ micros: 0, text }));
    expect(new ClaimReader().read(log)).toEqual([]);
  });
});
