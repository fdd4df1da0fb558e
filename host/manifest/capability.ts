/**
 * What a bootloader processes: what the linter holds a manifest against.
 *
 * Of the bootloader of this repository the label tables tell; of others, the capability report that a device
 * sends (draft-ietf-suit-report-20 §4).
 */
import { Limit } from "../../assembly/limits.ts";
import {
  COMMANDS,
  COMMON_MEMBERS,
  DIGEST_ALGORITHMS,
  ENVELOPE_MEMBERS,
  MANIFEST_MEMBERS,
  PARAMETERS,
  SHA_256,
  SIGNATURE_ALGORITHMS,
} from "./labels.ts";

/** Numbers that a bootloader processes, and how much of each it takes. */
export interface Capability {
  readonly commands: ReadonlySet<number>;
  readonly parameters: ReadonlySet<number>;
  readonly envelope: ReadonlySet<number>;
  readonly manifest: ReadonlySet<number>;
  readonly common: ReadonlySet<number>;
  /** COSE numbers of signatures and digests. */
  readonly algorithms: ReadonlySet<number>;
  readonly components: number;
  /** Sequences nested in sequences. */
  readonly nesting: number;
  readonly signatures: number;
}

function supported(table: readonly { readonly label: number; readonly supported: boolean }[]): Set<number> {
  return new Set(table.filter((row) => row.supported).map(({ label }) => label));
}

/** What the bootloader of this repository processes. */
export const OWN_CAPABILITY: Capability = {
  commands: supported(COMMANDS),
  parameters: supported(PARAMETERS),
  envelope: supported(ENVELOPE_MEMBERS),
  manifest: supported(MANIFEST_MEMBERS),
  common: supported(COMMON_MEMBERS),
  algorithms: new Set([-7, -9, SHA_256]),
  components: Limit.Components,
  nesting: Limit.Nesting,
  signatures: Limit.Signatures,
};

/** Numbers that a device reports; the lists of a SUIT capability report. */
export type ReportedNumbers = Readonly<
  Record<"commands" | "parameters" | "algorithms" | "envelope" | "manifest" | "common", readonly number[]>
>;

/** What a device processes by its own report, which states no limits. */
export function reportedCapability(report: ReportedNumbers): Capability {
  return {
    commands: new Set(report.commands),
    parameters: new Set(report.parameters),
    algorithms: new Set(report.algorithms),
    envelope: new Set(report.envelope),
    manifest: new Set(report.manifest),
    common: new Set(report.common),
    ...NO_LIMITS,
  };
}

const NO_LIMITS = { components: Infinity, nesting: Infinity, signatures: Infinity };

function every(table: readonly { readonly label: number }[]): Set<number> {
  return new Set(table.map(({ label }) => label));
}

/** What is assumed of a device that nobody has asked: all that the drafts have, so that no rule speaks. */
export const UNKNOWN_CAPABILITY: Capability = {
  commands: every(COMMANDS),
  parameters: every(PARAMETERS),
  envelope: every(ENVELOPE_MEMBERS),
  manifest: every(MANIFEST_MEMBERS),
  common: every(COMMON_MEMBERS),
  algorithms: new Set([...every(DIGEST_ALGORITHMS), ...SIGNATURE_ALGORITHMS.keys()]),
  ...NO_LIMITS,
};
