/**
 * Whose signature counts for what: any keys with any rights, any prefix of a dependency, any of them required, any signers of a manifest
 * and of the manifest that it depends on. The bootloader's Wasm, with the envelope staged on a device, and the
 * host's own reading must say the same.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { identityOf } from "../../host/device/factory.ts";
import { DeviceVerifier } from "../../host/device/verifier.ts";
import { generateKey, type PrivateKey } from "../../host/keys/key.ts";
import { encodeCbor } from "../../host/manifest/cbor-writer.ts";
import { createEnvelope } from "../../host/manifest/create.ts";
import { signEnvelope } from "../../host/manifest/sign.ts";
import { verifyEnvelope } from "../../host/manifest/verify.ts";
import { readWasm } from "../wasm-file.ts";

const KEYS = [generateKey(), generateKey(), generateKey()] as const;
const STRANGER = generateKey();
const NAMES = ["app", "cfg", "aux"] as const;
const PREFIX = "unit";
const COMPONENTS = [...NAMES.map((name) => [name]), [PREFIX, "cfg"], [PREFIX, "aux"]].map((parts) =>
  encodeCbor(parts.map((part) => new TextEncoder().encode(part))),
);
const bootloader = readWasm("bootloader");
const identity = identityOf({ vendor: "brownout.example", class: "sensor" });
const IDENTIFIERS = {
  "vendor-identifier": { domain: "brownout.example" },
  "class-identifier": { domain: "brownout.example", name: "sensor" },
};
const CHECKS = ["vendor-identifier", "class-identifier"];
const DIGEST = { "sha-256": "00".repeat(32) };

const select = (index: number | boolean): object => ({ "set-component-index": index });

const dependency = (component: string): object => ({
  sequenceNumber: 1,
  components: [[component]],
  shared: [{ "override-parameters": { ...IDENTIFIERS, content: { hex: "2a" } } }, ...CHECKS],
  install: ["write", "check-content"],
  validate: ["vendor-identifier"],
});

const plain = (component: string): object => ({
  sequenceNumber: 2,
  components: [[component]],
  shared: [{ "override-parameters": { ...IDENTIFIERS, "image-digest": DIGEST } }, ...CHECKS],
  validate: ["image-match"],
  invoke: ["invoke"],
});

const dependent = (component: string, prefix: readonly string[] | undefined): object => ({
  ...plain(component),
  dependencies: { "1": prefix === undefined ? {} : { prefix } },
  shared: [
    select(0),
    { "override-parameters": { ...IDENTIFIERS, "image-digest": DIGEST } },
    ...CHECKS,
    select(1),
    { "override-parameters": { "image-digest": { "manifest-of": "#cfg" }, uri: "#cfg" } },
  ],
  dependencyResolution: [select(1), "fetch", "dependency-integrity", "process-dependency"],
  validate: [select(0), "image-match"],
  invoke: [select(0), "invoke"],
  integrated: { "#cfg": { file: "dependency" } },
});

const signedBy = (envelope: Uint8Array, signers: readonly PrivateKey[]): Uint8Array =>
  signers.reduce((signed, key) => signEnvelope(signed, key), envelope);

const signers = fc.array(fc.constantFrom(...KEYS, STRANGER), { maxLength: 4 });
const component = fc.constantFrom(...NAMES, "unknown");
const cases = fc.record({
  keys: fc.subarray([...KEYS], { minLength: 1 }),
  rights: fc.array(fc.option(fc.integer({ min: 0, max: 31 }), { nil: undefined }), {
    minLength: KEYS.length,
    maxLength: KEYS.length,
  }),
  required: fc.constantFrom(0, 0, 0, 1, 2, 3, 4, 7),
  root: fc.record({ component, signers }),
  dependency: fc.option(
    fc.record({
      component,
      signers,
      prefix: fc.constantFrom(undefined, [PREFIX], [PREFIX, "x"], ["app"]),
    }),
    { nil: undefined },
  ),
});

const ASKED_OF_SIGNERS = [
  "ok",
  "unsigned",
  "signature-invalid",
  "cosignature-missing",
  "component-unknown",
  "component-unauthorized",
];

describe("signatures, rights and required keys", () => {
  it("come to the same on a device and in the host's reading", () => {
    const seen = new Set<string>();
    const ofDependencies = new Set<string>();
    fc.assert(
      fc.property(cases, ({ keys, rights, required, root, dependency: other }) => {
        const trusted = keys.map((key, index) => {
          const components = rights[index];
          return components === undefined ? key : { ...key, components };
        });
        const rules = { required: required & ((1 << keys.length) - 1), components: COMPONENTS };
        const inner =
          other === undefined
            ? undefined
            : signedBy(createEnvelope(dependency(other.component)), other.signers);
        const json = other === undefined ? plain(root.component) : dependent(root.component, other.prefix);
        const readFile = (): Uint8Array => inner ?? new Uint8Array(0);
        const envelope = signedBy(createEnvelope(json, { readFile }), root.signers);
        const host = verifyEnvelope(envelope, trusted, rules);
        const device = new DeviceVerifier(bootloader, trusted, { ...rules, identity }).verify(envelope);
        expect(device.reason).toBe(host.reason);
        seen.add(host.reason);
        if (host.message.startsWith("In the dependency")) ofDependencies.add(host.reason);
      }),
      // The same cases every time, so that every reason is among them.
      { numRuns: 250, seed: 1 },
    );
    expect([...seen].sort()).toEqual([...ASKED_OF_SIGNERS].sort());
    expect(ofDependencies.size).toBeGreaterThanOrEqual(3);
  }, 300_000);
});
