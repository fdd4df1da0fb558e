/**
 * The JSON of single values, and what they become: bytes, identifiers, digests, numbers, policies.
 */
import { z } from "zod";
import { UserError } from "../user-error.ts";
import { encodeCbor, Tagged, type Cbor } from "./cbor-writer.ts";
import { digestOf } from "./digest.ts";
import { byName, DIGEST_ALGORITHMS, PEN_TAG, POLICY_BITS, type ParameterKind } from "./labels.ts";
import type { Sources } from "./source.ts";
import { classIdentifier, parseUuid, UUID_PATTERN, vendorIdentifier } from "./uuid.ts";

const Hex = z
  .string()
  .regex(/^([0-9a-fA-F]{2})*$/, "must be hexadecimal with two digits per byte")
  .describe("Bytes as hexadecimal digits.");
const Uuid = z
  .string()
  .regex(UUID_PATTERN, "must be a UUID such as fa6b4a53-d5ad-5fdf-be9d-e663e4d41ffe")
  .describe("A UUID in text form.");

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

/** A component identifier. */
export const ComponentJson = z
  .union([z.string().min(1), z.array(z.union([z.string(), BytesJson])).min(1)])
  .meta({
    id: "Component",
    description: 'A component identifier: a list of parts; "app" is short for ["app"].',
  });

/** An unsigned integer; beyond 2^53 as decimal digits in a string. */
export const UnsignedJson = z
  .union([z.int().min(0), z.string().regex(/^[0-9]{1,20}$/, "must be decimal digits")])
  .meta({ id: "Unsigned", description: "An unsigned integer; beyond 2^53, its decimal digits as a string." });

/** A vendor identifier. */
export const VendorJson = z
  .union([
    Uuid,
    z
      .strictObject({
        domain: z.string().min(1).optional().describe("A domain; the identifier is its UUIDv5."),
        pen: z.int().min(0).optional().describe("An IANA private enterprise number."),
        hex: Hex.optional(),
      })
      .refine(exactlyOne, ONE_MEMBER),
  ])
  .meta({
    id: "Vendor",
    description: 'A vendor identifier: a UUID, {"domain": …}, {"pen": …} or {"hex": …}.',
  });

/** A class identifier. */
export const ClassJson = z
  .union([
    Uuid,
    z
      .strictObject({
        name: z.string().min(1).optional().describe("A product name; the identifier is its UUIDv5."),
        domain: z.string().min(1).optional().describe("The vendor's domain, if the manifest states none."),
        hex: Hex.optional(),
      })
      .refine(
        (value) => (value.name === undefined) !== (value.hex === undefined),
        'must have "name" or "hex"',
      ),
  ])
  .meta({ id: "Class", description: 'A class identifier: a UUID, {"name": …} or {"hex": …}.' });

/** A device identifier. */
export const DeviceJson = z
  .union([Uuid, z.strictObject({ hex: Hex })])
  .meta({ id: "Device", description: 'A device identifier: a UUID or {"hex": …}.' });

/** A digest: taken from a payload, or stated. */
export const DigestJson = z
  .strictObject({
    from: z.string().min(1).optional().describe('"payload", or the name of an integrated payload.'),
    ...Object.fromEntries(DIGEST_ALGORITHMS.map(({ name }) => [name, Hex.optional()])),
  })
  .refine(exactlyOne, ONE_MEMBER)
  .meta({ id: "Digest", description: 'A digest: {"from": "payload"} or {"sha-256": …}.' });

/** A size: taken from a payload, or stated. */
export const SizeJson = z
  .union([UnsignedJson, z.strictObject({ from: z.string().min(1) })])
  .meta({ id: "Size", description: 'A size in bytes, or {"from": "payload"}.' });

/** A reporting policy. */
export const PolicyJson = z.union([z.int().min(0).max(15), z.array(z.enum(POLICY_BITS))]).meta({
  id: "Policy",
  description: "A reporting policy: a number from 0 to 15, or the names of its bits.",
});

/** The schema of each kind of parameter. */
export const PARAMETER_SCHEMAS: Readonly<Record<ParameterKind, z.ZodType>> = {
  "vendor-identifier": VendorJson,
  "class-identifier": ClassJson,
  "device-identifier": DeviceJson,
  digest: DigestJson,
  size: SizeJson,
  uint: UnsignedJson,
  int: z.int(),
  bool: z.boolean(),
  tstr: z.string(),
  bstr: BytesJson,
};

/** What a parameter's JSON becomes on the wire. */
export function parameterValue(kind: ParameterKind, json: unknown, sources: Sources): Cbor {
  switch (kind) {
    case "vendor-identifier":
      return vendorValue(VendorJson.parse(json));
    case "class-identifier":
      return classValue(ClassJson.parse(json), sources);
    case "device-identifier": {
      const device = DeviceJson.parse(json);
      return typeof device === "string" ? parseUuid(device) : fromHex(device.hex);
    }
    case "digest":
      return digestValue(DigestJson.parse(json), sources);
    case "size": {
      const size = SizeJson.parse(json);
      return typeof size === "object" ? sources.named(size.from).length : BigInt(size);
    }
    case "uint":
      return BigInt(UnsignedJson.parse(json));
    case "int":
      return z.int().parse(json);
    case "bool":
      return z.boolean().parse(json);
    case "tstr":
      return z.string().parse(json);
    case "bstr":
      return bytesValue(BytesJson.parse(json), sources);
  }
}

/** The bytes that a bytes object stands for. */
export function bytesValue(json: z.infer<typeof BytesJson>, sources: Sources): Uint8Array {
  if (json.hex !== undefined) return fromHex(json.hex);
  if (json.base64 !== undefined) return Uint8Array.from(Buffer.from(json.base64, "base64"));
  if (json.text !== undefined) return new TextEncoder().encode(json.text);
  return sources.file(json.file ?? "");
}

/** The parts of a component identifier. */
export function componentValue(json: z.infer<typeof ComponentJson>, sources: Sources): Cbor {
  const parts = typeof json === "string" ? [json] : json;
  return parts.map((part) =>
    typeof part === "string" ? new TextEncoder().encode(part) : bytesValue(part, sources),
  );
}

/** A vendor identifier: 16 bytes, or a tagged relative OID for a private enterprise number. */
export function vendorValue(json: z.infer<typeof VendorJson>): Uint8Array | Tagged {
  if (typeof json === "string") return parseUuid(json);
  if (json.domain !== undefined) return vendorIdentifier(json.domain);
  if (json.pen !== undefined) return new Tagged(PEN_TAG, relativeOid(json.pen));
  return fromHex(json.hex ?? "");
}

function classValue(json: z.infer<typeof ClassJson>, sources: Sources): Uint8Array {
  if (typeof json === "string") return parseUuid(json);
  if (json.name === undefined) return fromHex(json.hex ?? "");
  const vendor = json.domain === undefined ? sources.vendor : vendorIdentifier(json.domain);
  if (vendor !== undefined) return classIdentifier(vendor, json.name);
  throw new UserError(
    "vendor-missing",
    `The class name ${JSON.stringify(json.name)} needs a vendor to be a name of.`,
    'Add "domain" to the class, or "vendor" with a UUID or a domain to the manifest.',
  );
}

function digestValue(json: z.infer<typeof DigestJson>, sources: Sources): Uint8Array {
  const stated = Object.entries(json).find(([, value]) => value !== undefined);
  const [name, value] = stated ?? ["from", "payload"];
  const text = z.string().parse(value);
  const algorithm = byName(DIGEST_ALGORITHMS, name === "from" ? "sha-256" : name);
  if (algorithm === undefined) throw new UserError("digest-unknown", `${name} is no digest algorithm.`);
  const bytes = name === "from" ? digestOf(sources.named(text), algorithm.label) : fromHex(text);
  if (bytes?.length !== algorithm.digestBytes) {
    throw new UserError("digest-malformed", `A ${algorithm.name} digest has ${algorithm.digestBytes} bytes.`);
  }
  return encodeCbor([algorithm.label, bytes]);
}

/** The policy as a number. */
export function policyValue(json: z.infer<typeof PolicyJson>): number {
  if (typeof json === "number") return json;
  return json.reduce((policy, name) => policy | (1 << POLICY_BITS.indexOf(name)), 0);
}

/** Base-128 digits, most significant first, continued by the high bit (RFC 9090 §2). */
function relativeOid(arc: number): Uint8Array {
  const digits = [arc % 128];
  for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128))
    digits.unshift(128 + (rest % 128));
  return Uint8Array.from(digits);
}

function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, "hex"));
}
