/**
 * The members of envelope, manifest and common map, and of the text
 * (draft-ietf-suit-manifest-37 §8.2 to §8.4.5, and the drafts that extend them).
 */
import { camelCase, isSupported, type Label, type Support } from "./label.ts";

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
  /** Its name in the JSON form. */
  readonly json: string;
}

interface Flags {
  readonly supported?: Support;
  readonly severable?: boolean;
  /** The name in JSON where it is not the drafts' name. */
  readonly json?: string;
}

function member(
  label: number,
  name: string,
  kind: MemberKind,
  document: Label["document"],
  section: string,
  { supported: support = false, severable = false, json = camelCase(name) }: Flags,
  description: string,
): MemberLabel {
  return {
    label,
    name,
    kind,
    document,
    section,
    description,
    support,
    supported: isSupported(support),
    severable,
    json,
  };
}

const YES = { supported: true };
const BOTH = { supported: true, severable: true };
const TRUST: Flags = { supported: "trustDomains" };
const TRUST_SEVERABLE: Flags = { ...TRUST, severable: true };
const UPDATE: Flags = { supported: "updateManagement" };

const COSWID_TEXT = "A concise software identifier (RFC 9393); a device does not interpret it.";
const RESOLUTION_TEXT = "Update: fetches and checks the manifests that this one depends on.";
const FETCH_TEXT = "Update: fetches payloads ahead of the installation.";
const CANDIDATE_TEXT = "Update: checks what was fetched before the installation begins.";
const INSTALL_TEXT = "Update: puts the payloads where they run from.";
const TEXT_TEXT = "Text for people, by language tag; a device does not interpret it.";

const NUMBER = { supported: true, json: "sequenceNumber" };

/** Keys of the manifest. */
export const MANIFEST_MEMBERS: readonly MemberLabel[] = [
  member(1, "manifest-version", "uint", "M", "8.4.1", YES, "The version of the format; 1 unless stated."),
  member(2, "manifest-sequence-number", "uint", "M", "8.4.2", NUMBER, "Increases with every update."),
  member(3, "common", "common", "M", "8.4.5", YES, "Components and the shared sequence."),
  member(4, "reference-uri", "tstr", "M", "8.4.3", YES, "Where the whole envelope can be found."),
  member(
    5,
    "manifest-component-id",
    "component",
    "T",
    "5.2.1",
    TRUST,
    "The component that the manifest itself is.",
  ),
  member(6, "set-version", "version-list", "U", "3.1", UPDATE, "The version of what the manifest installs."),
  member(7, "validate", "sequence", "M", "8.4.6", YES, "Update and boot: checks the image."),
  member(8, "load", "sequence", "M", "8.4.6", YES, "Boot: moves images to where they run from."),
  member(9, "invoke", "sequence", "M", "8.4.6", YES, "Boot: starts the image."),
  member(14, "coswid", "coswid", "U", "3.2", BOTH, COSWID_TEXT),
  member(15, "dependency-resolution", "sequence", "T", "5.5", TRUST_SEVERABLE, RESOLUTION_TEXT),
  member(16, "payload-fetch", "sequence", "M", "8.4.6", BOTH, FETCH_TEXT),
  member(18, "candidate-verification", "sequence", "T", "7.1", TRUST_SEVERABLE, CANDIDATE_TEXT),
  member(20, "install", "sequence", "M", "8.4.6", BOTH, INSTALL_TEXT),
  member(23, "text", "text", "M", "8.4.4", BOTH, TEXT_TEXT),
  member(24, "uninstall", "sequence", "T", "6", TRUST, "Uninstall: removes what the manifest installed."),
];

/** Members that may stand beside the manifest, which then holds their digest. */
export const SEVERABLE_MEMBERS: readonly MemberLabel[] = MANIFEST_MEMBERS.filter(
  ({ severable }) => severable,
);

const WRAPPER_TEXT = "The manifest's digest and the signatures over it.";

/** Integer keys of the envelope. Text keys are integrated payloads. */
export const ENVELOPE_MEMBERS: readonly MemberLabel[] = [
  member(2, "authentication-wrapper", "authentication", "M", "8.3", YES, WRAPPER_TEXT),
  member(3, "manifest", "manifest", "M", "8.4", YES, "The manifest: all that is signed."),
  ...SEVERABLE_MEMBERS,
];

const SHARED = { supported: true, json: "shared" };
const SHARED_TEXT =
  "Runs before every other sequence: who the update is for, and facts that all sequences use.";

/** Keys of the common map. */
export const COMMON_MEMBERS: readonly MemberLabel[] = [
  member(1, "dependencies", "dependencies", "T", "5.2.2", TRUST, "Components that are manifests, by index."),
  member(2, "components", "components", "M", "8.4.5", YES, "All components, by index from 0."),
  member(4, "shared-sequence", "shared-sequence", "M", "8.4.5", SHARED, SHARED_TEXT),
];

/** Keys that envelopes and manifests had before draft 27 and that mean nothing, or something else, now. */
export const RETIRED_ENVELOPE_KEYS: readonly number[] = [1, 7, 8, 9, 10, 11, 12, 13, 17];
/** Keys that only manifests of older drafts have: steps of drafts 0 to 16, install of drafts 17 to 26. */
export const RETIRED_MANIFEST_KEYS: readonly number[] = [10, 11, 12, 13, 17];

function text(
  label: number,
  name: string,
  description: string,
  document: Label["document"] = "M",
  section = "8.4.4",
): Label<"tstr"> {
  return { label, name, kind: "tstr", document, section, description, support: false, supported: false };
}

/** Keys of the text of one language. A component identifier as key holds COMPONENT_TEXT. */
export const TEXT_MEMBERS: readonly Label<"tstr">[] = [
  text(1, "manifest-description", "What the manifest is."),
  text(2, "update-description", "What the update changes."),
  text(3, "manifest-json-source", "The JSON that the manifest was made of."),
  text(4, "manifest-yaml-source", "The YAML that the manifest was made of."),
];

/** Keys of the text of one component. */
export const COMPONENT_TEXT: readonly Label<"tstr">[] = [
  text(1, "vendor-name", "Who makes the component."),
  text(2, "model-name", "The product."),
  text(3, "vendor-domain", "The domain that the vendor identifier is made of."),
  text(4, "model-info", "The text that the class identifier is made of."),
  text(5, "component-description", "What the component is."),
  text(6, "component-version", "The version of the component."),
  text(7, "component-version-required", "Which versions of the component are required.", "U", "3.3"),
  text(8, "current-version", "The version that is installed now.", "U", "3.4"),
];
