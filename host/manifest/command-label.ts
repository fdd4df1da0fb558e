/**
 * Conditions and directives (draft-ietf-suit-manifest-37 §8.4.9 and §8.4.10, and the drafts that
 * extend them). They share one numbering.
 */
import { isSupported, type Label, type Support } from "./label.ts";

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
  /** Names of the parameters that it fails without. */
  readonly needs: readonly string[];
}

/** The bits of a reporting policy, lowest first. */
export const POLICY_BITS: readonly string[] = [
  "record-on-success",
  "record-on-failure",
  "sysinfo-on-success",
  "sysinfo-on-failure",
];

/** Policy of conditions: report success and failure, both with system information. */
const CONDITION_POLICY = 15;
/** Policy of directives: report failure. */
const DIRECTIVE_POLICY = 2;

interface Flags {
  readonly supported?: Support;
  readonly shared?: boolean;
  readonly needs?: readonly string[];
}

function condition(
  label: number,
  name: string,
  document: Label["document"],
  section: string,
  { supported = false, needs = [] }: Flags,
  description: string,
): CommandLabel {
  return {
    label,
    name,
    kind: "policy",
    document,
    section,
    description,
    support: supported,
    supported: isSupported(supported),
    directive: false,
    shared: true,
    defaultPolicy: CONDITION_POLICY,
    needs,
  };
}

function directive(
  label: number,
  name: string,
  kind: CommandKind,
  document: Label["document"],
  section: string,
  { supported = false, shared = false, needs = [] }: Flags,
  description: string,
): CommandLabel {
  return {
    label,
    name,
    kind,
    document,
    section,
    description,
    support: supported,
    supported: isSupported(supported),
    directive: true,
    shared,
    defaultPolicy: DIRECTIVE_POLICY,
    needs,
  };
}

const ANYWHERE = { supported: true, shared: true };
const TRUST = "trustDomains";
const UPDATE = "updateManagement";
const trusting = (...needs: string[]): Flags => ({ supported: TRUST, needs });
const managing = (...needs: string[]): Flags => ({ supported: UPDATE, needs });
const alsoNeeding = (...needs: string[]): Flags => ({ supported: true, needs });

const INTEGRITY = "The dependency's signature, digest and manifest are in order.";
const PROCESS = "Runs the dependency's shared sequence and its sequence of the same name.";
const SELECT =
  "Selects the components that later commands are for: an index, a list of indices, or all (true).";
const TRY = "Runs sequences in turn until one completes; null at the end means that none needs to.";
const SET = "Sets parameters that have no value yet; a dependent manifest can set them first.";
const OVERRIDE = "Sets parameters of the selected components, whatever they were before.";
const RUN = "Runs a sequence of its own, in which soft-failure may be set.";
const MULTIPLE = "Sets parameters of several components at once, by index; the last stays selected.";
const COPY_PARAMS = "Takes the named parameters over from other components, by index.";

/** Conditions and directives. */
export const COMMANDS: readonly CommandLabel[] = [
  condition(
    1,
    "vendor-identifier",
    "M",
    "8.4.9.1",
    alsoNeeding("vendor-identifier"),
    "The device's vendor is the one that is set.",
  ),
  condition(
    2,
    "class-identifier",
    "M",
    "8.4.9.1",
    alsoNeeding("class-identifier"),
    "The device's class is the one that is set.",
  ),
  condition(
    3,
    "image-match",
    "M",
    "8.4.9.2",
    alsoNeeding("image-digest"),
    "The content has the image-digest.",
  ),
  condition(4, "use-before", "U", "5.1", managing("use-before"), "The present time is before use-before."),
  condition(
    5,
    "component-slot",
    "M",
    "8.4.9.4",
    alsoNeeding("component-slot"),
    "The component is in the slot that is set.",
  ),
  condition(
    6,
    "check-content",
    "M",
    "8.4.9.3",
    alsoNeeding("content"),
    "The content is exactly the parameter's.",
  ),
  condition(7, "dependency-integrity", "T", "5.6.4", trusting("image-digest"), INTEGRITY),
  condition(8, "is-dependency", "T", "5.6.3", trusting(), "The selected component is a dependency."),
  directive(11, "process-dependency", "policy", "T", "5.6.2", trusting(), PROCESS),
  directive(12, "set-component-index", "component-index", "M", "8.4.10.1", ANYWHERE, SELECT),
  condition(14, "abort", "M", "8.4.9.5", { supported: true }, "Never holds."),
  directive(15, "try-each", "try-each", "M", "8.4.10.2", ANYWHERE, TRY),
  directive(18, "write", "policy", "M", "8.4.10.6", alsoNeeding("content"), "Writes the parameter content."),
  directive(19, "set-parameters", "parameters", "T", "5.6.1", { supported: TRUST, shared: true }, SET),
  directive(20, "override-parameters", "parameters", "M", "8.4.10.3", ANYWHERE, OVERRIDE),
  directive(21, "fetch", "policy", "M", "8.4.10.4", alsoNeeding("uri"), "Fetches the payload of the uri."),
  directive(
    22,
    "copy",
    "policy",
    "M",
    "8.4.10.5",
    alsoNeeding("source-component"),
    "Copies the source-component, decrypting it if encryption-info is set.",
  ),
  directive(23, "invoke", "policy", "M", "8.4.10.7", { supported: true }, "Starts the image."),
  condition(
    24,
    "device-identifier",
    "M",
    "8.4.9.1",
    alsoNeeding("device-identifier"),
    "The device is the one that is set.",
  ),
  condition(25, "image-not-match", "U", "5.2", managing("image-digest"), "The content has another digest."),
  condition(
    26,
    "minimum-battery",
    "U",
    "5.3",
    managing("minimum-battery"),
    "The battery holds at least minimum-battery.",
  ),
  condition(
    27,
    "update-authorized",
    "U",
    "5.4",
    managing("update-priority"),
    "The application allows an update of the update-priority.",
  ),
  condition(28, "version", "U", "5.5", managing("version"), "The component's version is one of those meant."),
  directive(29, "wait", "policy", "U", "5.6", managing("wait-info"), "Waits for all events of wait-info."),
  directive(
    31,
    "swap",
    "policy",
    "M",
    "8.4.10.9",
    alsoNeeding("source-component"),
    "Exchanges the component with the source-component.",
  ),
  directive(32, "run-sequence", "sequence", "M", "8.4.10.8", ANYWHERE, RUN),
  directive(
    33,
    "unlink",
    "policy",
    "T",
    "5.6.5",
    trusting(),
    "Gives the component up; the last to do so deletes it.",
  ),
  directive(34, "override-multiple", "component-parameters", "U", "5.7", managing(), MULTIPLE),
  directive(35, "copy-params", "component-parameter-lists", "U", "5.8", managing(), COPY_PARAMS),
];
