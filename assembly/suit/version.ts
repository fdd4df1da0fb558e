/**
 * The values of update management that have a form of their own (draft-ietf-suit-update-management-14
 * §4.4, §4.5): versions and wait-info. Nothing of this file is in a build without it.
 */
import {
  cborArgument,
  cborArray,
  cborInteger,
  cborIntegerKey,
  cborKeysBefore,
  cborLength,
  cborMap,
  cborOpen,
  cborPosition,
  cborSeek,
  cborUnsigned,
  cborValue,
} from "../cbor/reader";
import { Memory } from "../layout";
import { Status } from "../status";

/** Events of wait-info that the device can look at. */
export const enum WaitEvent {
  Authorization = 1,
  Time = 5,
  Last = 9,
}

const enum Comparison {
  Greater = 1,
  GreaterEqual = 2,
  Equal = 3,
  LesserEqual = 4,
  Lesser = 5,
}

/** Prerelease numbers stand for rc (-1), beta (-2) and alpha (-3). */
const LOWEST_PRERELEASE: i64 = -3;

/** Checks the form of a wait-info map at the cursor, and that the device can look at each event. */
export function checkWaitInfo(): i32 {
  let status = cborMap();
  if (status != Status.Ok) return status;
  if (cborLength == 0) return Status.ArgumentMalformed;
  let previous: u32 = 0;
  for (let pairs = cborLength; pairs > 0; pairs--) {
    const key = cborPosition;
    status = cborIntegerKey(previous);
    if (status != Status.Ok) return status;
    previous = cborKeysBefore(previous, key);
    const event = cborValue;
    if (event < WaitEvent.Authorization || event > WaitEvent.Last) return Status.ArgumentMalformed;
    if (event != WaitEvent.Authorization && event != WaitEvent.Time) return Status.ArgumentUnsupported;
    status = event == WaitEvent.Time ? cborUnsigned() : cborInteger();
    if (status != Status.Ok) return status;
  }
  return Status.Ok;
}

/** Checks the form of a version match at the cursor: a comparison and a version. */
export function checkVersionMatch(): i32 {
  let status = cborArray();
  if (status != Status.Ok) return status;
  if (cborLength != 2) return Status.ArgumentMalformed;
  status = cborUnsigned();
  if (status != Status.Ok) return status;
  if (cborArgument - Comparison.Greater > <u64>(Comparison.Lesser - Comparison.Greater)) {
    return Status.ArgumentMalformed;
  }
  return checkVersionList();
}

/** Checks the form of a version at the cursor: the first number is no prerelease. */
export function checkVersionList(): i32 {
  let status = cborArray();
  if (status != Status.Ok) return status;
  const count = cborLength;
  if (count == 0) return Status.ArgumentMalformed;
  for (let index: u32 = 0; index < count; index++) {
    status = cborInteger();
    if (status != Status.Ok) return status;
    if (cborValue < (index == 0 ? 0 : LOWEST_PRERELEASE)) return Status.ArgumentMalformed;
  }
  return Status.Ok;
}

/** Element by element until the match's version ends; what the installed one does not state is 0. */
export function isMatch(match: u32, matchLength: u32, version: u32, versionLength: u32): bool {
  cborOpen(version, versionLength);
  if (cborArray() != Status.Ok) return false;
  let known = cborLength;
  let knownPosition = cborPosition;
  cborOpen(match, matchLength);
  cborArray();
  cborUnsigned();
  const comparison = <i32>cborArgument;
  cborArray();
  let difference: i64 = 0;
  for (let count = cborLength; count > 0 && difference == 0; count--) {
    cborInteger();
    const wanted = cborValue;
    const position = cborPosition;
    let actual: i64 = 0;
    if (known > 0) {
      known--;
      cborSeek(knownPosition, Memory.FlashBytes);
      if (cborInteger() != Status.Ok) return false;
      actual = cborValue;
      knownPosition = cborPosition;
    }
    cborSeek(position, Memory.FlashBytes);
    difference = actual < wanted ? -1 : actual > wanted ? 1 : 0;
  }
  if (difference == 0) return comparison >= Comparison.GreaterEqual && comparison <= Comparison.LesserEqual;
  return difference > 0 ? comparison <= Comparison.GreaterEqual : comparison >= Comparison.LesserEqual;
}
