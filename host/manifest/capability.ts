/**
 * What a bootloader processes: what the linter holds a manifest against.
 *
 * The answer is taken from the label tables, which describe the bootloader of this repository.
 */
import { Limit } from "../../assembly/limits.ts";
import { COMMANDS, COMMON_MEMBERS, ENVELOPE_MEMBERS, MANIFEST_MEMBERS, PARAMETERS } from "./labels.ts";

/** Numbers that a bootloader processes, and how much of each it takes. */
export interface Capability {
  readonly commands: ReadonlySet<number>;
  readonly parameters: ReadonlySet<number>;
  readonly envelope: ReadonlySet<number>;
  readonly manifest: ReadonlySet<number>;
  readonly common: ReadonlySet<number>;
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
  components: Limit.Components,
  nesting: Limit.Nesting,
  signatures: Limit.Signatures,
};
