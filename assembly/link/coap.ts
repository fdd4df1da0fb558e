/**
 * CoAP messages as the update agent needs them: one GET or POST out, one answer in (RFC 7252, RFC 7959).
 *
 * A Message ID and its token are derived from the resource and the block number, so the same
 * question is the same bytes at every power-on. Deviation: RFC 7252 §4.4 asks for a fresh Message
 * ID within 247 s and §5.3.1 for a token that is hard to guess. Here a question repeated after a
 * reset looks like a retransmission, which is what it is, and a forged answer gains nothing: what
 * arrives is believed only because of its signature.
 */
import { Limit } from "../limits";
import { Status } from "../status";

/** The resources at the far end: the two that an update consists of, and where a report goes. */
export const enum Resource {
  /** `/suit/envelope` */
  Envelope = 0,
  /** `/suit/payload`; absent when the envelope carries its payload itself. */
  Payload = 1,
  /** `/suit/report`; absent unless the far end wants reports. Its content is the nonce for the next one. */
  Report = 2,
}

/** Message types (RFC 7252 §3). */
export const enum MessageType {
  Confirmable = 0,
  NonConfirmable = 1,
  Acknowledgement = 2,
  Reset = 3,
}

/** Codes: the class in the upper three bits, the detail in the lower five (RFC 7252 §12.1). */
export const enum Code {
  Empty = 0x00,
  Get = 0x01,
  Content = 0x45,
  NotFound = 0x84,
}

/** Option numbers (RFC 7252 §5.10, RFC 7959 §2.1 and §4); odd ones are critical. */
const enum Option {
  ETag = 4,
  UriPath = 11,
  Block2 = 23,
  Size2 = 28,
}

const HEADER_BYTES: u32 = 4;
const TOKEN_BYTES: u32 = 2;
const PAYLOAD_MARKER: u32 = 0xff;

/** SZX of the block size this device asks for: 2^(SZX + 4) bytes (RFC 7959 §2.2). */
export const BLOCK_SIZE_EXPONENT: u32 = 31 - clz<u32>(Limit.BlockBytes) - 4;

/** In place of an option's value: the message does not have it. */
export const ABSENT: u32 = u32.MAX_VALUE;

/** A message that was read; `payload` points into the datagram. */
@unmanaged
export class Message {
  token: u64;
  /** The entity tag's bytes as one number, 0 if there is none. */
  entityTag: u64;
  tokenBytes: u32;
  type: u32;
  code: u32;
  messageId: u32;
  /** Value of Block2: block number, more flag, SZX; or ABSENT. */
  block: u32;
  /** Value of Size2: bytes of the whole resource; or ABSENT. */
  sizeBytes: u32;
  payload: usize;
  payloadBytes: u32;
}

/**
 * Options Uri-Path "suit" and "envelope", "payload", "report" (RFC 7252 §5.10.1): the resources in their
 * order, each a byte shorter than the one before.
 */
const PATHS: usize = memory.data<u8>([
  0xb4, 0x73, 0x75, 0x69, 0x74, 0x08, 0x65, 0x6e, 0x76, 0x65, 0x6c, 0x6f, 0x70, 0x65, 0xb4, 0x73, 0x75, 0x69,
  0x74, 0x07, 0x70, 0x61, 0x79, 0x6c, 0x6f, 0x61, 0x64, 0x00, 0xb4, 0x73, 0x75, 0x69, 0x74, 0x06, 0x72, 0x65,
  0x70, 0x6f, 0x72, 0x74, 0x00, 0x00,
]);
const LONGEST_PATH_BYTES: u32 = 14;

/** Packs the value of a Block2 option without its more flag. */
// @ts-ignore: decorator
@inline
export function blockOf(number: u32, sizeExponent: u32): u32 {
  return (number << 4) | sizeExponent;
}

/** The block number of a Block2 value. */
// @ts-ignore: decorator
@inline
export function blockNumberOf(block: u32): u32 {
  return block >> 4;
}

/** Whether more blocks follow this one. */
// @ts-ignore: decorator
@inline
export function hasMoreBlocks(block: u32): bool {
  return (block & 8) != 0;
}

/** The SZX of a Block2 value. */
// @ts-ignore: decorator
@inline
export function sizeExponentOf(block: u32): u32 {
  return block & 7;
}

/** Message ID, and token, of the question for one block. */
// @ts-ignore: decorator
@inline
export function messageIdOf(resource: u32, block: u32): u32 {
  return (resource << 14) | (blockNumberOf(block) & 0x3fff);
}

/**
 * Writes a confirmable GET for one block; with the first one it asks for the size of the whole.
 *
 * @param out at least 32 bytes
 * @returns the bytes written
 */
// @ts-ignore: decorator
@inline
export function writeGet(out: usize, resource: u32, block: u32): u32 {
  const messageId = bswap<u16>(<u16>messageIdOf(resource, block));
  store<u8>(out, (1 << 6) | (MessageType.Confirmable << 4) | TOKEN_BYTES);
  store<u8>(out, Code.Get, 1);
  store<u16>(out, messageId, 2);
  store<u16>(out, messageId, 4);
  let cursor = out + HEADER_BYTES + TOKEN_BYTES;
  memory.copy(cursor, PATHS + resource * LONGEST_PATH_BYTES, LONGEST_PATH_BYTES);
  cursor += LONGEST_PATH_BYTES - resource;
  const valueBytes: u32 = block > 0xffff ? 3 : block > 0xff ? 2 : 1;
  store<u8>(cursor++, ((Option.Block2 - Option.UriPath) << 4) | valueBytes);
  for (let shift = valueBytes * 8; shift != 0;) {
    shift -= 8;
    store<u8>(cursor++, block >> shift);
  }
  if (blockNumberOf(block) == 0) store<u8>(cursor++, (Option.Size2 - Option.Block2) << 4);
  return <u32>(cursor - out);
}

/** What stands before the payload of a POST to `/suit/report`: header, token, options, marker. */
// @ts-ignore: decorator
@lazy
const POST_HEAD: usize = memory.data<u8>([
  0x54, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xb4, 0x73, 0x75, 0x69, 0x74, 0x06, 0x72, 0x65, 0x70, 0x6f,
  0x72, 0x74, 0x11, 0x00, 0xff,
]);
export const POST_HEAD_BYTES: u32 = 23;

/**
 * Writes all of a non-confirmable POST to `/suit/report` that stands before its payload.
 *
 * Its Message ID and token, six bytes at offset 2, are left to the caller.
 *
 * @param out POST_HEAD_BYTES bytes
 * @param contentFormat below 256, from the CoAP registry (RFC 7252 §12.3)
 */
export function writePostHead(out: usize, contentFormat: u32): void {
  memory.copy(out, POST_HEAD, POST_HEAD_BYTES);
  store<u8>(out, contentFormat, POST_HEAD_BYTES - 2);
}

/**
 * Writes an empty message: an acknowledgement or a reset (RFC 7252 §4.1).
 *
 * @returns the bytes written: 4
 */
export function writeEmpty(out: usize, type: u32, messageId: u32): u32 {
  store<u8>(out, (1 << 6) | (type << 4));
  store<u8>(out, Code.Empty, 1);
  store<u16>(out, bswap<u16>(<u16>messageId), 2);
  return HEADER_BYTES;
}

/**
 * Reads a message strictly (RFC 7252 §3); every byte may be hostile.
 *
 * @param message receives the parts, valid only with Status.Ok
 * @returns Status.Ok, or Status.LinkProtocol if it is malformed or has a critical option that this
 *   client does not know (RFC 7252 §5.4.1)
 */
// @ts-ignore: decorator
@inline
export function readMessage(datagram: usize, length: u32, message: Message): i32 {
  if (length < HEADER_BYTES) return Status.LinkProtocol;
  const head: u32 = load<u8>(datagram);
  const tokenBytes = head & 15;
  if (head >> 6 != 1 || tokenBytes > 8 || HEADER_BYTES + tokenBytes > length) return Status.LinkProtocol;
  message.type = (head >> 4) & 3;
  message.code = load<u8>(datagram, 1);
  message.messageId = bswap<u16>(load<u16>(datagram, 2));
  message.tokenBytes = tokenBytes;
  message.token = readNumber(datagram + HEADER_BYTES, tokenBytes);
  message.entityTag = 0;
  message.block = ABSENT;
  message.sizeBytes = ABSENT;
  message.payload = datagram + length;
  message.payloadBytes = 0;
  if (message.code == Code.Empty) return length == HEADER_BYTES ? Status.Ok : Status.LinkProtocol;
  return readOptions(datagram + HEADER_BYTES + tokenBytes, datagram + length, message);
}

/** Reads options and payload (RFC 7252 §3.1); forward only, never beyond `end`. */
// @ts-ignore: decorator
@inline
function readOptions(cursor: usize, end: usize, message: Message): i32 {
  let number: u32 = 0;
  while (cursor < end) {
    const head: u32 = load<u8>(cursor++);
    if (head == PAYLOAD_MARKER) {
      if (cursor == end) return Status.LinkProtocol;
      message.payload = cursor;
      message.payloadBytes = <u32>(end - cursor);
      return Status.Ok;
    }
    const extension = cursor;
    cursor += extensionBytes(head >> 4) + extensionBytes(head & 15);
    if (head >> 4 == 15 || (head & 15) == 15 || cursor > end) return Status.LinkProtocol;
    number += extendedValue(head >> 4, extension);
    const length = extendedValue(head & 15, extension + extensionBytes(head >> 4));
    if (number > 0xffff || length > <u32>(end - cursor)) return Status.LinkProtocol;
    if (readOption(number, cursor, length, message) != Status.Ok) return Status.LinkProtocol;
    cursor += length;
  }
  return Status.Ok;
}

function readOption(number: u32, value: usize, length: u32, message: Message): i32 {
  if (number == Option.Block2) {
    if (length > 3 || message.block != ABSENT) return Status.LinkProtocol;
    message.block = <u32>readNumber(value, length);
    return sizeExponentOf(message.block) == 7 ? Status.LinkProtocol : Status.Ok;
  }
  if (number == Option.Size2 && length <= 4) message.sizeBytes = <u32>readNumber(value, length);
  if (number == Option.ETag && length <= 8) message.entityTag = readNumber(value, length);
  return (number & 1) == 0 ? Status.Ok : Status.LinkProtocol;
}

/** Bytes that follow an option's first byte for a nibble of it. */
// @ts-ignore: decorator
@inline
function extensionBytes(nibble: u32): u32 {
  return nibble < 13 ? 0 : nibble - 12;
}

/** Option delta or length (RFC 7252 §3.1): small ones stand in the nibble itself. */
function extendedValue(nibble: u32, extension: usize): u32 {
  if (nibble < 13) return nibble;
  return nibble == 13 ? 13 + <u32>load<u8>(extension) : 269 + <u32>bswap<u16>(load<u16>(extension));
}

/** An unsigned integer of 0 to 8 bytes, most significant first (RFC 7252 §3.2). */
function readNumber(value: usize, length: u32): u64 {
  let number: u64 = 0;
  for (let index: u32 = 0; index < length; index++) number = (number << 8) | load<u8>(value + index);
  return number;
}
