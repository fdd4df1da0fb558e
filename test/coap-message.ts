/**
 * CoAP messages for tests: written and read independently of the code under test (RFC 7252 §3).
 */

/** A message; options in ascending order of their numbers. */
export interface CoapMessage {
  readonly type: number;
  readonly code: number;
  readonly messageId: number;
  readonly token: readonly number[];
  readonly options: readonly (readonly [number, readonly number[]])[];
  readonly payload: readonly number[];
}

/** A confirmable GET, or what `parts` say otherwise. */
export function request(parts: Partial<CoapMessage> = {}): Uint8Array {
  const whole = { type: 0, code: 0x01, messageId: 0x7d34, token: [], options: [], payload: [], ...parts };
  return encodeMessage(whole);
}

/** Encodes a message, options in their shortest form. */
export function encodeMessage(message: CoapMessage): Uint8Array {
  const { type, code, messageId, token, options, payload } = message;
  const bytes = [0x40 | (type << 4) | token.length, code, messageId >> 8, messageId & 255, ...token];
  let previous = 0;
  for (const [number, value] of options) {
    const delta = nibble(number - previous);
    const length = nibble(value.length);
    bytes.push((delta.nibble << 4) | length.nibble, ...delta.extension, ...length.extension, ...value);
    previous = number;
  }
  if (payload.length > 0) bytes.push(0xff, ...payload);
  return Uint8Array.from(bytes);
}

/** Reads a message; undefined if it is malformed. */
export function decodeMessage(bytes: Uint8Array | undefined): CoapMessage | undefined {
  if (bytes === undefined) return undefined;
  const all = [...bytes];
  const [head = 0, code = 0, high = 0, low = 0] = all;
  const tokenEnd = 4 + (head & 15);
  if (all.length < tokenEnd || head >> 6 !== 1 || tokenEnd > 12) return undefined;
  const parts = { type: (head >> 4) & 3, code, messageId: high * 256 + low, token: all.slice(4, tokenEnd) };
  if (code === 0) return all.length === 4 ? { ...parts, options: [], payload: [] } : undefined;
  const options: [number, number[]][] = [];
  const rest = all.slice(tokenEnd);
  let number = 0;
  for (;;) {
    const first = rest.shift();
    if (first === undefined) return { ...parts, options, payload: [] };
    if (first === 0xff) return rest.length > 0 ? { ...parts, options, payload: rest } : undefined;
    const delta = takeExtended(first >> 4, rest);
    const length = takeExtended(first & 15, rest);
    if (delta === undefined || length === undefined || length > rest.length) return undefined;
    number += delta;
    if (number > 65535) return undefined;
    options.push([number, rest.splice(0, length)]);
  }
}

/** A Uri-Path option per segment. */
export function pathOptions(path: string): [number, number[]][] {
  return path
    .split("/")
    .slice(1)
    .map((segment) => [11, [...new TextEncoder().encode(segment)]]);
}

/** A Block2 option (RFC 7959 §2.2). */
export function block2(number: number, more: boolean, blockBytes: number): [number, number[]] {
  return [23, uint(number * 16 + (more ? 8 : 0) + Math.log2(blockBytes) - 4)];
}

/** An unsigned integer in as few bytes as it needs. */
export function uint(value: number): number[] {
  return value === 0 ? [] : [...uint(Math.floor(value / 256)), value % 256];
}

/** The value of an option, undefined if the message does not have it. */
export function optionOf(message: CoapMessage | undefined, number: number): readonly number[] | undefined {
  return message?.options.find(([candidate]) => candidate === number)?.[1];
}

function nibble(value: number): { nibble: number; extension: number[] } {
  if (value < 13) return { nibble: value, extension: [] };
  if (value < 269) return { nibble: 13, extension: [value - 13] };
  return { nibble: 14, extension: [(value - 269) >> 8, (value - 269) & 255] };
}

function takeExtended(value: number, rest: number[]): number | undefined {
  if (value === 15) return undefined;
  if (value < 13) return value;
  const bytes = rest.splice(0, value - 12);
  if (bytes.length < value - 12) return undefined;
  return value === 13 ? 13 + (bytes[0] ?? 0) : 269 + (bytes[0] ?? 0) * 256 + (bytes[1] ?? 0);
}
