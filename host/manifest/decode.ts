/**
 * From an envelope to the JSON that `create.ts` makes the same bytes of.
 *
 * It takes every envelope in deterministic CBOR, whatever is in it, signatures included: numbers
 * without a name stand under `custom`, and what no form can say stands as encoded CBOR. The result
 * is not believed: it is encoded again, and what does not become the same bytes is refused.
 */
import { equalBytes } from "../keys/key.ts";
import { UserError } from "../user-error.ts";
import { CborNode } from "./cbor-node.ts";
import { createEnvelope } from "./create.ts";
import { digestItem, encodeDigest } from "./digest.ts";
import { encodeCbor } from "./cbor-writer.ts";
import { ANY_CBOR, exact, toHex } from "./form.ts";
import { byLabel, COMMON_MEMBERS, ENVELOPE_TAG, MANIFEST_MEMBERS, type MemberLabel } from "./labels.ts";
import { memberForm } from "./manifest-json.ts";
import { ENVELOPE_SHAPE } from "./shape.ts";
import { readTree } from "./tree.ts";
import { DIGEST } from "./value-json.ts";

/** The JSON form of an envelope. */
export type EnvelopeJson = Readonly<Record<string, unknown>>;

/** Byte strings beyond this length are written in base64, which is shorter. */
const LONGEST_HEX = 64;
/** Envelopes in envelopes beyond this depth stay bytes. */
const MAXIMUM_NESTING = 3;
const EXACT_DIGEST = exact(DIGEST);

/**
 * The JSON form of an envelope: `createEnvelope` makes the same bytes of it.
 *
 * @throws UserError not-an-envelope for other bytes, no-json-form for an envelope that is not
 *   deterministic CBOR or lacks what the form cannot leave out; the message names a byte
 */
export function decodeEnvelope(bytes: Uint8Array): EnvelopeJson {
  return decodeNested(bytes, 0);
}

function decodeNested(bytes: Uint8Array, depth: number): EnvelopeJson {
  const members = CborNode.read(bytes)?.tagged(ENVELOPE_TAG)?.entries();
  if (members === undefined) throw notAnEnvelope(bytes);
  const manifest = members.find(([key]) => key.integer() === 3n)?.[1];
  if (manifest?.embedded()?.entries() === undefined) {
    throw new UserError(
      "not-an-envelope",
      "The envelope holds no manifest that can be read, so it has no JSON form.",
      "`manifest inspect` shows what can be read of it.",
    );
  }
  const json = envelopeJson(members, manifest, depth);
  requireSame(json, bytes);
  return json;
}

function notAnEnvelope(bytes: Uint8Array): UserError {
  const { mistake } = readTree(bytes, ENVELOPE_SHAPE);
  const why = mistake?.said() ?? "It is CBOR, and no map with tag 107.";
  return new UserError(
    "not-an-envelope",
    `This is no SUIT envelope in deterministic CBOR. ${why}`,
    "`manifest inspect` shows what can be read of it.",
  );
}

/** The reason for deterministic encoding is here: what comes back must be what was signed. */
function requireSame(json: EnvelopeJson, bytes: Uint8Array): void {
  let again: Uint8Array;
  try {
    again = createEnvelope(json);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError("no-json-form", `The envelope has no JSON form. ${error.message}`, error.hint, {
      cause: error,
    });
  }
  if (equalBytes(again, bytes)) return;
  const at = bytes.findIndex((byte, index) => byte !== again[index]);
  throw new UserError(
    "no-json-form",
    `The envelope has no JSON form: from byte ${at < 0 ? bytes.length : at} on it is not deterministic CBOR.`,
    "SUIT asks for sorted keys and shortest heads (RFC 8949 §4.2.1); encode it again.",
  );
}

type Pair = readonly [CborNode, CborNode];

function envelopeJson(members: readonly Pair[], manifest: CborNode, depth: number): EnvelopeJson {
  const severed = new Map<bigint, CborNode>();
  const integrated: (readonly [string, unknown])[] = [];
  const custom: (readonly [string, unknown])[] = [];
  let authentication: unknown;
  for (const [key, value] of members) {
    const label = key.integer();
    const content = value.bytes();
    const name = key.text();
    if (name !== undefined && content !== undefined) integrated.push([name, payloadJson(content, depth)]);
    else if (label === undefined) throw strangeKey("envelope", key);
    else if (label === 2n) {
      authentication = authenticationJson(value, manifest);
      if (authentication === undefined) custom.push(["2", ANY_CBOR.decode(value)]);
    } else if (label !== 3n) severed.set(label, value);
  }
  const { json, severable, common, other } = manifestJson(manifest.embedded()?.entries() ?? [], severed);
  for (const [label, value] of severed) custom.push([String(label), ANY_CBOR.decode(value)]);
  return {
    ...json,
    ...some("severable", severable),
    ...(integrated.length === 0 ? {} : { integrated: Object.fromEntries(integrated) }),
    ...(typeof authentication !== "object" ? {} : { authentication }),
    ...customJson({ envelope: custom, manifest: other, common }),
  };
}

function some(name: string, list: readonly unknown[]): EnvelopeJson {
  return list.length === 0 ? {} : { [name]: list };
}

function customJson(parts: Readonly<Record<string, readonly (readonly [string, unknown])[]>>): EnvelopeJson {
  const stated = Object.entries(parts).filter(([, members]) => members.length > 0);
  if (stated.length === 0) return {};
  return { custom: Object.fromEntries(stated.map(([name, members]) => [name, Object.fromEntries(members)])) };
}

/** An envelope inside the envelope as JSON, anything else as bytes. */
function payloadJson(content: Uint8Array, depth: number): unknown {
  if (depth < MAXIMUM_NESTING && content[0] === 0xd8 && content[1] === ENVELOPE_TAG) {
    try {
      return { envelope: decodeNested(content, depth + 1) };
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
    }
  }
  return content.length > LONGEST_HEX
    ? { base64: Buffer.from(content).toString("base64") }
    : { hex: toHex(content) };
}

/** Signatures, and the digest if it is not that of the manifest; null if there is neither. */
function authenticationJson(wrapper: CborNode, manifest: CborNode): unknown {
  const parts = wrapper
    .embedded()
    ?.elements()
    ?.map((part) => part.bytes());
  const [digest, ...blocks] = parts ?? [];
  const read = digest === undefined ? undefined : CborNode.read(digest);
  if (digest === undefined || read === undefined || parts?.includes(undefined) === true) return undefined;
  const isUsual = equalBytes(digest, encodeDigest(manifest.encoded));
  if (isUsual && blocks.length === 0) return true;
  return {
    ...(isUsual ? {} : { digest: EXACT_DIGEST.decode(read) }),
    ...some(
      "blocks",
      blocks.flatMap((block) => (block === undefined ? [] : [{ hex: toHex(block) }])),
    ),
  };
}

interface ManifestParts {
  readonly json: EnvelopeJson;
  readonly severable: string[];
  readonly common: readonly (readonly [string, unknown])[];
  readonly other: readonly (readonly [string, unknown])[];
}

/** Members of the manifest by name; what was severed is taken out of `severed`. */
function manifestJson(pairs: readonly Pair[], severed: Map<bigint, CborNode>): ManifestParts {
  const json: (readonly [string, unknown])[] = [];
  const severable: string[] = [];
  const other: (readonly [string, unknown])[] = [];
  let common: readonly (readonly [string, unknown])[] = [];
  for (const [key, value] of pairs) {
    const label = key.integer();
    if (label === undefined) throw strangeKey("manifest", key);
    const member = byLabel(MANIFEST_MEMBERS, label);
    if (member === undefined) other.push([String(label), ANY_CBOR.decode(value)]);
    else if (member.kind === "common") {
      const parts = commonJson(value);
      json.push(...parts.json);
      common = parts.custom;
    } else if (member.severable && value.elements() !== undefined) {
      const content = severed.get(label);
      severed.delete(label);
      if (content !== undefined && hasDigest(value, content)) {
        severable.push(member.json);
        json.push([member.json, memberForm(member)?.decode(content)]);
      } else json.push([member.json, severedJson(member, value, content)]);
      // The version is 1 unless stated otherwise.
    } else if (label !== 1n || value.integer() !== 1n) {
      json.push([member.json, memberForm(member)?.decode(value)]);
    }
  }
  return { json: Object.fromEntries(json), severable, common, other };
}

function hasDigest(digest: CborNode, content: CborNode): boolean {
  return equalBytes(digest.encoded, encodeCbor(digestItem(content.encoded)));
}

function severedJson(member: MemberLabel, digest: CborNode, content: CborNode | undefined): EnvelopeJson {
  return {
    digest: EXACT_DIGEST.decode(digest),
    ...(content === undefined ? {} : { content: memberForm(member)?.decode(content) }),
  };
}

function commonJson(node: CborNode): {
  readonly json: readonly (readonly [string, unknown])[];
  readonly custom: readonly (readonly [string, unknown])[];
} {
  const json: (readonly [string, unknown])[] = [];
  const custom: (readonly [string, unknown])[] = [];
  for (const [key, value] of node.embedded()?.entries() ?? []) {
    const label = key.integer();
    if (label === undefined) throw strangeKey("common map", key);
    const member = byLabel(COMMON_MEMBERS, label);
    if (member === undefined) custom.push([String(label), ANY_CBOR.decode(value)]);
    else json.push([member.json, memberForm(member)?.decode(value)]);
  }
  return { json, custom };
}

function strangeKey(where: string, key: CborNode): UserError {
  return new UserError(
    "no-json-form",
    `The envelope has no JSON form: a key of the ${where} is the CBOR ${toHex(key.encoded).slice(0, 40)}, where SUIT has integers.`,
    "`manifest inspect` shows it.",
  );
}
