/**
 * A form: how one kind of value is written in JSON and in CBOR, both ways.
 *
 * Where the JSON of a kind cannot say what a CBOR item is, the item itself stands there as
 * `{"cbor": "hex"}`. So every deterministic item has JSON that becomes the same bytes again.
 */
import { z } from "zod";
import type { CborNode } from "./cbor-node.ts";
import { encodeCbor, Raw, type Cbor } from "./cbor-writer.ts";
import { Sources } from "./source.ts";

/** A kind of value. */
export interface Form {
  readonly schema: z.ZodType;
  /** What the JSON, which fits the schema, becomes on the wire. */
  encode(json: unknown, sources: Sources): Cbor;
  /** JSON for an item; undefined if the form has none. */
  decode(node: CborNode): unknown;
}

/** Makes a form out of a schema and the two directions. */
export function form<Json>(
  schema: z.ZodType<Json>,
  encode: (json: Json, sources: Sources) => Cbor,
  decode: (node: CborNode) => unknown,
): Form {
  return { schema, encode: (json, sources) => encode(schema.parse(json), sources), decode };
}

/** Hexadecimal digits of bytes. */
export const Hex = z
  .string()
  .regex(/^([0-9a-fA-F]{2})*$/, "must be hexadecimal with two digits per byte")
  .describe("Bytes as hexadecimal digits.");

/** An item as it stands on the wire. */
export const RawJson = z
  .strictObject({ cbor: Hex.min(2) })
  .meta({ id: "Raw", description: "The encoded CBOR item itself, where no other form can say it." });

/** A form that also takes and gives items as they are; its JSON is encoded again to see that it is exact. */
export function exact(inner: Form): Form {
  return orRaw({
    ...inner,
    decode: (node) => {
      const json = inner.decode(node);
      return json !== undefined && isExact(inner, json, node) ? json : undefined;
    },
  });
}

/**
 * A form that also takes and gives items as they are, for what is made of exact forms: its `decode` has
 * to return undefined for all that its schema refuses.
 */
export function orRaw(inner: Form): Form {
  return {
    schema: z.union([inner.schema, RawJson]),
    encode: (json, sources) => {
      const raw = rawBytes(json);
      return raw === undefined ? inner.encode(json, sources) : new Raw(raw);
    },
    decode: (node) => {
      const json = inner.decode(node);
      return json === undefined ? rawJson(node) : json;
    },
  };
}

function rawBytes(json: unknown): Uint8Array | undefined {
  if (typeof json !== "object" || json === null || !("cbor" in json)) return undefined;
  const raw = RawJson.safeParse(json);
  return raw.success ? fromHex(raw.data.cbor) : undefined;
}

/** The item as it is. */
export function rawJson(node: CborNode): z.infer<typeof RawJson> {
  return { cbor: toHex(node.encoded) };
}

/** Whether JSON fits the form's schema and becomes the item again. */
function isExact(inner: Form, json: unknown, node: CborNode): boolean {
  if (!inner.schema.safeParse(json).success) return false;
  return toHex(encodeCbor(inner.encode(json, new Sources({})))) === toHex(node.encoded);
}

/** JSON for any CBOR. */
export type CborJson = z.infer<typeof CborJson>;

/** An integer; beyond 2^53 as its decimal digits. */
const BigInteger = z.strictObject({ integer: z.string().regex(/^-?[0-9]{1,20}$/, "must be decimal digits") });

/** Any CBOR as JSON: numbers, texts, lists and truth values as they are. */
export const CborJson: z.ZodType = z
  .lazy(() =>
    z.union([
      z.null(),
      z.boolean(),
      z.int(),
      z.string(),
      z.array(CborJson),
      z.strictObject({ hex: Hex }),
      BigInteger,
      z.strictObject({ map: z.array(z.tuple([CborJson, CborJson])) }),
      z.strictObject({ tag: z.int().min(0), value: CborJson }),
      RawJson,
    ]),
  )
  .meta({
    id: "Cbor",
    description:
      'Any CBOR: null, true, false, integers, text, lists, {"hex": …}, {"integer": "digits"}, {"map": [[key, value]]}, {"tag": 1, "value": …}.',
  });

/** The form of any CBOR. */
export const ANY_CBOR: Form = exact(form(CborJson, encodeAny, decodeAny));

const AnyObject = z.union([
  z.strictObject({ hex: Hex }),
  BigInteger,
  z.strictObject({ map: z.array(z.tuple([z.unknown(), z.unknown()])) }),
  z.strictObject({ tag: z.int(), value: z.unknown() }),
  RawJson,
]);

function encodeAny(json: unknown): Cbor {
  if (json === null || typeof json === "boolean" || typeof json === "string" || typeof json === "number")
    return json;
  if (Array.isArray(json)) return json.map(encodeAny);
  const value = AnyObject.parse(json);
  if ("hex" in value) return fromHex(value.hex);
  if ("integer" in value) return BigInt(value.integer);
  if ("map" in value)
    return new Map(value.map.map(([key, content]) => [encodeAny(key), encodeAny(content)] as const));
  if ("cbor" in value) return new Raw(fromHex(value.cbor));
  return new Raw(Uint8Array.from([...tagHead(value.tag), ...encodeCbor(encodeAny(value.value))]));
}

/** The head of a tag is that of an integer with the major type 6 instead of 0. */
function tagHead(tag: number): Uint8Array {
  const head = encodeCbor(tag);
  head[0] = (head[0] ?? 0) | 0xc0;
  return head;
}

function decodeAny(node: CborNode): unknown {
  const integer = node.integer();
  if (integer !== undefined) return node.smallInteger() ?? { integer: String(integer) };
  if (node.isNull) return null;
  const bytes = node.bytes();
  if (bytes !== undefined) return { hex: toHex(bytes) };
  const elements = node.elements();
  if (elements !== undefined) return elements.map(decodeAny);
  const entries = node.entries();
  if (entries !== undefined)
    return { map: entries.map(([key, value]) => [decodeAny(key), decodeAny(value)]) };
  const tagged = node.anyTag();
  if (tagged !== undefined && tagged.tag <= BigInt(Number.MAX_SAFE_INTEGER))
    return { tag: Number(tagged.tag), value: decodeAny(tagged.content) };
  return node.text() ?? node.boolean() ?? rawJson(node);
}

/** The bytes of hexadecimal digits. */
export function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, "hex"));
}

/** Lower-case hexadecimal digits of bytes. */
export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
