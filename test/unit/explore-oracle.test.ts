/**
 * Each oracle objects to what it is there for, and to nothing in a healthy power cycle.
 */
import { describe, expect, it } from "vitest";
import { Journal, Phase, Slot } from "../../assembly/layout.ts";
import { Status } from "../../assembly/status.ts";
import type { PowerCycle } from "../../emulator/device.ts";
import { decodeJournalWord, describeJournal, readJournal } from "../../emulator/explore/journal.ts";
import { followUncut, NEVER, type UncutStep } from "../../emulator/explore/liveness.ts";
import { ORACLES, type CycleView, type OracleId, type StepView } from "../../emulator/explore/oracle.ts";
import type { StateFacts, Subject } from "../../emulator/explore/subject.ts";
import { FLASH_BYTES } from "../../emulator/memory-map.ts";
import { profileNamed } from "../../emulator/profile.ts";
import { encodeJournalRecord, journalStrideBytes, type JournalFields } from "../../emulator/provision.ts";

const OLD = { name: "old", bytes: Uint8Array.of(1), sequenceNumber: 1n, role: "old" } as const;
const NEW = { name: "new", bytes: Uint8Array.of(2), sequenceNumber: 2n, role: "new" } as const;
const HANGING = { ...NEW, hangs: true } as const;
const SUBJECT: Subject = { images: [OLD, NEW], expectation: "accepted" };
const NOTHING = { cpu: 0, program: 0, erase: 0, idle: 0, total: 0 };

const HEALTHY: PowerCycle = {
  end: "idle",
  stage: "firmware",
  booted: { slot: Slot.B, address: 65536, length: 1 },
  operations: 0,
  log: [],
  fault: undefined,
  violations: [],
  micros: NOTHING,
  nanojoules: NOTHING,
  fuel: 0,
  moduleError: undefined,
};

function facts(fields: JournalFields, activeImage: StateFacts["activeImage"], floor: bigint): StateFacts {
  const word = new DataView(encodeJournalRecord(fields).buffer).getUint32(0, true);
  return {
    journal: decodeJournalWord(word),
    activeImage,
    floor,
    isLastKnownGood: true,
    leak: undefined,
    radioDigest: undefined,
  };
}

const BEFORE = facts({ phase: Phase.Confirmed, activeSlot: Slot.A }, OLD, 1n);
const STAGED = facts({ phase: Phase.Staged, activeSlot: Slot.A }, OLD, 1n);
const CONFIRMED = facts({ phase: Phase.Confirmed, activeSlot: Slot.B }, NEW, 2n);

const CYCLE: CycleView = {
  subject: SUBJECT,
  cycle: HEALTHY,
  image: NEW,
  before: CONFIRMED,
  after: CONFIRMED,
  claims: [],
  bootloaderDatagrams: 0,
  wasConfirmed: true,
};
const STEP: StepView = { subject: SUBJECT, before: BEFORE, after: STAGED, wasConfirmed: false };

const objecting = (check: (oracle: (typeof ORACLES)[number]) => string | undefined): OracleId[] =>
  ORACLES.filter((oracle) => check(oracle) !== undefined).map(({ id }) => id);
const toCycle = (view: Partial<CycleView>): OracleId[] =>
  objecting((oracle) => oracle.cycle?.({ ...CYCLE, ...view }));
const toStep = (view: Partial<StepView>): OracleId[] =>
  objecting((oracle) => oracle.step?.({ ...STEP, ...view }));

describe("a journal word", () => {
  it("has a reason beside the place where a candidate was given up, and trial boots in a trial alone", () => {
    const place = (0x1f << Journal.PlaceShift) | (15 << Journal.TrialShift);
    for (const phase of [Phase.Rejected, Phase.Reverted]) {
      const word = place | (Status.ClassMismatch << Journal.ReasonShift) | phase;
      expect(decodeJournalWord(word)).toMatchObject({ phase, reason: Status.ClassMismatch, trialBoots: 0 });
    }
    const trial = (2 << Journal.TrialShift) | Phase.Trial;
    expect(decodeJournalWord(trial)).toMatchObject({ phase: Phase.Trial, reason: 0, trialBoots: 2 });
  });
});

describe("an oracle", () => {
  it("has nothing to say of a healthy power cycle and a healthy step", () => {
    expect(toCycle({})).toEqual([]);
    expect(toStep({})).toEqual([]);
    expect(toStep({ after: CONFIRMED })).toEqual([]);
  });

  const violation = { rule: "bit-needs-erase", address: 0, operation: 0, sentence: "No." } as const;
  const nobody = { ...HEALTHY, booted: undefined, stage: "bootloader" } as const;
  it.each<[OracleId[], string, Partial<CycleView>]>([
    [["authentic"], "an unknown image runs", { image: undefined }],
    [["floor"], "an image below the floor runs", { after: { ...CONFIRMED, floor: 3n } }],
    [["alive"], "the bootloader waits", { image: undefined, cycle: nobody }],
    [
      ["alive"],
      "the bootloader calls for help",
      { image: undefined, cycle: { ...nobody, end: "reset" }, bootloaderDatagrams: 1 },
    ],
    [["sound"], "the image faults", { cycle: { ...HEALTHY, end: "hard-fault" } }],
    [["sound"], "the image hangs", { cycle: { ...HEALTHY, end: "watchdog" } }],
    [[], "the image hangs, as it is known to", { cycle: { ...HEALTHY, end: "watchdog" }, image: HANGING }],
    [["sound"], "the bootloader hangs", { image: undefined, cycle: { ...nobody, end: "watchdog" } }],
    [["sound"], "the module is refused", { cycle: { ...HEALTHY, end: "refused" } }],
    [["sound"], "reset returns", { cycle: { ...HEALTHY, end: "returned" } }],
    [["rules"], "a rule of the flash is broken", { cycle: { ...HEALTHY, violations: [violation] } }],
    [
      ["durable"],
      "the old image runs after the update was confirmed",
      { image: OLD, after: { ...CONFIRMED, floor: 1n } },
    ],
    [
      ["accepted"],
      "a new image runs that was to be refused",
      { subject: { ...SUBJECT, expectation: "refused" } },
    ],
  ])("objects, %j, when %s", (ids, _when, view) => {
    expect(toCycle(view)).toEqual(ids);
  });

  const reverted = (reason: Status): StateFacts =>
    facts({ phase: Phase.Reverted, activeSlot: Slot.A, reason }, OLD, 1n);
  const trial = (trialBoots: number): StateFacts =>
    facts({ phase: Phase.Trial, activeSlot: Slot.A, trialBoots }, OLD, 1n);
  const rejected = facts({ phase: Phase.Rejected, activeSlot: Slot.A, reason: Status.Unsigned }, OLD, 1n);
  it.each<[OracleId[], string, Partial<StepView>]>([
    [
      ["durable"],
      "the journal goes back after the update was confirmed",
      { wasConfirmed: true, after: BEFORE },
    ],
    [["accepted"], "a genuine update is refused", { after: rejected }],
    [[], "a false update is refused", { after: rejected, subject: { ...SUBJECT, expectation: "refused" } }],
    [
      ["accepted"],
      "a failing update is confirmed",
      { after: CONFIRMED, subject: { ...SUBJECT, expectation: "reverted" } },
    ],
    [["accepted"], "trials end early", { before: trial(2), after: reverted(Status.TrialsExhausted) }],
    [
      ["accepted"],
      "trials end for another reason",
      { before: trial(3), after: reverted(Status.ImageMismatch) },
    ],
    [[], "trials are used up", { before: trial(3), after: reverted(Status.TrialsExhausted) }],
    [["counted"], "the counter runs ahead of the confirmed image", { after: { ...STAGED, floor: 2n } }],
  ])("objects, %j, when %s", (ids, _when, view) => {
    expect(toStep(view)).toEqual(ids);
  });
});

describe("the journal, read from its drawing", () => {
  it.each(["class1", "stm32l0", "stm32f103"])("is the last valid record of the newer page, on %s", (name) => {
    const profile = profileNamed(name);
    const stride = journalStrideBytes(profile);
    const { address } = profile.layout.state;
    const flash = new Uint8Array(FLASH_BYTES).fill(profile.erasedValue);
    expect(readJournal(flash, profile)).toBeUndefined();
    const write = (page: number, index: number, fields: JournalFields): void => {
      flash.set(encodeJournalRecord(fields), address + page * profile.pageBytes + index * stride);
    };
    write(0, 0, { phase: Phase.Confirmed, activeSlot: Slot.A, generation: 3 });
    write(0, 1, { phase: Phase.Staged, activeSlot: Slot.A, generation: 3 });
    expect(readJournal(flash, profile)).toMatchObject({ phase: Phase.Staged, generation: 3 });
    write(1, 0, { phase: Phase.Trial, activeSlot: Slot.A, trialBoots: 2, generation: 0 });
    expect(describeJournal(readJournal(flash, profile))).toBe(
      "Trial, slot A is active, 2 trial boots of the other slot have begun",
    );
    // A torn record ends its page, and what stands behind it does not count.
    write(1, 2, { phase: Phase.Confirmed, activeSlot: Slot.B, generation: 0 });
    expect(readJournal(flash, profile)).toMatchObject({ phase: Phase.Trial, trialBoots: 2 });
    flash.fill(profile.erasedValue, address + profile.pageBytes, address + profile.pageBytes + 4);
    expect(readJournal(flash, profile)).toMatchObject({ phase: Phase.Staged });
  });
});

describe("uninterrupted power", () => {
  const graph = (steps: readonly [number, boolean][]) =>
    followUncut(steps.length, (state): UncutStep | undefined => {
      const step = steps[state];
      return step === undefined ? undefined : { successor: step[0], isRunning: step[1] };
    });

  it("is followed from every state to the one at rest", () => {
    const { bootsToRunning, bootsToRest, rest } = graph([
      [1, false],
      [2, true],
      [3, false],
      [3, true],
    ]);
    expect([...bootsToRunning]).toEqual([2, 1, 2, 1]);
    expect([...bootsToRest]).toEqual([3, 2, 1, 0]);
    expect([...rest]).toEqual([3, 3, 3, 3]);
  });

  it("never arrives in a cycle in which nothing runs, nor from any state that leads there", () => {
    const { bootsToRunning, bootsToRest } = graph([
      [1, false],
      [2, false],
      [1, false],
      [3, false],
      [4, true],
    ]);
    expect([...bootsToRunning]).toEqual([NEVER, NEVER, NEVER, NEVER, 1]);
    expect([...bootsToRest]).toEqual([NEVER, NEVER, NEVER, 0, 0]);
  });

  it("arrives in a cycle in which something runs somewhere, though never at rest", () => {
    const { bootsToRunning, bootsToRest } = graph([
      [1, false],
      [2, false],
      [3, true],
      [1, false],
    ]);
    expect([...bootsToRunning]).toEqual([3, 2, 1, 3]);
    expect([...bootsToRest]).toEqual([NEVER, NEVER, NEVER, NEVER]);
  });
});
