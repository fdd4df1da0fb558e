/**
 * A forward-only CBOR writer into memory of fixed size.
 *
 * Every head is the shortest there is, so what is written is deterministic (RFC 8949 §4.2.1) as long
 * as the caller writes map keys in order. Nothing is ever written at or after the limit: what does
 * not fit is left out, and `writerOverflowed` says so once and for all.
 */

/** Where the next byte goes. */
export let writerPosition: u32 = 0;

let writerLimit: u32 = 0;

/** Whether something did not fit. */
export let writerOverflowed: bool = false;

/** Begins to write at `address`, `capacityBytes` at most. */
export function writerOpen(address: u32, capacityBytes: u32): void {
  writerPosition = address;
  writerLimit = address + capacityBytes;
  writerOverflowed = false;
}

/** Appends bytes as they are. */
export function writeRaw(pointer: u32, length: u32): void {
  if (length > writerLimit - writerPosition) {
    writerLimit = writerPosition;
    writerOverflowed = true;
    return;
  }
  memory.copy(writerPosition, pointer, length);
  writerPosition += length;
}

/** Appends a head: major type and argument (RFC 8949 §3). */
export function writeHead(major: u32, argument: u64): void {
  const bytes: u32 =
    argument < 24 ? 0 : argument < 0x100 ? 1 : argument < 0x10000 ? 2 : argument >> 32 == 0 ? 4 : 8;
  writeByte((major << 5) | (bytes == 0 ? <u32>argument : 24 + ctz(bytes)));
  for (let shift = bytes << 3; shift != 0;) {
    shift -= 8;
    writeByte(<u32>(argument >> shift));
  }
}

/** Appends a head and the bytes that it counts. */
export function writeString(major: u32, pointer: u32, length: u32): void {
  writeHead(major, length);
  writeRaw(pointer, length);
}

/** Appends one byte: a head that has no argument, say. */
export function writeByte(value: u32): void {
  if (writerPosition == writerLimit) writerOverflowed = true;
  else store<u8>(writerPosition++, value);
}
