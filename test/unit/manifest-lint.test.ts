/**
 * Every rule of the linter, with a manifest that breaks it and one like it that does not.
 */
import { describe, expect, it } from "vitest";
import { generateEdwardsKey } from "../../host/keys/ed25519.ts";
import { generateKey, type PrivateKey } from "../../host/keys/key.ts";
import { OWN_CAPABILITY, UNKNOWN_CAPABILITY } from "../../host/manifest/capability.ts";
import { encodeCbor } from "../../host/manifest/cbor-writer.ts";
import { createEnvelope } from "../../host/manifest/create.ts";
import { decodeEnvelope } from "../../host/manifest/decode.ts";
import type { DeviceFacts } from "../../host/manifest/lint/device.ts";
import { lintEnvelope } from "../../host/manifest/lint/lint.ts";
import { RULES, type RuleId } from "../../host/manifest/lint/rule.ts";
import { severEnvelope } from "../../host/manifest/sever.ts";
import { signEnvelope } from "../../host/manifest/sign.ts";
import { classIdentifier, uuidText, vendorIdentifier } from "../../host/manifest/uuid.ts";

const payload = new TextEncoder().encode("firmware");
const vendor = vendorIdentifier("example.com");
const other = "fa6b4a53-d5ad-5fdf-be9d-e663e4d41ffe";

const identity = { "vendor-identifier": { domain: "example.com" }, "class-identifier": { domain: "example.com", name: "sensor" } }; // prettier-ignore
const image = { "image-digest": { from: "payload" }, "image-size": { from: "payload" } };
const set = (parameters: object): object => ({ "override-parameters": parameters });
const select = (index: number | number[] | boolean): object => ({ "set-component-index": index });
const checks = ["vendor-identifier", "class-identifier"];

/** A manifest in order, but for what a test replaces. */
const one = (change: object = {}): object => ({
  sequenceNumber: 2,
  components: [["app"]],
  shared: [set({ ...identity, ...image }), ...checks],
  install: [set({ uri: "/suit/payload" }), "fetch", "image-match"],
  validate: ["image-match"],
  invoke: ["invoke"],
  ...change,
});
const install = (...commands: unknown[]): object => one({ install: [...commands] });
const shared = (...commands: unknown[]): object =>
  one({ shared: [set({ ...identity, ...image }), ...checks, ...commands] });
/** Two components in order: fetched into the second and copied to the first. */
const two = (change: object = {}): object => ({
  ...one(),
  components: [["app"], ["spare"]],
  shared: [select(true), set({ ...identity, ...image }), ...checks],
  install: [select(1), set({ uri: "/x" }), "fetch", "image-match", select(0), set({ "source-component": 1 }), "copy", "image-match"], // prettier-ignore
  validate: [select(0), "image-match"],
  invoke: [select(0), "invoke"],
  ...change,
});
const dependent = (change: object = {}): object =>
  two({
    dependencies: { "1": {} },
    install: [select(1), "dependency-integrity", "process-dependency"],
    ...change,
  });
const text = { en: { "manifest-description": "A text that is longer than a digest is." } };

/** Must sign every update, and may touch the app; the operator may touch the spare component. */
const author = generateKey();
const operator = generateKey();
const signedBy = (json: object, ...keys: readonly PrivateKey[]): Uint8Array =>
  keys.reduce((envelope, key) => signEnvelope(envelope, key), made(json));

const DEVICE: DeviceFacts = {
  vendorId: uuidText(vendor),
  classId: uuidText(classIdentifier(vendor, "sensor")),
  deviceId: other,
  components: ["app", "spare"],
  wantsIdentity: true,
  sequenceFloor: 1n,
  slotBytes: 34816,
  pageBytes: 1024,
  capability: OWN_CAPABILITY,
  authority: {
    keys: [
      { ...author, components: 0b01 },
      { ...operator, components: 0b10 },
    ],
    required: 0b01,
    components: ["app", "spare"].map((name) => encodeCbor([new TextEncoder().encode(name)])),
  },
};

const made = (json: object): Uint8Array => createEnvelope(json, { payload });
const severed = made(one({ text, severable: ["install", "text"] }));

/** What breaks each rule, and what is like it and does not; JSON or an envelope. */
const CASES: Readonly<Record<RuleId, readonly [object | Uint8Array, object | Uint8Array]>> = {
  "not-readable": [Uint8Array.of(0x01), one()],
  malformed: [
    install(set({ uri: { cbor: "01" } }), "fetch", "image-match"),
    install(set({ uri: { cbor: "612f" } }), "fetch", "image-match"),
  ],
  "unknown-number": [install({ custom: { label: 99 } }), install({ custom: { label: -300 } })],
  "custom-number": [install(set({ custom: { "-300": 1 } })), install(set({ custom: { "-200": 1 } }))],
  "retired-number": [one({ custom: { manifest: { "17": 1 } } }), one({ custom: { manifest: { "99": 1 } } })],
  "vendor-not-checked": [one({ shared: [set({ ...identity, ...image }), "class-identifier"] }), one()],
  "class-not-checked": [one({ shared: [set({ ...identity, ...image }), "vendor-identifier"] }), one()],
  "validate-missing": [one({ validate: null }), one({ load: null })],
  "validate-checks-nothing": [
    one({ validate: [set({ uri: "x" })] }),
    one({ validate: [{ "run-sequence": ["image-match"] }] }),
  ],
  "component-not-selected": [two({ validate: ["image-match"] }), two()],
  "component-index-unknown": [two({ validate: [select(2), "image-match"] }), two({ validate: [select([0, 1]), "image-match"] })], // prettier-ignore
  "component-duplicate": [two({ components: ["a", ["a"]] }), two({ components: ["a", ["a", "a"]] })],
  "component-empty": [one({ components: [[]] }), one({ components: [[{ hex: "" }]] })],
  "condition-without-parameter": [
    install("component-slot"),
    install(set({ "component-slot": 0 }), "component-slot"),
  ],
  "directive-without-parameter": [install("fetch", "image-match"), install(set({ uri: "x" }), "fetch", "image-match")], // prettier-ignore
  "shared-command-forbidden": [shared(set({ uri: "x" }), "fetch"), shared({ "run-sequence": ["image-match"] })], // prettier-ignore
  "soft-failure-outside": [
    install(set({ "soft-failure": true })),
    install({ "run-sequence": [set({ "soft-failure": true }), "abort"] }),
  ],
  "try-each-one-branch": [install({ "try-each": [["abort"], null] }), install({ "try-each": [["abort"], ["abort"], null] })], // prettier-ignore
  "try-each-null-not-last": [install({ "try-each": [["abort"], null, ["abort"]] }), install({ "try-each": [["abort"], ["abort"], null] })], // prettier-ignore
  "digest-set-weakly": [install({ "set-parameters": { "image-digest": { from: "payload" } } }), install({ "set-parameters": { uri: "x" } })], // prettier-ignore
  "source-is-component": [
    two({ install: [select(0), set({ "source-component": 0 }), "copy", "image-match"] }),
    two(),
  ],
  "fetch-without-size": [
    one({ shared: [set({ ...identity, "image-digest": { from: "payload" } }), ...checks] }),
    one(),
  ],
  "content-not-checked": [
    one({ install: [set({ uri: "x" }), "fetch"], validate: null }),
    one({ install: [set({ uri: "x" }), "fetch"] }),
  ],
  "encryption-without-digest": [
    two({
      shared: [select(true), set(identity), ...checks],
      install: [select(0), set({ "source-component": 1, "encryption-info": { hex: "00" } }), "copy"],
    }),
    two({ install: [select(0), set({ "source-component": 1, "encryption-info": { hex: "00" } }), "copy"] }),
  ],
  "digest-placeholder": [
    install(set({ "image-digest": { "sha-256": "00112233445566778899aabbccddeeff0123456789abcdeffedcba9876543210" } })), // prettier-ignore
    one(),
  ],
  "payload-digest-mismatch": [
    one({
      install: [set({ uri: "#a" }), "fetch", "image-match"],
      integrated: { "#a": { text: "malwarez" } },
    }),
    one({ install: [set({ uri: "#a" }), "fetch", "image-match"], integrated: { "#a": "payload" } }),
  ],
  "payload-size-mismatch": [
    one({ install: [set({ uri: "#a" }), "fetch", "image-match"], integrated: { "#a": { text: "longer" } } }),
    one({ install: [set({ uri: "#a" }), "fetch", "image-match"], integrated: { "#a": "payload" } }),
  ],
  "payload-missing": [install(set({ uri: "#b" }), "fetch", "image-match"), install(set({ uri: "b" }), "fetch", "image-match")], // prettier-ignore
  "payload-unused": [
    one({ integrated: { "#a": "payload" } }),
    one({ install: [set({ uri: "#a" }), "fetch", "image-match"], integrated: { "#a": "payload" } }),
  ],
  "dependency-unchecked": [dependent({ install: [select(1), "process-dependency"] }), dependent()],
  "dependency-unknown": [two({ install: [select(1), "dependency-integrity"] }), dependent()],
  "manifest-digest-mismatch": [one({ authentication: { digest: { "sha-256": "11".repeat(32) } } }), one()],
  "severed-digest-mismatch": [
    one({ text: { digest: { "sha-256": "11".repeat(32) }, content: text } }),
    one({ text, severable: ["text"] }),
  ],
  "severed-sequence-absent": [
    severEnvelope(severed, ["install"]).envelope,
    severEnvelope(severed, ["text"]).envelope,
  ],
  "severed-too-small": [one({ text: { en: {} }, severable: ["text"] }), one({ text, severable: ["text"] })],
  "text-not-severable": [one({ text }), one({ text, severable: ["text"] })],
  "member-redundant": [one({ custom: { envelope: { "20": { hex: "80" } } } }), one({ custom: { envelope: { "-300": { hex: "80" } } } })], // prettier-ignore
  "device-unsupported": [one({ setVersion: "1.2.3" }), one({ referenceUri: "coap://x" })],
  "device-algorithm-unsupported": [
    install(set({ "image-digest": { "sha-384": "11".repeat(48) } })),
    install(set({ "image-digest": { "sha-256": "11".repeat(32) } })),
  ],
  "device-key-untrusted": [signedBy(one(), generateKey()), signedBy(one(), generateKey(), author)],
  "device-signature-missing": [signedBy(one(), operator), signedBy(one(), operator, author)],
  "device-key-unauthorized": [signedBy(two(), author), signedBy(two(), author, operator)],
  "device-limit": [
    install({ "run-sequence": [{ "run-sequence": [{ "run-sequence": [{ "run-sequence": [{ "run-sequence": ["abort"] }] }] }] }] }), // prettier-ignore
    install({ "run-sequence": [{ "run-sequence": ["abort"] }] }),
  ],
  "device-refuses": [one({ custom: { manifest: { "-300": 1 } } }), one()],
  "device-vendor-mismatch": [
    one({ shared: [set({ ...identity, ...image, "vendor-identifier": other }), ...checks] }),
    one(),
  ],
  "device-class-mismatch": [
    one({ shared: [set({ ...identity, ...image, "class-identifier": other }), ...checks] }),
    one(),
  ],
  "device-identifier-mismatch": [
    shared(set({ "device-identifier": uuidText(vendor) }), "device-identifier"),
    shared(set({ "device-identifier": other }), "device-identifier"),
  ],
  "device-identity-unchecked": [
    two({ shared: [select(true), set({ ...identity, ...image }), select(0), ...checks] }),
    two(),
  ],
  "device-component-unknown": [one({ components: ["radio"] }), one()],
  "device-sequence-too-low": [one({ sequenceNumber: 0 }), one({ sequenceNumber: 1 })],
  "device-sequence-not-higher": [one({ sequenceNumber: 1 }), one({ sequenceNumber: 2 })],
  "device-image-too-large": [install(set({ "image-size": 34000 })), install(set({ "image-size": 33000 }))],
};

function rulesOf(input: object | Uint8Array, rule: RuleId): RuleId[] {
  const bytes = input instanceof Uint8Array ? input : made(input);
  return lintEnvelope(bytes, rule.startsWith("device-") ? DEVICE : undefined).map((finding) => finding.rule);
}

describe("the linter", () => {
  it.each(Object.entries(CASES))(
    "finds what breaks %s and not what only looks like it",
    (id, [bad, good]) => {
      const rule = Object.keys(RULES).find((known): known is RuleId => known === id) ?? "malformed";
      expect(rulesOf(bad, rule)).toContain(rule);
      expect(rulesOf(good, rule)).not.toContain(rule);
    },
  );

  it("has nothing to say about manifests that are in order", () => {
    for (const json of [one(), two(), dependent()]) expect(lintEnvelope(made(json))).toEqual([]);
    expect(lintEnvelope(made(one()), DEVICE)).toEqual([]);
  });

  it("compares the part of a payload that fetch-arguments ask for, where they say which", () => {
    const fetching = (parameters: object): string[] => {
      const install = [set({ uri: "#a", ...parameters }), "fetch", "image-match"];
      const json = one({
        install,
        integrated: { "#a": { text: `longer ${Buffer.from(payload).toString()}` } },
      });
      return lintEnvelope(made(json)).map(({ rule }) => rule);
    };
    expect(fetching({ "fetch-arguments": { offset: 7 } })).toEqual([]);
    expect(fetching({ "fetch-arguments": { offset: 6 } })).toContain("payload-digest-mismatch");
    expect(fetching({ "fetch-arguments": { offset: 8 } })).toContain("payload-size-mismatch");
    expect(fetching({ "fetch-arguments": { hex: "f6" } })).toEqual([]);
  });

  it("says of a signature that the device does not verify which one it is", () => {
    const findings = lintEnvelope(signedBy(one(), author, generateEdwardsKey()), DEVICE);
    expect(findings).toMatchObject([
      { rule: "device-algorithm-unsupported", path: "authentication.blocks[1]" },
    ]);
    expect(findings[0]?.message).toBe("The device does not verify Ed25519 (-19).");
  });

  it("does not ask a device for a component that is a dependency, whatever it is called", () => {
    const listed = dependent({ components: [["app"], ["radio.suit"]] });
    const rules = lintEnvelope(made(listed), DEVICE).map(({ rule }) => rule);
    expect(rules).not.toContain("device-component-unknown");
    expect(rules).not.toContain("device-identity-unchecked");
  });

  it("asks a device of which nothing is known only what its bootloader says", () => {
    const manifest = made(one({ setVersion: "1.2.3" }));
    const unknown = { ...DEVICE, capability: UNKNOWN_CAPABILITY };
    const judge = (ok: boolean) => () => ({ ok, reason: "member-unsupported", message: "It has a member." });
    expect(lintEnvelope(manifest, { ...unknown, judge: judge(true) })).toEqual([]);
    expect(lintEnvelope(manifest, { ...unknown, judge: judge(false) })).toMatchObject([
      { rule: "device-refuses", message: "The device refuses it with member-unsupported: It has a member." },
    ]);
  });

  it("names the place in the words of the JSON form, deep inside as well", () => {
    const [finding] = lintEnvelope(
      made(
        install(
          { "try-each": [["abort"], [{ "run-sequence": ["component-slot"] }]] },
          set({ uri: "x" }),
          "fetch",
        ),
      ),
    );
    expect(finding).toMatchObject({
      rule: "condition-without-parameter",
      path: "install[0].try-each[1][0].run-sequence[0]",
    });
  });

  it("takes what one branch of try-each sets for set, because it may be", () => {
    const branch = (slot: number): unknown[] => [
      set({ "component-slot": slot }),
      "component-slot",
      set({ uri: "x" }),
    ];
    expect(
      lintEnvelope(made(install({ "try-each": [branch(0), branch(1)] }, "fetch", "image-match"))),
    ).toEqual([]);
  });

  it("walks the boot on its own: what only the installation sets is not set then", () => {
    const json = one({
      shared: [set(identity), ...checks],
      install: [set({ ...image, uri: "x" }), "fetch", "image-match"],
    });
    expect(lintEnvelope(made(json))).toMatchObject([
      { rule: "condition-without-parameter", path: "validate[0]" },
    ]);
  });

  it("puts errors before warnings and says each thing once", () => {
    const findings = lintEnvelope(made(one({ text, shared: [set(image)] })));
    expect(findings.map(({ rule }) => rule)).toEqual(["vendor-not-checked", "class-not-checked", "text-not-severable"]); // prettier-ignore
  });
});

describe("severing", () => {
  it("takes members out so that the manifest stays byte for byte the same", () => {
    const { envelope, severed: taken } = severEnvelope(severed);
    expect(taken.map(({ name }) => name)).toEqual(["install", "text"]);
    expect(envelope.length).toBeLessThan(severed.length);
    const [before, after] = [decodeEnvelope(severed), decodeEnvelope(envelope)];
    expect(after["shared"]).toEqual(before["shared"]);
    expect(after["text"]).toEqual({ digest: { "sha-256": taken[1]?.digest } });
  });

  it("refuses what is not there and what the manifest holds itself", () => {
    expect(() => severEnvelope(severed, ["coswid"])).toThrow("has no member coswid");
    expect(() => severEnvelope(made(one({ text })), ["text"])).toThrow("holds text itself");
    expect(() => severEnvelope(made(one()))).toThrow("no member beside the manifest");
  });
});
