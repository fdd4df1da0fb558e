/**
 * From a manifest's JSON to an envelope without signatures.
 */
import { UserError } from "../user-error.ts";
import { encodeCbor, Tagged, type Cbor } from "./cbor-writer.ts";
import type { CommandJson } from "./command-json.ts";
import { digestItem, encodeDigest } from "./digest.ts";
import { exact } from "./form.ts";
import { vendorValue } from "./identifier-json.ts";
import {
  byName,
  COMMON_MEMBERS,
  ENVELOPE_MEMBERS,
  ENVELOPE_TAG,
  MANIFEST_MEMBERS,
  MANIFEST_VERSION,
  SEVERABLE_MEMBERS,
  type Label,
} from "./labels.ts";
import { memberForm, parseManifestJson, SeveredJson, type ManifestJson } from "./manifest-json.ts";
import { customMembers } from "./parameter-json.ts";
import { Sources, type AuthorSources } from "./source.ts";
import { enterpriseNamespace } from "./uuid.ts";
import { bytesValue, DIGEST } from "./value-json.ts";

/**
 * Where the standard update says that the payload is: relative to the envelope, as the sample agent asks
 * for it. A fragment would have to name something inside the envelope.
 */
const DEFAULT_URI = "/suit/payload";

/**
 * Makes an envelope from JSON: deterministic CBOR with the manifest's digest and no signature.
 *
 * @param json the parsed JSON, as `docs/manifest.md` describes it
 * @param sources the payload, and how to read files that the JSON names
 * @throws UserError manifest-json, payload-missing, or another code that names the mistake
 */
export function createEnvelope(json: unknown, sources: AuthorSources = {}): Uint8Array {
  const manifest = parseManifestJson(json);
  const resolved = resolveSources(manifest, sources);
  const { members, severed } = manifestMembers(manifest, resolved);
  const manifestBytes = encodeCbor(members);
  const envelope = new Map<Cbor, Cbor>([[labelOf(ENVELOPE_MEMBERS, "manifest"), manifestBytes]]);
  const custom = customMembers([], manifest.custom?.envelope, resolved);
  if (!custom.some(([label]) => label === BigInt(AUTHENTICATION))) {
    envelope.set(AUTHENTICATION, authenticationWrapper(manifest, manifestBytes, resolved));
  }
  for (const [key, value] of [...severed, ...resolved.integrated]) envelope.set(key, value);
  for (const [label, value] of custom) setOnce(envelope, label, value, "the envelope");
  return encodeCbor(new Tagged(ENVELOPE_TAG, envelope));
}

const AUTHENTICATION = labelOf(ENVELOPE_MEMBERS, "authentication-wrapper");

/** The digest, which is the manifest's unless another is stated, and signatures that are there already. */
function authenticationWrapper(
  { authentication }: ManifestJson,
  manifestBytes: Uint8Array,
  sources: Sources,
): Uint8Array {
  const stated = authentication?.digest;
  const digest =
    stated === undefined
      ? encodeDigest(encodeCbor(manifestBytes))
      : encodeCbor(EXACT_DIGEST.encode(stated, sources));
  return encodeCbor([digest, ...(authentication?.blocks ?? []).map((block) => bytesValue(block, sources))]);
}

const EXACT_DIGEST = exact(DIGEST);

/**
 * The members that the JSON states, and where it is in the short form the standard update of one
 * component for sections that it leaves out.
 *
 * Shared: set identity, digest and size, check vendor and class. Install: fetch and check. Validate:
 * check. Invoke: start. A section that is stated stays, and one that is null is left out.
 */
function statedMembers(json: ManifestJson): ReadonlyMap<string, unknown> {
  const stated = new Map<string, unknown>(Object.entries(json));
  if (json.component === undefined) {
    requireLongForm(json, stated);
    return stated;
  }
  if (stated.get("components") !== undefined) {
    throw new UserError(
      "manifest-json",
      'The manifest\'s JSON has both "component" and "components".',
      'Leave one out; "component" is the short form of an update of one.',
    );
  }
  requireIdentity(json, stated);
  const shared: CommandJson[] = [
    {
      "override-parameters": {
        "vendor-identifier": json.vendor,
        "class-identifier": json.class,
        ...(json.device === undefined ? {} : { "device-identifier": json.device }),
        "image-digest": { from: "payload" },
        "image-size": { from: "payload" },
      },
    },
    "vendor-identifier",
    "class-identifier",
    ...(json.device === undefined ? [] : ["device-identifier"]),
  ];
  const fetch = { "override-parameters": { uri: payloadUri(json) } };
  const standard: readonly (readonly [string, readonly CommandJson[]])[] = [
    ["shared", shared],
    ["install", [fetch, "fetch", "image-match"]],
    ["validate", ["image-match"]],
    ["invoke", ["invoke"]],
  ];
  stated.set("components", [json.component]);
  for (const [name, commands] of standard) {
    if (stated.get(name) === undefined) stated.set(name, commands);
  }
  return stated;
}

/** The standard shared sequence checks vendor and class, so it needs both. */
function requireIdentity(json: ManifestJson, stated: ReadonlyMap<string, unknown>): void {
  const missing = (["vendor", "class"] as const).find((member) => json[member] === undefined);
  if (stated.get("shared") !== undefined || missing === undefined) return;
  throw new UserError(
    "manifest-json",
    `The manifest's JSON does not say which ${missing} it is for.`,
    'Add "vendor": {"domain": "example.com"} and "class": {"name": "PRODUCT"}, or a "shared" sequence of your own.',
  );
}

/** The stated URI, or the name of the only integrated payload, or the default. */
function payloadUri(json: ManifestJson): string {
  if (json.uri !== undefined) return json.uri;
  const names = Object.keys(json.integrated ?? {});
  return (names.length === 1 ? names[0] : undefined) ?? DEFAULT_URI;
}

function requireLongForm(json: ManifestJson, stated: ReadonlyMap<string, unknown>): void {
  if (stated.get("components") === undefined) {
    throw new UserError(
      "manifest-json",
      "The manifest's JSON names no component.",
      'Add "component": ["NAME"] for the standard update, or "components" and sequences of your own.',
    );
  }
  const short = (["class", "device", "uri"] as const).find((member) => json[member] !== undefined);
  if (short !== undefined) {
    throw new UserError(
      "manifest-json",
      `In the manifest's JSON, ${short} belongs to the short form, which has "component".`,
      `With "components", set it with override-parameters.`,
    );
  }
}

function resolveSources(manifest: ManifestJson, given: AuthorSources): Sources {
  const sources = new Sources(given, manifest.payload);
  for (const [name, content] of Object.entries(manifest.integrated ?? {})) {
    sources.integrated.set(name, integratedBytes(content, sources, given));
  }
  const vendor = manifest.vendor === undefined ? undefined : vendorValue(manifest.vendor);
  if (vendor !== undefined) {
    sources.vendor = vendor instanceof Uint8Array ? vendor : enterpriseNamespace(encodeCbor(vendor));
  }
  return sources;
}

function integratedBytes(
  content: NonNullable<ManifestJson["integrated"]>[string],
  sources: Sources,
  given: AuthorSources,
): Uint8Array {
  if (content === "payload") return sources.payload();
  return "envelope" in content ? createEnvelope(content.envelope, given) : bytesValue(content, sources);
}

/** The manifest's members by number, and what stands beside the manifest in the envelope. */
function manifestMembers(
  manifest: ManifestJson,
  sources: Sources,
): { readonly members: Map<Cbor, Cbor>; readonly severed: Map<Cbor, Cbor> } {
  const stated = statedMembers(manifest);
  const members = new Map<Cbor, Cbor>([
    [labelOf(MANIFEST_MEMBERS, "manifest-version"), MANIFEST_VERSION],
    [labelOf(MANIFEST_MEMBERS, "common"), encodeCbor(commonMembers(manifest, stated, sources))],
  ]);
  const severed = new Map<Cbor, Cbor>();
  for (const member of MANIFEST_MEMBERS) {
    const form = memberForm(member);
    const json = stated.get(member.json);
    if (form === undefined || json === undefined || json === null) continue;
    const apart = member.severable ? SeveredJson.safeParse(json) : undefined;
    if (apart?.success === true) {
      const { digest, content } = apart.data;
      members.set(member.label, EXACT_DIGEST.encode(digest, sources));
      if (content !== undefined) severed.set(member.label, form.encode(content, sources));
    } else members.set(member.label, form.encode(json, sources));
  }
  for (const [label, value] of customMembers(MANIFEST_MEMBERS, manifest.custom?.manifest, sources)) {
    members.set(label, value);
  }
  sever(manifest, members, severed);
  return { members, severed };
}

function commonMembers(
  manifest: ManifestJson,
  stated: ReadonlyMap<string, unknown>,
  sources: Sources,
): Map<Cbor, Cbor> {
  const common = new Map<Cbor, Cbor>(customMembers(COMMON_MEMBERS, manifest.custom?.common, sources));
  for (const member of COMMON_MEMBERS) {
    const json = stated.get(member.json);
    if (json === undefined || json === null) continue;
    common.set(member.label, memberForm(member)?.encode(json, sources) ?? null);
  }
  return common;
}

/** Replaces severable members by their digests and moves them into the envelope. */
function sever(manifest: ManifestJson, members: Map<Cbor, Cbor>, severed: Map<Cbor, Cbor>): void {
  for (const name of new Set(manifest.severable)) {
    const label = SEVERABLE_MEMBERS.find(({ json }) => json === name)?.label ?? 0;
    const content = members.get(label);
    if (content === undefined || severed.has(label)) {
      throw new UserError(
        "manifest-json",
        `The manifest's JSON lists ${name} as severable and has ${content === undefined ? "no such member" : "only its digest"}.`,
        `Add "${name}", or remove it from "severable".`,
      );
    }
    severed.set(label, content);
    members.set(label, digestItem(encodeCbor(content)));
  }
}

function setOnce(map: Map<Cbor, Cbor>, label: bigint, value: Cbor, where: string): void {
  if (map.has(Number(label)))
    throw new UserError(
      "manifest-json",
      `The manifest's JSON gives ${where} the member ${label} twice.`,
      "Leave one of the two out.",
    );
  map.set(label, value);
}

function labelOf(table: readonly Label[], name: string): number {
  const label = byName(table, name)?.label;
  if (label === undefined) throw new Error(`No label is named ${name}.`);
  return label;
}
