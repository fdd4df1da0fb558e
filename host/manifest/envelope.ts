/**
 * The outer structure of a SUIT envelope: where its parts lie.
 *
 * Reads tag 107 and the envelope's map (draft-ietf-suit-manifest-37 §8.2) and nothing inside the
 * members, so that authentication comes before any parsing of the manifest.
 */
import { Status } from "../../assembly/status.ts";
import { OWN_CAPABILITY, type Capability } from "./capability.ts";
import { CborReader, Major, type IntegerKey, type Span } from "./cbor-reader.ts";
import { byLabel, ENVELOPE_MEMBERS, ENVELOPE_TAG, RETIRED_ENVELOPE_KEYS } from "./labels.ts";
import { Refusal } from "./refusal.ts";

/** A payload that travels inside the envelope under a text key. */
export interface IntegratedPayload {
  readonly name: string;
  /** Where the key's head starts. */
  readonly keyStart: number;
  readonly content: Span;
}

/** Where the parts of an envelope lie. */
export interface Envelope {
  readonly bytes: Uint8Array;
  /** Key 2: the authentication wrapper. */
  readonly authentication: Span;
  /** Key 3: the manifest. */
  readonly manifest: Span;
  /** Severed members by key. */
  readonly severed: ReadonlyMap<number, Span>;
  readonly integrated: readonly IntegratedPayload[];
  /** Of the bootloader that it is read for. */
  readonly capability: Capability;
}

/** What is taken for a member of an envelope. */
export interface EnvelopeOptions {
  /** Take members that no bootloader of this repository processes, as an author's tool does. */
  readonly everyMember?: boolean;
  /** The members that a bootloader processes; those of our default build unless given. */
  readonly capability?: Capability;
}

/**
 * Reads the outer structure of an envelope.
 *
 * @throws Refusal
 */
export function readEnvelope(
  bytes: Uint8Array,
  { everyMember = false, capability = OWN_CAPABILITY }: EnvelopeOptions = {},
): Envelope {
  const reader = new CborReader(bytes);
  readTag(reader);
  const members = new Map<number, Span>();
  const integrated: IntegratedPayload[] = [];
  reader.mixedEntries("the envelope", (entry) => {
    if ("text" in entry) {
      const name = textOf(bytes, entry.text);
      integrated.push({
        name,
        keyStart: entry.keyStart,
        content: reader.byteString(`Payload ${JSON.stringify(name)}`),
      });
    } else {
      const label = everyMember ? Number(entry.label) : memberLabel(entry, capability);
      members.set(label, reader.byteString(`Envelope member ${label}`));
    }
  });
  reader.finish("the envelope");
  const authentication = members.get(2);
  const manifest = members.get(3);
  if (authentication === undefined) {
    throw new Refusal(Status.AuthenticationMissing, 0, "The envelope has no authentication wrapper (key 2)");
  }
  if (manifest === undefined) {
    throw new Refusal(Status.ManifestMissing, 0, "The envelope has no manifest (key 3)");
  }
  const severed = new Map([...members].filter(([label]) => label > 3));
  return { bytes, authentication, manifest, severed, integrated, capability };
}

/** The text of a span, with replacement characters where it is not UTF-8. */
export function textOf(bytes: Uint8Array, span: Span): string {
  return new TextDecoder().decode(bytes.subarray(span.from, span.to));
}

/** The bytes that a digest over a member covers: the byte string with its head (§8.3). */
export function withHead(bytes: Uint8Array, span: Span): Uint8Array {
  return bytes.subarray(span.start, span.to);
}

function readTag(reader: CborReader): void {
  const head = reader.head();
  if (head.major === Major.Tag && head.argument === BigInt(ENVELOPE_TAG)) return;
  if (head.major === Major.Map) {
    throw new Refusal(
      Status.DraftTooOld,
      0,
      "The envelope has no tag 107, as in drafts before draft-ietf-suit-manifest-14",
    );
  }
  throw new Refusal(
    Status.EnvelopeTag,
    0,
    "The input does not start with CBOR tag 107, so it is not a SUIT envelope",
  );
}

function memberLabel(entry: IntegerKey, capability: Capability): number {
  const known = byLabel(ENVELOPE_MEMBERS, entry.label);
  if (known !== undefined) {
    if (capability.envelope.has(known.label)) return known.label;
    throw new Refusal(
      Status.MemberUnsupported,
      entry.keyStart,
      `The envelope has the member ${known.name} (${known.label}), which this build does not process`,
    );
  }
  if (RETIRED_ENVELOPE_KEYS.includes(Number(entry.label))) {
    throw new Refusal(
      Status.DraftTooOld,
      entry.keyStart,
      `The envelope has key ${entry.label}, which only drafts before draft-ietf-suit-manifest-27 use`,
    );
  }
  throw new Refusal(
    Status.MemberUnknown,
    entry.keyStart,
    `The envelope has the unknown member ${entry.label}`,
  );
}
