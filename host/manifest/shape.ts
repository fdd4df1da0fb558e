/**
 * The grammar of an envelope as far as names go: what each key means, and which byte strings hold
 * CBOR (draft-ietf-suit-manifest-37 §8; RFC 9052 §4.2). It judges nothing.
 */
import { Major } from "./cbor-reader.ts";
import {
  byLabel,
  COMMANDS,
  COMMON_MEMBERS,
  COMPONENT_TEXT,
  CONTENT_ALGORITHMS,
  COSE_HEADERS,
  COSE_TAGS,
  DIGEST_ALGORITHMS,
  ENVELOPE_MEMBERS,
  ENVELOPE_TAG,
  MANIFEST_MEMBERS,
  METADATA_MEMBERS,
  PARAMETERS,
  POLICY_BITS,
  RECIPIENT_ALGORITHMS,
  SIGNATURE_ALGORITHMS,
  TEXT_MEMBERS,
  VERSION_COMPARISONS,
  WAIT_EVENTS,
  type CommandKind,
  type Label,
  type MemberKind,
  type ParameterKind,
} from "./labels.ts";
import type { Item } from "./item.ts";
import { uuidText } from "./uuid.ts";

/** A name for an entry of a map or array, and the shape of its value. */
export interface Entry {
  readonly name?: string | undefined;
  readonly shape: Shape;
}

/** What is known of an item by its place. */
export interface Shape {
  /** The value of a map under a key: an integer, a text, or undefined for another kind of key. */
  readonly entry?: (key: bigint | string | undefined) => Entry | undefined;
  /** An element of an array. */
  readonly element?: (index: number) => Entry;
  /** Whether an array is a command sequence. */
  readonly isSequence?: boolean;
  /** The CBOR inside a byte string. */
  readonly embedded?: () => Shape;
  /** Whether the byte string may be empty instead, as a protected header may (RFC 9052 §3). */
  readonly mayBeEmpty?: boolean;
  /** What the value means, in plain words. */
  readonly note?: (item: Item, bytes: Uint8Array) => string | undefined;
}

const ANY: Shape = {};

/** The shape of a tagged envelope. */
export const ENVELOPE_SHAPE: Shape = {
  note: (item) => (isTag(item, ENVELOPE_TAG) ? "SUIT_Envelope" : undefined),
  element: () => ({ shape: { entry: envelopeEntry } }),
  entry: envelopeEntry,
};

function envelopeEntry(key: bigint | string | undefined): Entry | undefined {
  if (typeof key === "string") return { name: "integrated-payload", shape: ANY };
  return memberEntry(ENVELOPE_MEMBERS, key);
}

function memberEntry(
  table: readonly Label<MemberKind>[],
  key: bigint | string | undefined,
): Entry | undefined {
  const member = typeof key === "bigint" ? byLabel(table, key) : undefined;
  return member === undefined ? undefined : { name: member.name, shape: MEMBER_SHAPES[member.kind] };
}

function labelEntry(table: readonly Label[], key: bigint | string | undefined): Entry | undefined {
  const label = typeof key === "bigint" ? byLabel(table, key) : undefined;
  return label === undefined ? undefined : { name: label.name, shape: ANY };
}

const DIGEST: Shape = {
  element: (index) =>
    index === 0
      ? { name: "algorithm", shape: { note: (item) => byLabel(DIGEST_ALGORITHMS, signedOf(item))?.name } }
      : { name: "digest", shape: ANY },
};

const HEADER: Shape = {
  entry: (key) => ({
    name: COSE_HEADERS.get(Number(key)),
    shape: key === 1n ? { note: (item) => SIGNATURE_ALGORITHMS.get(Number(signedOf(item))) } : ANY,
  }),
};

const COSE_ELEMENTS: readonly Entry[] = [
  { name: "protected", shape: { embedded: () => HEADER, mayBeEmpty: true } },
  { name: "unprotected", shape: HEADER },
  { name: "payload", shape: { note: (item) => (item.major === Major.Simple ? "detached" : undefined) } },
  { name: "signature", shape: ANY },
];

const COSE: Shape = {
  note: (item) => (item.major === Major.Tag ? COSE_TAGS.get(Number(item.argument)) : undefined),
  element: () => ({ shape: { element: (index) => COSE_ELEMENTS[index] ?? { shape: ANY } } }),
};

const AUTHENTICATION: Shape = {
  embedded: () => ({
    element: (index) =>
      index === 0
        ? { name: "manifest-digest", shape: { embedded: () => DIGEST } }
        : { name: "authentication-block", shape: { embedded: () => COSE } },
  }),
};

const SEQUENCE_ARRAY: Shape = { isSequence: true };

/** A sequence in a byte string, or the digest that stands for a severed one. */
const SEQUENCE: Shape = {
  embedded: () => SEQUENCE_ARRAY,
  element: DIGEST.element ?? (() => ({ shape: ANY })),
};

const COMPONENT: Shape = { note: (item, bytes) => componentText(item, bytes) };

const TEXT_OF_LANGUAGE: Shape = {
  entry: (key) =>
    key === undefined
      ? { name: "component", shape: { entry: (label) => labelEntry(COMPONENT_TEXT, label) } }
      : labelEntry(TEXT_MEMBERS, key),
};

const MEMBER_SHAPES: Readonly<Record<MemberKind, Shape>> = {
  authentication: AUTHENTICATION,
  manifest: { embedded: () => ({ entry: (key) => memberEntry(MANIFEST_MEMBERS, key) }) },
  common: { embedded: () => ({ entry: (key) => memberEntry(COMMON_MEMBERS, key) }) },
  sequence: SEQUENCE,
  "shared-sequence": SEQUENCE,
  text: {
    embedded: () => ({
      entry: (key) => ({ name: typeof key === "string" ? "language" : undefined, shape: TEXT_OF_LANGUAGE }),
    }),
    element: DIGEST.element ?? (() => ({ shape: ANY })),
  },
  coswid: { element: DIGEST.element ?? (() => ({ shape: ANY })) },
  uint: ANY,
  tstr: ANY,
  component: COMPONENT,
  components: { element: (index) => ({ name: `component ${index}`, shape: COMPONENT }) },
  dependencies: {
    entry: () => ({
      name: "dependency",
      shape: { entry: (key) => (key === 1n ? { name: "prefix", shape: COMPONENT } : undefined) },
    }),
  },
  "version-list": { embedded: () => ANY },
};

/** The entry of a sequence at an index: commands stand at even ones, their arguments at odd ones. */
export function sequenceEntry(index: number, before: bigint | undefined): Entry {
  if (index % 2 === 0) return { shape: ANY };
  const command = before === undefined ? undefined : byLabel(COMMANDS, before);
  return command === undefined ? { shape: ANY } : { shape: ARGUMENT_SHAPES[command.kind]() };
}

/** The name of a command. */
export function commandName(label: bigint | undefined): string | undefined {
  return label === undefined ? undefined : byLabel(COMMANDS, label)?.name;
}

const PARAMETERS_SHAPE: Shape = {
  entry: (key) => {
    const parameter = typeof key === "bigint" ? byLabel(PARAMETERS, key) : undefined;
    return parameter === undefined
      ? undefined
      : { name: parameter.name, shape: PARAMETER_SHAPES[parameter.kind] };
  },
};

const ARGUMENT_SHAPES: Readonly<Record<CommandKind, () => Shape>> = {
  policy: () => ({ note: policyText }),
  "component-index": () => ANY,
  parameters: () => PARAMETERS_SHAPE,
  "try-each": () => ({ element: (index) => ({ name: `branch ${index + 1}`, shape: SEQUENCE }) }),
  sequence: () => SEQUENCE,
  "component-parameters": () => ({ entry: () => ({ name: "component", shape: PARAMETERS_SHAPE }) }),
  "component-parameter-lists": () => ({ entry: () => ({ name: "component", shape: ANY }) }),
};

/** A comparison and a version (draft-ietf-suit-update-management-14 §4.4). */
const VERSION_MATCH: Shape = {
  element: (index) =>
    index === 0
      ? { name: "comparison", shape: { note: (item) => byLabel(VERSION_COMPARISONS, signedOf(item))?.name } }
      : { name: "version", shape: ANY },
};

function fieldMap(table: readonly { readonly label: number; readonly name: string }[]): Shape {
  return {
    entry: (key) => ({
      name: typeof key === "bigint" ? byLabel(table, key)?.name : undefined,
      shape: ANY,
    }),
  };
}

/** Headers, ciphertext and recipients of a COSE_Encrypt (RFC 9052 §5.1). */
function encryptEntry(index: number): Entry {
  const named: readonly Entry[] = [
    { name: "protected", shape: { embedded: () => ENCRYPTION_HEADER, mayBeEmpty: true } },
    { name: "unprotected", shape: ENCRYPTION_HEADER },
    { name: "ciphertext", shape: ANY },
    {
      name: "recipients",
      shape: { element: () => ({ name: "recipient", shape: { element: encryptEntry } }) },
    },
  ];
  return named[index] ?? { shape: ANY };
}

const ENCRYPTION_HEADER: Shape = {
  entry: (key) => ({
    name: key === -1n ? "ephemeral-key" : COSE_HEADERS.get(Number(key)),
    shape:
      key === 1n
        ? {
            note: (item) => byLabel([...CONTENT_ALGORITHMS, ...RECIPIENT_ALGORITHMS], signedOf(item))?.name,
          }
        : ANY,
  }),
};

const ENCRYPTION: Shape = {
  note: (item) => (isTag(item, 96) ? "COSE_Encrypt" : undefined),
  element: () => ({ shape: { element: encryptEntry } }),
};

const IDENTIFIER: Shape = {
  note: (item, bytes) =>
    item.major === Major.Bytes && item.end - item.headEnd === 16
      ? uuidText(bytes.subarray(item.headEnd, item.end))
      : undefined,
};

const PARAMETER_SHAPES: Readonly<Record<ParameterKind, Shape>> = {
  "vendor-identifier": IDENTIFIER,
  "class-identifier": IDENTIFIER,
  "device-identifier": IDENTIFIER,
  digest: { embedded: () => DIGEST },
  "fetch-arguments": { embedded: () => ANY },
  "encryption-info": { embedded: () => ENCRYPTION },
  "version-match": { embedded: () => VERSION_MATCH },
  "wait-info": { embedded: () => fieldMap(WAIT_EVENTS) },
  "component-metadata": { embedded: () => fieldMap(METADATA_MEMBERS) },
  size: ANY,
  uint: ANY,
  time: ANY,
  int: ANY,
  bool: ANY,
  tstr: ANY,
  bstr: ANY,
};

/** What a reporting policy asks for; undefined for no policy. */
export function policyText(item: Item): string | undefined {
  if (item.major !== Major.Unsigned || item.argument > 15n) return undefined;
  const bits = POLICY_BITS.filter((_, bit) => (Number(item.argument) >> bit) & 1);
  if (bits.length === POLICY_BITS.length) return "report everything";
  return bits.length === 0 ? "report nothing" : bits.join(", ");
}

/** A component identifier as text: printable parts as they are, others in hex, joined by slashes. */
export function componentText(item: Item, bytes: Uint8Array): string {
  return item.items
    .map((part) => {
      const content = bytes.subarray(part.headEnd, part.end);
      const text = Buffer.from(content).toString("latin1");
      return /^[\x21-\x7e]+$/.test(text) ? text : `0x${Buffer.from(content).toString("hex")}`;
    })
    .join("/");
}

function isTag(item: Item, tag: number): boolean {
  return item.major === Major.Tag && item.argument === BigInt(tag);
}

function signedOf(item: Item): bigint {
  return item.major === Major.Negative ? -1n - item.argument : item.argument;
}
