/**
 * The JSON of single values: bytes, integers, components, digests, sizes, reporting policies.
 */
import { z } from "zod";
import { UserError } from "../user-error.ts";
import { all, utf8, type CborNode } from "./cbor-node.ts";
import { encodeCbor, type Cbor } from "./cbor-writer.ts";
import { digestOf, wrappedManifest } from "./digest.ts";
import { form, fromHex, Hex, toHex } from "./form.ts";
import { byLabel, byName, DIGEST_ALGORITHMS, POLICY_BITS } from "./labels.ts";
import type { Sources } from "./source.ts";

/** Requires exactly one member of an object whose members are alternatives. */
export function exactlyOne(value: object): boolean {
  return Object.values(value).filter((member) => member !== undefined).length === 1;
}

/** Message of `exactlyOne`. */
export const ONE_MEMBER = "must have exactly one member";

/** Bytes: one of hex, base64, text and file. */
export const BytesJson = z
  .strictObject({
    hex: Hex.optional(),
    base64: z.base64().optional().describe("Bytes in base64."),
    text: z.string().optional().describe("The UTF-8 bytes of a text."),
    file: z.string().min(1).optional().describe("The content of a file."),
  })
  .refine(exactlyOne, ONE_MEMBER)
  .meta({ id: "Bytes", description: "Bytes, given as hex, base64, text or the name of a file." });

/** Bytes as JSON. */
export type BytesJson = z.infer<typeof BytesJson>;

/** A component identifier. */
export const ComponentJson = z.union([z.string().min(1), z.array(z.union([z.string(), BytesJson]))]).meta({
  id: "Component",
  description: 'A component identifier: a list of parts; "app" is short for ["app"].',
});

/** An unsigned integer; beyond 2^53 as decimal digits in a string. */
export const UnsignedJson = z
  .union([z.int().min(0), z.string().regex(/^[0-9]{1,20}$/, "must be decimal digits")])
  .meta({ id: "Unsigned", description: "An unsigned integer; beyond 2^53, its decimal digits as a string." });

/** An integer of either sign. */
const IntegerJson = z
  .union([z.int(), z.string().regex(/^-?[0-9]{1,20}$/, "must be decimal digits")])
  .meta({ id: "Integer", description: "An integer; beyond 2^53, its decimal digits as a string." });

/** Where a digest or a size is taken from. */
const FromJson = z
  .union([z.string().min(1), BytesJson])
  .describe('"payload", the name of an integrated payload, or bytes such as {"file": "radio.bin"}.');

/** A digest: taken from a payload, or stated. */
export const DigestJson = z
  .strictObject({
    from: FromJson.optional(),
    "manifest-of": FromJson.describe(
      "An envelope whose manifest is meant: what a dependency's image-digest covers.",
    ).optional(),
    ...Object.fromEntries(DIGEST_ALGORITHMS.map(({ name }) => [name, Hex.optional()])),
  })
  .refine(exactlyOne, ONE_MEMBER)
  .meta({ id: "Digest", description: 'A digest: {"from": "payload"} or {"sha-256": …}.' });

/** A digest as JSON. */
export type DigestJson = z.infer<typeof DigestJson>;

/** A size: taken from a payload, or stated. */
const SizeJson = z
  .union([UnsignedJson, z.strictObject({ from: FromJson })])
  .meta({ id: "Size", description: 'A size in bytes, or {"from": "payload"}.' });

/** A reporting policy. */
export const PolicyJson = z.union([z.int().min(0).max(15), z.array(z.enum(POLICY_BITS))]).meta({
  id: "Policy",
  description: "A reporting policy: a number from 0 to 15, or the names of its bits.",
});

/** A byte string. */
export const BYTES = form(BytesJson, bytesValue, (node) => bytesJson(node.bytes()));

/** Arguments of a fetch: the offset that our bootloader takes them for, or bytes that another one does. */
export const FETCH_ARGUMENTS = form(
  z
    .union([
      z.strictObject({ offset: UnsignedJson.describe("Where in its payload the content begins [bytes].") }),
      BytesJson,
    ])
    .meta({ id: "FetchArguments", description: 'Arguments of a fetch: {"offset": 1024}, or bytes.' }),
  (json, sources) =>
    "offset" in json ? encodeCbor(bounded(json.offset, 0n, (1n << 64n) - 1n)) : bytesValue(json, sources),
  (node) => {
    const content = node.embedded();
    const offset = content === undefined ? undefined : integerJson(content);
    return offset === undefined || String(offset).startsWith("-") ? bytesJson(node.bytes()) : { offset };
  },
);

/** A text string. */
export const TEXT = form(
  z.string(),
  (json) => json,
  (node) => node.text(),
);

/** True or false. */
export const BOOLEAN = form(
  z.boolean(),
  (json) => json,
  (node) => node.boolean(),
);

/** An unsigned integer. */
export const UNSIGNED = form(
  UnsignedJson,
  (json) => bounded(json, 0n, (1n << 64n) - 1n),
  (node) => integerJson(node),
);

/** An integer. */
export const INTEGER = form(
  IntegerJson,
  (json) => bounded(json, -(1n << 63n), (1n << 63n) - 1n),
  (node) => integerJson(node),
);

/** A component identifier. */
export const COMPONENT = form(ComponentJson, componentValue, componentJson);

/** A digest in a byte string, as a parameter has it. */
export const WRAPPED_DIGEST = form(
  DigestJson,
  (json, sources) => encodeCbor(digestValue(json, sources)),
  (node) => digestJson(node.embedded()),
);

/** A digest as an array, as a severed member has it. */
export const DIGEST = form(DigestJson, digestValue, digestJson);

/** A size in bytes. */
export const SIZE = form(
  SizeJson,
  (json, sources) =>
    typeof json === "object" ? source(json.from, sources).length : bounded(json, 0n, (1n << 64n) - 1n),
  (node) => integerJson(node),
);

function integerJson(node: CborNode): number | string | undefined {
  return node.smallInteger() ?? node.integer()?.toString();
}

function bounded(json: number | string, least: bigint, most: bigint): bigint {
  const value = BigInt(json);
  if (value >= least && value <= most) return value;
  throw new UserError(
    "manifest-json",
    `In the manifest's JSON, ${value} does not fit into 64 bits.`,
    "Give a smaller number; CBOR's integers have no more.",
  );
}

/** The bytes that a bytes object stands for. */
export function bytesValue(json: BytesJson, sources: Sources): Uint8Array {
  if (json.hex !== undefined) return fromHex(json.hex);
  if (json.base64 !== undefined) return Uint8Array.from(Buffer.from(json.base64, "base64"));
  if (json.text !== undefined) return new TextEncoder().encode(json.text);
  return sources.file(json.file ?? "");
}

function bytesJson(bytes: Uint8Array | undefined): BytesJson | undefined {
  return bytes === undefined ? undefined : { hex: toHex(bytes) };
}

/** The parts of a component identifier. */
function componentValue(json: z.infer<typeof ComponentJson>, sources: Sources): Cbor {
  const parts = typeof json === "string" ? [json] : json;
  return parts.map((part) =>
    typeof part === "string" ? new TextEncoder().encode(part) : bytesValue(part, sources),
  );
}

/** Parts that are printable as text, others as hex. */
function componentJson(node: CborNode): unknown {
  return all(node.elements(), (part) => {
    const bytes = part.bytes();
    const text = bytes === undefined ? undefined : utf8(bytes);
    return text !== undefined && /^[\x20-\x7e]+$/.test(text) ? text : bytesJson(bytes);
  });
}

/** The SUIT_Digest that the JSON states or asks for (draft-ietf-suit-manifest-37 §10). */
function digestValue(json: DigestJson, sources: Sources): Cbor {
  const [name, value] = Object.entries(json).find(([, member]) => member !== undefined) ?? [
    "from",
    "payload",
  ];
  const isTaken = name === "from" || name === "manifest-of";
  const algorithm = byName(DIGEST_ALGORITHMS, isTaken ? "sha-256" : name);
  if (algorithm === undefined)
    throw new UserError("digest-unknown", `${name} is no digest algorithm.`, "Use sha-256.");
  const bytes = isTaken
    ? digestOf(takenBytes(name, FromJson.parse(value), sources), algorithm.label)
    : fromHex(z.string().parse(value));
  if (bytes?.length !== algorithm.digestBytes) {
    throw new UserError(
      "digest-malformed",
      `A ${algorithm.name} digest has ${algorithm.digestBytes} bytes, and one in the manifest's JSON has ${bytes?.length ?? 0}.`,
      `Give ${algorithm.digestBytes * 2} hexadecimal digits, or take it from a file: {"from": "payload"}.`,
    );
  }
  return [algorithm.label, bytes];
}

function takenBytes(
  name: "from" | "manifest-of",
  from: z.infer<typeof FromJson>,
  sources: Sources,
): Uint8Array {
  const bytes = source(from, sources);
  return name === "from" ? bytes : wrappedManifest(bytes);
}

function source(from: z.infer<typeof FromJson>, sources: Sources): Uint8Array {
  return typeof from === "string" ? sources.named(from) : bytesValue(from, sources);
}

function digestJson(node: CborNode | undefined): unknown {
  const [algorithm, bytes, more] = node?.elements() ?? [];
  const label = algorithm?.integer();
  const known = label === undefined ? undefined : byLabel(DIGEST_ALGORITHMS, label);
  const content = bytes?.bytes();
  if (known === undefined || content?.length !== known.digestBytes || more !== undefined) return undefined;
  return { [known.name]: toHex(content) };
}

/** The policy as a number. */
export function policyValue(json: z.infer<typeof PolicyJson>): number {
  if (typeof json === "number") return json;
  return json.reduce((policy, name) => policy | (1 << POLICY_BITS.indexOf(name)), 0);
}

/** The policy as the names of its bits. */
export function policyJson(policy: number): string[] {
  return POLICY_BITS.filter((_, bit) => (policy >> bit) & 1);
}
