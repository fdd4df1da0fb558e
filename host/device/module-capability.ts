/**
 * What a bootloader processes, found out by asking it: it judges one envelope for each member, command and
 * parameter of the drafts, and larger and larger ones for its limits.
 */
import {
  commandEnvelope,
  componentsEnvelope,
  dependenciesEnvelope,
  enterpriseEnvelope,
  memberEnvelope,
  nestedEnvelope,
  parameterEnvelope,
  severedMemberEnvelope,
  signaturesEnvelope,
  unorderedEnvelope,
} from "../fuzz/agreement-seed.ts";
import { AUTHOR, IDENTITY } from "../fuzz/author.ts";
import { ModuleError } from "../../emulator/index.ts";
import { equalBytes, keyTypeOf } from "../keys/key.ts";
import { OWN_CAPABILITY, type Capability } from "../manifest/capability.ts";
import {
  COMMANDS,
  COMMON_MEMBERS,
  ENVELOPE_MEMBERS,
  MANIFEST_MEMBERS,
  PARAMETERS,
  SEVERABLE_MEMBERS,
  SHA_256,
  SIGNATURE_ALGORITHMS,
} from "../manifest/labels.ts";
import { UserError } from "../user-error.ts";
import { BOOTLOADERS } from "./bootloader-choice.ts";
import { DeviceVerifier } from "./verifier.ts";
import { ownModule } from "./wasm-file.ts";

/** Limits are not looked for beyond it. */
const LIMIT_MAX = 16;
/** Of common: what every manifest has, and the shared sequence. */
const DEPENDENCIES = 1;
/** A dependency with a prefix. */
const PREFIXED = new Map([[1, [Uint8Array.of(0)]]]);
/** The command that only a bootloader with trust domains has. */
const DEPENDENCY_INTEGRITY = 7;

/**
 * What a module processes; what we build for each kind of key is known and not asked.
 *
 * @returns undefined for one that cannot be asked: it takes no signature with ES256, crashes on a question, or is
 *   no module that the device runs
 */
export function capabilityOfModule(bootloader: Uint8Array): Capability | undefined {
  const own = ownCapability(bootloader);
  if (own !== undefined) return own;
  try {
    return askedCapability(bootloader);
  } catch (error) {
    if (error instanceof UserError || error instanceof ModuleError) return undefined;
    throw error;
  }
}

/** What one of our builds for a kind of key processes; undefined for any other module. */
export function ownCapability(bootloader: Uint8Array): Capability | undefined {
  if (equalBytes(bootloader, ownModule(BOOTLOADERS.EC2))) return OWN_CAPABILITY;
  for (const kty of ["OKP", "HSS-LMS"] as const) {
    if (!equalBytes(bootloader, ownModule(BOOTLOADERS[kty]))) continue;
    const signatures = [...SIGNATURE_ALGORITHMS.keys()].filter((algorithm) => keyTypeOf(algorithm) === kty);
    return { ...OWN_CAPABILITY, algorithms: new Set([...signatures, SHA_256]) };
  }
  return undefined;
}

/**
 * What a module answers; see `capabilityOfModule`.
 *
 * @throws ModuleError for a module that the device refuses, UserError if it crashes on an envelope
 */
export function askedCapability(bootloader: Uint8Array): Capability | undefined {
  const judge = new DeviceVerifier(bootloader, [AUTHOR], { identity: IDENTITY });
  const takes = (envelope: Uint8Array): boolean => judge.verify(envelope).ok;
  if (!takes(nestedEnvelope(0))) return undefined;
  const taken = <Row extends { readonly label: number }>(
    rows: readonly Row[],
    envelopeOf: (row: Row) => Uint8Array,
  ): number[] => rows.filter((row) => takes(envelopeOf(row))).map(({ label }) => label);
  const most = (envelopeOf: (count: number) => Uint8Array): number => {
    let count = 0;
    while (count < LIMIT_MAX && takes(envelopeOf(count + 1))) count += 1;
    return count;
  };
  const [ofManifest, ofEnvelope] = [MANIFEST_MEMBERS, ENVELOPE_MEMBERS].map((table) =>
    table.filter(({ label }) => label <= 3).map(({ label }) => label),
  );
  const commands = new Set(taken(COMMANDS, commandEnvelope));
  const dependencies = COMMON_MEMBERS.find(({ label }) => label === DEPENDENCIES);
  return {
    commands,
    parameters: new Set(taken(PARAMETERS, parameterEnvelope)),
    envelope: new Set([...(ofEnvelope ?? []), ...taken(SEVERABLE_MEMBERS, severedMemberEnvelope)]),
    manifest: new Set([
      ...(ofManifest ?? []),
      ...taken(
        MANIFEST_MEMBERS.filter(({ label }) => label > 3),
        memberEnvelope,
      ),
    ]),
    common: new Set(
      COMMON_MEMBERS.filter((member) => member !== dependencies || takes(dependenciesEnvelope(member))).map(
        ({ label }) => label,
      ),
    ),
    algorithms: OWN_CAPABILITY.algorithms,
    components: most(componentsEnvelope),
    dependencies:
      dependencies === undefined
        ? 0
        : most((count) =>
            dependenciesEnvelope(
              dependencies,
              Array.from({ length: count }, (_, index) => index + 1),
            ),
          ),
    nesting: most(nestedEnvelope),
    signatures: most(signaturesEnvelope),
    signerRights: commands.has(DEPENDENCY_INTEGRITY),
    prefixes: dependencies !== undefined && takes(dependenciesEnvelope(dependencies, [1], PREFIXED)),
    enterpriseNumbers: takes(enterpriseEnvelope()),
    unorderedMaps: takes(unorderedEnvelope()),
  };
}
