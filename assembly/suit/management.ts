/**
 * Update management (draft-ietf-suit-update-management-14): time, battery, permission, versions,
 * waiting. Nothing of this file is in a build without it.
 *
 * What the device cannot find out is no failed condition: it ends the procedure with HalUnavailable,
 * and no try-each takes it for a no.
 */
import {
  cborArgument,
  cborInteger,
  cborLength,
  cborMap,
  cborOpen,
  cborUnsigned,
  cborValue,
} from "../cbor/reader";
import { authorize, battery, flashCheck, time } from "../hal";
import { Feature } from "../feature";
import { Slot } from "../layout";
import { slotAddress, slotBytes } from "../flash/device-page";
import { Status } from "../status";
import { bytesOf, numberOf, openParameter } from "./component";
import { reopenRoot } from "./dependency";
import { envelopeStart, openEnvelope, rootLimit, rootStart } from "./envelope";
import { Command, Member, Parameter } from "./label";
import { isMatch, WaitEvent } from "./version";
import { memberContent, memberLength, openManifest, openMember } from "./manifest";

const ANSWER: usize = memory.data(8, 8);

/**
 * Evaluates use-before, minimum-battery, update-authorized or version.
 *
 * @param isInstalled whether the manifest's own component is installed, as when it is validated
 */
export function evaluateManagement(command: i32, set: u32, isInstalled: bool): i32 {
  if (command == Command.UseBefore) {
    if (!openParameter(set, Parameter.UseBefore)) return Status.ConditionParameterMissing;
    cborUnsigned();
    const before = cborArgument;
    if (time(ANSWER) != Status.Ok) return Status.HalUnavailable;
    return load<u64>(ANSWER) < before ? Status.Ok : Status.UseBeforeExpired;
  }
  if (command == Command.MinimumBattery) {
    if (!openParameter(set, Parameter.MinimumBattery)) return Status.ConditionParameterMissing;
    const least = numberOf(set, Parameter.MinimumBattery, 0);
    if (battery(ANSWER) != Status.Ok) return Status.HalUnavailable;
    return load<u32>(ANSWER) >= least ? Status.Ok : Status.BatteryTooLow;
  }
  if (command == Command.UpdateAuthorized) {
    if (!openParameter(set, Parameter.UpdatePriority)) return Status.ConditionParameterMissing;
    return askPermission();
  }
  return checkVersion(set, isInstalled);
}

/**
 * wait: all events of wait-info have to be there already. A bootloader that waited would keep the
 * running image from running, so the update is refused until it is offered again.
 */
export function waitForEvents(set: u32): i32 {
  const content = bytesOf(set, Parameter.WaitInfo);
  if (content == 0) return Status.DirectiveParameterMissing;
  cborOpen(content, cborLength);
  cborMap();
  for (let pairs = cborLength; pairs > 0; pairs--) {
    cborInteger();
    if (cborValue == WaitEvent.Time) {
      cborUnsigned();
      if (time(ANSWER) != Status.Ok) return Status.HalUnavailable;
      if (load<u64>(ANSWER) < cborArgument) return Status.WaitTimedOut;
    } else {
      const status = askPermission();
      if (status != Status.Ok) return status == Status.UpdateUnauthorized ? <i32>Status.WaitTimedOut : status;
    }
  }
  return Status.Ok;
}

/** Asks the application about an update of the priority at the cursor. */
function askPermission(): i32 {
  cborInteger();
  const status = authorize(<i32>cborValue);
  if (status == Status.Ok || status == Status.UpdateUnauthorized) return status;
  return Status.HalUnavailable;
}

/**
 * version: compares what set-version says of the installed component. While an update is being made
 * that is the image in the other slot, which was authenticated when it was installed.
 */
function checkVersion(set: u32, isInstalled: bool): i32 {
  const match = bytesOf(set, Parameter.Version);
  if (match == 0) return Status.ConditionParameterMissing;
  const matchLength = cborLength;
  const current = envelopeStart;
  let status: i32 = Status.Ok;
  if (!isInstalled) {
    const other: u32 = rootStart == slotAddress(Slot.A) ? Slot.B : Slot.A;
    if (flashCheck(slotAddress(other), slotBytes(other)) != Status.Ok) return Status.FlashUnreadable;
    status = openEnvelope(slotAddress(other), slotBytes(other), false);
    if (status == Status.Ok) status = openManifest(true);
  }
  if (status == Status.Ok) openMember(Member.SetVersion);
  const isKnown = status == Status.Ok && memberContent != 0;
  const version = memberContent;
  const versionLength = memberLength;
  if (!isInstalled) {
    // A dependency's components are told by what the root has named before, so the root comes first.
    status = reopenRoot();
    if (Feature.TrustDomains && status == Status.Ok && current != rootStart) {
      status = openEnvelope(current, rootLimit - current, false);
      if (status == Status.Ok) status = openManifest(false);
    }
    if (status != Status.Ok) return status;
  }
  if (!isKnown) return Status.VersionMismatch;
  return isMatch(match, matchLength, version, versionLength) ? Status.Ok : Status.VersionMismatch;
}
