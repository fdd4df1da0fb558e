/**
 * What must come out, and a list of what came out differently.
 */
import type { Phase, Slot } from "../../assembly/layout.ts";
import type { BootHistory, BootRecord, DeviceFacts } from "../report/boot-record.ts";
import { slotName } from "../../emulator/explore/journal.ts";
import { bootStatePhrase, reasonCode } from "../report/boot-state.ts";
import type { StatusCode } from "../status-text.ts";

/** What must last on the device. */
export interface ExpectedState {
  readonly phase: Phase;
  readonly activeSlot: Slot;
  /** The journal's reason; "ok" unless stated. */
  readonly reason?: StatusCode;
  /** The anti-rollback floor. */
  readonly sequenceFloor: bigint;
}

/** What the device must say and run when it has come to rest. */
export interface ExpectedRest extends ExpectedState {
  /** The version that the running firmware names in its log. */
  readonly firmwareVersion: number;
}

/** Collects differences between what must be and what is. */
export class Expectation {
  readonly #about: string;
  readonly differences: string[] = [];

  /** @param about what the sentences begin with */
  constructor(about: string) {
    this.#about = about;
  }

  /** Notes a difference unless both are the same. */
  same(what: string, expected: string | number | bigint, actual: string | number | bigint | undefined): void {
    if (expected === actual) return;
    this.differences.push(`${this.#about}: ${what} should be ${expected}, but is ${actual ?? "missing"}.`);
  }

  /** Notes a difference unless the condition holds. */
  holds(condition: boolean, sentence: string): void {
    if (!condition) this.differences.push(`${this.#about}: ${sentence}`);
  }

  /** Checks a device that was switched on until it came to rest. */
  rest(history: BootHistory, expected: ExpectedRest): void {
    this.holds(history.isAtRest, `the device did not come to rest in ${history.boots.length} power-ons.`);
    const last = history.boots.at(-1);
    if (last === undefined) return;
    this.state(last.after, expected);
    this.same("the slot that runs", slotName(expected.activeSlot), bootedSlot(last));
    this.same("the firmware that runs", expected.firmwareVersion, runningVersion(last));
    for (const { cycle } of history.boots) {
      const [violation] = cycle.violations;
      this.holds(violation === undefined, `a rule of the part was broken: ${violation?.rule ?? ""}.`);
    }
  }

  /** Checks what lasts on the device. */
  state(facts: DeviceFacts, expected: ExpectedState): void {
    const { journal } = facts;
    const isAsExpected = journal?.phase === expected.phase && journal.activeSlot === expected.activeSlot;
    this.holds(
      isAsExpected,
      `the journal says "${bootStatePhrase(journal)}", not phase ${expected.phase} with slot ${slotName(expected.activeSlot)} active.`,
    );
    this.same("the reason in the journal", expected.reason ?? "ok", reasonCode(journal?.reason ?? -1));
    this.same("the anti-rollback floor", expected.sequenceFloor, facts.counters[0]);
  }
}

/** The version that the firmware of this power-on gave in its log, if one ran. */
export function runningVersion({ cycle }: BootRecord): number | undefined {
  for (const { text } of cycle.log) {
    const version = /^firmware (\d+): running from slot [AB]$/.exec(text)?.[1];
    if (version !== undefined) return Number(version);
  }
  return undefined;
}

/** The name of the slot that was booted, if one was. */
export function bootedSlot({ cycle }: BootRecord): string | undefined {
  return cycle.booted === undefined ? undefined : slotName(cycle.booted.slot);
}
