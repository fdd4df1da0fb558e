/**
 * A strict CBOR reader that knows where it is.
 *
 * Accepts the core deterministic encoding of RFC 8949 §4.2.1 and nothing else. All offsets are into
 * the outermost input, also inside embedded CBOR, so that every refusal can name a byte. Text is
 * compared as bytes and not checked to be UTF-8, as on the device.
 */
import { Status } from "../../assembly/status.ts";
import { Refusal } from "./refusal.ts";

/** Major types, RFC 8949 §3.1. */
export const Major = {
  Unsigned: 0,
  Negative: 1,
  Bytes: 2,
  Text: 3,
  Array: 4,
  Map: 5,
  Tag: 6,
  Simple: 7,
} as const;

/** Names of the major types, for messages. */
export const MAJOR_NAMES = [
  "an unsigned integer",
  "a negative integer",
  "a byte string",
  "a text string",
  "an array",
  "a map",
  "a tag",
  "a simple value",
] as const;

/** A stretch of the input; `start` is where its item's head starts, content lies in [from, to). */
export interface Span {
  readonly start: number;
  readonly from: number;
  readonly to: number;
}

/** The head of one item. */
export interface Head {
  readonly start: number;
  readonly major: number;
  readonly argument: bigint;
  /** Additional information: the low five bits of the first byte. */
  readonly information: number;
}

/** An integer as the key of a map. */
export interface IntegerKey {
  readonly keyStart: number;
  readonly label: bigint;
}

/** A text string as the key of a map. */
export interface TextKey {
  readonly keyStart: number;
  readonly text: Span;
}

/** Keys of maps behind the signature are below it. */
const KEYS_KEPT = 32n;
/** Labels are 64-bit integers, as on the device. */
const MAXIMUM_INTEGER = (1n << 63n) - 1n;

/** Reads items from `[offset, end)` of `bytes`, forward only. Every method throws Refusal. */
export class CborReader {
  readonly bytes: Uint8Array;
  readonly end: number;
  /** Whether `entries` takes keys in any order; none may come twice all the same. */
  readonly anyKeyOrder: boolean;
  offset: number;

  constructor(bytes: Uint8Array, offset = 0, end = bytes.length, anyKeyOrder = false) {
    this.bytes = bytes;
    this.offset = offset;
    this.end = end;
    this.anyKeyOrder = anyKeyOrder;
  }

  /** A reader over the content of a byte string: the CBOR embedded in it. */
  within(span: Span): CborReader {
    return new CborReader(this.bytes, span.from, span.to, this.anyKeyOrder);
  }

  /** Reads the head of the next item in its shortest form. */
  head(): Head {
    const start = this.offset;
    const initial = this.#byte(start, start);
    const major = initial >> 5;
    const information = initial & 31;
    this.offset = start + 1;
    if (information < 24) return { start, major, argument: BigInt(information), information };
    if (information === 31) throw new Refusal(Status.CborIndefinite, start, "An item has indefinite length");
    if (information > 27) throw new Refusal(Status.CborReserved, start, "A head uses a reserved encoding");
    const size = 1 << (information - 24);
    let argument = 0n;
    for (let index = 0; index < size; index++) {
      argument = (argument << 8n) | BigInt(this.#byte(this.offset + index, start));
    }
    this.offset += size;
    this.#requireShortest(start, major, size, argument);
    return { start, major, argument, information };
  }

  /** Reads a head of one major type; `what` names the item in the refusal. */
  expect(major: number, what: string): Head {
    const head = this.head();
    if (head.major !== major) {
      throw new Refusal(
        Status.CborUnexpectedType,
        head.start,
        `${what} is ${MAJOR_NAMES[head.major] ?? "unknown"} where ${MAJOR_NAMES[major] ?? "another item"} should be`,
      );
    }
    return head;
  }

  /** Reads an unsigned integer. */
  unsigned(what: string): bigint {
    return this.expect(Major.Unsigned, what).argument;
  }

  /** Reads an integer of either sign. */
  integer(what: string): bigint {
    const head = this.head();
    if (head.major > Major.Negative) {
      throw new Refusal(
        Status.CborUnexpectedType,
        head.start,
        `${what} is ${MAJOR_NAMES[head.major] ?? "unknown"} where an integer should be`,
      );
    }
    if (head.argument > MAXIMUM_INTEGER) {
      throw new Refusal(Status.NumberTooLarge, head.start, `${what} does not fit into 64 bits with its sign`);
    }
    return signed(head);
  }

  /** Reads a byte string. */
  byteString(what: string): Span {
    return this.#content(this.expect(Major.Bytes, what), what);
  }

  /** Reads a text string. */
  textString(what: string): Span {
    return this.#content(this.expect(Major.Text, what), what);
  }

  /** Reads the head of an array and returns its count. */
  array(what: string): number {
    return this.#count(this.expect(Major.Array, what), what);
  }

  /** Reads the head of a map and returns its count of pairs. */
  map(what: string): number {
    return this.#count(this.expect(Major.Map, what), what);
  }

  /** Reads true or false. */
  boolean(what: string): boolean {
    const head = this.head();
    if (head.major === Major.Simple && head.information === 20) return false;
    if (head.major === Major.Simple && head.information === 21) return true;
    throw new Refusal(Status.CborUnexpectedType, head.start, `${what} is neither true nor false`);
  }

  /** Reads null if it is next, and says whether it was. */
  takeNull(): boolean {
    if (this.offset >= this.end || this.bytes[this.offset] !== 0xf6) return false;
    this.offset += 1;
    return true;
  }

  /** Major type of the next item without reading it; undefined at the end. */
  peek(): number | undefined {
    const initial = this.offset < this.end ? this.bytes[this.offset] : undefined;
    return initial === undefined ? undefined : initial >> 5;
  }

  /**
   * Reads the integer keys of a map in order; `read` reads each value.
   *
   * Keys must ascend bytewise and none may come twice (RFC 8949 §4.2.1).
   */
  entries(what: string, read: (key: IntegerKey) => void): void {
    const readKey = (): IntegerKey => ({ keyStart: this.offset, label: this.integer(`A key of ${what}`) });
    if (this.anyKeyOrder) this.#unorderedPairs(what, readKey, read);
    else this.#pairs(what, readKey, read);
  }

  /** Reads a map as `entries` does, whose keys may also be text strings. */
  mixedEntries(what: string, read: (key: IntegerKey | TextKey) => void): void {
    const readKey = (): IntegerKey | TextKey => {
      const keyStart = this.offset;
      if (this.peek() === Major.Text) return { keyStart, text: this.textString(`A key of ${what}`) };
      return { keyStart, label: this.integer(`A key of ${what}`) };
    };
    this.#pairs(what, readKey, read);
  }

  /**
   * Skips one item with all it contains, however deep.
   *
   * Every item takes a byte at least. Once more are promised than bytes are left, the input is cut short,
   * whatever may stand in those bytes.
   */
  skip(what: string): void {
    for (let pending = 1; pending > 0;) {
      const head = this.head();
      pending -= 1;
      if (head.major === Major.Bytes || head.major === Major.Text) this.#content(head, what);
      else if (head.major === Major.Array) pending += this.#count(head, what);
      else if (head.major === Major.Map) pending += 2 * this.#count(head, what);
      else if (head.major === Major.Tag) pending += 1;
      if (pending > this.end - this.offset) {
        throw new Refusal(
          Status.CborTruncated,
          head.start,
          `${what} promises more items than bytes are left`,
        );
      }
    }
  }

  /** Requires that nothing is left. */
  finish(what: string): void {
    if (this.offset !== this.end) {
      const left = this.end - this.offset;
      throw new Refusal(
        Status.CborTrailing,
        this.offset,
        `${left} ${left === 1 ? "byte is" : "bytes are"} left over after ${what}`,
      );
    }
  }

  #pairs<Key>(what: string, readKey: () => Key, read: (key: Key) => void): void {
    const count = this.map(what);
    let previous: { start: number; end: number } | undefined;
    for (let index = 0; index < count; index++) {
      const start = this.offset;
      const key = readKey();
      if (previous !== undefined) this.#requireOrder(previous.start, previous.end, start, what);
      previous = { start, end: this.offset };
      read(key);
    }
  }

  /** A key that no map has is not looked for again: whoever reads it refuses it. */
  #unorderedPairs(what: string, readKey: () => IntegerKey, read: (key: IntegerKey) => void): void {
    const seen = new Set<bigint>();
    for (let count = this.map(what); count > 0; count--) {
      const key = readKey();
      if (seen.has(key.label))
        throw new Refusal(Status.CborDuplicateKey, key.keyStart, `${what} has the same key twice`);
      if (key.label >= 0n && key.label < KEYS_KEPT) seen.add(key.label);
      read(key);
    }
  }

  #requireOrder(start: number, end: number, key: number, what: string): void {
    const order = compareBytes(this.bytes.subarray(start, end), this.bytes.subarray(key, this.offset));
    if (order === 0) throw new Refusal(Status.CborDuplicateKey, key, `${what} has the same key twice`);
    if (order > 0) throw new Refusal(Status.CborKeyOrder, key, `${what} has a key out of order`);
  }

  #requireShortest(start: number, major: number, size: number, argument: bigint): void {
    if (major === Major.Simple) {
      if (size === 1 && argument < 32n) {
        throw new Refusal(Status.CborReserved, start, "A simple value uses a reserved encoding");
      }
      return;
    }
    const smallest = size === 1 ? 24n : 1n << BigInt(size * 4);
    if (argument < smallest) {
      throw new Refusal(Status.CborNotShortest, start, `The number ${argument} is not in its shortest form`);
    }
  }

  #content(head: Head, what: string): Span {
    const left = this.end - this.offset;
    if (head.argument > BigInt(left)) {
      throw new Refusal(
        Status.CborTruncated,
        head.start,
        `${what} says it is ${head.argument} bytes long, but only ${left} are left`,
      );
    }
    const from = this.offset;
    this.offset += Number(head.argument);
    return { start: head.start, from, to: this.offset };
  }

  #count(head: Head, what: string): number {
    if (head.argument > BigInt(this.end - this.offset)) {
      throw new Refusal(
        Status.CborTruncated,
        head.start,
        `${what} says it has ${head.argument} items, more than there are bytes left`,
      );
    }
    return Number(head.argument);
  }

  #byte(offset: number, start: number): number {
    const value = offset < this.end ? this.bytes[offset] : undefined;
    if (value === undefined) throw new Refusal(Status.CborTruncated, start, "The input ends inside an item");
    return value;
  }
}

/** The integer that a head of major type 0 or 1 stands for. */
export function signed(head: Head): bigint {
  return head.major === Major.Negative ? -1n - head.argument : head.argument;
}

/** Bytewise lexicographic comparison; a prefix stands before what it begins. */
export function compareBytes(left: Uint8Array, right: Uint8Array): number {
  const shared = Math.min(left.length, right.length);
  for (let index = 0; index < shared; index++) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}
