/**
 * Oracles: what must be true of every power cycle, of every step from one persistent state to the
 * next, and of the graph as a whole. What each looks at is all it needs: no oracle knows how a
 * bootloader works.
 */

import { Phase } from "../../assembly/layout.ts";
import { Limit } from "../../assembly/limits.ts";
import { Status } from "../../assembly/status.ts";
import type { PowerCycle } from "../device.ts";
import { untrueClaim, type Claim } from "./claim.ts";
import { describeJournal, slotName } from "./journal.ts";
import type { Expectation, StateFacts, Subject, SubjectImage } from "./subject.ts";

/** Names of the oracles, as reports carry them. */
export type OracleId =
  | "authentic"
  | "floor"
  | "alive"
  | "sound"
  | "rules"
  | "durable"
  | "accepted"
  | "counted"
  | "last-known-good"
  | "confidential"
  | "truthful"
  | "idempotent"
  | "quiet"
  | "wear"
  | "radio-alive"
  | "radio-follows"
  | "arrives";

/**
 * What oracles may look at of a power cycle: plain data, so that it can come from another thread, and
 * without its log, which is empty here.
 */
export interface ObservedCycle extends Omit<PowerCycle, "moduleError"> {
  readonly moduleError: { readonly message: string } | undefined;
}

/** One power cycle, run until it ended by itself. */
export interface CycleView {
  readonly subject: Subject;
  readonly cycle: ObservedCycle;
  /** The image that was handed control, if it is one of the subject's, byte for byte. */
  readonly image: SubjectImage | undefined;
  /** What the state was at power-on. */
  readonly before: StateFacts;
  /** What it was when the cycle ended. */
  readonly after: StateFacts;
  /** What the log says, as far as it says something that can be held against what happened. */
  readonly claims: readonly Claim[];
  /** Datagrams sent in a cycle in which nothing was handed control. */
  readonly bootloaderDatagrams: number;
  /** On the way here the new image was confirmed. */
  readonly wasConfirmed: boolean;
}

/** One step: from the state at power-on to a state that a cut leaves. */
export interface StepView {
  readonly subject: Subject;
  readonly before: StateFacts;
  readonly after: StateFacts;
  /** On the way to the state at power-on the new image was confirmed. */
  readonly wasConfirmed: boolean;
}

/** A named rule. A check returns what is wrong, in one sentence, or undefined. */
export interface Oracle {
  readonly id: OracleId;
  /** What it demands, in one sentence. */
  readonly sentence: string;
  readonly cycle?: (view: CycleView) => string | undefined;
  readonly step?: (view: StepView) => string | undefined;
  /** Looks at the image that runs when uninterrupted power has come to rest, in a closed graph, and the state. */
  readonly rest?: (image: SubjectImage | undefined, facts: StateFacts) => string | undefined;
}

/**
 * Every oracle. `alive`, `idempotent`, `quiet`, `wear` and `radio-follows` look at the closed graph, see
 * finding.ts.
 */
export const ORACLES: readonly Oracle[] = [
  {
    id: "authentic",
    sentence: "What is booted is, byte for byte, an image that the scenario allows, in a slot.",
    cycle: ({ cycle, image }) =>
      cycle.booted !== undefined && image === undefined
        ? `The ${cycle.booted.length} bytes at ${cycle.booted.address} that were booted are no known image.`
        : undefined,
  },
  {
    id: "floor",
    sentence: "The booted image's sequence number is not below the anti-rollback counter.",
    cycle: ({ image, after }) =>
      image !== undefined && image.sequenceNumber < after.floor
        ? `${image.name} (sequence number ${image.sequenceNumber}) was booted although the counter is ${after.floor}.`
        : undefined,
  },
  {
    id: "alive",
    sentence:
      "From every state, uninterrupted power reaches a running, idle image within a bounded number of boots, without recovery.",
    cycle: checkAlive,
  },
  {
    id: "sound",
    sentence: "Nothing faults, hangs, is refused as a module or returns from reset.",
    cycle: checkSound,
  },
  {
    id: "rules",
    sentence: "No rule of the flash is broken, and nothing is written where it may not be.",
    cycle: ({ cycle }) => cycle.violations[0]?.sentence,
  },
  {
    id: "durable",
    sentence: "Once the update is confirmed, no state and no boot ever belongs to the old image again.",
    cycle: ({ wasConfirmed, image }) =>
      wasConfirmed && image?.role === "old"
        ? `${image.name} was booted after the update had been confirmed.`
        : undefined,
    step: ({ wasConfirmed, after }) =>
      wasConfirmed && after.activeImage?.role === "old"
        ? `The journal went back to ${after.activeImage.name} after the update had been confirmed.`
        : undefined,
  },
  {
    id: "accepted",
    sentence:
      "A genuine update is never refused, and given up only after all its trial boots; any other never stays.",
    cycle: ({ subject, image }) =>
      subject.expectation === "refused" && image?.role === "new"
        ? `${image.name} was booted, but this update was to be refused.`
        : undefined,
    step: checkAccepted,
  },
  {
    id: "counted",
    sentence: "The anti-rollback counter is never above the sequence number of the confirmed image.",
    step: ({ after: { activeImage, floor } }) =>
      activeImage !== undefined && floor > activeImage.sequenceNumber
        ? `The counter is ${floor}, but the last confirmed image has sequence number ${activeImage.sequenceNumber}.`
        : undefined,
  },
  {
    id: "last-known-good",
    sentence:
      "In every state the active slot holds its image and envelope byte for byte: the old one until the new one is confirmed.",
    cycle: ({ before }) =>
      before.isLastKnownGood
        ? undefined
        : `No last known good image is left: ${describeJournal(before.journal)}.`,
  },
  {
    id: "confidential",
    sentence: "What the scenario declares secret lies, in no state, anywhere but where it may.",
    cycle: ({ before }) =>
      before.leak === undefined ? undefined : `Here lies what may not: ${before.leak}.`,
  },
  {
    id: "truthful",
    sentence: "What the log says of a boot, a trial, a refusal or the counter is what happened.",
    cycle: ({ cycle, before, after, claims }) =>
      claims.length === 0
        ? undefined
        : untrueClaim({ claims, end: cycle.end, bootedSlot: cycle.booted?.slot, before, after }),
  },
  {
    id: "idempotent",
    sentence: "From every state, uninterrupted power reaches one that a boot leaves as it is.",
  },
  {
    id: "quiet",
    sentence: "A device at rest stays at rest: its boot writes nothing.",
  },
  {
    id: "wear",
    sentence:
      "From every state, uninterrupted power reaches rest without erasing a page more often than stated.",
  },
  {
    id: "radio-alive",
    sentence: "In every state the radio has a whole image that it can boot.",
    cycle: ({ subject, before }) =>
      before.radioDigest === undefined && servesRadio(subject) ? "The radio has nothing to boot." : undefined,
  },
  {
    id: "radio-follows",
    sentence:
      "The radio runs no image but one that a confirmed manifest states, and with uninterrupted power in the end that of the active one.",
    step: checkRadioImage,
    rest: (image, { radioDigest }) =>
      image?.radioImage === undefined || image.radioImage.digest === radioDigest
        ? undefined
        : `Uninterrupted power ends with ${image.name} and without ${image.radioImage.name} on the radio.`,
  },
];

/**
 * Asks more than {@link ORACLES} do: that no cut loses the update. For bootloaders that promise that;
 * ours gives an update up whose trial boots were all cut.
 */
export function arrivesOracle(expectation: Expectation): Oracle {
  const role = expectation === "accepted" ? "new" : "old";
  return {
    id: "arrives",
    sentence: `From every state, uninterrupted power ends with the ${role} image.`,
    rest: (image) =>
      image?.role === role ? undefined : `Uninterrupted power ends with ${image?.name ?? "no known image"}.`,
  };
}

/** The oracles that look at the closed graph, and are silent of much or all while there is none. */
export const CLOSED_GRAPH_ORACLES: readonly OracleId[] = [
  "alive",
  "idempotent",
  "quiet",
  "wear",
  "radio-follows",
  "arrives",
];

/** The oracle of this name. */
export function oracleOf(id: OracleId): Oracle {
  const oracle = ORACLES.find((candidate) => candidate.id === id);
  if (oracle === undefined) throw new RangeError(`There is no oracle ${id}.`);
  return oracle;
}

/** Whether a scenario says what a radio is to run, so that somebody can ask. */
export function servesRadio({ images }: Subject): boolean {
  return images.some(({ radioImage }) => radioImage !== undefined);
}

/** Whether a state says that the update is done: confirmed, and the new image active. */
export function isUpdateConfirmed({ journal, activeImage }: StateFacts): boolean {
  return journal?.phase === Phase.Confirmed && activeImage?.role === "new";
}

/** How a power cycle ended, in words. */
export function describeEnd(cycle: ObservedCycle): string {
  const who =
    cycle.booted === undefined ? "the bootloader" : `the image in slot ${slotName(cycle.booted.slot)}`;
  switch (cycle.end) {
    case "idle":
      return `${who} is idle`;
    case "reset":
      return `${who} asked for a reset`;
    case "power-loss":
      return `power was cut while ${who} ran`;
    case "hard-fault":
      return `hard fault in ${who}: ${withoutStop(cycle.fault?.message)}`;
    case "watchdog":
      return `watchdog reset of ${who}`;
    case "returned":
      return `${who} returned from reset()`;
    case "refused":
      return `${who} is no module that may run: ${withoutStop(cycle.moduleError?.message)}`;
  }
}

function withoutStop(message = "unknown"): string {
  return message.replace(/\.$/, "");
}

function checkAlive({ cycle, bootloaderDatagrams }: CycleView): string | undefined {
  if (cycle.booted !== undefined) return undefined;
  if (cycle.end === "idle") return "The bootloader found nothing to boot and waits.";
  return bootloaderDatagrams > 0 ? "The bootloader found nothing to boot and called for help." : undefined;
}

function checkSound({ cycle, image }: CycleView): string | undefined {
  if (cycle.end === "idle" || cycle.end === "reset" || cycle.end === "power-loss") return undefined;
  if (cycle.end === "watchdog" && image?.hangs === true) return undefined;
  return `${describeEnd(cycle)}.`;
}

/** A radio without any image is a matter of another oracle. */
function checkRadioImage({ subject, after }: StepView): string | undefined {
  const { radioDigest, activeImage } = after;
  if (radioDigest === undefined || !servesRadio(subject)) return undefined;
  const found = subject.images.find(({ radioImage }) => radioImage?.digest === radioDigest);
  if (found?.radioImage === undefined) return "The radio runs an image that no manifest states.";
  // The old manifest was confirmed before, so its image may still be there.
  if (found.role === "old" || found === activeImage) return undefined;
  return `The radio runs ${found.radioImage.name}, which comes with ${found.name}: ${describeJournal(after.journal)}.`;
}

function checkAccepted({ subject, before, after }: StepView): string | undefined {
  const phase = after.journal?.phase;
  if (subject.expectation !== "accepted") {
    return isUpdateConfirmed(after) ? "The update was confirmed, but it was not to stay." : undefined;
  }
  if (phase === Phase.Rejected) return `The update was refused: ${describeJournal(after.journal)}.`;
  if (phase !== Phase.Reverted || before.journal?.phase === Phase.Reverted) return undefined;
  const isUsedUp = before.journal?.phase === Phase.Trial && before.journal.trialBoots >= Limit.TrialBoots;
  if (isUsedUp && after.journal?.reason === Status.TrialsExhausted) return undefined;
  return `The update was given up too early: ${describeJournal(after.journal)}.`;
}
