/**
 * The manifest map and its common member (SUIT §8.4), read only after authentication.
 */
import {
  cborArgument,
  cborArray,
  cborBytes,
  cborContent,
  cborEnd,
  cborIntegerKey,
  cborKeysBefore,
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
import { Feature } from "../feature";
import { componentsAddress, componentsBytes } from "../flash/device-page";
import { Limit } from "../limits";
import { Status } from "../status";
import { digestBytes, readDigest } from "./digest";
import {
  manifestContent,
  manifestEnd,
  memberBit,
  openSevered,
  refuseMember,
  severedHasDigest,
  severedMembers,
  signerComponents,
} from "./envelope";
import { CommonMember, DependencyMember, Member, MemberSet } from "./label";
import { checkVersionList } from "./version";

const enum Entry {
  Bytes = 8 + 4 * Feature.Prefixes,
}

/** No index: the manifest has no dependency. */
export const NO_INDEX: u32 = 15;

/** Sequence number of the open manifest. */
export let sequenceNumber: u64 = 0;
/** Components that the open manifest lists. */
export let componentCount: u32 = 0;
/** One past the highest index of a component or a dependency. */
export let indexCount: u32 = 0;
/** Index of the dependency, or NO_INDEX. */
export let dependencyIndex: u32 = 15;
/** What `openMember` found: the content of a byte string; 0 where the manifest has no such member. */
export let memberContent: u32 = 0;
export let memberLength: u32 = 0;

/** Members of the open manifest, as bits, and where the value of each is encoded. */
let members: u32 = 0;
const MEMBERS: usize = memory.data(Member.End * 4, 4);

/**
 * The components of the device that manifests have named: address and bytes of each identifier; in a build with
 * prefixes those of its parts, and the bytes of the prefix in front of them.
 */
const IDENTIFIERS: usize = memory.data(Limit.Components * Entry.Bytes, 4);
let identifierCount: u32 = 0;
/** The prefix of the root's dependency: its encoded parts, and their bytes; 0 bytes for none. */
let prefixParts: u32 = 0;
let prefixBytes: u32 = 0;
/** Bytes of the prefix that identifiers of the open manifest have in front. */
let openPrefixBytes: u32 = 0;
/** For each index of the open manifest, the set of its component. */
const SET_OF: usize = memory.data(Limit.Components + Limit.Dependencies);

/**
 * Reads the manifest of the open and authenticated envelope.
 *
 * @param isRoot whether its components are the first to be named; those of a dependency come behind
 * @returns Status.Ok with the exports of this file set, or why it cannot be processed
 */
export function openManifest(isRoot: bool): i32 {
  members = 0;
  if (isRoot) identifierCount = 0;
  if (Feature.Prefixes) {
    if (isRoot) prefixBytes = 0;
    openPrefixBytes = prefixBytes;
  }
  let status = readMap(false);
  if (status == Status.Ok) status = readMap(true);
  if (status != Status.Ok) return status;
  if ((members & MemberSet.Required) != MemberSet.Required) return Status.ManifestMemberMissing;
  // Nobody signed an envelope member that the manifest does not mention.
  if ((severedMembers & ~members) != 0) return Status.MemberRedundant;
  return readCommon();
}

/** Whether the open manifest has a member. */
export function hasMember(key: u32): bool {
  return ((members >> key) & 1) != 0;
}

/** Places the cursor on the value of a member that the open manifest has. */
export function seekMember(key: u32): void {
  cborSeek(load<u32>(MEMBERS + (key << 2)), manifestEnd);
}

/**
 * Opens a member that is a byte string, wherever it lies; its content is in `memberContent`.
 *
 * @returns Status.Ok, also if there is none, or Status.SeveredMemberMissing
 */
export function openMember(key: u32): i32 {
  memberContent = 0;
  if (!hasMember(key)) return Status.Ok;
  seekMember(key);
  let status: i32 = Status.SeveredMemberMissing;
  if (cborPeek() == Major.Bytes) status = cborBytes();
  else if (((severedMembers >> key) & 1) != 0) status = openSevered(key);
  if (status != Status.Ok) return status;
  memberContent = cborContent;
  memberLength = cborLength;
  return Status.Ok;
}

/**
 * Checks that this device has every component of the manifest, and that a key that signed it may
 * touch them.
 *
 * @returns Status.Ok, Status.ComponentUnknown, Status.ComponentUnauthorized, or Status.DevicePageInvalid
 */
export function matchComponents(): i32 {
  const allowed = Feature.TrustDomains ? signerComponents() : 0;
  for (let index: u32 = 0; index < componentCount; index++) {
    if (Feature.TrustDomains && index == dependencyIndex) continue;
    const set = setOf(index);
    cborOpen(componentsAddress(), componentsBytes());
    if (cborArray() != Status.Ok) return Status.DevicePageInvalid;
    let found = false;
    let bit: u32 = 1;
    for (let known = cborLength; known > 0 && !found; known--) {
      const start = cborPosition;
      if (cborSkip() != Status.Ok) return Status.DevicePageInvalid;
      found = isOf(set, start, cborPosition);
      if (!found) bit <<= 1;
    }
    if (!found) return Status.ComponentUnknown;
    if (Feature.TrustDomains && (allowed & bit) == 0) return Status.ComponentUnauthorized;
  }
  return Status.Ok;
}

// @ts-ignore: decorator
@inline
function entryOf(set: u32): usize {
  return IDENTIFIERS + set * Entry.Bytes;
}

/** Whether a set is that of the component whose encoded identifier lies there. */
function isOf(set: u32, identifier: u32, end: u32): bool {
  const entry = entryOf(set);
  const length = load<u32>(entry, 4);
  if (!Feature.Prefixes) {
    return end - identifier == length && equalConstantTime(identifier, load<u32>(entry), length);
  }
  const parts = partsOf(identifier);
  return isPrefixed(parts, end - parts, load<u32>(entry), length, load<u32>(entry, 8));
}

/** The parts of an encoded identifier, behind the head of the array; what has 256 parts or more is on no device. */
function partsOf(identifier: u32): u32 {
  return identifier + 1 + <u32>(load<u8>(identifier) > 0x97);
}

/** Whether the encoded parts of an identifier are those of another one behind so many bytes of prefix. */
function isPrefixed(parts: u32, length: u32, other: u32, otherLength: u32, prefix: u32): bool {
  return (
    length == prefix + otherLength &&
    equalConstantTime(parts, prefixParts, prefix) &&
    equalConstantTime(parts + prefix, other, otherLength)
  );
}

/** The set of the component or dependency with this index, which is below `indexCount`. */
export function setOf(index: u32): u32 {
  return Feature.TrustDomains ? <u32>load<u8>(SET_OF + index) : index;
}

/** In place of a set: no manifest has named the component. */
export const NO_SET: u32 = Limit.Components;

/**
 * The set of a component of the device that a manifest has named since the start, a dependency's among
 * them, or NO_SET. Moves the cursor.
 *
 * @param position of its identifier in the device page, from 0
 */
export function setOfComponent(position: u32): u32 {
  cborOpen(componentsAddress(), componentsBytes());
  if (cborArray() != Status.Ok || position >= cborLength) return NO_SET;
  let start: u32 = 0;
  for (let count: u32 = 0; count <= position; count++) {
    start = cborPosition;
    if (cborSkip() != Status.Ok) return NO_SET;
  }
  const end = cborPosition;
  for (let set: u32 = 0; set < <u32>Limit.Components; set++) {
    if (isOf(set, start, end)) return set;
  }
  return NO_SET;
}

/** Reads the sequence number of the open manifest once more; 0 if it is not there. Moves the cursor. */
export function sequenceNumberAgain(): u64 {
  seekMember(Member.SequenceNumber);
  return cborUnsigned() == Status.Ok ? cborArgument : 0;
}

/**
 * Reads the manifest map: first as a map and nothing more, to refuse one of an old draft, whose keys 7, 8
 * and 9 mean something else; then with its members.
 */
function readMap(withMembers: bool): i32 {
  cborOpen(manifestContent, manifestEnd - manifestContent);
  let status = cborMap();
  if (status != Status.Ok) return status;
  let previous: u32 = 0;
  for (let pairs = cborLength; pairs > 0; pairs--) {
    const key = cborPosition;
    status = cborIntegerKey(previous);
    if (status != Status.Ok) return status;
    previous = cborKeysBefore(previous, key);
    const bit = memberBit(cborValue);
    if (!withMembers) {
      if ((bit & MemberSet.ManifestOldDraft) != 0) return Status.DraftTooOld;
      status = cborSkip();
    } else {
      if ((bit & MemberSet.Manifest) == 0) return refuseMember(bit, 0, MemberSet.ManifestKnown);
      members |= bit;
      status = readMember(<u32>cborValue, bit);
    }
    if (status != Status.Ok) return status;
  }
  return cborEnd();
}

function readMember(key: u32, bit: u32): i32 {
  store<u32>(MEMBERS + (key << 2), cborPosition);
  if ((bit & MemberSet.Severable) != 0) return readSeverable(key, bit);
  if (key == Member.ReferenceUri) return cborText();
  if (Feature.TrustDomains && key == Member.ComponentId) return readIdentifier();
  if (key != Member.Version && key != Member.SequenceNumber) {
    return Feature.UpdateManagement && key == Member.SetVersion ? readVersion() : cborBytes();
  }
  const status = cborUnsigned();
  if (key == Member.SequenceNumber) sequenceNumber = cborArgument;
  else if (status == Status.Ok && cborArgument != 1) return Status.VersionUnsupported;
  return status;
}

/** set-version: a version in a byte string. */
function readVersion(): i32 {
  let status = cborBytes();
  if (status != Status.Ok) return status;
  const position = cborPosition;
  const limit = cborLimit;
  cborOpen(cborContent, cborLength);
  status = checkVersionList();
  if (status == Status.Ok) status = cborEnd();
  cborSeek(position, limit);
  return status;
}

/**
 * Reads a severable member: a byte string of its own, or the digest of what the envelope carries
 * (SUIT §8.4.12, §8.6). The digest covers the severed byte string with its head.
 */
function readSeverable(key: u32, bit: u32): i32 {
  const isSevered = (severedMembers & bit) != 0;
  if (cborPeek() == Major.Bytes) return isSevered ? <i32>Status.MemberRedundant : cborBytes();
  const status = readDigest();
  if (status != Status.Ok || !isSevered) return status;
  const position = cborPosition;
  const limit = cborLimit;
  const matches = severedHasDigest(key, digestBytes);
  cborSeek(position, limit);
  return matches ? Status.Ok : Status.SeveredDigestMismatch;
}

// @ts-ignore: decorator
@inline
function readCommon(): i32 {
  openMember(Member.Common);
  cborOpen(memberContent, memberLength);
  componentCount = 0;
  dependencyIndex = NO_INDEX;
  let components: u32 = 0;
  let status = cborMap();
  if (status != Status.Ok) return status;
  let previous: u32 = 0;
  for (let pairs = cborLength; pairs > 0; pairs--) {
    const key = cborPosition;
    status = cborIntegerKey(previous);
    if (status != Status.Ok) return status;
    previous = cborKeysBefore(previous, key);
    if (cborValue == CommonMember.Dependencies) {
      if (!Feature.TrustDomains) return Status.DependenciesUnsupported;
      status = readDependencies();
    } else if (cborValue == CommonMember.Components) {
      // Which of them is a dependency may come behind them where maps need no order.
      components = cborPosition;
      status = Feature.UnorderedMaps ? cborSkip() : readComponents();
    } else if (cborValue == CommonMember.SharedSequence) {
      members |= 1 << Member.Shared;
      store<u32>(MEMBERS + Member.Shared * 4, cborPosition);
      status = cborBytes();
    } else {
      status = Status.MemberUnknown;
    }
    if (status != Status.Ok) return status;
  }
  if (Feature.UnorderedMaps && components != 0) {
    const end = cborPosition;
    const limit = cborLimit;
    cborSeek(components, limit);
    status = readComponents();
    if (status != Status.Ok) return status;
    cborSeek(end, limit);
  }
  if (componentCount == 0) return Status.ManifestMemberMissing;
  indexCount = componentCount;
  if (Feature.TrustDomains && dependencyIndex != NO_INDEX) {
    // An index that no component has extends the list; a gap in between could not be selected.
    if (dependencyIndex > componentCount) return Status.ComponentIndexInvalid;
    if (dependencyIndex == componentCount) indexCount++;
    store<u8>(SET_OF + dependencyIndex, Limit.Components);
  }
  return cborEnd();
}

/** dependencies: one, its index in reach of what can be selected, and of what is said of it the prefix alone. */
function readDependencies(): i32 {
  let status = cborMap();
  if (status != Status.Ok) return status;
  if (cborLength == 0) return Status.ComponentMalformed;
  if (cborLength > <u32>Limit.Dependencies) return Status.TooManyDependencies;
  status = cborUnsigned();
  if (status != Status.Ok) return status;
  if (cborArgument >= NO_INDEX) return Status.ComponentIndexInvalid;
  dependencyIndex = <u32>cborArgument;
  status = cborMap();
  if (status != Status.Ok || cborLength == 0) return status;
  if (!Feature.Prefixes || cborLength != 1) return Status.MemberUnsupported;
  status = cborUnsigned();
  if (status != Status.Ok) return status;
  if (cborArgument != DependencyMember.Prefix) return Status.MemberUnsupported;
  const start = cborPosition;
  status = readIdentifier();
  if (status != Status.Ok) return status;
  prefixParts = partsOf(start);
  prefixBytes = cborPosition - prefixParts;
  return status;
}

function readComponents(): i32 {
  let status = cborArray();
  if (status != Status.Ok) return status;
  componentCount = cborLength;
  if (componentCount == 0) return Status.ComponentMalformed;
  const own = componentCount - (Feature.TrustDomains && dependencyIndex < componentCount ? 1 : 0);
  if (own > <u32>Limit.Components) return Status.TooManyComponents;
  let sets: u32 = 0;
  for (let index: u32 = 0; index < componentCount; index++) {
    const start = cborPosition;
    status = readIdentifier();
    if (status != Status.Ok) return status;
    if (Feature.TrustDomains && index == dependencyIndex) continue;
    const parts = Feature.Prefixes ? partsOf(start) : start;
    const set = setFor(parts, cborPosition - parts);
    if (set == Limit.Components) return Status.TooManyComponents;
    const bit: u32 = 1 << set;
    if ((sets & bit) != 0) return Status.ComponentMalformed;
    sets |= bit;
    if (Feature.TrustDomains) store<u8>(SET_OF + index, set);
  }
  return Status.Ok;
}

/** A component identifier: a list of byte strings (SUIT §8.4.5.1). */
function readIdentifier(): i32 {
  let status = cborArray();
  if (status == Status.Ok && cborLength == 0) return Status.ComponentMalformed;
  for (let parts = cborLength; parts > 0 && status == Status.Ok; parts--) status = cborBytes();
  return status;
}

/** The set of the component with this identifier, a new one if need be; Limit.Components if there is none. */
function setFor(identifier: u32, length: u32): u32 {
  let set: u32 = 0;
  for (; set < identifierCount; set++) {
    const entry = entryOf(set);
    if (Feature.Prefixes) {
      // Of two that the same manifest names, both have the prefix or none.
      const prefix = openPrefixBytes - load<u32>(entry, 8);
      if (isPrefixed(load<u32>(entry), load<u32>(entry, 4), identifier, length, prefix)) return set;
    } else if (load<u32>(entry, 4) == length && equalConstantTime(load<u32>(entry), identifier, length))
      return set;
  }
  if (set < <u32>Limit.Components) {
    identifierCount = set + 1;
    store<u32>(entryOf(set), identifier);
    store<u32>(entryOf(set), length, 4);
    if (Feature.Prefixes) store<u32>(entryOf(set), openPrefixBytes, 8);
  }
  return set;
}
