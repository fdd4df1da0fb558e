/**
 * Every label of SUIT in one place.
 *
 * Names and numbers of draft-ietf-suit-manifest-37 (M), draft-ietf-suit-trust-domains-12 (T),
 * draft-ietf-suit-update-management-14 (U) and draft-ietf-suit-firmware-encryption-24 (F), without
 * their `suit-` prefixes. Author, verifier and inspector read this table, so a last-minute change of
 * a number is one edit. `supported` says what the bootloader of this repository processes.
 */

/** A named number of the wire format. */
export interface Label<Kind extends string = string> {
  readonly label: number;
  readonly name: string;
  readonly kind: Kind;
  /** The document that defines it. */
  readonly document: "M" | "T" | "U" | "F";
  /** Whether the bootloader of this repository processes it. */
  readonly supported: boolean;
}

/** CBOR tag of SUIT_Envelope_Tagged. */
export const ENVELOPE_TAG = 107;
/** CBOR tag of a private enterprise number as an identifier (RFC 9090 §2.3). */
export const PEN_TAG = 112;
/** The only manifest version. */
export const MANIFEST_VERSION = 1;

/** How a member's value is encoded. */
export type MemberKind =
  | "authentication"
  | "manifest"
  | "common"
  | "sequence"
  | "shared-sequence"
  | "text"
  | "coswid"
  | "uint"
  | "tstr"
  | "component"
  | "components"
  | "dependencies"
  | "version-list";

/** A member of envelope or manifest; a severable one may be replaced by its digest. */
export interface MemberLabel extends Label<MemberKind> {
  readonly severable: boolean;
}

function member(
  label: number,
  name: string,
  kind: MemberKind,
  document: Label["document"],
  flags: { readonly supported?: boolean; readonly severable?: boolean } = {},
): MemberLabel {
  return {
    label,
    name,
    kind,
    document,
    supported: flags.supported === true,
    severable: flags.severable === true,
  };
}

const YES = { supported: true };
const SEVERABLE = { severable: true };
const BOTH = { supported: true, severable: true };

/** Integer keys of the envelope. Text keys are integrated payloads. */
export const ENVELOPE_MEMBERS: readonly MemberLabel[] = [
  member(2, "authentication-wrapper", "authentication", "M", YES),
  member(3, "manifest", "manifest", "M", YES),
  member(14, "coswid", "coswid", "U", SEVERABLE),
  member(15, "dependency-resolution", "sequence", "T", SEVERABLE),
  member(16, "payload-fetch", "sequence", "M", SEVERABLE),
  member(18, "candidate-verification", "sequence", "T", SEVERABLE),
  member(20, "install", "sequence", "M", BOTH),
  member(23, "text", "text", "M", BOTH),
];

/** Keys of the manifest. */
export const MANIFEST_MEMBERS: readonly MemberLabel[] = [
  member(1, "manifest-version", "uint", "M", YES),
  member(2, "manifest-sequence-number", "uint", "M", YES),
  member(3, "common", "common", "M", YES),
  member(4, "reference-uri", "tstr", "M", YES),
  member(5, "manifest-component-id", "component", "T"),
  member(6, "set-version", "version-list", "U"),
  member(7, "validate", "sequence", "M", YES),
  member(8, "load", "sequence", "M"),
  member(9, "invoke", "sequence", "M", YES),
  member(14, "coswid", "coswid", "U", SEVERABLE),
  member(15, "dependency-resolution", "sequence", "T", SEVERABLE),
  member(16, "payload-fetch", "sequence", "M", SEVERABLE),
  member(18, "candidate-verification", "sequence", "T", SEVERABLE),
  member(20, "install", "sequence", "M", BOTH),
  member(23, "text", "text", "M", BOTH),
  member(24, "uninstall", "sequence", "T"),
];

/** Keys of the common map. */
export const COMMON_MEMBERS: readonly MemberLabel[] = [
  member(1, "dependencies", "dependencies", "T"),
  member(2, "components", "components", "M", YES),
  member(4, "shared-sequence", "shared-sequence", "M", YES),
];

/** Keys that envelopes and manifests had before draft 27 and that mean nothing, or something else, now. */
export const RETIRED_ENVELOPE_KEYS: readonly number[] = [1, 7, 8, 9, 10, 11, 12, 13, 17];
/** Keys that only manifests of older drafts have: steps of drafts 0 to 16, install of drafts 17 to 26. */
export const RETIRED_MANIFEST_KEYS: readonly number[] = [10, 11, 12, 13, 17];
/** What drafts before 13 called SHA-256. */
export const RETIRED_DIGEST_ALGORITHM = 2;

/** What a command takes as its argument. */
export type CommandKind =
  | "policy"
  | "component-index"
  | "parameters"
  | "try-each"
  | "sequence"
  | "component-parameters"
  | "component-parameter-lists";

/** A command: a condition can be softened, a directive that fails ends the procedure. */
export interface CommandLabel extends Label<CommandKind> {
  readonly directive: boolean;
  /** Whether the shared sequence may hold it (draft-ietf-suit-manifest-37 §8.4.5). */
  readonly shared: boolean;
  /** Reporting policy when the author states none; the values of the draft's own examples. */
  readonly defaultPolicy: number;
}

/** Policy of conditions: report success and failure, both with system information. */
const CONDITION_POLICY = 15;
/** Policy of directives: report failure. */
const DIRECTIVE_POLICY = 2;

function condition(
  label: number,
  name: string,
  document: Label["document"],
  supported = false,
): CommandLabel {
  return {
    label,
    name,
    kind: "policy",
    document,
    supported,
    directive: false,
    shared: true,
    defaultPolicy: CONDITION_POLICY,
  };
}

function directive(
  label: number,
  name: string,
  kind: CommandKind,
  document: Label["document"],
  flags: { readonly supported?: boolean; readonly shared?: boolean } = {},
): CommandLabel {
  return {
    label,
    name,
    kind,
    document,
    supported: flags.supported === true,
    directive: true,
    shared: flags.shared === true,
    defaultPolicy: DIRECTIVE_POLICY,
  };
}

const ANYWHERE = { supported: true, shared: true };

/** Conditions and directives; they share one numbering. */
export const COMMANDS: readonly CommandLabel[] = [
  condition(1, "vendor-identifier", "M", true),
  condition(2, "class-identifier", "M", true),
  condition(3, "image-match", "M", true),
  condition(4, "use-before", "U"),
  condition(5, "component-slot", "M", true),
  condition(6, "check-content", "M"),
  condition(7, "dependency-integrity", "T"),
  condition(8, "is-dependency", "T"),
  directive(11, "process-dependency", "policy", "T"),
  directive(12, "set-component-index", "component-index", "M", ANYWHERE),
  condition(14, "abort", "M", true),
  directive(15, "try-each", "try-each", "M", ANYWHERE),
  directive(18, "write", "policy", "M"),
  directive(19, "set-parameters", "parameters", "T"),
  directive(20, "override-parameters", "parameters", "M", ANYWHERE),
  directive(21, "fetch", "policy", "M", YES),
  directive(22, "copy", "policy", "M"),
  directive(23, "invoke", "policy", "M", YES),
  condition(24, "device-identifier", "M", true),
  condition(25, "image-not-match", "U"),
  condition(26, "minimum-battery", "U"),
  condition(27, "update-authorized", "U"),
  condition(28, "version", "U"),
  directive(29, "wait", "policy", "U"),
  directive(31, "swap", "policy", "M"),
  directive(32, "run-sequence", "sequence", "M", ANYWHERE),
  directive(33, "unlink", "policy", "T"),
  directive(34, "override-multiple", "component-parameters", "U"),
  directive(35, "copy-params", "component-parameter-lists", "U"),
];

/** How a parameter's value is encoded. */
export type ParameterKind =
  | "vendor-identifier"
  | "class-identifier"
  | "device-identifier"
  | "digest"
  | "size"
  | "uint"
  | "int"
  | "bool"
  | "tstr"
  | "bstr";

function parameter(
  label: number,
  name: string,
  kind: ParameterKind,
  document: Label["document"],
  supported = false,
): Label<ParameterKind> {
  return { label, name, kind, document, supported };
}

/** Parameters of override-parameters and set-parameters. */
export const PARAMETERS: readonly Label<ParameterKind>[] = [
  parameter(1, "vendor-identifier", "vendor-identifier", "M", true),
  parameter(2, "class-identifier", "class-identifier", "M", true),
  parameter(3, "image-digest", "digest", "M", true),
  parameter(4, "use-before", "uint", "U"),
  parameter(5, "component-slot", "uint", "M", true),
  parameter(12, "strict-order", "bool", "M", true),
  parameter(13, "soft-failure", "bool", "M", true),
  parameter(14, "image-size", "size", "M", true),
  parameter(18, "content", "bstr", "M"),
  parameter(19, "encryption-info", "bstr", "F"),
  parameter(21, "uri", "tstr", "M", true),
  parameter(22, "source-component", "uint", "M"),
  parameter(23, "invoke-args", "bstr", "M"),
  parameter(24, "device-identifier", "device-identifier", "M", true),
  parameter(25, "fetch-arguments", "bstr", "M"),
  parameter(26, "minimum-battery", "uint", "U"),
  parameter(27, "update-priority", "int", "U"),
  parameter(28, "version", "bstr", "U"),
  parameter(29, "wait-info", "bstr", "U"),
  parameter(30, "component-metadata", "bstr", "U"),
];

function text(label: number, name: string, document: Label["document"] = "M"): Label<"tstr"> {
  return { label, name, kind: "tstr", document, supported: false };
}

/** Keys of the text of one language. A component identifier as key holds COMPONENT_TEXT. */
export const TEXT_MEMBERS: readonly Label<"tstr">[] = [
  text(1, "manifest-description"),
  text(2, "update-description"),
  text(3, "manifest-json-source"),
  text(4, "manifest-yaml-source"),
];

/** Keys of the text of one component. */
export const COMPONENT_TEXT: readonly Label<"tstr">[] = [
  text(1, "vendor-name"),
  text(2, "model-name"),
  text(3, "vendor-domain"),
  text(4, "model-info"),
  text(5, "component-description"),
  text(6, "component-version"),
  text(7, "component-version-required", "U"),
  text(8, "current-version", "U"),
];

/** A digest algorithm (RFC 9054 §2). */
export interface DigestAlgorithm {
  readonly label: number;
  readonly name: string;
  readonly digestBytes: number;
  readonly supported: boolean;
}

/** Digest algorithms that SUIT names. */
export const DIGEST_ALGORITHMS: readonly DigestAlgorithm[] = [
  { label: -16, name: "sha-256", digestBytes: 32, supported: true },
  { label: -18, name: "shake128", digestBytes: 32, supported: false },
  { label: -43, name: "sha-384", digestBytes: 48, supported: false },
  { label: -44, name: "sha-512", digestBytes: 64, supported: false },
  { label: -45, name: "shake256", digestBytes: 64, supported: false },
];

/** COSE label of SHA-256. */
export const SHA_256 = -16;

/** Names of authentication algorithms that a SUIT profile or an older tool may use. */
export const SIGNATURE_ALGORITHMS: ReadonlyMap<number, string> = new Map([
  [-7, "ES256"],
  [-8, "EdDSA"],
  [-9, "ESP256"],
  [-19, "Ed25519"],
  [-35, "ES384"],
  [-36, "ES512"],
  [-46, "HSS/LMS"],
  [-51, "ESP384"],
  [-52, "ESP512"],
  [5, "HMAC 256/256"],
]);

/** COSE structures that may stand in an authentication wrapper, by CBOR tag (RFC 9052 §2). */
export const COSE_TAGS: ReadonlyMap<number, string> = new Map([
  [17, "COSE_Mac0"],
  [18, "COSE_Sign1"],
  [97, "COSE_Mac"],
  [98, "COSE_Sign"],
]);

/** COSE header parameters by number (RFC 9052 §3.1). */
export const COSE_HEADERS: ReadonlyMap<number, string> = new Map([
  [1, "alg"],
  [2, "crit"],
  [3, "content-type"],
  [4, "kid"],
  [5, "IV"],
  [6, "partial-IV"],
]);

/** The bits of a reporting policy, lowest first. */
export const POLICY_BITS: readonly string[] = [
  "record-on-success",
  "record-on-failure",
  "sysinfo-on-success",
  "sysinfo-on-failure",
];

/** Finds the entry with a number. */
export function byLabel<T extends { readonly label: number }>(
  table: readonly T[],
  label: number | bigint,
): T | undefined {
  return table.find((entry) => BigInt(entry.label) === BigInt(label));
}

/** Finds the entry with a name. */
export function byName<T extends { readonly name: string }>(
  table: readonly T[],
  name: string,
): T | undefined {
  return table.find((entry) => entry.name === name);
}
