/**
 * A device under power: one power-on after another, with what is at the far end of the link.
 */
import { Phase, type Slot } from "../../assembly/layout.ts";
import {
  CutError,
  CutPower,
  Device,
  formatCut,
  otherSlot,
  TraceRecorder,
  type Cut,
  type PowerCycle,
  type TraceEvent,
} from "../../emulator/index.ts";
import { CoapServer } from "../../emulator/coap-server.ts";
import { recordBoot, type BootRecord } from "../report/boot-record.ts";
import { UserError } from "../user-error.ts";
import type { DeviceRecord } from "./device-file.ts";
import { readOwnJournal } from "./journal-form.ts";
import { ENVELOPE_PATH, PAYLOAD_PATH, REPORT_PATH } from "./resource-path.ts";
import { envelopeInSlot } from "./survey.ts";
import { ownSymbols } from "./wasm-file.ts";

/** Power-ons before a device that never comes to rest is given up; an update takes about ten. */
export const BOOTS_MAX = 64;

/** What the far end of the link has to offer. */
export interface Offer {
  readonly envelope: Uint8Array;
  /** Absent if the envelope holds it. */
  readonly payload?: Uint8Array | undefined;
}

/** Who wants to know what came of updates. */
export interface ReportWish {
  /** What the reports are to repeat, so that none can be an old one; empty for nothing. */
  readonly nonce: Uint8Array;
  readonly take: (report: Uint8Array) => void;
}

/** Switches a device on. */
export function powerUp(record: DeviceRecord, offer?: Offer, wish?: ReportWish): Device {
  const resources = new Map<string, Uint8Array>();
  if (offer !== undefined) resources.set(ENVELOPE_PATH, offer.envelope);
  if (offer?.payload !== undefined) resources.set(PAYLOAD_PATH, offer.payload);
  if (wish !== undefined) resources.set(REPORT_PATH, wish.nonce);
  const inboxes = new Map(wish === undefined ? [] : [[REPORT_PATH, wish.take]]);
  const device = new Device({
    profile: record.profile,
    link: new CoapServer(resources, { inboxes }),
    symbols: ownSymbols(),
    ...(record.surroundings === undefined ? {} : { surroundings: record.surroundings }),
  });
  device.restore(record.state);
  return device;
}

/** One power-on. */
export interface PowerOn {
  readonly record: BootRecord;
  /** The cut that it never came to. */
  readonly missedCut: Cut | undefined;
  /** Every event; undefined unless asked for. */
  readonly events: readonly TraceEvent[] | undefined;
}

/**
 * Switches the power on once, with a cut in it or without.
 *
 * @throws UserError `cut-variant` if the operation has no such torn variant
 */
export function powerOnOnce(
  device: Device,
  { cut, hasTrace = false }: { readonly cut?: Cut | undefined; readonly hasTrace?: boolean | undefined },
): PowerOn {
  const events = hasTrace ? traceAhead(device, cut) : undefined;
  if (cut === undefined) return { record: recordBoot(device), missedCut: undefined, events };
  const observer = new CutPower(cut);
  const record = withVariant(cut, () => recordBoot(device, observer));
  return { record, missedCut: observer.executed ? undefined : cut, events };
}

/** The events of the next power-on. Every power-on from one state is the same, so it is done twice. */
function traceAhead(device: Device, cut: Cut | undefined): readonly TraceEvent[] {
  const here = device.snapshot();
  const trace = new TraceRecorder();
  if (cut === undefined) device.powerOn({ trace });
  else withVariant(cut, () => device.powerOn({ trace, observer: new CutPower(cut) }));
  device.restore(here);
  return trace.events;
}

function withVariant<Result>(cut: Cut, powerOn: () => Result): Result {
  try {
    return powerOn();
  } catch (error) {
    if (!(error instanceof CutError)) throw error;
    const before = formatCut({ operation: cut.operation, phase: "before" });
    const after = formatCut({ operation: cut.operation, phase: "after" });
    throw new UserError(
      error.code,
      `${error.message}.`,
      `Variants that would change nothing do not exist; ${before} and ${after} always do.`,
      { cause: error },
    );
  }
}

/** How it ended: something runs, the bootloader waits for an update, or it never comes to rest. */
export type Rest = "running" | "recovery" | "stuck";

/**
 * Power-on after power-on until one changes nothing: from there, all that follow are the same.
 *
 * @param powerOn does one power-on
 */
export function runUntilRest(powerOn: () => PowerCycle): Rest {
  for (let boots = 0; boots < BOOTS_MAX; boots += 1) {
    const cycle = powerOn();
    if (cycle.operations > 0) continue;
    if (cycle.end !== "idle") return "stuck";
    return cycle.booted === undefined ? "recovery" : "running";
  }
  return "stuck";
}

/** What became of an update. */
export interface UpdateOutcome {
  /** `installed` and `current` mean that the offered envelope's image runs. */
  readonly result: "installed" | "current" | "refused" | "reverted" | "untouched";
  /** A status: why, if the journal says so. */
  readonly reason: number;
  /** The slot that runs. */
  readonly slot: Slot | undefined;
}

/**
 * Judges by flash alone what became of an update.
 *
 * @param before the device before it was offered
 * @param after the device at rest
 */
export function outcomeOf(before: DeviceRecord, after: DeviceRecord, envelope: Uint8Array): UpdateOutcome {
  const state = readOwnJournal(after.state.flash, after.profile);
  if (state === undefined) return { result: "untouched", reason: 0, slot: undefined };
  const { activeSlot: slot, reason, phase } = state;
  if (phase === Phase.Confirmed && holds(after, slot, envelope)) {
    return { result: wasRunning(before, envelope) ? "current" : "installed", reason: 0, slot };
  }
  if (holds(after, otherSlot(slot), envelope)) {
    if (phase === Phase.Rejected) return { result: "refused", reason, slot };
    if (phase === Phase.Reverted) return { result: "reverted", reason, slot };
  }
  return { result: "untouched", reason: 0, slot };
}

function wasRunning(before: DeviceRecord, envelope: Uint8Array): boolean {
  const state = readOwnJournal(before.state.flash, before.profile);
  return state?.phase === Phase.Confirmed && holds(before, state.activeSlot, envelope);
}

function holds({ profile, state }: DeviceRecord, slot: Slot, envelope: Uint8Array): boolean {
  const held = envelopeInSlot(profile, state.flash, slot);
  return held !== undefined && Buffer.compare(held, envelope) === 0;
}
