/**
 * The rules for a manifest's content that need no device to check
 * (draft-ietf-suit-manifest-37 §6 and §8.4).
 *
 * Everything that the bootloader would refuse before it does anything is refused here: what is
 * malformed, what is known but not supported, what is unknown, what is beyond a limit.
 */
import { Limit } from "../../assembly/limits.ts";
import { Status } from "../../assembly/status.ts";
import { equalBytes } from "../keys/key.ts";
import { CborReader, Major, type IntegerKey, type Span } from "./cbor-reader.ts";
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

/** What a checked manifest says about itself. */
export interface ManifestFacts {
  readonly sequenceNumber: bigint;
  readonly componentCount: number;
}

/** A member of the manifest map: its label and where its value starts. */
interface Member {
  readonly known: MemberLabel;
  readonly valueStart: number;
}

/**
 * Checks the manifest of an authenticated envelope, then the envelope's severed members.
 *
 * @throws Refusal
 */
export function checkContent(envelope: Envelope): ManifestFacts {
  const { bytes, manifest } = envelope;
  const members = readMembers(new CborReader(bytes, manifest.from, manifest.to));
  const at = (member: Member): CborReader => new CborReader(bytes, member.valueStart, manifest.to);
  const sequenceNumber = at(required(members, 2, manifest)).unsigned("The sequence number");
  const common = required(members, 3, manifest);
  required(members, 7, manifest);
  const { componentCount, indexCount } = checkCommon(bytes, at(common).byteString("The common map"));
  for (const member of members.values()) {
    if (member.known.kind === "tstr") at(member).textString(`The ${member.known.name}`);
    const isSevered = member.known.severable && at(member).peek() === Major.Array;
    if (member.known.kind === "sequence" && !isSevered) {
      checkSequence(bytes, at(member).byteString(`The ${member.known.name} sequence`), {
        name: member.known.name,
        indexCount,
        shared: false,
      });
    }
    if (member.known.kind === "component") checkComponent(at(member), member.known.name);
    if (member.known.severable) checkSeverable(at(member), member.known);
  }
  // As on the device: what the manifest mentions comes before what it does not.
  const severed = [...envelope.severed];
  const mentioned = severed.filter(([label]) => members.has(label));
  for (const [label, span] of [...mentioned, ...severed.filter((member) => !mentioned.includes(member))])
    checkSevered(bytes, label, span, members.get(label), at, indexCount);
  return { sequenceNumber, componentCount };
}

function readMembers(reader: CborReader): ReadonlyMap<number, Member> {
  const entries: { readonly entry: IntegerKey; readonly valueStart: number }[] = [];
  reader.entries("The manifest", (entry) => {
    entries.push({ entry, valueStart: reader.offset });
    reader.skip("A value of the manifest");
  });
  reader.finish("the manifest");
  for (const { entry } of entries) refuseRetired(entry);
  requireVersion(reader, entries);
  const members = new Map<number, Member>();
  for (const { entry, valueStart } of entries) {
    const known = supportedMember(MANIFEST_MEMBERS, entry, "The manifest");
    members.set(known.label, { known, valueStart });
  }
  return members;
}

function refuseRetired(entry: IntegerKey): void {
  if (!RETIRED_MANIFEST_KEYS.includes(Number(entry.label))) return;
  throw new Refusal(
    Status.DraftTooOld,
    entry.keyStart,
    `The manifest has key ${entry.label}, which only drafts before draft-ietf-suit-manifest-27 use`,
  );
}

/** The version comes first: it says what the other keys mean. */
function requireVersion(
  reader: CborReader,
  entries: readonly { readonly entry: IntegerKey; readonly valueStart: number }[],
): void {
  const found = entries.find(({ entry }) => entry.label === 1n);
  if (found === undefined) {
    throw new Refusal(
      Status.ManifestMemberMissing,
      entries[0]?.entry.keyStart ?? reader.end,
      "The manifest has no manifest-version (1)",
    );
  }
  const version = new CborReader(reader.bytes, found.valueStart, reader.end).unsigned("The manifest version");
  if (version !== BigInt(MANIFEST_VERSION)) {
    throw new Refusal(
      Status.VersionUnsupported,
      found.valueStart,
      `The manifest version is ${version}, not 1`,
    );
  }
}

/** The label of a member that this build processes; refuses the others. */
function supportedMember(table: readonly MemberLabel[], entry: IntegerKey, what: string): MemberLabel {
  const known = byLabel(table, entry.label);
  if (known === undefined) {
    throw new Refusal(Status.MemberUnknown, entry.keyStart, `${what} has the unknown member ${entry.label}`);
  }
  if (known.kind === "dependencies" && !known.supported) {
    throw new Refusal(Status.DependenciesUnsupported, entry.keyStart, "The manifest has dependencies");
  }
  if (!known.supported) {
    throw new Refusal(
      Status.MemberUnsupported,
      entry.keyStart,
      `${what} has the member ${known.name} (${known.label}), which this build does not process`,
    );
  }
  return known;
}

function required(members: ReadonlyMap<number, Member>, label: number, manifest: Span): Member {
  const member = members.get(label);
  if (member !== undefined) return member;
  const name = byLabel(MANIFEST_MEMBERS, label)?.name ?? "member";
  throw new Refusal(Status.ManifestMemberMissing, manifest.start, `The manifest has no ${name} (${label})`);
}

/** What the common map lists. */
interface CommonFacts {
  readonly componentCount: number;
  /** Components and the dependency, if its index is behind theirs. */
  readonly indexCount: number;
}

/** Checks the common map and its shared sequence. */
function checkCommon(bytes: Uint8Array, common: Span): CommonFacts {
  const reader = new CborReader(bytes, common.from, common.to);
  let dependency: number | undefined;
  let componentCount: number | undefined;
  let shared: Span | undefined;
  reader.entries("The common map", (entry) => {
    const known = supportedMember(COMMON_MEMBERS, entry, "The common map");
    if (known.kind === "dependencies") dependency = checkDependencies(reader);
    else if (known.kind === "components") componentCount = checkComponents(reader, dependency);
    else shared = reader.byteString("The shared sequence");
  });
  reader.finish("the common map");
  if (componentCount === undefined) {
    throw new Refusal(Status.ManifestMemberMissing, common.start, "The common map has no components (2)");
  }
  if (dependency !== undefined && dependency > componentCount) {
    throw new Refusal(
      Status.ComponentIndexInvalid,
      common.start,
      `The dependency has index ${dependency}, and there are ${componentCount} components`,
    );
  }
  const indexCount = dependency === componentCount ? componentCount + 1 : componentCount;
  if (shared !== undefined) checkSequence(bytes, shared, { name: "shared", indexCount, shared: true });
  return { componentCount, indexCount };
}

/** One dependency, without a prefix; returns its index. */
function checkDependencies(reader: CborReader): number {
  const start = reader.offset;
  const count = reader.map("The dependencies");
  if (count === 0) throw new Refusal(Status.ComponentMalformed, start, "The map of dependencies is empty");
  if (count > Limit.Dependencies) {
    throw new Refusal(
      Status.TooManyDependencies,
      start,
      `The manifest has ${count} dependencies; this build holds ${Limit.Dependencies}`,
    );
  }
  const index = reader.unsigned("The index of a dependency");
  if (index >= 15n) {
    throw new Refusal(Status.ComponentIndexInvalid, start, `No component can have the index ${index}`);
  }
  const metadata = reader.offset;
  if (reader.map("What is said of a dependency") !== 0) {
    throw new Refusal(Status.MemberUnsupported, metadata, "The dependency has a prefix or other metadata");
  }
  return Number(index);
}

function checkComponents(reader: CborReader, dependency: number | undefined): number {
  const start = reader.offset;
  const count = reader.array("The component list");
  if (count === 0) throw new Refusal(Status.ComponentMalformed, start, "The component list is empty");
  const own = dependency !== undefined && dependency < count ? count - 1 : count;
  if (own > Limit.Components) {
    throw new Refusal(
      Status.TooManyComponents,
      start,
      `The manifest has ${own} components; this build holds ${Limit.Components}`,
    );
  }
  const seen: Uint8Array[] = [];
  for (let index = 0; index < count; index++) {
    const identifier = checkComponent(reader, `component ${index}`);
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
  return count;
}

/** Checks one component identifier and returns its encoding. */
function checkComponent(reader: CborReader, name: string): Uint8Array {
  const start = reader.offset;
  if (reader.peek() !== Major.Array) {
    throw new Refusal(Status.ComponentMalformed, start, `The identifier of ${name} is not an array`);
  }
  const parts = reader.array(`The identifier of ${name}`);
  if (parts === 0) throw new Refusal(Status.ComponentMalformed, start, `The identifier of ${name} is empty`);
  for (let part = 0; part < parts; part++) reader.byteString(`Part ${part} of the identifier of ${name}`);
  return reader.bytes.slice(start, reader.offset);
}

/** A severable member is its own bytes or the digest of the severed ones. */
function checkSeverable(reader: CborReader, known: MemberLabel): void {
  if (reader.peek() === Major.Array) readDigest(reader, `The digest of ${known.name}`);
  else reader.byteString(`The member ${known.name}`);
}

function checkSevered(
  bytes: Uint8Array,
  label: number,
  span: Span,
  member: Member | undefined,
  at: (member: Member) => CborReader,
  indexCount: number,
): void {
  const name = byLabel(MANIFEST_MEMBERS, label)?.name ?? String(label);
  if (member === undefined) {
    throw new Refusal(
      Status.MemberRedundant,
      span.start,
      `The envelope has the member ${name}, and the manifest does not mention it`,
    );
  }
  const reader = at(member);
  if (reader.peek() !== Major.Array) {
    throw new Refusal(
      Status.MemberRedundant,
      span.start,
      `The envelope repeats ${name}, which the manifest holds`,
    );
  }
  const expected = readDigest(reader, `The digest of ${name}`);
  const actual = digestOf(withHead(bytes, span));
  if (actual === undefined || !equalBytes(actual, bytes.subarray(expected.from, expected.to))) {
    throw new Refusal(
      Status.SeveredDigestMismatch,
      span.start,
      `The severed ${name} does not have the digest that the manifest states`,
    );
  }
  if (member.known.kind === "sequence") checkSequence(bytes, span, { name, indexCount, shared: false });
}
