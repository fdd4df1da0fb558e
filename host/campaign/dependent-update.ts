/**
 * Updates with a dependency: the root states what the image is, an integrated dependency under a
 * signature of its own says where it comes from (draft-ietf-suit-trust-domains-12).
 */
import { createHash } from "node:crypto";
import type { SlotContent } from "../../emulator/provision.ts";
import type { PrivateKey } from "../keys/key.ts";
import { createEnvelope } from "../manifest/create.ts";
import { digestOf } from "../manifest/digest.ts";
import { readEnvelope, withHead } from "../manifest/envelope.ts";
import { signEnvelope } from "../manifest/sign.ts";
import { PAYLOAD_URI } from "./maker.ts";

/** What an update with a dependency is made of. */
export interface DependentUpdate {
  readonly sequenceNumber: number;
  readonly payload: Uint8Array;
  readonly component: string;
  /** Domain of the vendor, and the product that names the class. */
  readonly vendor: string;
  readonly product: string;
  readonly key: PrivateKey;
  /** Signs the dependency; the same key unless given. */
  readonly dependencyKey?: PrivateKey;
  /** The dependency sets the digest of these bytes in place of the payload's. */
  readonly forged?: Uint8Array;
  /** Stands before the component of the dependency; nothing unless given. */
  readonly prefix?: readonly string[];
  /** The root states the digest of an honest dependency, whatever is delivered. */
  readonly statesHonest?: boolean;
}

const NAME = "#source";

/** The envelope, signed, and its payload. */
export function dependentUpdate(parts: DependentUpdate): Required<SlotContent> {
  const { sequenceNumber, payload, component, key } = parts;
  const delivered = dependency(parts, parts.forged);
  const stated = parts.statesHonest === true ? dependency(parts, undefined) : delivered;
  const select = (index: number): object => ({ "set-component-index": index });
  const json = {
    sequenceNumber,
    components: [[component]],
    dependencies: { "1": parts.prefix === undefined ? {} : { prefix: parts.prefix } },
    shared: sharedOf(parts, { "image-digest": { "sha-256": manifestDigest(stated) }, uri: NAME }),
    dependencyResolution: [select(1), "fetch", "dependency-integrity"],
    install: [select(1), "dependency-integrity", "process-dependency", select(0), "image-match"],
    validate: [select(1), "dependency-integrity", "process-dependency", select(0), "image-match"],
    invoke: [select(0), "invoke"],
    integrated: { [NAME]: { hex: Buffer.from(delivered).toString("hex") } },
  };
  return { envelope: signEnvelope(createEnvelope(json, { payload }), key), payload };
}

/** The shared sequence of a root with one component and a dependency, of which the parameters are given. */
export function sharedOf(
  identity: Pick<DependentUpdate, "vendor" | "product">,
  dependency: object,
): unknown[] {
  return [
    { "set-component-index": 0 },
    {
      "override-parameters": {
        ...identityParameters(identity),
        "image-digest": { from: "payload" },
        "image-size": { from: "payload" },
      },
    },
    "vendor-identifier",
    "class-identifier",
    { "set-component-index": 1 },
    { "override-parameters": dependency },
  ];
}

function dependency(parts: DependentUpdate, forged: Uint8Array | undefined): Uint8Array {
  const digest =
    forged === undefined
      ? {}
      : { "image-digest": { "sha-256": createHash("sha256").update(forged).digest("hex") } };
  const json = {
    sequenceNumber: 1,
    components: [[parts.component]],
    shared: [
      { "override-parameters": { ...identityParameters(parts), ...digest } },
      "vendor-identifier",
      "class-identifier",
    ],
    install: [{ "set-parameters": { uri: PAYLOAD_URI } }, "fetch"],
    validate: ["class-identifier"],
  };
  return signEnvelope(createEnvelope(json), parts.dependencyKey ?? parts.key);
}

/** The parameters that vendor and class are checked against. */
export function identityParameters({ vendor, product }: Pick<DependentUpdate, "vendor" | "product">): object {
  return {
    "vendor-identifier": { domain: vendor },
    "class-identifier": { domain: vendor, name: product },
  };
}

function manifestDigest(envelope: Uint8Array): string {
  const { bytes, manifest } = readEnvelope(envelope);
  return Buffer.from(digestOf(withHead(bytes, manifest)) ?? []).toString("hex");
}
