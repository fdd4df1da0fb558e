/**
 * What a device asks of those who sign, beyond one good signature: certain keys, and the right of a key to
 * touch a component (docs/suit.md, "Whose signature"; draft-ietf-suit-trust-domains-12 §4).
 */
import { Status } from "../../assembly/status.ts";
import { equalBytes, type Key } from "../keys/key.ts";
import { isNamed } from "../keys/rights.ts";
import { authenticate, type Signer } from "./authentication.ts";
import { checkContent, prefixedIdentifier, type Dependency, type ManifestFacts } from "./content.ts";
import { readEnvelope, type Envelope, type IntegratedPayload } from "./envelope.ts";
import { Refusal } from "./refusal.ts";

/** The rules of one device; without any, one good signature is enough. */
export interface SignerRules {
  /** The keys that must all have signed, as bits by their positions; any one of them if 0 or not given. */
  readonly required?: number;
  /**
   * The encoded identifiers of the device's components, in its order. With them a manifest may touch only
   * these, and of these only what its signers may.
   */
  readonly components?: readonly Uint8Array[];
}

/** Who trusts whom: keys, and the rules about them. */
export interface Authority extends SignerRules {
  readonly keys: readonly Key[];
}

/** Rights to everything. */
const EVERY_COMPONENT = 0xffff_ffff;

/** The components that the signers of an envelope may touch together, as bits in the device's order. */
export function rightsOf(signers: readonly Signer[], keys: readonly Key[]): number {
  return signers.reduce(
    (rights, { keyIndex }) => (rights | (keys[keyIndex]?.components ?? EVERY_COMPONENT)) >>> 0,
    0,
  );
}

/**
 * Holds the components of a checked manifest, and the integrated manifests that it depends on, against
 * what the signers of each may touch. Nothing is asked where the device's components are not known.
 *
 * A dependency that is not in the envelope is judged when it has been fetched, on a device only.
 *
 * @throws Refusal
 */
export function requireAuthority(
  envelope: Envelope,
  facts: ManifestFacts,
  signers: readonly Signer[],
  authority: Authority,
): void {
  if (authority.components === undefined) return;
  const { capability } = envelope;
  const rights = capability.signerRights ? rightsOf(signers, authority.keys) : EVERY_COMPONENT;
  requireRights(envelope, facts, rights, authority.components);
  const { dependency, identifiers } = facts;
  if (dependency === undefined) return;
  for (const payload of envelope.integrated) {
    if (isEnvelope(envelope, payload))
      judgeDependency(envelope, payload, { identifiers, dependency }, authority);
  }
}

/** A manifest that has a dependency. */
interface Dependent extends Pick<ManifestFacts, "identifiers"> {
  readonly dependency: Dependency;
}

function requireRights(
  { manifest }: Envelope,
  { identifiers }: Pick<ManifestFacts, "identifiers">,
  rights: number,
  components: readonly Uint8Array[],
): void {
  for (const [position, identifier] of identifiers.entries()) {
    const index = components.findIndex((component) => equalBytes(component, identifier));
    if (index < 0) {
      throw new Refusal(
        Status.ComponentUnknown,
        manifest.start,
        `Component ${position} is none of the ${components.length} that the device has`,
      );
    }
    if (isNamed(index, rights)) continue;
    throw new Refusal(
      Status.ComponentUnauthorized,
      manifest.start,
      `None of the keys that signed may touch component ${position}, which is the device's component ${index}`,
    );
  }
}

/** Whether a payload begins as an envelope does: with the two bytes of tag 107. */
function isEnvelope({ bytes }: Envelope, { content }: IntegratedPayload): boolean {
  return content.to - content.from > 2 && bytes[content.from] === 0xd8 && bytes[content.from + 1] === 0x6b;
}

/** A dependency is authenticated by itself, under the same rules, and has no dependency of its own. */
function judgeDependency(
  root: Envelope,
  { name, content }: IntegratedPayload,
  dependent: Dependent,
  authority: Authority,
): void {
  try {
    const { capability } = root;
    const envelope = readEnvelope(root.bytes.subarray(content.from, content.to), { capability });
    const signers = authenticate(envelope, authority.keys, authority.required);
    const facts = checkContent(envelope);
    if (facts.dependency !== undefined) {
      throw new Refusal(
        Status.TooManyDependencies,
        envelope.manifest.start,
        "A dependency has a dependency of its own",
      );
    }
    const { prefix } = dependent.dependency;
    const identifiers = facts.identifiers.map((identifier) => prefixedIdentifier(prefix, identifier));
    const others = identifiers.filter(
      (identifier) => !dependent.identifiers.some((other) => equalBytes(other, identifier)),
    );
    if (dependent.identifiers.length + others.length > capability.components) {
      throw new Refusal(
        Status.TooManyComponents,
        envelope.manifest.start,
        `The two manifests name more than the ${capability.components} components that this build holds`,
      );
    }
    requireRights(envelope, { identifiers }, rightsOf(signers, authority.keys), authority.components ?? []);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const message = `In the dependency ${JSON.stringify(name)}: ${error.message}`;
    throw new Refusal(error.status, content.from + error.offset, message);
  }
}
