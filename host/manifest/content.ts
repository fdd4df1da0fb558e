/**
 * The rules for a manifest's content that need no device to check
 * (draft-ietf-suit-manifest-37 §6 and §8.4).
 *
 * Everything that the bootloader would refuse before it does anything is refused here: what is
 * malformed, what is known but not supported, what is unknown, what is beyond a limit.
 */
import { Status } from "../../assembly/status.ts";
import { equalBytes } from "../keys/key.ts";
import type { Capability } from "./capability.ts";
import { CborReader, Major, type IntegerKey, type Span } from "./cbor-reader.ts";
import { encodeCbor } from "./cbor-writer.ts";
import { digestOf, readDigest } from "./digest.ts";
import { withHead, type Envelope } from "./envelope.ts";
import {
  byLabel,
  COMMON_MEMBERS,
  MANIFEST_MEMBERS,
  MANIFEST_VERSION,
  RETIRED_MANIFEST_KEYS,
  type MemberLabel,
} from "./labels.ts";
import { Refusal } from "./refusal.ts";
import { checkSequence } from "./sequence.ts";
import { checkVersionList } from "./version-check.ts";

/** The key of a dependency's prefix. */
const PREFIX_KEY = 1n;

/** What a checked manifest says about itself. */
export interface ManifestFacts {
  readonly sequenceNumber: bigint;
  /** The encoded identifiers of its components, without the dependency's. */
  readonly identifiers: readonly Uint8Array[];
  /** The manifest that this one depends on; undefined if there is none. */
  readonly dependency: Dependency | undefined;
}

/** What a manifest says of the one that it depends on. */
export interface Dependency {
  /** Its index among the components, or behind them. */
  readonly index: number;
  /** The parts that come before those of its components' identifiers; none without a prefix. */
  readonly prefix: readonly Uint8Array[];
}

/** A key of the manifest map, and where its value starts. */
interface Entry {
  readonly key: IntegerKey;
  readonly valueStart: number;
}

/** What the members of a manifest come to. */
interface Members {
  readonly labels: ReadonlySet<number>;
  readonly sequenceNumber: bigint;
  readonly common: Span | undefined;
  /** Command sequences by label, also those that were severed and are there. */
  readonly sequences: ReadonlyMap<number, Span>;
}

/** Members without which a manifest says nothing. */
const REQUIRED: readonly number[] = [1, 2, 3, 7];
/**
 * The order in which sequences are looked into, which is that of the procedures: dependency-resolution to
 * install, validate, load and invoke, uninstall. The shared sequence comes before all of them.
 */
const SEQUENCE_ORDER: readonly number[] = [15, 16, 18, 20, 7, 8, 9, 24];

/**
 * Checks the manifest of an authenticated envelope and the members that were severed from it: the map as
 * CBOR, each member in turn, the common map, then every sequence. The first mistake is thrown.
 *
 * @throws Refusal
 */
export function checkContent(envelope: Envelope): ManifestFacts {
  const { bytes, manifest, capability } = envelope;
  const reader = new CborReader(bytes, manifest.from, manifest.to, capability.unorderedMaps);
  const members = readMembers(envelope, readEntries(reader));
  const { labels, sequenceNumber, common, sequences } = members;
  const missing = REQUIRED.find((label) => !labels.has(label));
  if (missing !== undefined || common === undefined) throw missingMember(missing ?? 3, manifest);
  for (const [label, span] of envelope.severed) requireMentioned(labels, label, span);
  const { indexCount, shared, identifiers, dependency } = checkCommon(bytes, common, capability);
  const context = { indexCount, capability };
  if (shared !== undefined) checkSequence(bytes, shared, { ...context, name: "shared", shared: true });
  for (const label of SEQUENCE_ORDER) {
    const span = sequences.get(label);
    if (span !== undefined) checkSequence(bytes, span, { ...context, name: nameOf(label), shared: false });
  }
  return { sequenceNumber, identifiers, dependency };
}

/**
 * Reads the manifest as a map and nothing more. Keys of old drafts end it here: with them, keys 7, 8 and 9
 * mean something else.
 */
function readEntries(reader: CborReader): Entry[] {
  const entries: Entry[] = [];
  reader.entries("The manifest", (key) => {
    refuseRetired(key);
    entries.push({ key, valueStart: reader.offset });
    reader.skip("A value of the manifest");
  });
  reader.finish("the manifest");
  return entries;
}

function refuseRetired(key: IntegerKey): void {
  if (!RETIRED_MANIFEST_KEYS.includes(Number(key.label))) return;
  throw new Refusal(
    Status.DraftTooOld,
    key.keyStart,
    `The manifest has key ${key.label}, which only drafts before draft-ietf-suit-manifest-27 use`,
  );
}

function readMembers(envelope: Envelope, entries: readonly Entry[]): Members {
  const { bytes, manifest, capability } = envelope;
  const labels = new Set<number>();
  const sequences = new Map<number, Span>();
  let sequenceNumber = 0n;
  let common: Span | undefined;
  for (const { key, valueStart } of entries) {
    const reader = new CborReader(bytes, valueStart, manifest.to);
    const known = supportedMember(MANIFEST_MEMBERS, capability.manifest, key, "The manifest");
    labels.add(known.label);
    if (known.kind === "tstr") reader.textString(`The ${known.name}`);
    else if (known.label === 1) requireVersion(reader);
    else if (known.kind === "uint") sequenceNumber = reader.unsigned(`The ${known.name}`);
    else if (known.kind === "component") readIdentifier(reader, known.name);
    else if (known.kind === "version-list") readVersion(reader, known.name);
    else {
      const span = known.severable
        ? readSeverable(envelope, reader, known)
        : reader.byteString(`The ${known.name}`);
      if (known.kind === "common") common = span;
      if (known.kind === "sequence" && span !== undefined) sequences.set(known.label, span);
    }
  }
  return { labels, sequenceNumber, common, sequences };
}

function requireVersion(reader: CborReader): void {
  const start = reader.offset;
  const version = reader.unsigned("The manifest version");
  if (version === BigInt(MANIFEST_VERSION)) return;
  throw new Refusal(Status.VersionUnsupported, start, `The manifest version is ${version}, not 1`);
}

/** The label of a member that this build processes; refuses the others. */
function supportedMember(
  table: readonly MemberLabel[],
  processed: ReadonlySet<number>,
  entry: IntegerKey,
  what: string,
): MemberLabel {
  const known = byLabel(table, entry.label);
  if (known === undefined) {
    throw new Refusal(Status.MemberUnknown, entry.keyStart, `${what} has the unknown member ${entry.label}`);
  }
  if (processed.has(known.label)) return known;
  if (known.kind === "dependencies") {
    throw new Refusal(Status.DependenciesUnsupported, entry.keyStart, "The manifest has dependencies");
  }
  throw new Refusal(
    Status.MemberUnsupported,
    entry.keyStart,
    `${what} has the member ${known.name} (${known.label}), which this build does not process`,
  );
}

function missingMember(label: number, manifest: Span): Refusal {
  return new Refusal(
    Status.ManifestMemberMissing,
    manifest.start,
    `The manifest has no ${nameOf(label)} (${label})`,
  );
}

/** Nobody signed a member of the envelope that the manifest does not mention. */
function requireMentioned(labels: ReadonlySet<number>, label: number, span: Span): void {
  if (labels.has(label)) return;
  throw new Refusal(
    Status.MemberRedundant,
    span.start,
    `The envelope has the member ${nameOf(label)}, and the manifest does not mention it`,
  );
}

/** What the common map lists. */
interface CommonFacts extends Pick<ManifestFacts, "identifiers" | "dependency"> {
  /** Components and the dependency, if its index is behind theirs. */
  readonly indexCount: number;
  readonly shared: Span | undefined;
}

/** Checks the common map; its shared sequence is left to the caller. */
function checkCommon(bytes: Uint8Array, common: Span, capability: Capability): CommonFacts {
  const reader = new CborReader(bytes, common.from, common.to, capability.unorderedMaps);
  let dependency: Dependency | undefined;
  let list: CborReader | undefined;
  let components: ComponentList | undefined;
  let shared: Span | undefined;
  reader.entries("The common map", (entry) => {
    const known = supportedMember(COMMON_MEMBERS, capability.common, entry, "The common map");
    if (known.kind === "dependencies") dependency = checkDependencies(reader, capability);
    else if (known.kind === "components" && reader.anyKeyOrder) {
      // Which of them is a dependency may be said behind them.
      list = new CborReader(bytes, reader.offset, common.to);
      reader.skip("The component list");
    } else if (known.kind === "components")
      components = checkComponents(reader, dependency?.index, capability);
    else shared = reader.byteString("The shared sequence");
  });
  if (list !== undefined) components = checkComponents(list, dependency?.index, capability);
  if (components === undefined) {
    throw new Refusal(Status.ManifestMemberMissing, common.start, "The common map has no components (2)");
  }
  const { count, identifiers } = components;
  if (dependency !== undefined && dependency.index > count) {
    throw new Refusal(
      Status.ComponentIndexInvalid,
      common.start,
      `The dependency has index ${dependency.index}, and there are ${count} components`,
    );
  }
  reader.finish("the common map");
  const indexCount = dependency?.index === count ? count + 1 : count;
  return { indexCount, shared, identifiers, dependency };
}

/** The list of components: how long it is, and the identifiers of those that are no dependency. */
interface ComponentList {
  readonly count: number;
  readonly identifiers: readonly Uint8Array[];
}

/** One dependency, of which nothing but a prefix may be said (draft-ietf-suit-trust-domains-12 §5.2.2). */
function checkDependencies(reader: CborReader, capability: Capability): Dependency {
  const start = reader.offset;
  const count = reader.map("The dependencies");
  if (count === 0) throw new Refusal(Status.ComponentMalformed, start, "The map of dependencies is empty");
  if (count > capability.dependencies) {
    throw new Refusal(
      Status.TooManyDependencies,
      start,
      `The manifest has ${count} dependencies; this build holds ${capability.dependencies}`,
    );
  }
  const index = reader.unsigned("The index of a dependency");
  if (index >= 15n) {
    throw new Refusal(Status.ComponentIndexInvalid, start, `No component can have the index ${index}`);
  }
  const metadata = reader.offset;
  const members = reader.map("What is said of a dependency");
  if (members === 0) return { index: Number(index), prefix: [] };
  if (!capability.prefixes || members > 1 || reader.unsigned("What is said of a dependency") !== PREFIX_KEY) {
    throw new Refusal(
      Status.MemberUnsupported,
      metadata,
      capability.prefixes
        ? "The dependency has metadata beside a prefix (1)"
        : "The dependency has a prefix or other metadata",
    );
  }
  const prefix = readIdentifier(reader, "the dependency's prefix");
  return { index: Number(index), prefix: identifierParts(prefix) };
}

/** The parts of an encoded component identifier that was checked. */
function identifierParts(encoded: Uint8Array): Uint8Array[] {
  const reader = new CborReader(encoded);
  return Array.from({ length: reader.array("An identifier") }, () => {
    const { from, to } = reader.byteString("A part");
    return encoded.slice(from, to);
  });
}

/** The encoded identifier of a dependency's component as the device knows it: behind the prefix. */
export function prefixedIdentifier(prefix: readonly Uint8Array[], encoded: Uint8Array): Uint8Array {
  return encodeCbor([...prefix, ...identifierParts(encoded)]);
}

function checkComponents(
  reader: CborReader,
  dependency: number | undefined,
  capability: Capability,
): ComponentList {
  const start = reader.offset;
  const count = reader.array("The component list");
  if (count === 0) throw new Refusal(Status.ComponentMalformed, start, "The component list is empty");
  const own = dependency !== undefined && dependency < count ? count - 1 : count;
  if (own > capability.components) {
    throw new Refusal(
      Status.TooManyComponents,
      start,
      `The manifest has ${own} components; this build holds ${capability.components}`,
    );
  }
  const seen: Uint8Array[] = [];
  for (let index = 0; index < count; index++) {
    const identifier = readIdentifier(reader, `component ${index}`);
    if (index === dependency) continue;
    if (seen.some((other) => equalBytes(other, identifier))) {
      throw new Refusal(
        Status.ComponentMalformed,
        start,
        `Component ${index} has the identifier of another one`,
      );
    }
    seen.push(identifier);
  }
  return { count, identifiers: seen };
}

/** Reads a component identifier and returns its encoding. */
function readIdentifier(reader: CborReader, name: string): Uint8Array {
  const start = reader.offset;
  const parts = reader.array(`The identifier of ${name}`);
  if (parts === 0) throw new Refusal(Status.ComponentMalformed, start, `The identifier of ${name} is empty`);
  for (let part = 0; part < parts; part++) reader.byteString(`Part ${part} of the identifier of ${name}`);
  return reader.bytes.slice(start, reader.offset);
}

/** Reads set-version: a version in a byte string (draft-ietf-suit-update-management-14 §3.1). */
function readVersion(reader: CborReader, name: string): void {
  const version = reader.within(reader.byteString(`The ${name}`));
  checkVersionList(version, `The ${name}`);
  version.finish(`the ${name}`);
}

/**
 * Reads a severable member: bytes of its own, or the digest of bytes that may stand in the envelope
 * (§8.4.12, §8.6). The digest covers the byte string with its head.
 *
 * @returns the bytes, wherever they are; undefined if they were severed and are not there
 */
function readSeverable(
  envelope: Envelope,
  reader: CborReader,
  { label, name }: MemberLabel,
): Span | undefined {
  const severed = envelope.severed.get(label);
  if (reader.peek() === Major.Bytes) {
    if (severed === undefined) return reader.byteString(`The member ${name}`);
    throw new Refusal(
      Status.MemberRedundant,
      severed.start,
      `The envelope repeats ${name}, which the manifest holds`,
    );
  }
  const expected = readDigest(reader, `The digest of ${name}`);
  if (severed === undefined) return undefined;
  const actual = digestOf(withHead(envelope.bytes, severed));
  if (actual !== undefined && equalBytes(actual, envelope.bytes.subarray(expected.from, expected.to))) {
    return severed;
  }
  throw new Refusal(
    Status.SeveredDigestMismatch,
    severed.start,
    `The severed ${name} does not have the digest that the manifest states`,
  );
}

function nameOf(label: number): string {
  return byLabel(MANIFEST_MEMBERS, label)?.name ?? String(label);
}
