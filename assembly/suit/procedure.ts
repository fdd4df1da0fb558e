/**
 * The update and the invocation procedure (SUIT §6.4, §8.4.6) on an envelope that lies in flash.
 */
import { counterRead, flashCheck } from "../hal";
import { Witness } from "../hardening";
import { Counter } from "../layout";
import { allowsUncheckedIdentity, slotAddress, slotBytes } from "../flash/device-page";
import { Status } from "../status";
import { clearComponents, Field, field, Flag, hasFlags } from "./component";
import { clearInvoked, invokedAddress, invokedBytes, invokedComponent, placeContent } from "./directive";
import { authenticate, envelopeStart, manifestWitness, openEnvelope, signatureWitness } from "./envelope";
import {
  componentCount,
  installContent,
  installIsMissing,
  installLength,
  invokeContent,
  invokeLength,
  matchComponents,
  openManifest,
  sequenceNumber,
  sequenceNumberAgain,
  sharedContent,
  sharedLength,
  validateContent,
  validateLength,
} from "./manifest";
import { Mode, runSequence } from "./sequence";

const FLOOR: usize = memory.data(8, 8);

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
  return status != Status.Ok ? status : rehearse(0);
}

/**
 * The update procedure on the candidate in `slot`: install, then validate; and the invocation
 * procedure on top, so that nothing is accepted that could not be booted.
 *
 * @returns Status.Ok, or why the candidate is refused
 */
export function processUpdate(slot: u32): i32 {
  let status = openForSlot(slot);
  if (status != Status.Ok) return status;
  status = rehearse(slot);
  if (status != Status.Ok) return status;
  if (installIsMissing) return Status.SeveredMemberMissing;
  beginProcedure();
  if (installContent != 0) status = runSection(installContent, installLength, 0, slot);
  if (status == Status.Ok) status = runSection(validateContent, validateLength, 0, slot);
  return status != Status.Ok ? status : runInvocation(slot);
}

/**
 * The invocation procedure on the image in `slot`: everything is read again from flash and checked
 * again, so that what is verified is what is executed.
 *
 * @returns Status.Ok with the image in `invokedAddress` and `invokedBytes`, or why it may not run
 */
export function processInvocation(slot: u32): i32 {
  const status = openForSlot(slot);
  return status != Status.Ok ? status : runInvocation(slot);
}

/**
 * The second opinion on what `processUpdate` or `processInvocation` found good: whether every witness
 * says so too. To be asked right before acting on it, in a branch of its own.
 */
export function isAttested(slot: u32): bool {
  if (signatureWitness != Witness.Signature) return false;
  if (manifestWitness != Witness.Manifest) return false;
  if (envelopeStart != slotAddress(slot)) return false;
  if (!allowsUncheckedIdentity()) {
    for (let component: u32 = 0; component < componentCount; component++) {
      if (field(component, Field.VendorWitness) != Witness.Vendor) return false;
      if (field(component, Field.ClassWitness) != Witness.Class) return false;
    }
  }
  if (field(invokedComponent, Field.ImageWitness) != Witness.Image) return false;
  if (field(invokedComponent, Field.Content) != invokedAddress) return false;
  if (field(invokedComponent, Field.CheckedBytes) != invokedBytes) return false;
  if (counterRead(Counter.SequenceFloor, FLOOR) != Status.Ok) return false;
  return sequenceNumberAgain() >= load<u64>(FLOOR);
}

function runInvocation(slot: u32): i32 {
  beginProcedure();
  let status = runSection(validateContent, validateLength, 0, slot);
  if (status != Status.Ok) return status;
  if (invokeContent == 0) return Status.NothingInvoked;
  status = runSection(invokeContent, invokeLength, Mode.Invoke, slot);
  if (status != Status.Ok) return status;
  return invokedBytes == 0 ? Status.NothingInvoked : Status.Ok;
}

/** Authenticates first, and only then reads the manifest (SUIT §6.2). */
function openAuthentic(address: u32, capacity: u32, isExact: bool): i32 {
  if (flashCheck(address, capacity) != Status.Ok) return Status.FlashUnreadable;
  let status = openEnvelope(address, capacity, isExact);
  if (status == Status.Ok) status = authenticate();
  return status != Status.Ok ? status : openManifest();
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

/**
 * The dry pass over every section in the order of the procedures, which rejects what is unsupported before
 * any side effect.
 */
function rehearse(slot: u32): i32 {
  clearInvoked();
  let status: i32 = Status.Ok;
  if (sharedContent != 0) status = runSequence(sharedContent, sharedLength, Mode.Dry | Mode.Shared, slot);
  if (status == Status.Ok && installContent != 0) {
    status = runSequence(installContent, installLength, Mode.Dry, slot);
  }
  if (status == Status.Ok) status = runSequence(validateContent, validateLength, Mode.Dry, slot);
  if (status == Status.Ok && invokeContent != 0) {
    status = runSequence(invokeContent, invokeLength, Mode.Dry | Mode.Invoke, slot);
  }
  return status;
}

function beginProcedure(): void {
  clearInvoked();
  clearComponents();
  for (let component: u32 = 0; component < componentCount; component++) placeContent(component);
}

/** Runs a section, preceded by a fresh run of the shared sequence (SUIT §8.4.5). */
function runSection(content: u32, length: u32, mode: u32, slot: u32): i32 {
  if (sharedContent != 0) {
    const status = runSequence(sharedContent, sharedLength, Mode.Shared, slot);
    if (status != Status.Ok) return status;
  }
  if (!allowsUncheckedIdentity()) {
    for (let component: u32 = 0; component < componentCount; component++) {
      if (!hasFlags(component, Flag.IdentityChecked)) return Status.IdentityUnchecked;
    }
  }
  return runSequence(content, length, mode, slot);
}
