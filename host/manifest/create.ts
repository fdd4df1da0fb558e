/**
 * From a manifest's JSON to an envelope without signatures.
 */
import { UserError } from "../user-error.ts";
import { encodeCbor, Tagged, type Cbor } from "./cbor-writer.ts";
import { encodeSequence, type CommandJson } from "./command-json.ts";
import { digestItem, encodeDigest } from "./digest.ts";
import {
  byName,
  COMMON_MEMBERS,
  COMPONENT_TEXT,
  ENVELOPE_MEMBERS,
  ENVELOPE_TAG,
  MANIFEST_MEMBERS,
  MANIFEST_VERSION,
  TEXT_MEMBERS,
  type Label,
} from "./labels.ts";
import { parseManifestJson, type ManifestJson } from "./manifest-json.ts";
import { Sources, type AuthorSources } from "./source.ts";
import { bytesValue, componentValue, vendorValue } from "./value-json.ts";

/**
 * Where the standard update says that the payload is: relative to the envelope, as the sample agent asks
 * for it. A fragment would have to name something inside the envelope.
 */
const DEFAULT_URI = "/suit/payload";

/** JSON members that are command sequences in the manifest, and their names there. */
const SECTIONS = [
  ["validate", "validate"],
  ["load", "load"],
  ["invoke", "invoke"],
  ["payloadFetch", "payload-fetch"],
  ["install", "install"],
  ["dependencyResolution", "dependency-resolution"],
  ["candidateVerification", "candidate-verification"],
  ["uninstall", "uninstall"],
] as const;

/**
 * Makes an envelope from JSON: deterministic CBOR with the manifest's digest and no signature.
 *
 * @param json the parsed JSON, as `docs/manifest.md` describes it
 * @param sources the payload, and how to read files that the JSON names
 * @throws UserError manifest-json, payload-missing, or another code that names the mistake
 */
export function createEnvelope(json: unknown, sources: AuthorSources = {}): Uint8Array {
  const manifest = expandShortForm(parseManifestJson(json));
  const resolved = resolveSources(manifest, sources);
  const members = manifestMembers(manifest, resolved);
  const severed = sever(manifest, members);
  const manifestBytes = encodeCbor(members);
  const wrapper = encodeCbor([encodeDigest(encodeCbor(manifestBytes))]);
  const envelope = new Map<Cbor, Cbor>([
    [labelOf(ENVELOPE_MEMBERS, "authentication-wrapper"), wrapper],
    [labelOf(ENVELOPE_MEMBERS, "manifest"), manifestBytes],
    ...severed,
    ...resolved.integrated,
  ]);
  return encodeCbor(new Tagged(ENVELOPE_TAG, envelope));
}

/**
 * Fills in the standard update of one component where the short form leaves sections out.
 *
 * Shared: set identity, digest and size, check vendor and class. Install: fetch and check. Validate:
 * check. Invoke: start. A section that is stated stays, and one that is null is left out.
 */
function expandShortForm(json: ManifestJson): ManifestJson {
  if (json.component === undefined) return requireLongForm(json);
  if (json.components !== undefined) {
    throw new UserError("manifest-json", 'The manifest\'s JSON has both "component" and "components".');
  }
  requireIdentity(json);
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
  const install: CommandJson[] = [
    { "override-parameters": { uri: payloadUri(json) } },
    "fetch",
    "image-match",
  ];
  return {
    ...json,
    components: [json.component],
    shared: json.shared === undefined ? shared : json.shared,
    install: json.install === undefined ? install : json.install,
    validate: json.validate === undefined ? ["image-match"] : json.validate,
    invoke: json.invoke === undefined ? ["invoke"] : json.invoke,
  };
}

/** The standard shared sequence checks vendor and class, so it needs both. */
function requireIdentity(json: ManifestJson): void {
  const missing = (["vendor", "class"] as const).find((member) => json[member] === undefined);
  if (json.shared !== undefined || missing === undefined) return;
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

function requireLongForm(json: ManifestJson): ManifestJson {
  if (json.components === undefined) {
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
  return json;
}

function resolveSources(manifest: ManifestJson, given: AuthorSources): Sources {
  const sources = new Sources(given, manifest.payload);
  for (const [name, content] of Object.entries(manifest.integrated ?? {})) {
    sources.integrated.set(name, content === "payload" ? sources.payload() : bytesValue(content, sources));
  }
  const vendor = manifest.vendor === undefined ? undefined : vendorValue(manifest.vendor);
  if (vendor instanceof Uint8Array) sources.vendor = vendor;
  return sources;
}

function manifestMembers(manifest: ManifestJson, sources: Sources): Map<Cbor, Cbor> {
  const members = new Map<Cbor, Cbor>();
  const set = (name: string, value: Cbor | undefined): void => {
    if (value !== undefined) members.set(labelOf(MANIFEST_MEMBERS, name), value);
  };
  set("manifest-version", MANIFEST_VERSION);
  set("manifest-sequence-number", sequenceNumber(manifest.sequenceNumber));
  set("common", encodeCbor(commonMembers(manifest, sources)));
  set("reference-uri", manifest.referenceUri);
  for (const [member, name] of SECTIONS) {
    const commands = manifest[member];
    if (commands !== undefined && commands !== null) set(name, encodeSequence(commands, sources));
  }
  if (manifest.manifestComponentId !== undefined) {
    set("manifest-component-id", componentValue(manifest.manifestComponentId, sources));
  }
  if (manifest.setVersion !== undefined) set("set-version", encodeCbor(manifest.setVersion));
  if (manifest.coswid !== undefined) set("coswid", bytesValue(manifest.coswid, sources));
  if (manifest.text !== undefined) set("text", encodeCbor(textMap(manifest.text, sources)));
  return members;
}

function sequenceNumber(json: ManifestJson["sequenceNumber"]): bigint {
  const value = BigInt(json);
  if (value < 1n << 64n) return value;
  throw new UserError("manifest-json", `The sequence number ${value} does not fit into 64 bits.`);
}

function commonMembers(manifest: ManifestJson, sources: Sources): Map<Cbor, Cbor> {
  const components = (manifest.components ?? []).map((component) => componentValue(component, sources));
  const common = new Map<Cbor, Cbor>([[labelOf(COMMON_MEMBERS, "components"), components]]);
  if (manifest.shared !== undefined && manifest.shared !== null) {
    common.set(labelOf(COMMON_MEMBERS, "shared-sequence"), encodeSequence(manifest.shared, sources));
  }
  if (manifest.dependencies !== undefined) {
    const dependencies = Object.entries(manifest.dependencies).map(([index, { prefix }]): [Cbor, Cbor] => [
      Number(index),
      new Map<Cbor, Cbor>(prefix === undefined ? [] : [[1, componentValue(prefix, sources)]]),
    ]);
    common.set(labelOf(COMMON_MEMBERS, "dependencies"), new Map(dependencies));
  }
  return common;
}

function textMap(text: NonNullable<ManifestJson["text"]>, sources: Sources): Map<Cbor, Cbor> {
  const languages = new Map<Cbor, Cbor>();
  for (const [language, { components, ...texts }] of Object.entries(text)) {
    const entries = labelled(TEXT_MEMBERS, texts);
    for (const { component, ...componentTexts } of components ?? []) {
      entries.set(componentValue(component, sources), labelled(COMPONENT_TEXT, componentTexts));
    }
    languages.set(language, entries);
  }
  return languages;
}

function labelled(table: readonly Label[], texts: { readonly [name: string]: unknown }): Map<Cbor, Cbor> {
  const entries = new Map<Cbor, Cbor>();
  for (const [name, text] of Object.entries(texts)) {
    if (typeof text === "string") entries.set(labelOf(table, name), text);
  }
  return entries;
}

/** Replaces severable members by their digests and returns what moves into the envelope. */
function sever(manifest: ManifestJson, members: Map<Cbor, Cbor>): Map<Cbor, Cbor> {
  const severed = new Map<Cbor, Cbor>();
  for (const member of new Set(manifest.severable)) {
    const name = member.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    const label = labelOf(MANIFEST_MEMBERS, name);
    const content = members.get(label);
    if (!(content instanceof Uint8Array)) {
      throw new UserError(
        "manifest-json",
        `The manifest's JSON lists ${member} as severable and has no such member.`,
        `Add "${member}", or remove it from "severable".`,
      );
    }
    severed.set(label, content);
  }
  for (const [label, content] of severed) members.set(label, digestItem(encodeCbor(content)));
  return severed;
}

function labelOf(table: readonly Label[], name: string): number {
  const label = byName(table, name)?.label;
  if (label === undefined) throw new Error(`No label is named ${name}.`);
  return label;
}
