/**
 * A CoAP server at the far end of the link (RFC 7252), serving resources block by block (RFC 7959).
 *
 * It keeps no state between datagrams: every answer is a function of the request alone, which is
 * what lets a fault campaign merge equal device states. It answers GET, and takes POST where
 * somebody has an inbox; everything else that can be sent gets the error that the RFC asks for, a Reset, or
 * silence.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import type { LinkPeer } from "./link.ts";

const VERSION = 1;
const HEADER_BYTES = 4;
const TOKEN_BYTES_MAX = 8;
const ENTITY_TAG_BYTES = 8;
const PAYLOAD_MARKER = 0xff;
const OCTET_STREAM = 42;

/** Largest block, 1024 bytes: SZX 6 (RFC 7959 §2.2); 7 is reserved. */
const SIZE_EXPONENT_MAX = 6;

/** Message types (RFC 7252 §3). */
const enum Type {
  Confirmable = 0,
  NonConfirmable = 1,
  Acknowledgement = 2,
  Reset = 3,
}

/** Codes, class * 32 + detail (RFC 7252 §12.1). */
const enum Code {
  Empty = 0x00,
  Get = 0x01,
  Post = 0x02,
  MethodLast = 0x1f,
  Changed = 0x44,
  Content = 0x45,
  BadRequest = 0x80,
  BadOption = 0x82,
  NotFound = 0x84,
  MethodNotAllowed = 0x85,
  NotAcceptable = 0x86,
}

/** Option numbers (RFC 7252 §5.10, RFC 7959 §2.1 and §4). */
const enum OptionNumber {
  UriHost = 3,
  ETag = 4,
  UriPort = 7,
  UriPath = 11,
  ContentFormat = 12,
  UriQuery = 15,
  Accept = 17,
  Block2 = 23,
  Size2 = 28,
}

/** One option of a message. */
interface Option {
  readonly number: number;
  readonly value: Uint8Array;
}

/** A message taken apart. */
interface Message {
  readonly type: number;
  readonly code: number;
  readonly messageId: number;
  readonly token: Uint8Array;
  /** Undefined when options or payload are malformed. */
  readonly options: readonly Option[] | undefined;
  readonly payload: Uint8Array;
}

/** What a GET asks for. */
interface Query {
  readonly path: string;
  /** Undefined when the request has no Block2. */
  readonly block: { readonly number: number; readonly sizeExponent: number } | undefined;
  readonly wantsSize: boolean;
}

interface Resource {
  readonly content: Uint8Array;
  readonly entityTag: Uint8Array;
}

/** How a server serves. */
export interface CoapServerOptions {
  /** Largest block it sends [bytes]: a power of two from 16 to 1024, which is the default. */
  readonly blockBytesMax?: number;
  /**
   * Takes what is posted, by path. It must not change what is answered, ever: answers stay a function
   * of the request alone.
   */
  readonly inboxes?: ReadonlyMap<string, (content: Uint8Array) => void>;
}

/** What a server is made from; inboxes stay where they are. */
export interface CoapRecipe extends Required<Omit<CoapServerOptions, "inboxes">> {
  readonly resources: ReadonlyMap<string, Uint8Array>;
}

/** Serves byte strings under fixed paths; see the file comment. */
export class CoapServer implements LinkPeer {
  readonly #resources: ReadonlyMap<string, Resource>;
  readonly #sizeExponentMax: number;
  readonly #inboxes: ReadonlyMap<string, (content: Uint8Array) => void>;

  /**
   * @param resources content by path, for instance `/suit/envelope`; copied. A missing path is 4.04
   * @throws RangeError if `blockBytesMax` is no block size
   */
  constructor(
    resources: ReadonlyMap<string, Uint8Array>,
    {
      blockBytesMax = 1024,
      inboxes = new Map<string, (content: Uint8Array) => void>(),
    }: CoapServerOptions = {},
  ) {
    this.#inboxes = inboxes;
    this.#sizeExponentMax = Math.log2(blockBytesMax) - 4;
    if (![0, 1, 2, 3, 4, 5, 6].includes(this.#sizeExponentMax)) {
      throw new RangeError(`A block of ${blockBytesMax} bytes: expected a power of two from 16 to 1024.`);
    }
    const served = new Map<string, Resource>();
    for (const [path, content] of resources) {
      served.set(path, {
        content: content.slice(),
        entityTag: sha256(content).slice(0, ENTITY_TAG_BYTES),
      });
    }
    this.#resources = served;
  }

  /** What another thread needs to make the same server; its messages can carry it. */
  recipe(): CoapRecipe {
    return {
      resources: new Map([...this.#resources].map(([path, { content }]) => [path, content])),
      blockBytesMax: 2 ** (this.#sizeExponentMax + 4),
    };
  }

  /**
   * Answers one datagram; never throws, whatever the bytes are.
   *
   * @param datagram a CoAP message, or anything
   * @returns the response, a Reset for a confirmable message that makes no sense here (RFC 7252
   *   §4.2), or undefined for what is to be ignored
   */
  answer(datagram: Uint8Array): Uint8Array | undefined {
    const request = readMessage(datagram);
    if (request === undefined) return undefined;
    if (request.type === Type.Acknowledgement || request.type === Type.Reset) return undefined;
    const isRequest = request.code >= Code.Get && request.code <= Code.MethodLast;
    if (!isRequest || request.options === undefined) return rejection(request);
    const isKnown = request.code === Code.Get || (request.code === Code.Post && this.#inboxes.size > 0);
    const query = isKnown ? readQuery(request.options) : Code.MethodNotAllowed;
    if (typeof query !== "number") {
      return request.code === Code.Get ? this.#content(request, query) : this.#take(request, query);
    }
    // A bad option in a non-confirmable request is rejected in silence (RFC 7252 §5.4.1).
    const isSilent = query === Code.BadOption && request.type === Type.NonConfirmable;
    return isSilent ? undefined : response(request, query);
  }

  #take(request: Message, { path }: Query): Uint8Array {
    const take = this.#inboxes.get(path);
    if (take === undefined) return response(request, Code.MethodNotAllowed);
    take(request.payload.slice());
    return response(request, Code.Changed);
  }

  #content(request: Message, query: Query): Uint8Array {
    const resource = this.#resources.get(query.path);
    if (resource === undefined) return response(request, Code.NotFound);
    const { content, entityTag } = resource;
    const asked = query.block ?? { number: 0, sizeExponent: SIZE_EXPONENT_MAX };
    const sizeExponent = Math.min(asked.sizeExponent, this.#sizeExponentMax);
    const blockBytes = 16 << sizeExponent;
    // A smaller block than asked for begins at the same byte (RFC 7959 §2.4), so its number grows.
    const start = asked.number * (16 << asked.sizeExponent);
    const number = start / blockBytes;
    if (number !== 0 && start >= content.length) return response(request, Code.BadRequest);
    const hasMore = start + blockBytes < content.length;
    const options: Option[] = [
      { number: OptionNumber.ETag, value: entityTag },
      { number: OptionNumber.ContentFormat, value: uintBytes(OCTET_STREAM) },
    ];
    if (query.block !== undefined || hasMore) {
      const value = number * 16 + (hasMore ? 8 : 0) + sizeExponent;
      options.push({ number: OptionNumber.Block2, value: uintBytes(value) });
    }
    if (query.wantsSize) options.push({ number: OptionNumber.Size2, value: uintBytes(content.length) });
    return response(request, Code.Content, options, content.subarray(start, start + blockBytes));
  }
}

/** Takes a message apart; undefined for what RFC 7252 §3 says to ignore, or has no header to answer. */
function readMessage(datagram: Uint8Array): Message | undefined {
  const [head = 0, code = 0, idHigh = 0, idLow = 0] = datagram;
  if (datagram.length < HEADER_BYTES || head >> 6 !== VERSION) return undefined;
  const tokenBytes = head & 15;
  const body = HEADER_BYTES + tokenBytes;
  const isWellFormed = tokenBytes <= TOKEN_BYTES_MAX && body <= datagram.length;
  return {
    type: (head >> 4) & 3,
    code,
    messageId: idHigh * 256 + idLow,
    token: isWellFormed ? datagram.subarray(HEADER_BYTES, body) : new Uint8Array(),
    ...(isWellFormed ? readBody(datagram.subarray(body)) : { options: undefined, payload: new Uint8Array() }),
  };
}

/** Options in order, and payload (RFC 7252 §3.1); no options if malformed. */
function readBody(bytes: Uint8Array): Pick<Message, "options" | "payload"> {
  const options: Option[] = [];
  const malformed = { options: undefined, payload: new Uint8Array() };
  let offset = 0;
  let number = 0;
  while (offset < bytes.length) {
    const head = bytes[offset++] ?? 0;
    if (head === PAYLOAD_MARKER)
      return offset < bytes.length ? { options, payload: bytes.subarray(offset) } : malformed;
    const delta = readExtended(bytes, offset, head >> 4);
    if (delta === undefined) return malformed;
    const length = readExtended(bytes, delta.end, head & 15);
    if (length === undefined) return malformed;
    number += delta.value;
    offset = length.end + length.value;
    if (number > 0xffff || offset > bytes.length) return malformed;
    options.push({ number, value: bytes.subarray(length.end, offset) });
  }
  return { options, payload: new Uint8Array() };
}

/** An option's delta or length: in the nibble itself, or in one or two bytes after it. */
function readExtended(bytes: Uint8Array, offset: number, nibble: number) {
  if (nibble < 13) return { value: nibble, end: offset };
  const end = offset + nibble - 12;
  if (nibble === 15 || end > bytes.length) return undefined;
  const value = uintOf(bytes.subarray(offset, end));
  return { value: value + (nibble === 13 ? 13 : 269), end };
}

/** Understands a GET's options, or says with which error code to refuse it. */
function readQuery(options: readonly Option[]): Query | Code {
  let path = "";
  let block: Query["block"];
  let wantsSize = false;
  const seen = new Set<number>();
  for (const { number, value } of options) {
    const isRepeated = seen.has(number);
    seen.add(number);
    switch (number) {
      case OptionNumber.UriPath:
      case OptionNumber.UriQuery:
        if (value.length > 255) return Code.BadOption;
        path += (number === OptionNumber.UriPath ? "/" : "?") + textOf(value);
        break;
      case OptionNumber.UriHost:
      case OptionNumber.UriPort:
        // One host and one port lead here: whichever is named is this server.
        if (isRepeated) return Code.BadOption;
        break;
      case OptionNumber.Accept:
        if (isRepeated || value.length > 2) return Code.BadOption;
        if (uintOf(value) !== OCTET_STREAM) return Code.NotAcceptable;
        break;
      case OptionNumber.Block2: {
        if (isRepeated || value.length > 3) return Code.BadOption;
        const sizeExponent = uintOf(value) & 7;
        if (sizeExponent > SIZE_EXPONENT_MAX) return Code.BadRequest;
        block = { number: uintOf(value) >> 4, sizeExponent };
        break;
      }
      case OptionNumber.Size2:
        wantsSize = true;
        break;
      default:
        // Odd numbers are critical (RFC 7252 §5.4.6): what is not understood must not be ignored.
        if (number % 2 === 1) return Code.BadOption;
    }
  }
  return { path, block, wantsSize };
}

/** A Reset for a confirmable message, silence for any other (RFC 7252 §4.2 and §4.3). */
function rejection(request: Message): Uint8Array | undefined {
  if (request.type !== Type.Confirmable) return undefined;
  return header(Type.Reset, Code.Empty, request.messageId, 0);
}

/** A response: piggybacked on the acknowledgement, or non-confirmable like its request. */
function response(
  request: Message,
  code: Code,
  options: readonly Option[] = [],
  payload: Uint8Array = new Uint8Array(),
): Uint8Array {
  const type = request.type === Type.Confirmable ? Type.Acknowledgement : Type.NonConfirmable;
  const parts = [header(type, code, request.messageId, request.token.length), request.token];
  let previous = 0;
  for (const { number, value } of options) {
    // No option sent here is longer than 12 bytes or more than 12 numbers above the one before.
    parts.push(Uint8Array.of(((number - previous) << 4) | value.length), value);
    previous = number;
  }
  if (payload.length > 0) parts.push(Uint8Array.of(PAYLOAD_MARKER), payload);
  return concatenate(parts);
}

function header(type: Type, code: Code, messageId: number, tokenBytes: number): Uint8Array {
  return Uint8Array.of((VERSION << 6) | (type << 4) | tokenBytes, code, messageId >> 8, messageId & 0xff);
}

/** An unsigned integer in as few bytes as it needs, most significant first (RFC 7252 §3.2). */
function uintBytes(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return Uint8Array.from(bytes);
}

function uintOf(bytes: Uint8Array): number {
  return bytes.reduce((value, byte) => value * 256 + byte, 0);
}

/** A path segment as it stands in a URI: every byte that could be mistaken is escaped (RFC 7252 §6.5). */
function textOf(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) {
    const character = String.fromCharCode(byte);
    const isPlain = /[A-Za-z0-9._~!$&'()*+,;=:@-]/.test(character);
    text += isPlain ? character : "%" + byte.toString(16).toUpperCase().padStart(2, "0");
  }
  return text;
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
