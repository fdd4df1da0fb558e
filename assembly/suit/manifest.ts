/**
 * The manifest map and its common member (SUIT §8.4), read only after authentication.
 */
import {
  cborArgument,
  cborArray,
  cborBytes,
  cborContent,
  cborEnd,
  cborInteger,
  cborIntegerKey,
  cborLength,
  cborLimit,
  cborMap,
  cborOpen,
  cborPeek,
  cborPosition,
  cborSeek,
  cborSkip,
  cborText,
  cborUnsigned,
  cborValue,
  Major,
} from "../cbor/reader";
import { equalConstantTime } from "../crypto/compare";
import { componentsAddress, componentsBytes } from "../flash/device-page";
import { Limit } from "../limits";
import { Status } from "../status";
import { digestBytes, hasDigest, readDigest } from "./digest";
import {
  installEnd,
  installStart,
  manifestContent,
  manifestEnd,
  refuseMember,
  textEnd,
  textStart,
} from "./envelope";
import { CommonMember, Member, MemberSet } from "./label";

/** Sequence number of the open manifest. */
export let sequenceNumber: u64 = 0;
/** Where it stands, to be read again. */
let sequencePosition: u32 = 0;
/** Components of the open manifest. */
export let componentCount: u32 = 0;
/** Command sequences: content and bytes; 0 where the manifest has none. */
export let sharedContent: u32 = 0;
export let sharedLength: u32 = 0;
export let validateContent: u32 = 0;
export let validateLength: u32 = 0;
export let invokeContent: u32 = 0;
export let invokeLength: u32 = 0;
export let installContent: u32 = 0;
export let installLength: u32 = 0;
/** Whether the install section was severed and the envelope does not carry it. */
export let installIsMissing: bool = false;

const enum Seen {
  Version = 1 << Member.Version,
  SequenceNumber = 1 << Member.SequenceNumber,
  Common = 1 << Member.Common,
  Validate = 1 << Member.Validate,
  Install = 1 << Member.Install,
  Text = 1 << Member.Text,
  Required = Version | SequenceNumber | Common | Validate,
}

/** Components as references: address and bytes of each identifier. */
const COMPONENTS: usize = memory.data(Limit.Components * 8);

let commonContent: u32 = 0;
let commonLength: u32 = 0;
/** Content of a member that is a byte string or, when it was severed, 0. */
let memberContent: u32 = 0;
let memberLength: u32 = 0;

/**
 * Reads the manifest of the open and authenticated envelope.
 *
 * @returns Status.Ok with the exports of this file set, or why it cannot be processed
 */
export function openManifest(): i32 {
  sharedContent = 0;
  invokeContent = 0;
  installContent = 0;
  installIsMissing = false;
  let status = refuseOldDraft();
  if (status != Status.Ok) return status;
  cborOpen(manifestContent, manifestEnd - manifestContent);
  cborMap();
  let seen: u32 = 0;
  for (let pairs = cborLength; pairs > 0; pairs--) {
    cborInteger();
    if (cborValue >= 0 && cborValue < 32) seen |= 1 << (<u32>cborValue);
    status = readMember(cborValue);
    if (status != Status.Ok) return status;
  }
  if ((seen & Seen.Required) != Seen.Required) return Status.ManifestMemberMissing;
  // Nobody signed an envelope member that the manifest does not mention.
  if (installStart != 0 && (seen & Seen.Install) == 0) return Status.MemberRedundant;
  if (textStart != 0 && (seen & Seen.Text) == 0) return Status.MemberRedundant;
  return readCommon();
}

/**
 * Checks that this device has every component of the manifest.
 *
 * @returns Status.Ok, Status.ComponentUnknown, or Status.DevicePageInvalid
 */
export function matchComponents(): i32 {
  for (let index: u32 = 0; index < componentCount; index++) {
    const identifier = load<u32>(COMPONENTS + index * 8);
    const length = load<u32>(COMPONENTS + index * 8, 4);
    cborOpen(componentsAddress(), componentsBytes());
    if (cborArray() != Status.Ok) return Status.DevicePageInvalid;
    let found = false;
    for (let known = cborLength; known > 0 && !found; known--) {
      const start = cborPosition;
      if (cborSkip() != Status.Ok) return Status.DevicePageInvalid;
      found = cborPosition - start == length && equalConstantTime(start, identifier, length);
    }
    if (!found) return Status.ComponentUnknown;
  }
  return Status.Ok;
}

/** Reads the sequence number of the open manifest once more; 0 if it is not there. Moves the cursor. */
export function sequenceNumberAgain(): u64 {
  cborOpen(sequencePosition, manifestEnd - sequencePosition);
  return cborUnsigned() == Status.Ok ? cborArgument : 0;
}

/**
 * Reads the manifest as a map and nothing more, and refuses one of an old draft: next to the keys that
 * only those have, 7, 8 and 9 mean something else.
 */
function refuseOldDraft(): i32 {
  cborOpen(manifestContent, manifestEnd - manifestContent);
  let status = cborMap();
  if (status != Status.Ok) return status;
  let previous: u32 = 0;
  for (let pairs = cborLength; pairs > 0; pairs--) {
    const key = cborPosition;
    status = cborIntegerKey(previous);
    if (status != Status.Ok) return status;
    previous = key;
    if (cborValue >= 0 && cborValue < 32 && ((MemberSet.ManifestOldDraft >> (<u32>cborValue)) & 1) != 0) {
      return Status.DraftTooOld;
    }
    status = cborSkip();
    if (status != Status.Ok) return status;
  }
  return cborEnd();
}

function readMember(key: i64): i32 {
  if (key == Member.Version) {
    const status = cborUnsigned();
    if (status != Status.Ok) return status;
    return cborArgument == 1 ? Status.Ok : Status.VersionUnsupported;
  }
  if (key == Member.SequenceNumber) {
    sequencePosition = cborPosition;
    const status = cborUnsigned();
    sequenceNumber = cborArgument;
    return status;
  }
  if (key == Member.ReferenceUri) return cborText();
  if (key == Member.Install) {
    const status = readSeverable(installStart, installEnd);
    installContent = memberContent;
    installLength = memberLength;
    installIsMissing = memberContent == 0;
    return status;
  }
  if (key == Member.Text) return readSeverable(textStart, textEnd);
  if (key != Member.Common && key != Member.Validate && key != Member.Invoke) {
    return refuseMember(key, MemberSet.ManifestOldDraft, MemberSet.ManifestUnsupported);
  }
  const status = cborBytes();
  if (key == Member.Common) {
    commonContent = cborContent;
    commonLength = cborLength;
  } else if (key == Member.Validate) {
    validateContent = cborContent;
    validateLength = cborLength;
  } else {
    invokeContent = cborContent;
    invokeLength = cborLength;
  }
  return status;
}

/**
 * Reads a severable member: a byte string of its own, or the digest of what the envelope carries
 * (SUIT §8.4.12, §8.6). The digest covers the severed byte string with its head.
 */
function readSeverable(start: u32, end: u32): i32 {
  memberContent = 0;
  if (cborPeek() == Major.Bytes) {
    if (start != 0) return Status.MemberRedundant;
    const status = cborBytes();
    memberContent = cborContent;
    memberLength = cborLength;
    return status;
  }
  let status = readDigest();
  if (status != Status.Ok || start == 0) return status;
  if (!hasDigest(start, end - start, digestBytes)) return Status.SeveredDigestMismatch;
  const position = cborPosition;
  const limit = cborLimit;
  cborOpen(start, end - start);
  status = cborBytes();
  memberContent = cborContent;
  memberLength = cborLength;
  cborSeek(position, limit);
  return status;
}

function readCommon(): i32 {
  cborOpen(commonContent, commonLength);
  let status = cborMap();
  if (status != Status.Ok) return status;
  componentCount = 0;
  let previous: u32 = 0;
  for (let pairs = cborLength; pairs > 0; pairs--) {
    const key = cborPosition;
    status = cborIntegerKey(previous);
    if (status != Status.Ok) return status;
    previous = key;
    if (cborValue == CommonMember.Dependencies) return Status.DependenciesUnsupported;
    if (cborValue == CommonMember.Components) {
      status = readComponents();
    } else if (cborValue == CommonMember.SharedSequence) {
      status = cborBytes();
      sharedContent = cborContent;
      sharedLength = cborLength;
    } else {
      status = Status.MemberUnknown;
    }
    if (status != Status.Ok) return status;
  }
  if (componentCount == 0) return Status.ManifestMemberMissing;
  return cborEnd();
}

function readComponents(): i32 {
  let status = cborArray();
  if (status != Status.Ok) return status;
  if (cborLength == 0) return Status.ComponentMalformed;
  if (cborLength > <u32>Limit.Components) return Status.TooManyComponents;
  componentCount = cborLength;
  for (let index: u32 = 0; index < componentCount; index++) {
    const start = cborPosition;
    status = cborArray();
    if (status != Status.Ok) return status;
    if (cborLength == 0) return Status.ComponentMalformed;
    for (let parts = cborLength; parts > 0; parts--) {
      status = cborBytes();
      if (status != Status.Ok) return status;
    }
    if (isListed(index, start, cborPosition - start)) return Status.ComponentMalformed;
    store<u32>(COMPONENTS + index * 8, start);
    store<u32>(COMPONENTS + index * 8, cborPosition - start, 4);
  }
  return Status.Ok;
}

/** Whether one of the first `count` components has this identifier. */
function isListed(count: u32, identifier: u32, length: u32): bool {
  for (let index: u32 = 0; index < count; index++) {
    if (load<u32>(COMPONENTS + index * 8, 4) != length) continue;
    if (equalConstantTime(load<u32>(COMPONENTS + index * 8), identifier, length)) return true;
  }
  return false;
}
