/**
 * What a bootloader processes: what the linter holds a manifest against.
 *
 * Of the builds of the bootloader of this repository the label tables tell; of others, the capability report
 * that a device sends (draft-ietf-suit-report-20 §4).
 */
import { Feature } from "../../assembly/feature.ts";
import { Limit } from "../../assembly/limits.ts";
import {
  COMMANDS,
  COMMON_MEMBERS,
  DIGEST_ALGORITHMS,
  ENVELOPE_MEMBERS,
  EXTENSIONS,
  isSupported,
  MANIFEST_MEMBERS,
  PARAMETERS,
  SHA_256,
  SIGNATURE_ALGORITHMS,
  type Label,
} from "./labels.ts";

/** Switches of a build of our bootloader. */
export type Build = Readonly<Record<keyof typeof EXTENSIONS | "unorderedMaps", boolean>>;

/** What `npm run build` builds as `bootloader`. */
export const DEFAULT_BUILD: Build = { ...EXTENSIONS, unorderedMaps: Boolean(Feature.UnorderedMaps) };

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
  readonly dependencies: number;
  /** Sequences nested in sequences. */
  readonly nesting: number;
  readonly signatures: number;
  /** Whether the device page can require signatures of certain keys, and say which components a key may touch. */
  readonly signerRights: boolean;
  /** Whether a dependency may have a prefix. */
  readonly prefixes: boolean;
  /** Whether a vendor may be named by a private enterprise number. */
  readonly enterpriseNumbers: boolean;
  /** Whether maps behind the signature may have their keys in any order. */
  readonly unorderedMaps: boolean;
}

/** What a build of the bootloader of this repository processes. */
export function capabilityOf(build: Build): Capability {
  const processed = (table: readonly Pick<Label, "label" | "support">[]): Set<number> =>
    new Set(table.filter(({ support }) => isSupported(support, build)).map(({ label }) => label));
  return {
    commands: processed(COMMANDS),
    parameters: processed(PARAMETERS),
    envelope: processed(ENVELOPE_MEMBERS),
    manifest: processed(MANIFEST_MEMBERS),
    common: processed(COMMON_MEMBERS),
    algorithms: new Set([-7, -9, SHA_256]),
    components: Limit.Components,
    dependencies: build.trustDomains ? Limit.Dependencies : 0,
    nesting: Limit.Nesting,
    signatures: Limit.Signatures,
    signerRights: build.trustDomains,
    prefixes: build.prefixes,
    enterpriseNumbers: build.enterpriseNumbers,
    unorderedMaps: build.unorderedMaps,
  };
}

/** What the bootloader of this repository processes, as `npm run build` builds it. */
export const OWN_CAPABILITY: Capability = capabilityOf(DEFAULT_BUILD);

/** Numbers that a device reports; the lists of a SUIT capability report. */
export type ReportedNumbers = Readonly<
  Record<"commands" | "parameters" | "algorithms" | "envelope" | "manifest" | "common", readonly number[]>
> & { readonly limits?: Pick<Capability, "components" | "dependencies" | "nesting" | "signatures"> };

/** What a device processes by its own report. The draft has no limits; our devices state theirs all the same. */
export function reportedCapability(report: ReportedNumbers): Capability {
  return {
    commands: new Set(report.commands),
    parameters: new Set(report.parameters),
    algorithms: new Set(report.algorithms),
    envelope: new Set(report.envelope),
    manifest: new Set(report.manifest),
    common: new Set(report.common),
    ...NO_LIMITS,
    ...limitsIn(report),
    ...(report.limits === undefined ? {} : OWN_FORMS),
  };
}

/** What no report tells: forms of the firmware that states its limits, which is ours. */
const OWN_FORMS = {
  prefixes: OWN_CAPABILITY.prefixes,
  enterpriseNumbers: OWN_CAPABILITY.enterpriseNumbers,
};

function limitsIn({ limits }: ReportedNumbers): ReportedNumbers["limits"] {
  if (limits === undefined) return undefined;
  const { components, dependencies, nesting, signatures } = limits;
  return { components, dependencies, nesting, signatures };
}

const NO_LIMITS = {
  components: Infinity,
  dependencies: Infinity,
  nesting: Infinity,
  signatures: Infinity,
  signerRights: true,
  prefixes: true,
  enterpriseNumbers: true,
  unorderedMaps: false,
};

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
