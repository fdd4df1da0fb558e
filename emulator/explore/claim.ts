/**
 * Claims: what the device says in its log that it does, in a form that can be held against what it did.
 *
 * The lines are those of our own bootloader and sample application (assembly/boot/message.ts); a line
 * that says anything else claims nothing.
 */

import { Phase, Slot } from "../../assembly/layout.ts";
import type { LogLine } from "../hal.ts";
import type { PowerCycleEnd } from "../trace.ts";
import { describeJournal, slotName } from "./journal.ts";
import type { StateFacts } from "./subject.ts";

/** What is claimed. */
export type ClaimKind =
  | "boots"
  | "tries"
  | "unbootable"
  | "accepted"
  | "refused"
  | "reverted"
  | "floor-raised"
  | "recovery"
  | "runs"
  | "confirmed"
  | "radio-served";

/** One line of the log that claims something. */
export interface Claim {
  readonly kind: ClaimKind;
  /** The line. */
  readonly text: string;
  /** The slot that it names, if it names one. */
  readonly slot: Slot | undefined;
  /** The trial boot or the status that it names; 0 if it names none. */
  readonly value: number;
}

/** What claims are held against. */
export interface ClaimedCycle {
  readonly claims: readonly Claim[];
  readonly end: PowerCycleEnd;
  /** The slot that was handed control, if one was. */
  readonly bootedSlot: Slot | undefined;
  readonly before: StateFacts;
  readonly after: StateFacts;
}

const LINES: readonly (readonly [ClaimKind, RegExp])[] = [
  ["boots", /^boot: slot (?<slot>[AB])$/],
  ["tries", /^boot: slot (?<slot>[AB]) on trial, boot (?<boot>\d+)$/],
  ["unbootable", /^boot: slot (?<slot>[AB]) does not boot, status 0x(?<status>[0-9a-f]{4})$/],
  ["accepted", /^boot: candidate accepted$/],
  ["refused", /^boot: candidate refused, status 0x(?<status>[0-9a-f]{4})$/],
  ["reverted", /^boot: candidate reverted, status 0x(?<status>[0-9a-f]{4})$/],
  ["floor-raised", /^boot: anti-rollback floor raised$/],
  ["recovery", /^boot: recovery, status 0x(?<status>[0-9a-f]{4})$/],
  ["runs", /^firmware \d+: running from slot (?<slot>[AB])$/],
  ["confirmed", /^firmware \d+: confirmed$/],
  ["radio-served", /^firmware \d+: radio image sent$/],
];

/** Lines that were seen before: there are few, and every power-on says some of them. */
const KNOWN_LINES_MAX = 4096;

/** Reads claims off logs. */
export class ClaimReader {
  readonly #known = new Map<string, Claim | undefined>();

  /** What a log claims, in order. */
  read(log: readonly LogLine[]): Claim[] {
    const claims: Claim[] = [];
    for (const { text } of log) {
      const claim = this.#claimOf(text);
      if (claim !== undefined) claims.push(claim);
    }
    return claims;
  }

  #claimOf(text: string): Claim | undefined {
    const known = this.#known.get(text);
    if (known !== undefined || this.#known.has(text)) return known;
    const claim = parseLine(text);
    if (this.#known.size < KNOWN_LINES_MAX) this.#known.set(text, claim);
    return claim;
  }
}

function parseLine(text: string): Claim | undefined {
  for (const [kind, pattern] of LINES) {
    const match = pattern.exec(text);
    if (match === null) continue;
    const { slot, boot, status } = match.groups ?? {};
    return {
      kind,
      text,
      slot: slot === undefined ? undefined : slot === "A" ? Slot.A : Slot.B,
      value: boot === undefined ? Number.parseInt(status ?? "0", 16) : Number(boot),
    };
  }
  return undefined;
}

/** What is untrue of what was claimed, in one sentence, or undefined. */
export function untrueClaim(view: ClaimedCycle): string | undefined {
  // A hand-over that was announced may be taken back by a later line; what is left must happen.
  let announced: Claim | undefined;
  for (const claim of view.claims) {
    if (claim.kind === "boots" || claim.kind === "tries") announced = claim;
    if (claim.kind === "unbootable" || claim.kind === "reverted") announced = undefined;
    const fact = contradiction(claim, view);
    if (fact !== undefined) return `The log says "${claim.text}", but ${fact}.`;
  }
  const isOver = view.bootedSlot !== undefined || view.end === "idle" || view.end === "reset";
  if (announced === undefined || !isOver || announced.slot === view.bootedSlot) return undefined;
  return `The log says "${announced.text}", but ${bootedText(view.bootedSlot)}.`;
}

function contradiction(claim: Claim, view: ClaimedCycle): string | undefined {
  const { before, after, bootedSlot } = view;
  const { journal } = after;
  const unless = (isTrue: boolean, fact: string): string | undefined => (isTrue ? undefined : fact);
  const journalText = `the journal says: ${describeJournal(journal)}`;
  switch (claim.kind) {
    case "boots":
      return undefined;
    case "tries":
      return unless(
        isTrialBoot(claim, before),
        `before it the journal said: ${describeJournal(before.journal)}`,
      );
    case "unbootable":
      return unless(bootedSlot !== claim.slot, bootedText(bootedSlot));
    case "accepted":
      return unless(journal?.phase === Phase.Trial && journal.trialBoots === 0, journalText);
    case "refused":
      return unless(journal?.phase === Phase.Rejected && journal.reason === claim.value, journalText);
    case "reverted":
      return unless(journal?.phase === Phase.Reverted && journal.reason === claim.value, journalText);
    case "floor-raised":
      return unless(after.floor > before.floor, `the counter was ${before.floor} and is ${after.floor}`);
    case "recovery":
      return unless(bootedSlot === undefined, bootedText(bootedSlot));
    case "runs":
      return unless(bootedSlot === claim.slot, bootedText(bootedSlot));
    case "confirmed":
      return unless(journal?.phase !== Phase.Trial && journal?.activeSlot === bootedSlot, journalText);
    case "radio-served":
      return unless(runsStatedImage(after), `the radio runs ${after.radioDigest ?? "nothing"}`);
  }
}

/** Whether it is the next trial boot of the slot that is on trial. */
function isTrialBoot({ slot, value }: Claim, { journal }: StateFacts): boolean {
  return journal?.phase === Phase.Trial && journal.activeSlot !== slot && journal.trialBoots + 1 === value;
}

/** Whether the radio runs what the active manifest states, or nothing is known of that. */
function runsStatedImage({ activeImage, radioDigest }: StateFacts): boolean {
  return activeImage?.radioImage === undefined || activeImage.radioImage.digest === radioDigest;
}

function bootedText(slot: Slot | undefined): string {
  return slot === undefined ? "nothing was booted" : `slot ${slotName(slot)} was booted`;
}
