/**
 * Vendor, class and device identifiers: UUIDs and how SUIT derives them
 * (RFC 9562 §5.5; draft-ietf-suit-manifest-37 §8.4.8.2).
 */
import { createHash } from "node:crypto";

/** The DNS namespace (RFC 9562 §6.6). */
export const DNS_NAMESPACE = parseUuidBytes("6ba7b8109dad11d180b400c04fd430c8");
/** The namespace of private enterprise numbers (draft-ietf-suit-manifest-37 §8.4.8.1). */
const ENTERPRISE_NAMESPACE = parseUuidBytes("47fbdabbf2e455f0bb393620c2f6df4e");
/** Text form of a UUID. */
export const UUID_PATTERN = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** The name-based UUID, version 5, of a name in a namespace; 16 bytes. */
export function uuid5(namespace: Uint8Array, name: Uint8Array | string): Uint8Array {
  const hash = createHash("sha1").update(namespace).update(name).digest();
  const uuid = Uint8Array.from(hash.subarray(0, 16));
  uuid[6] = ((uuid[6] ?? 0) & 0x0f) | 0x50;
  uuid[8] = ((uuid[8] ?? 0) & 0x3f) | 0x80;
  return uuid;
}

/** The vendor identifier of a domain: UUIDv5 in the DNS namespace. */
export function vendorIdentifier(domain: string): Uint8Array {
  return uuid5(DNS_NAMESPACE, domain);
}

/**
 * The namespace of class names of a vendor who is named by a private enterprise number
 * (draft-ietf-suit-manifest-37 §8.4.8.2).
 *
 * @param encoded the number as it stands in a manifest, with its tag
 */
export function enterpriseNamespace(encoded: Uint8Array): Uint8Array {
  return uuid5(ENTERPRISE_NAMESPACE, encoded);
}

/** The class identifier of a product name: UUIDv5 in the vendor's namespace. */
export function classIdentifier(vendor: Uint8Array, name: string): Uint8Array {
  return uuid5(vendor, name);
}

/** The text form of 16 bytes. */
export function uuidText(uuid: Uint8Array): string {
  const hex = Buffer.from(uuid).toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** The 16 bytes of a UUID's text form, which must match UUID_PATTERN. */
export function parseUuid(text: string): Uint8Array {
  return parseUuidBytes(text.replaceAll("-", ""));
}

function parseUuidBytes(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, "hex"));
}
