/**
 * What protects a report on its way: COSE_Mac0 with HMAC 256/256 (RFC 9052 §6.2, RFC 9053 §3.1), or nothing.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import { CborNode } from "../manifest/cbor-node.ts";
import { encodeCbor } from "../manifest/cbor-writer.ts";
import { UserError } from "../user-error.ts";
import { malformed } from "./report.ts";

/** COSE's number of HMAC 256/256. */
const HMAC_256 = 5n;
const TAG_MAC0 = 17;
const KEY_BYTES = 32;

/** A report and how far it can be believed. */
export interface OpenedReport {
  /** The SUIT_Report, encoded. */
  readonly content: Uint8Array;
  /** `plain`: nobody vouches for it; `unchecked`: it has a tag; `authentic`: the tag is right; `forged`: it is not. */
  readonly trust: "plain" | "unchecked" | "authentic" | "forged";
}

/**
 * Takes a report out of what protects it, and checks that if there is a key.
 *
 * @param name what to call the report in errors
 * @throws UserError `report-malformed`
 */
export function openReport(bytes: Uint8Array, key: Uint8Array | undefined, name: string): OpenedReport {
  const root = CborNode.read(bytes);
  if (root === undefined) throw malformed(name, "it is not one whole CBOR item");
  if (root.entries() !== undefined) return { content: bytes, trust: "plain" };
  const parts = root.tagged(TAG_MAC0)?.elements();
  const [header, , payload, tag] = (parts ?? []).map((part) => part.bytes());
  if (parts?.length !== 4 || header === undefined || payload === undefined || tag === undefined) {
    throw malformed(name, "it is neither a report nor a COSE_Mac0 with one");
  }
  const algorithm = CborNode.read(header)
    ?.entries()
    ?.find(([label]) => label.integer() === 1n)?.[1]
    .integer();
  if (algorithm !== HMAC_256) throw malformed(name, "its COSE_Mac0 does not use HMAC 256/256 (5)");
  if (key === undefined) return { content: payload, trust: "unchecked" };
  const expected = createHmac("sha256", key)
    .update(encodeCbor(["MAC0", header, new Uint8Array(), payload]))
    .digest();
  const isRight = expected.length === tag.length && timingSafeEqual(expected, tag);
  return { content: payload, trust: isRight ? "authentic" : "forged" };
}

/**
 * Reads a report key: 32 bytes, raw or as 64 hexadecimal digits.
 *
 * @param name what to call the file in errors
 * @throws UserError `report-key`; the message never shows what the file holds
 */
export function readReportKey(content: Uint8Array, name: string): Uint8Array {
  if (content.length === KEY_BYTES) return content;
  const text = Buffer.from(content).toString("latin1").trim();
  if (/^[0-9a-fA-F]{64}$/.test(text)) return Uint8Array.from(Buffer.from(text, "hex"));
  throw new UserError(
    "report-key",
    `${name} is no report key: it is neither 32 bytes nor 64 hexadecimal digits.`,
    "Make one with `openssl rand -hex -out report.key 32`, and keep it secret.",
  );
}
