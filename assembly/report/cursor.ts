/**
 * A lenient cursor over CBOR that nobody need have believed, for finding things in it.
 *
 * Unlike the strict reader, on which decisions rest, it judges nothing and takes little code: after
 * anything that does not fit the bytes that are there, it stands at their end and reads zeros. It
 * always moves forward and never reads outside of its bytes.
 */
import { Major } from "../cbor/reader";

/** Where the next item starts, and the end of what may be read. */
export let cursor: u32 = 0;
export let cursorEnd: u32 = 0;
/** Major type and argument of the last head. */
export let itemMajor: i32 = 0;
export let itemArgument: u64 = 0;

/** Places the cursor at the start of `length` bytes. */
export function openCursor(address: u32, length: u32): void {
  cursor = address;
  cursorEnd = address + length;
}

/** Reads a head (RFC 8949 §3). */
export function readHead(): void {
  itemMajor = 0;
  itemArgument = 0;
  if (cursor >= cursorEnd) return;
  const initial: u32 = load<u8>(cursor++);
  let value: u64 = initial & 31;
  if (value > 23) {
    let bytes: u32 = 1 << ((<u32>value) & 3);
    value = 0;
    for (; bytes != 0 && cursor < cursorEnd; bytes--) value = (value << 8) | load<u8>(cursor++);
  }
  itemMajor = initial >> 5;
  itemArgument = value;
}

/**
 * Reads a head, and goes past the content if it is a string's.
 *
 * @returns the address of the content, or of what follows the head
 */
export function readItem(): u32 {
  readHead();
  const content = cursor;
  if (itemMajor == Major.Bytes || itemMajor == Major.Text) {
    if (itemArgument > <u64>(cursorEnd - cursor)) itemArgument = cursorEnd - cursor;
    cursor += <u32>itemArgument;
  }
  return content;
}

/** Goes past an item with all that it holds. */
export function skipItem(): void {
  let pending: u64 = 1;
  for (; pending != 0 && cursor < cursorEnd; pending--) {
    readItem();
    if (itemMajor >= Major.Array && itemMajor <= Major.Tag) {
      pending += itemMajor == Major.Map ? itemArgument << 1 : itemMajor == Major.Tag ? 1 : itemArgument;
    }
  }
}
