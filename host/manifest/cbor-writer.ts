/**
 * Deterministic CBOR (RFC 8949 §4.2.1), written with cbor2.
 */
import { cdeEncodeOptions, encode, Tag } from "cbor2";

/** What can be written. Map keys are sorted on writing; bytes are Uint8Array or Buffer. */
export type Cbor =
  | number
  | bigint
  | boolean
  | string
  | null
  | Uint8Array
  | readonly Cbor[]
  | ReadonlyMap<Cbor, Cbor>
  | Tagged
  | Raw;

/** A tagged item. */
export class Tagged {
  readonly tag: number;
  readonly content: Cbor;

  constructor(tag: number, content: Cbor) {
    this.tag = tag;
    this.content = content;
  }
}

/** An item that is encoded already; it is written as it is. */
export class Raw {
  readonly encoded: Uint8Array;

  constructor(encoded: Uint8Array) {
    this.encoded = encoded;
  }

  /** What cbor2 calls to write an object. */
  toCBOR(writer: { write(bytes: Uint8Array): void }): undefined {
    writer.write(this.encoded);
    return undefined;
  }
}

/** Most items are small, and cbor2 allocates whole chunks. */
const OPTIONS = { ...cdeEncodeOptions, chunkSize: 128 };

/** Encodes a value deterministically: shortest heads, sorted keys, definite lengths. */
export function encodeCbor(value: Cbor): Uint8Array {
  return encode(plain(value), OPTIONS);
}

/** The types that cbor2 knows: Buffers become plain byte arrays, or they would be written as maps. */
function plain(value: Cbor): unknown {
  if (value instanceof Raw) return value;
  if (value instanceof Tagged) return new Tag(value.tag, plain(value.content));
  if (value instanceof Uint8Array) return Uint8Array.from(value);
  if (isMap(value)) {
    return new Map([...value.entries()].map(([key, item]) => [plain(key), plain(item)]));
  }
  if (isList(value)) return value.map(plain);
  return value;
}

function isMap(value: Cbor): value is ReadonlyMap<Cbor, Cbor> {
  return value instanceof Map;
}

function isList(value: Cbor): value is readonly Cbor[] {
  return Array.isArray(value);
}
