/**
 * What a report is about: the manifest of an envelope that nobody need have believed.
 *
 * Everything is looked up anew in flash, because a reset keeps nothing else. Bytes may be hostile or
 * cut short: what cannot be read is left out. Nothing is executed, and nothing decides anything.
 */
import { Major } from "../cbor/reader";
import { flashCheck } from "../hal";
import { Journal, Memory } from "../layout";
import { Limit } from "../limits";
import { Status } from "../status";
import {
  cursor,
  cursorEnd,
  itemArgument,
  itemMajor,
  openCursor,
  readHead,
  readItem,
  skipItem,
} from "./cursor";
import { DIGEST_BYTES, Hole, keepBytes, keepDependency, keepNumber, keepPlace } from "./hole";

/** Commands that arrange others. */
const SET_COMPONENT_INDEX: u32 = 12;
const TRY_EACH: u32 = 15;
const RUN_SEQUENCE: u32 = 32;

/** Keys of the manifest, SUIT §8.4; those of common are counted from 32, those of the envelope from 64. */
const enum Key {
  SequenceNumber = 2,
  Common = 3,
  ReferenceUri = 4,
  Validate = 7,
  Load = 8,
  Invoke = 9,
  DependencyResolution = 15,
  PayloadFetch = 16,
  CandidateVerification = 18,
  Install = 20,
  CommonKeys = 32,
  Dependencies = 33,
  SharedSequence = 36,
  EnvelopeKeys = 64,
  /** The integrated payload that is an envelope itself, under whatever text. */
  Dependency = 64,
  Wrapper = 66,
  Manifest = 67,
  End = 128,
}

/** What was found of a key: where its content lies, or 0, as a u32; its length or its value as a u64, which a map has not. */
const enum Member {
  Content = 0,
  Argument = 8,
  Bytes = 16,
}

/** By key. */
// @ts-ignore: decorator
@lazy
const MEMBERS: usize = memory.data(Key.End * Member.Bytes, 8);

/** Sections in which a command may have failed, in the order in which they run; uninstall, which does not, is left out. */
const SECTION_KEYS: u64 =
  ((<u64>Key.Invoke) << 56) |
  ((<u64>Key.Load) << 48) |
  ((<u64>Key.Validate) << 40) |
  ((<u64>Key.Install) << 32) |
  ((<u64>Key.CandidateVerification) << 24) |
  ((<u64>Key.PayloadFetch) << 16) |
  ((<u64>Key.DependencyResolution) << 8) |
  Key.SharedSequence;

/** Major types whose content is looked at: byte strings, texts, maps. */
const CONTENT_MAJORS: u32 = (1 << Major.Bytes) | (1 << Major.Text) | (1 << Major.Map);

/** The first bytes of tag 107, as they lie in memory: a dependency. */
const ENVELOPE_START: u32 = 0x6bd8;

/**
 * Reads an envelope, or the first bytes of one, into empty holes.
 *
 * @param address in flash or RAM
 * @param capacityBytes that may be read from there
 */
export function readSubject(address: u32, capacityBytes: u32): void {
  memory.fill(MEMBERS, 0, Key.End * Member.Bytes);
  if (address < <u32>Memory.FlashBytes && flashCheck(address, capacityBytes) != Status.Ok) return;
  readEnvelope(address, capacityBytes);
  // In the wrapper: array, byte string, array, algorithm, bytes (SUIT §8.3).
  openContent(Key.Wrapper);
  readHead();
  readHead();
  readHead();
  readHead();
  const digest = readItem();
  if (itemMajor == Major.Bytes && itemArgument == DIGEST_BYTES) keepBytes(Hole.Digest, digest, DIGEST_BYTES);
  keepNumber(Hole.Sequence, load<u64>(MEMBERS + Key.SequenceNumber * Member.Bytes, Member.Argument));
  const uriBytes = lengthOf(Key.ReferenceUri);
  if (uriBytes <= <u32>Limit.ReportUriBytes) keepBytes(Hole.Uri, contentOf(Key.ReferenceUri), uriBytes);
}

/** Notes where the members of an envelope, its manifest and its common map lie. */
function readEnvelope(address: u32, length: u32): void {
  openCursor(address, length);
  readHead();
  readMembers(Key.EnvelopeKeys);
  openContent(Key.Manifest);
  readMembers(0);
  openContent(Key.Common);
  readMembers(Key.CommonKeys);
}

/** Where the content of a key lies; 0 if it has none. */
function contentOf(key: u32): u32 {
  return load<u32>(MEMBERS + key * Member.Bytes);
}

/** The bytes of a string; 0 if there is none, or something else. */
function lengthOf(key: u32): u32 {
  return contentOf(key) == 0 ? 0 : load<u32>(MEMBERS + key * Member.Bytes, Member.Argument);
}

/** Places the cursor at the start of the content of a key. */
function openContent(key: u32): void {
  openCursor(contentOf(key), lengthOf(key));
}

/** Notes what the members of the map at the cursor are; its keys are counted from `first`. */
function readMembers(first: u32): void {
  const end = cursorEnd;
  readHead();
  for (let pairs = itemArgument; pairs != 0 && cursor < end; pairs--) {
    readItem();
    const isPayload = itemMajor == Major.Text;
    const key = isPayload ? 0 : (<u32>itemArgument) & 31;
    const start = cursor;
    const content = readItem();
    if (!isPayload || (cursor - content > 1 && load<u16>(content) == ENVELOPE_START)) {
      const member = MEMBERS + (first + key) * Member.Bytes;
      store<u32>(member, ((CONTENT_MAJORS >> itemMajor) & 1) != 0 ? content : 0);
      // The count of a map is no length in bytes.
      store<u64>(member, itemMajor == Major.Map ? 0 : itemArgument, Member.Argument);
    }
    openCursor(start, end - start);
    skipItem();
  }
}

/**
 * Finds a command and keeps its place: the manifest, the section, the bytes before it, and the component that
 * a set-component-index before it selects. The root comes first, then its dependency. All stay 0 if it is not
 * there.
 *
 * @param command its number; 0 for one that the device does not have, which has to have a place
 * @param place where the bootloader stood, as the journal keeps it; 0 for the first of the kind
 */
export function findCommand(command: u32, place: u32): void {
  // What the device does not have, and what no branch has met, is known by its place alone.
  const isAny = place != 0 && (command == 0 || command == TRY_EACH);
  const commands: u64 = isAny ? u64.MAX_VALUE : (<u64>1) << command;
  if (isFound(commands, place)) return;
  const dependencies = contentOf(Key.Dependencies);
  const dependency = contentOf(Key.Dependency);
  // The manifest comes first in an envelope, so what is there of the map lies in front of the payload.
  if (dependencies == 0 || dependency < dependencies) return;
  readEnvelope(dependency, lengthOf(Key.Dependency));
  if (!isFound(commands, place)) return;
  // There is one, so the map begins with its index, which is below 15.
  keepDependency(load<u8>(dependencies) & 15);
}

/** Looks for a command in the sections of the manifest that was read, those that it nests included. */
function isFound(commands: u64, place: u32): bool {
  for (let sections = SECTION_KEYS; sections != 0; sections >>= 8) {
    const section = (<u32>sections) & 0xff;
    // A severed section lies in the envelope.
    const key = section + (contentOf(section) == 0 ? <u32>Key.EnvelopeKeys : 0);
    let index: u64 = 0;
    openContent(key);
    readHead();
    while (cursor < cursorEnd) {
      const start = cursor;
      readHead();
      // In place of a command: a nested sequence, whose commands follow, or the nil behind the last branch.
      if (itemMajor == Major.Bytes) readHead();
      if (itemMajor >= Major.Bytes) continue;
      // Custom commands are counted as command 0, which nobody has.
      const bit: u64 = itemArgument < 64 && itemMajor == Major.Unsigned ? (<u64>1) << itemArgument : 1;
      if (bit == 1 << TRY_EACH) readHead();
      else if (bit != (<u64>1) << RUN_SEQUENCE) skipItem();
      if (
        (bit & commands) != 0 &&
        (place == 0 || ((place - 1 - start) & Journal.PlaceMask) < cursor - start)
      ) {
        // Of the shared sequence, which comes first in every section, common is told as the section.
        keepPlace(section == Key.SharedSequence ? Key.Common : section, start - contentOf(key), <u32>index);
        return true;
      }
      if (bit == 1 << SET_COMPONENT_INDEX) index = itemMajor == Major.Unsigned ? itemArgument : 0;
    }
  }
  return false;
}
