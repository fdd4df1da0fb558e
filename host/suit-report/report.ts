/**
 * SUIT_Report (draft-ietf-suit-report-20) as data: what a device says came of an update.
 *
 * Reports of any device can be read as long as they are well-formed: what another maker's device adds is
 * kept out, and what this project's devices always state is optional here.
 */
import { penOf, penText } from "../manifest/identifier-json.ts";
import { CborNode, all } from "../manifest/cbor-node.ts";
import { uuidText } from "../manifest/uuid.ts";
import { UserError } from "../user-error.ts";

/** Where in a manifest something happened. */
export interface ReportRecord {
  /** Component indices from the root manifest down to the dependency; empty for the root itself. */
  readonly manifest: readonly number[];
  /** The manifest's key of the section; 0 if it was in none. */
  readonly section: number;
  /** Bytes of the command sequence before the command. */
  readonly offset: number;
  readonly component: number;
  /** What was measured, by parameter number, as text. */
  readonly properties: ReadonlyMap<number, string>;
}

/** What a device says of one of its components. */
export interface ReportClaims {
  readonly component: string;
  readonly slot?: number;
  readonly deviceId?: string;
  readonly sequenceNumber?: bigint;
}

/** Why an attempt did not come to its end. */
export interface ReportFailure {
  /** The device's own number; a Status on ours. */
  readonly code: number;
  readonly reason: number;
  readonly record: ReportRecord;
}

/** Numbers that a manifest processor knows, by the drafts' tables. */
export interface ReportCapabilities {
  readonly components: readonly string[];
  readonly commands: readonly number[];
  readonly parameters: readonly number[];
  readonly algorithms: readonly number[];
  readonly envelope: readonly number[];
  readonly manifest: readonly number[];
  readonly common: readonly number[];
  /** How much of each it takes; only our devices say so. */
  readonly limits?: ReportedLimits;
}

/** What our devices say of their limits, in this order. */
const LIMITS = ["components", "dependencies", "nesting", "signatures", "slotBytes"] as const;

/** Components, dependencies and signatures of a manifest, sequences in one another, bytes of a slot. */
export type ReportedLimits = Readonly<Record<(typeof LIMITS)[number], number>>;

/** A report. */
export interface SuitReport {
  readonly uri: string;
  /** SHA-256 of the manifest in hexadecimal digits; all zeros if the device could not read it. */
  readonly digest: string;
  /** In hexadecimal digits. */
  readonly nonce?: string;
  readonly claims: readonly ReportClaims[];
  readonly records: readonly ReportRecord[];
  /** Undefined if the attempt came to its end. */
  readonly failure?: ReportFailure;
  readonly capabilities?: ReportCapabilities;
}

/** Member of the capability report in which our devices state their limits. */
const LIMITS_MEMBER = -257;
/** Parameter of the claims in which our devices state the sequence number. */
const SEQUENCE_PARAMETER = -257;

/**
 * Reads a report.
 *
 * @param bytes the report itself, without what protects it
 * @param name what to call it in errors
 * @throws UserError `report-malformed`
 */
export function readReport(bytes: Uint8Array, name: string): SuitReport {
  const root = CborNode.read(bytes);
  const members = root === undefined ? undefined : membersOf(root);
  if (members === undefined) throw malformed(name, "it is not one whole CBOR map");
  const required = <T>(value: T | undefined, what: string): T => {
    if (value === undefined) throw malformed(name, `${what} is missing or not what the draft asks for`);
    return value;
  };
  const reference = required(members.get(99)?.elements(), "the reference (99)");
  const digest = required(reference.at(-1)?.elements()?.[1]?.bytes(), "the manifest's digest");
  const uri = reference.length === 2 ? required(reference[0]?.text(), "the manifest's URI") : "";
  const entries = required(members.get(3)?.elements(), "the list of records (3)");
  const claims = entries.filter((entry) => entry.entries() !== undefined);
  const records = entries.filter((entry) => entry.entries() === undefined);
  const nonce = members.get(2);
  const capabilities = members.get(8);
  const failure = readResult(required(members.get(4), "the result (4)"));
  return {
    uri,
    digest: hex(digest),
    ...(nonce === undefined ? {} : { nonce: hex(required(nonce.bytes(), "the nonce (2)")) }),
    claims: required(all(claims, readClaims), "a claim"),
    records: required(all(records, readRecord), "a record"),
    ...(failure === true ? {} : { failure: required(failure, "the result (4)") }),
    ...(capabilities === undefined
      ? {}
      : { capabilities: required(readCapabilities(capabilities), "the capability report (8)") }),
  };
}

/** The mistake of a report that cannot be read. */
export function malformed(name: string, why: string): UserError {
  return new UserError(
    "report-malformed",
    `${name} is no SUIT report: ${why}.`,
    "Give the file that `device update --report` wrote, whole and unchanged.",
  );
}

function readResult(node: CborNode): ReportFailure | true | undefined {
  if (node.boolean() === true) return true;
  const members = membersOf(node);
  const code = members?.get(5)?.smallInteger();
  const record = members?.get(6);
  const read = record === undefined ? undefined : readRecord(record);
  const reason = members?.get(7)?.smallInteger();
  if (code === undefined || read === undefined || reason === undefined) return undefined;
  return { code, reason, record: read };
}

function readRecord(node: CborNode): ReportRecord | undefined {
  const [chain, section, offset, component, properties] = node.elements() ?? [];
  const manifest = all(chain?.elements(), (index) => index.smallInteger());
  const measured = properties === undefined ? undefined : membersOf(properties);
  const numbers = all([section, offset, component], (number) => number?.smallInteger());
  if (manifest === undefined || numbers === undefined || measured === undefined) return undefined;
  const [sectionKey = 0, bytes = 0, index = 0] = numbers;
  return {
    manifest,
    section: sectionKey,
    offset: bytes,
    component: index,
    properties: new Map([...measured].map(([label, value]) => [label, valueText(value)])),
  };
}

function readClaims(node: CborNode): ReportClaims | undefined {
  const members = membersOf(node);
  const component = componentName(members?.get(0));
  if (members === undefined || component === undefined) return undefined;
  const slot = members.get(5)?.smallInteger();
  const device = members.get(24)?.bytes();
  const sequenceNumber = members.get(SEQUENCE_PARAMETER)?.integer();
  return {
    component,
    ...(slot === undefined ? {} : { slot }),
    ...(device?.length === 16 ? { deviceId: uuidText(device) } : {}),
    ...(sequenceNumber === undefined ? {} : { sequenceNumber }),
  };
}

function readCapabilities(node: CborNode): ReportCapabilities | undefined {
  const members = membersOf(node);
  const components = all(members?.get(1)?.elements(), componentName);
  const list = (key: number): number[] | undefined =>
    all(members?.get(key)?.elements(), (number) => number.smallInteger());
  const commands = list(2);
  const parameters = list(3);
  const algorithms = list(4);
  if (!components || !commands || !parameters || !algorithms) return undefined;
  return {
    components,
    commands,
    parameters,
    algorithms,
    envelope: list(5) ?? [],
    manifest: list(6) ?? [],
    common: list(7) ?? [],
    ...limitsOf(list(LIMITS_MEMBER)),
  };
}

/** What others put there, and longer lists than are known, say nothing. */
function limitsOf(numbers: readonly number[] | undefined): { readonly limits?: ReportedLimits } {
  if (numbers?.length !== LIMITS.length) return {};
  const [components = 0, dependencies = 0, nesting = 0, signatures = 0, slotBytes = 0] = numbers;
  return { limits: { components, dependencies, nesting, signatures, slotBytes } };
}

/** A component's name, parts joined by slashes; a trailing `true` stands for all that begin so. */
function componentName(node: CborNode | undefined): string | undefined {
  const parts = all(node?.elements(), (part) => {
    const bytes = part.bytes();
    if (bytes === undefined) return part.boolean() === true ? "*" : undefined;
    const text = Buffer.from(bytes).toString("latin1");
    return /^[\x21-\x7e]+$/.test(text) ? text : `0x${hex(bytes)}`;
  });
  return parts?.join("/");
}

function membersOf(node: CborNode): ReadonlyMap<number, CborNode> | undefined {
  const entries = all(node.entries(), ([key, value]) => {
    const label = key.smallInteger();
    // Keys that are no integers are somebody's extension.
    return [label ?? Number.NaN, value] as const;
  });
  return entries === undefined ? undefined : new Map(entries);
}

function valueText(node: CborNode): string {
  const bytes = node.bytes();
  if (bytes?.length === 16) return uuidText(bytes);
  if (bytes !== undefined) return `0x${hex(bytes)}`;
  const pen = penOf(node);
  if (pen !== undefined) return penText(pen);
  return node.text() ?? node.integer()?.toString() ?? `0x${hex(node.encoded)}`;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
