/**
 * The JSON of vendor, class and device identifiers (draft-ietf-suit-manifest-37 §8.4.8.2 to §8.4.8.5).
 */
import { z } from "zod";
import { UserError } from "../user-error.ts";
import type { CborNode } from "./cbor-node.ts";
import { Tagged, type Cbor } from "./cbor-writer.ts";
import { form, fromHex, Hex, toHex } from "./form.ts";
import { PEN_TAG } from "./labels.ts";
import type { Sources } from "./source.ts";
import { classIdentifier, parseUuid, UUID_PATTERN, uuidText, vendorIdentifier } from "./uuid.ts";
import { exactlyOne, ONE_MEMBER } from "./value-json.ts";

const Uuid = z
  .string()
  .regex(UUID_PATTERN, "must be a UUID such as fa6b4a53-d5ad-5fdf-be9d-e663e4d41ffe")
  .describe("A UUID in text form.");

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

/** A vendor identifier. */
export const VENDOR = form(VendorJson, vendorValue, (node) => identifierJson(node) ?? penJson(node));

/** A class identifier. */
export const CLASS = form(ClassJson, classValue, identifierJson);

/** A device identifier. */
export const DEVICE = form(
  DeviceJson,
  (json) => (typeof json === "string" ? parseUuid(json) : fromHex(json.hex)),
  identifierJson,
);

/** A vendor identifier: 16 bytes, or a tagged relative OID for a private enterprise number. */
export function vendorValue(json: z.infer<typeof VendorJson>): Uint8Array | Tagged {
  if (typeof json === "string") return parseUuid(json);
  if (json.domain !== undefined) return vendorIdentifier(json.domain);
  if (json.pen !== undefined) return enterpriseNumber(json.pen);
  return fromHex(json.hex ?? "");
}

/** A private enterprise number as a manifest has it (draft-ietf-suit-manifest-37 §8.4.8.3, RFC 9090 §3). */
export function enterpriseNumber(pen: number): Tagged {
  return new Tagged(PEN_TAG, relativeOid(pen));
}

function classValue(json: z.infer<typeof ClassJson>, sources: Sources): Cbor {
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

function identifierJson(node: CborNode): unknown {
  const bytes = node.bytes();
  if (bytes === undefined) return undefined;
  return bytes.length === 16 ? uuidText(bytes) : { hex: toHex(bytes) };
}

function penJson(node: CborNode): unknown {
  const pen = penOf(node);
  return pen === undefined ? undefined : { pen };
}

/** The private enterprise number that an item is (RFC 9090 §4), if it is one. */
export function penOf(node: CborNode): number | undefined {
  const oid = node.tagged(PEN_TAG)?.bytes();
  return oid === undefined || oid.length === 0 || oid.length > 7 ? undefined : arcOf(oid);
}

/** A vendor identifier of a device page in words: its UUID, or its number. */
export function vendorText(identifier: Uint8Array): string {
  const [tag, number, head = 0] = identifier;
  const isNumber = tag === 0xd8 && number === PEN_TAG && identifier.subarray(8).every((byte) => byte === 0);
  return isNumber ? penText(arcOf(identifier.subarray(3, 3 + (head & 31)))) : uuidText(identifier);
}

/** A private enterprise number in words. */
export function penText(pen: number): string {
  return `PEN ${pen}`;
}

function arcOf(oid: Uint8Array): number {
  return oid.reduce((arc, digit) => arc * 128 + (digit & 127), 0);
}

/** Base-128 digits, most significant first, continued by the high bit (RFC 9090 §2). */
function relativeOid(arc: number): Uint8Array {
  const digits = [arc % 128];
  for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128))
    digits.unshift(128 + (rest % 128));
  return Uint8Array.from(digits);
}
