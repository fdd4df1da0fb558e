/**
 * The update and the invocation procedure (SUIT §6.4, §8.4.6) on an envelope that lies in flash.
 */
import { counterRead, flashCheck } from "../hal";
import { Feature } from "../feature";
import { Witness } from "../hardening";
import { Counter } from "../layout";
import { slotAddress, slotBytes } from "../flash/device-page";
import { Limit } from "../limits";
import { Status } from "../status";
import { clearComponents, clearParameters, Field, field } from "./component";
import { clearInvoked, invokedAddress, invokedBytes, invokedSet, placeContent } from "./directive";
import {
  authenticate,
  envelopeStart,
  isCosigned,
  manifestWitness,
  openRoot,
  signatureWitness,
} from "./envelope";
import { isIdentityAttested, isIdentityChecked } from "./identity";
import { Member } from "./label";
import { hasMember, matchComponents, openManifest, sequenceNumber, sequenceNumberAgain } from "./manifest";
import { Mode, runSequence } from "./sequence";

const FLOOR: usize = memory.data(8, 8);

/** The sections in the order of the procedures; what a build does not have is in no manifest. */
const SECTIONS: usize = memory.data<u8>([
  <u8>Member.DependencyResolution,
  <u8>Member.PayloadFetch,
  <u8>Member.CandidateVerification,
  <u8>Member.Install,
  <u8>Member.Validate,
  <u8>Member.Load,
  <u8>Member.Invoke,
  <u8>Member.Uninstall,
]);

/** Where each procedure begins and ends in that order. */
const enum Order {
  Update = 0,
  Invocation = 4,
  /** The invocation ends before it; the update before that, with validate. */
  Uninstall = 7,
  End = 8,
}

/** The anti-rollback floor that `processUpdate` and `processInvocation` read. */
export let sequenceFloor: u64 = 0;

/**
 * Judges an envelope without a device's state: authentic, well formed, and nothing in it that this
 * build does not support. Nothing is executed.
 *
 * @param length exact length of the envelope
 * @returns Status.Ok, or why not
 */
export function examine(address: u32, length: u32): i32 {
  const status = openAuthentic(address, length, true);
  return status != Status.Ok ? status : rehearse();
}

/**
 * The update procedure on the candidate in `slot`: up to install, then validate; and the invocation
 * procedure on top, so that nothing is accepted that could not be booted.
 *
 * @returns Status.Ok, or why the candidate is refused
 */
export function processUpdate(slot: u32): i32 {
  let status = openForSlot(slot);
  if (status == Status.Ok) status = rehearse();
  if (status != Status.Ok) return status;
  beginProcedure();
  status = runSections(Order.Update, Order.Invocation + 1, 0);
  return status != Status.Ok ? status : runInvocation();
}

/**
 * The invocation procedure on the image in `slot`: everything is read again from flash and checked
 * again, so that what is verified is what is executed.
 *
 * @returns Status.Ok with the image in `invokedAddress` and `invokedBytes`, or why it may not run
 */
export function processInvocation(slot: u32): i32 {
  const status = openForSlot(slot);
  return status != Status.Ok ? status : runInvocation();
}

/**
 * The second opinion on what `processUpdate` or `processInvocation` found good: whether every witness
 * says so too. To be asked right before acting on it, in a branch of its own.
 */
export function isAttested(slot: u32): bool {
  if (signatureWitness != Witness.Signature) return false;
  if (manifestWitness != Witness.Manifest) return false;
  if (envelopeStart != slotAddress(slot)) return false;
  if (Feature.TrustDomains && (!isCosigned() || matchComponents() != Status.Ok)) return false;
  if (!isIdentityAttested(invokedSet)) return false;
  if (field(invokedSet, Field.ImageWitness) != Witness.Image) return false;
  if (field(invokedSet, Field.Content) != invokedAddress) return false;
  if (field(invokedSet, Field.CheckedBytes) != invokedBytes) return false;
  if (counterRead(Counter.SequenceFloor, FLOOR) != Status.Ok) return false;
  return sequenceNumberAgain() >= load<u64>(FLOOR);
}

/**
 * Finds out by the update's own commands where contents lie, then validates, loads and invokes.
 */
function runInvocation(): i32 {
  beginProcedure();
  let status = runSections(Order.Update, Order.Invocation, Mode.Replay);
  if (status != Status.Ok) return status;
  clearParameters();
  status = runSections(Order.Invocation, Order.Uninstall, 0);
  if (status != Status.Ok) return status;
  return invokedBytes == 0 ? Status.NothingInvoked : Status.Ok;
}

/** Authenticates first, and only then reads the manifest (SUIT §6.2). */
function openAuthentic(address: u32, capacity: u32, isExact: bool): i32 {
  if (flashCheck(address, capacity) != Status.Ok) return Status.FlashUnreadable;
  let status = openRoot(address, capacity, isExact);
  if (status == Status.Ok) status = authenticate();
  return status != Status.Ok ? status : openManifest(true);
}

function openForSlot(slot: u32): i32 {
  let status = openAuthentic(slotAddress(slot), slotBytes(slot), false);
  if (status == Status.Ok) status = matchComponents();
  if (status != Status.Ok) return status;
  if (counterRead(Counter.SequenceFloor, FLOOR) != Status.Ok) return Status.CounterFailed;
  sequenceFloor = load<u64>(FLOOR);
  // An equal number is allowed: the image that runs has it, at every boot.
  return sequenceNumber < sequenceFloor ? Status.SequenceTooOld : Status.Ok;
}

/** The dry pass over every section, which rejects what is unsupported before any side effect. */
function rehearse(): i32 {
  clearInvoked();
  let status = runSequence(0, Mode.Dry | Mode.Shared);
  for (let order: i32 = Order.Update; order < Order.End && status == Status.Ok; order++) {
    status = runSequence(load<u8>(SECTIONS + order), Mode.Dry);
    // A severed section that is not there is missed when it is needed.
    if (status == Status.SeveredMemberMissing) status = Status.Ok;
  }
  return status;
}

function beginProcedure(): void {
  clearInvoked();
  clearComponents();
  for (let set: u32 = 0; set < <u32>(Limit.Components + Feature.TrustDomains * Limit.Dependencies); set++) {
    placeContent(set);
  }
}

/** Runs sections in order, each preceded by a fresh run of the shared sequence (SUIT §8.4.5). */
function runSections(order: i32, end: i32, mode: u32): i32 {
  for (; order < end; order++) {
    const key = load<u8>(SECTIONS + order);
    if (!hasMember(key)) continue;
    let status = runSequence(key, mode | Mode.Shared);
    if (status != Status.Ok) return status;
    if (!isIdentityChecked()) return Status.IdentityUnchecked;
    status = runSequence(key, mode);
    if (status != Status.Ok) return status;
  }
  return Status.Ok;
}
