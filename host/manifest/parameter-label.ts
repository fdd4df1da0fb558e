/**
 * The parameters (draft-ietf-suit-manifest-37 §8.4.8, and the drafts that extend it).
 */
import { isSupported, type Label, type Support } from "./label.ts";

/** How a parameter's value is encoded. */
export type ParameterKind =
  | "vendor-identifier"
  | "class-identifier"
  | "device-identifier"
  | "digest"
  | "fetch-arguments"
  | "encryption-info"
  | "version-match"
  | "wait-info"
  | "component-metadata"
  | "size"
  | "uint"
  | "time"
  | "int"
  | "bool"
  | "tstr"
  | "bstr";

/** A parameter. */
export type ParameterLabel = Label<ParameterKind>;

function row(
  label: number,
  name: string,
  kind: ParameterKind,
  document: Label["document"],
  section: string,
  support: Support,
  description: string,
): ParameterLabel {
  return { label, name, kind, document, section, description, support, supported: isSupported(support) };
}

const YES = true;
const NO = false;
const UPDATE = "updateManagement";
const ENCRYPTED = "encryptedPayloads";
const ARGUMENTS = "arguments";
const FETCH_ARGUMENTS = "What fetch is told beside the URI: here, where in its payload the content begins.";
const ENCRYPTION = "How the payload is encrypted: a COSE_Encrypt without ciphertext.";
const PRIORITY = "How urgent the update is, smaller being more urgent; shown when asking for permission.";
const METADATA = "Permissions, type, times and creator of the component.";
const SOFT = "Whether a condition that fails ends the sequence it is in without failing what is around it.";

/** Parameters of override-parameters and set-parameters. */
export const PARAMETERS: readonly ParameterLabel[] = [
  row(1, "vendor-identifier", "vendor-identifier", "M", "8.4.8.3", YES, "Who made the device."),
  row(2, "class-identifier", "class-identifier", "M", "8.4.8.4", YES, "Which product the device is."),
  row(3, "image-digest", "digest", "M", "8.4.8.6", YES, "The digest of the component's content."),
  row(
    4,
    "use-before",
    "time",
    "U",
    "4.1",
    UPDATE,
    "Seconds since 1970 until which the manifest may be used.",
  ),
  row(5, "component-slot", "uint", "M", "8.4.8.8", YES, "The slot that the component is to be in."),
  row(
    12,
    "strict-order",
    "bool",
    "M",
    "8.4.8.14",
    YES,
    "Whether commands must run in order; true unless set.",
  ),
  row(13, "soft-failure", "bool", "M", "8.4.8.15", YES, SOFT),
  row(14, "image-size", "size", "M", "8.4.8.7", YES, "The size of the component's content in bytes."),
  row(18, "content", "bstr", "M", "8.4.8.9", YES, "Bytes to write, or to compare the component with."),
  row(19, "encryption-info", "encryption-info", "F", "4", ENCRYPTED, ENCRYPTION),
  row(
    21,
    "uri",
    "tstr",
    "M",
    "8.4.8.10",
    YES,
    "Where fetch gets the payload; `#name` is inside the envelope.",
  ),
  row(
    22,
    "source-component",
    "uint",
    "M",
    "8.4.8.11",
    YES,
    "The index of the component to copy or swap with.",
  ),
  row(23, "invoke-args", "bstr", "M", "8.4.8.12", ARGUMENTS, "What the image is started with."),
  row(24, "device-identifier", "device-identifier", "M", "8.4.8.5", YES, "Which single device it is."),
  row(25, "fetch-arguments", "fetch-arguments", "M", "8.4.8.13", ARGUMENTS, FETCH_ARGUMENTS),
  row(26, "minimum-battery", "uint", "U", "4.2", UPDATE, "The least energy in the battery, in mWh."),
  row(27, "update-priority", "int", "U", "4.3", UPDATE, PRIORITY),
  row(28, "version", "version-match", "U", "4.4", UPDATE, "Which versions of the component are meant."),
  row(29, "wait-info", "wait-info", "U", "4.5", UPDATE, "The events that wait waits for."),
  row(30, "component-metadata", "component-metadata", "U", "4.6", NO, METADATA),
];

/** How two versions are compared (draft-ietf-suit-update-management-14 §4.4). */
export const VERSION_COMPARISONS: readonly { readonly label: number; readonly name: string }[] = [
  { label: 1, name: "greater" },
  { label: 2, name: "greater-equal" },
  { label: 3, name: "equal" },
  { label: 4, name: "lesser-equal" },
  { label: 5, name: "lesser" },
];

/** An event to wait for, or a fact of the component's metadata, and how its value is encoded. */
export interface FieldLabel<Kind extends string> {
  readonly label: number;
  readonly name: string;
  readonly kind: Kind;
  readonly description: string;
}

/** Events of wait-info (draft-ietf-suit-update-management-14 §4.5). */
export const WAIT_EVENTS: readonly FieldLabel<"int" | "uint" | "other-device">[] = [
  {
    label: 1,
    name: "authorization",
    kind: "int",
    description: "Somebody allows it; the value is the priority.",
  },
  { label: 2, name: "power", kind: "int", description: "The power is in the state of the value." },
  { label: 3, name: "network", kind: "int", description: "The network is in the state of the value." },
  {
    label: 4,
    name: "other-device-version",
    kind: "other-device",
    description: "Another device has one of the versions.",
  },
  { label: 5, name: "time", kind: "uint", description: "Seconds since 1970." },
  { label: 6, name: "time-of-day", kind: "uint", description: "Seconds since midnight, local time." },
  { label: 7, name: "day-of-week", kind: "uint", description: "Days since Sunday, local time." },
  { label: 8, name: "time-of-day-utc", kind: "uint", description: "Seconds since midnight, UTC." },
  { label: 9, name: "day-of-week-utc", kind: "uint", description: "Days since Sunday, UTC." },
];

/** Members of component-metadata (draft-ietf-suit-update-management-14 §4.6). */
export const METADATA_MEMBERS: readonly FieldLabel<"permissions" | "actors" | "uint" | "time" | "actor">[] = [
  {
    label: 1,
    name: "default-permissions",
    kind: "permissions",
    description: "What anybody may do, as bits.",
  },
  { label: 2, name: "user-permissions", kind: "actors", description: "What users may do." },
  { label: 3, name: "group-permissions", kind: "actors", description: "What groups may do." },
  { label: 4, name: "role-permissions", kind: "actors", description: "What roles may do." },
  { label: 5, name: "file-type", kind: "uint", description: "1 regular file, 2 directory, 3 symbolic link." },
  { label: 6, name: "modification-time", kind: "time", description: "Seconds since 1970." },
  { label: 7, name: "creation-time", kind: "time", description: "Seconds since 1970." },
  { label: 8, name: "creator", kind: "actor", description: "Who made it." },
];
