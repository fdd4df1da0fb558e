/**
 * A strict, forward-only CBOR reader over bytes that lie in memory.
 *
 * Zero-copy: an item is its address and length. It accepts the core deterministic encoding of
 * RFC 8949 §4.2.1 and nothing else, because a digest covers bytes and not meaning. There is one
 * cursor; whoever reads something in between saves and restores it with `cborOpen`.
 *
 * Total on any input: every read ends in a status, never outside `[position, limit)`.
 */
import { Feature } from "../feature";
import { Status } from "../status";

/** Major types, RFC 8949 §3.1. */
export const enum Major {
  Unsigned = 0,
  Negative = 1,
  Bytes = 2,
  Text = 3,
  Array = 4,
  Map = 5,
  Tag = 6,
  Simple = 7,
}

/** Simple values and the heads of the ones that COSE and SUIT use. */
export const enum Simple {
  False = 20,
  True = 21,
  Null = 22,
}

/** Where the next item starts. */
export let cborPosition: u32 = 0;
/** The first byte that may not be read. */
export let cborLimit: u32 = 0;
/** Major type of the last head. */
export let cborMajor: i32 = 0;
/** Argument of the last head: value, length, count, tag or simple value; 2^64 - 1 for a float. */
export let cborArgument: u64 = 0;
/** Content of the last byte or text string. */
export let cborContent: u32 = 0;
/** Length of the last byte or text string; count of the last array or map. */
export let cborLength: u32 = 0;
/** The last integer that `cborInteger` read. */
export let cborValue: i64 = 0;

/** Places the cursor at the start of `length` bytes. */
export function cborOpen(address: u32, length: u32): void {
  cborPosition = address;
  cborLimit = address + length;
}

/** Places the cursor at `position` within the bytes up to `limit`. */
export function cborSeek(position: u32, limit: u32): void {
  cborPosition = position;
  cborLimit = limit;
}

/**
 * Reads the head of the next item: major type and argument (RFC 8949 §3).
 *
 * @returns Status.Ok, or a status of group 0x01
 */
export function cborHead(): i32 {
  if (cborPosition >= cborLimit) return Status.CborTruncated;
  const initial = <u32>load<u8>(cborPosition);
  const information = initial & 31;
  cborMajor = initial >> 5;
  cborPosition += 1;
  if (information < 24) {
    cborArgument = information;
    return Status.Ok;
  }
  if (information == 31) return Status.CborIndefinite;
  if (information > 27) return Status.CborReserved;
  const bytes: u32 = 1 << (information - 24);
  if (cborLimit - cborPosition < bytes) return Status.CborTruncated;
  let value: u64 = 0;
  for (let index: u32 = 0; index < bytes; index++) {
    value = (value << 8) | load<u8>(cborPosition + index);
  }
  cborPosition += bytes;
  cborArgument = value;
  if (cborMajor == Major.Simple) {
    // The bits of a float are no simple value, even if they look like the number of one.
    if (bytes > 1) cborArgument = u64.MAX_VALUE;
    // Floats have no shorter argument; a simple value in a second byte starts at 32.
    return bytes == 1 && value < 32 ? Status.CborReserved : Status.Ok;
  }
  // The shortest form of the next smaller size would have held anything below this.
  const smallest: u64 = bytes == 1 ? 24 : (<u64>1) << (bytes << 2);
  return value < smallest ? Status.CborNotShortest : Status.Ok;
}

/** Reads a head and checks its major type. */
function head(major: i32): i32 {
  const status = cborHead();
  if (status != Status.Ok) return status;
  return cborMajor == major ? Status.Ok : Status.CborUnexpectedType;
}

/** Reads an unsigned integer into `cborArgument`. */
export function cborUnsigned(): i32 {
  return head(Major.Unsigned);
}

/**
 * Reads an integer of either sign into `cborValue`.
 *
 * @returns Status.Ok, Status.NumberTooLarge beyond 63 bits, or a status of group 0x01
 */
export function cborInteger(): i32 {
  const status = cborHead();
  if (status != Status.Ok) return status;
  if (cborMajor > Major.Negative) return Status.CborUnexpectedType;
  if (cborArgument > <u64>i64.MAX_VALUE) return Status.NumberTooLarge;
  cborValue = cborMajor == Major.Unsigned ? <i64>cborArgument : -1 - <i64>cborArgument;
  return Status.Ok;
}

/** Reads a byte string into `cborContent` and `cborLength`. */
export function cborBytes(): i32 {
  const status = head(Major.Bytes);
  return status != Status.Ok ? status : content();
}

/** Reads a text string into `cborContent` and `cborLength`. */
export function cborText(): i32 {
  const status = head(Major.Text);
  return status != Status.Ok ? status : content();
}

/** Reads the head of an array; its count is in `cborLength`. */
export function cborArray(): i32 {
  const status = head(Major.Array);
  return status != Status.Ok ? status : count();
}

/** Reads the head of a map; its count of pairs is in `cborLength`. */
export function cborMap(): i32 {
  const status = head(Major.Map);
  return status != Status.Ok ? status : count();
}

/** Reads `null` if it is next. */
export function cborIsNull(): bool {
  if (cborPosition >= cborLimit || load<u8>(cborPosition) != ((Major.Simple << 5) | Simple.Null))
    return false;
  cborPosition += 1;
  return true;
}

/** Major type of the next item without reading it; -1 at the end. */
export function cborPeek(): i32 {
  return cborPosition >= cborLimit ? -1 : load<u8>(cborPosition) >> 5;
}

/**
 * Skips one item with all it contains, in constant memory.
 *
 * @returns Status.Ok, or a status of group 0x01
 */
export function cborSkip(): i32 {
  let pending: u32 = 1;
  while (pending != 0) {
    let status = cborHead();
    if (status != Status.Ok) return status;
    pending -= 1;
    if (cborMajor == Major.Bytes || cborMajor == Major.Text) {
      status = content();
    } else if (cborMajor == Major.Array || cborMajor == Major.Map) {
      status = count();
      // Every element takes a byte at least, so what cannot fit need not be counted.
      const items = cborMajor == Major.Map ? cborLength * 2 : cborLength;
      if (status == Status.Ok && items > cborLimit - cborPosition) return Status.CborTruncated;
      pending += items;
    } else if (cborMajor == Major.Tag) {
      pending += 1;
    }
    if (status != Status.Ok) return status;
    if (pending > cborLimit - cborPosition) return Status.CborTruncated;
  }
  return Status.Ok;
}

/** Checks that nothing is left between the cursor and the limit. */
export function cborEnd(): i32 {
  return cborPosition == cborLimit ? Status.Ok : Status.CborTrailing;
}

/**
 * Checks that the key just read stands after the key before it: bytewise lexicographic order of
 * their encodings (RFC 8949 §4.2.1). No encoding is the beginning of another one, so the first byte
 * that differs lies in both.
 *
 * @param previous start of the key before, 0 for the first
 * @param key start of this key; its end is the cursor
 * @returns Status.Ok, Status.CborKeyOrder or Status.CborDuplicateKey
 */
export function cborKeyFollows(previous: u32, key: u32): i32 {
  if (previous == 0) return Status.Ok;
  for (; key < cborPosition; key++, previous++) {
    const before = load<u8>(previous);
    const after = load<u8>(key);
    if (before != after) return before < after ? Status.Ok : Status.CborKeyOrder;
  }
  return Status.CborDuplicateKey;
}

/**
 * Reads a map key that is an integer and stands after the key before it, or where maps need no order is none
 * of those before it.
 *
 * @param previous what `cborKeysBefore` said of the key before, 0 for the first
 * @returns Status.Ok, or a status of group 0x01
 */
export function cborIntegerKey(previous: u32): i32 {
  const key = cborPosition;
  const status = cborInteger();
  if (Feature.UnorderedMaps && status == Status.Ok) {
    return (previous & keyBit()) != 0 ? Status.CborDuplicateKey : Status.Ok;
  }
  return status == Status.Ok ? cborKeyFollows(previous, key) : status;
}

/** What the key after this one is held against: this one, or where maps need no order, all so far as bits. */
// @ts-ignore: decorator
@inline
export function cborKeysBefore(previous: u32, key: u32): u32 {
  return Feature.UnorderedMaps ? previous | keyBit() : key;
}

/** The key just read as a bit; 0 for one that no map behind the signature has, and that is refused as unknown. */
function keyBit(): u32 {
  return <u64>cborValue < 32 ? 1 << (<u32>cborValue) : 0;
}

function content(): i32 {
  if (cborArgument > <u64>(cborLimit - cborPosition)) return Status.CborTruncated;
  cborContent = cborPosition;
  cborLength = <u32>cborArgument;
  cborPosition += cborLength;
  return Status.Ok;
}

function count(): i32 {
  if (cborArgument > <u64>(cborLimit - cborPosition)) return Status.CborTruncated;
  cborLength = <u32>cborArgument;
  return Status.Ok;
}
