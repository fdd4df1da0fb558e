/**
 * What a report is about: the manifest of an envelope that nobody need have believed.
 *
 * Everything is looked up anew in flash, because a reset keeps nothing else. Bytes may be hostile or
 * cut short: what cannot be read is left out. Nothing is executed, and nothing decides anything.
 */
import { Major } from "../cbor/reader";
import { flashCheck } from "../hal";
import { Memory } from "../layout";
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
import { Hole, HOLES, HOLES_BYTES, keepBytes, keepNumber } from "./hole";

/** The commands that this build has, as bits. */
const SUPPORTED_COMMANDS: u64 = 0x381fcd9ee;

/** Bytes of a SHA-256 digest. */
const DIGEST_BYTES: u32 = 32;

/** Keys of the manifest, SUIT §8.4; those of common are counted from 32. */
const enum Key {
  SequenceNumber = 2,
  Common = 3,
  ReferenceUri = 4,
  Validate = 7,
  Invoke = 9,
  Install = 20,
  SharedSequence = 36,
  End = 64,
}

/** What was found of a key: where its string lies, or 0, as a u32; its length or its value as a u64. */
const enum Member {
  Content = 0,
  Argument = 8,
  Bytes = 16,
}

/** In place of a digest that cannot be read. */
// @ts-ignore: decorator
@lazy
const NO_DIGEST: usize = memory.data(DIGEST_BYTES);

/** By key. */
// @ts-ignore: decorator
@lazy
const MEMBERS: usize = memory.data(Key.End * Member.Bytes, 8);

/** Sections in which a command may have failed, in the order in which they run. */
const SECTION_KEYS: u32 = (Key.Invoke << 24) | (Key.Validate << 16) | (Key.Install << 8) | Key.SharedSequence;

/**
 * Reads an envelope, or the first bytes of one.
 *
 * @param address in flash or RAM
 * @param capacityBytes that may be read from there
 */
export function readSubject(address: u32, capacityBytes: u32): void {
  memory.fill(HOLES, 0, HOLES_BYTES);
  keepBytes(Hole.Digest, <u32>NO_DIGEST, DIGEST_BYTES);
  memory.fill(MEMBERS, 0, Key.End * Member.Bytes);
  if (address < <u32>Memory.FlashBytes && flashCheck(address, capacityBytes) != Status.Ok) return;
  // Tag, map, key, authentication wrapper; in there: array, byte string, array, algorithm, bytes (SUIT §8.3).
  openCursor(address, capacityBytes);
  readHead();
  readHead();
  readHead();
  const wrapper = readItem();
  const rest = cursor;
  openCursor(wrapper, rest - wrapper);
  readHead();
  readHead();
  readHead();
  readHead();
  const digest = readItem();
  if (itemMajor != Major.Bytes || itemArgument != DIGEST_BYTES) return;
  keepBytes(Hole.Digest, digest, DIGEST_BYTES);
  openCursor(rest, address + capacityBytes - rest);
  readHead();
  const manifest = readItem();
  if (itemMajor == Major.Bytes) readMembers(manifest, <u32>itemArgument, 0);
  readMembers(contentOf(Key.Common), lengthOf(Key.Common), 32);
  keepNumber(Hole.Sequence, load<u64>(MEMBERS + Key.SequenceNumber * Member.Bytes, Member.Argument));
  const uriBytes = lengthOf(Key.ReferenceUri);
  if (uriBytes <= <u32>Limit.ReportUriBytes) keepBytes(Hole.Uri, contentOf(Key.ReferenceUri), uriBytes);
}

/** Where the string of a key lies; 0 if it has none. */
function contentOf(key: u32): u32 {
  return load<u32>(MEMBERS + key * Member.Bytes);
}

/** The bytes of that string; 0 if there is none. */
function lengthOf(key: u32): u32 {
  return contentOf(key) == 0 ? 0 : load<u32>(MEMBERS + key * Member.Bytes, Member.Argument);
}

/** Notes what the members of a map are; its keys are counted from `first`. */
function readMembers(address: u32, length: u32, first: u32): void {
  openCursor(address, length);
  readHead();
  while (cursor < cursorEnd) {
    readHead();
    const member = MEMBERS + (first + ((<u32>itemArgument) & 31)) * Member.Bytes;
    const start = cursor;
    const content = readItem();
    store<u32>(member, itemMajor == Major.Bytes || itemMajor == Major.Text ? content : 0);
    store<u64>(member, itemArgument, Member.Argument);
    openCursor(start, address + length - start);
    skipItem();
  }
}

/**
 * Finds the first command of a kind that no other holds, and keeps its place: its section, the bytes
 * before it, and the component that a set-component-index before it selects. All stay 0 if there is none.
 *
 * @param command its number; 0 for a command that this build does not have
 */
export function findCommand(command: u32): void {
  const commands = command == 0 ? ~SUPPORTED_COMMANDS : (<u64>1) << command;
  for (let sections: u32 = SECTION_KEYS; sections != 0; sections >>= 8) {
    const section = sections & 0xff;
    const start = contentOf(section);
    let index: u64 = 0;
    openCursor(start, lengthOf(section));
    readHead();
    while (cursor < cursorEnd) {
      const offset = cursor - start;
      readHead();
      // Custom commands are counted as command 0, which nobody has.
      const bit: u64 = itemArgument < 64 && itemMajor == Major.Unsigned ? (<u64>1) << itemArgument : 1;
      if ((bit & commands) != 0) {
        // Of the shared sequence, which comes first in every section, common is told as the section.
        keepNumber(Hole.Section, section == Key.SharedSequence ? Key.Common : section);
        keepNumber(Hole.Offset, offset);
        keepNumber(Hole.Index, index);
        return;
      }
      skipItem();
      if (bit == 1 << 12) index = itemMajor == Major.Unsigned ? itemArgument : 0;
    }
  }
}
