/**
 * Conditions (SUIT §8.4.9): each looks at one component and changes nothing but what was checked.
 */
import { cborBytes, cborLength, cborPosition } from "../cbor/reader";
import { equalConstantTime } from "../crypto/compare";
import { Feature } from "../feature";
import { flashCheck, uniqueId } from "../hal";
import { testify, Witness } from "../hardening";
import { slotAddress } from "../flash/device-page";
import { DevicePage, Slot } from "../layout";
import { Status } from "../status";
import { bytesOf, Field, field, imageDigestOf, numberOf, raiseFlags, setField } from "./component";
import { checkDependency, matchDependency } from "./dependency";
import { hasDigest, testifyDigest } from "./digest";
import { rootLimit, rootStart } from "./envelope";
import { Command, Member, Parameter } from "./label";
import { evaluateManagement } from "./management";
import { dependencyIndex, setOf } from "./manifest";

const enum Identifier {
  Bytes = 16,
}

const DEVICE_ID: usize = memory.data(Identifier.Bytes);

/**
 * Evaluates a condition on one component.
 *
 * @param index of the component in the open manifest
 * @param section the one that is being run
 * @returns Status.Ok; a status of group 0x02 if the condition fails; another one if it cannot be evaluated
 */
export function evaluateCondition(command: i32, index: u32, section: i32): i32 {
  const set = setOf(index);
  const isDependency: bool = Feature.TrustDomains != 0 && index == dependencyIndex;
  if (command <= Command.ClassIdentifier) return checkIdentity(command, set);
  if (command == Command.DeviceIdentifier) return checkDevice(set);
  if (command == Command.ImageMatch) return matchImage(set, isDependency);
  if (command == Command.CheckContent) return checkContent(set);
  if (command == Command.ComponentSlot) {
    if (field(set, Parameter.ComponentSlot) == 0) return Status.ConditionParameterMissing;
    return isInSlot(numberOf(set, Parameter.ComponentSlot, 0)) ? Status.Ok : Status.ComponentSlotMismatch;
  }
  if (Feature.TrustDomains) {
    if (command == Command.IsDependency) return isDependency ? Status.Ok : Status.NotDependency;
    if (command == Command.DependencyIntegrity) {
      return isDependency ? checkDependency(set) : <i32>Status.NotDependency;
    }
  }
  if (Feature.UpdateManagement && command != Command.Abort) {
    if (command != Command.ImageNotMatch) {
      const isInstalled = section >= Member.Validate && section <= Member.Invoke;
      return evaluateManagement(command, set, isInstalled);
    }
    const status = matchImage(set, isDependency);
    if (status == Status.Ok) return Status.ImageMatches;
    return status == Status.ImageMismatch || status == Status.PayloadSizeMismatch ? <i32>Status.Ok : status;
  }
  return Status.ManifestAborted;
}

/** image-match: of a dependency the digest covers its manifest. */
function matchImage(set: u32, isDependency: bool): i32 {
  return isDependency ? matchDependency(set) : checkImage(set);
}

/** vendor-identifier and class-identifier: labels, flags and fields of the two are numbered alike. */
function checkIdentity(command: u32, set: u32): i32 {
  let expected = bytesOf(set, command);
  let length: u32 = Identifier.Bytes;
  const which = command - Command.VendorIdentifier;
  const own = DevicePage.Address + DevicePage.VendorId + which * Identifier.Bytes;
  if (Feature.EnterpriseNumbers && expected == 0 && field(set, command) != 0) {
    // The device page has the number as it stands in a manifest, and zeros behind it, which no UUID has there.
    if (load<u64>(own, 8) != 0) return Status.VendorMismatch;
    // The head of the tag has been read; behind it are the bytes.
    if (cborBytes() != Status.Ok) return Status.ConditionParameterMissing;
    expected = field(set, command);
    length = cborPosition - expected;
  }
  if (expected == 0) return Status.ConditionParameterMissing;
  if (!equalConstantTime(expected, own, length)) return Status.VendorMismatch + which;
  raiseFlags(set, command);
  const witness: u32 = which == 0 ? Witness.Vendor : Witness.Class;
  setField(set, Field.VendorWitness + which, testify(own, expected, length, witness));
  return Status.Ok;
}

function checkDevice(set: u32): i32 {
  const expected = bytesOf(set, Parameter.DeviceIdentifier);
  if (expected == 0) return Status.ConditionParameterMissing;
  if (uniqueId(DEVICE_ID) != Status.Ok) return Status.HalUnavailable;
  return equalConstantTime(expected, DEVICE_ID, Identifier.Bytes) ? Status.Ok : Status.DeviceMismatch;
}

/** Whether the root envelope, and so every component, is in this slot. */
function isInSlot(slot: u32): bool {
  return slot <= <u32>Slot.B && slotAddress(slot) == rootStart;
}

/** check-content: the content is the parameter's, compared in constant time (SUIT §8.4.9.5). */
function checkContent(set: u32): i32 {
  const expected = bytesOf(set, Parameter.Content);
  if (expected == 0) return Status.ConditionParameterMissing;
  const length = cborLength;
  const content = field(set, Field.Content);
  const known = field(set, Field.ContentBytes);
  // Where nothing states the length of what was delivered, its first bytes are compared.
  const actual = known != 0 ? known : numberOf(set, Parameter.ImageSize, length);
  if (actual != length) return Status.ContentMismatch;
  if (length > rootLimit - content) return Status.ContentMismatch;
  if (flashCheck(content, length) != Status.Ok) return Status.FlashUnreadable;
  return equalConstantTime(content, expected, length) ? Status.Ok : Status.ContentMismatch;
}

/**
 * Compares the digest of the component's content. The content is cut to image-size; for a delivered
 * payload, whose length nothing else states, the parameter is required.
 */
function checkImage(set: u32): i32 {
  const expected = imageDigestOf(set);
  if (expected == 0) return Status.ConditionParameterMissing;
  const content = field(set, Field.Content);
  const known = field(set, Field.ContentBytes);
  const length = numberOf(set, Parameter.ImageSize, known);
  if (known != 0 && known != length) return Status.PayloadSizeMismatch;
  if (length == 0) return Status.ConditionParameterMissing;
  if (content > rootLimit || length > rootLimit - content) return Status.ImageTooLarge;
  if (flashCheck(content, length) != Status.Ok) return Status.FlashUnreadable;
  if (!hasDigest(content, length, expected)) return Status.ImageMismatch;
  setField(set, Field.CheckedBytes, length);
  setField(set, Field.ImageWitness, testifyDigest(imageDigestOf(set), Witness.Image));
  return Status.Ok;
}
