/**
 * What the bootloader does with manifests: each is staged on a real emulated device and judged there.
 */
import { describe, expect, it } from "vitest";
import { Policy } from "../../assembly/layout.ts";
import { generateKey, publicKeyOf } from "../../host/keys/key.ts";
import { encodeCbor, Tagged } from "../../host/manifest/cbor-writer.ts";
import { createEnvelope } from "../../host/manifest/create.ts";
import { readEnvelope } from "../../host/manifest/envelope.ts";
import { signEnvelope } from "../../host/manifest/sign.ts";
import { acceptable, deviceId, image, judgeEnvelope, judgeManifest, signed, trusted } from "../candidate.ts";

const uuid = (bytes: Uint8Array): object => ({ hex: Buffer.from(bytes).toString("hex") });
const identity = {
  "vendor-identifier": acceptable.vendor,
  "class-identifier": { name: "sensor", domain: "brownout.example" },
};
const digest = { "image-digest": { from: "payload" }, "image-size": { from: "payload" } };
const fetchImage = [{ "override-parameters": { uri: acceptable.uri } }, "fetch", "image-match"];
const checks = ["vendor-identifier", "class-identifier"];

/** A manifest in the long form, complete but for what a test replaces. */
const long = (change: object): object => ({
  sequenceNumber: 2,
  components: [["app"]],
  shared: [{ "override-parameters": { ...identity, ...digest } }, ...checks],
  install: fetchImage,
  validate: ["image-match"],
  invoke: ["invoke"],
  ...change,
});

const Member = { Install: 20, Text: 23 } as const;

/** The envelope without one of its severed members. */
function withoutMember(envelope: Uint8Array, label: number): Uint8Array {
  const { bytes, authentication, manifest, severed } = readEnvelope(envelope);
  const members = [[2, authentication] as const, [3, manifest] as const, ...severed];
  const kept = members
    .filter(([key]) => key !== label)
    .map(([key, { from, to }]) => [key, bytes.slice(from, to)] as const);
  return encodeCbor(new Tagged(107, new Map(kept)));
}

const verdict = (json: object): string => judgeManifest(json).verdict;

describe("the update procedure on the device", () => {
  it("accepts the standard manifest and resets without having run the candidate", () => {
    const { verdict: said, cycle } = judgeManifest(acceptable);
    expect(said).toBe("accepted");
    expect(cycle).toMatchObject({ end: "reset", stage: "bootloader", booted: undefined });
  });

  it("refuses a candidate for another vendor, another class, another device", () => {
    expect(verdict({ ...acceptable, vendor: { domain: "other.example" } })).toBe("vendor-mismatch");
    expect(verdict({ ...acceptable, class: { name: "actuator" } })).toBe("class-mismatch");
    expect(verdict({ ...acceptable, device: uuid(deviceId.map((byte) => byte ^ 1)) })).toBe(
      "device-mismatch",
    );
    expect(verdict({ ...acceptable, device: uuid(deviceId) })).toBe("accepted");
  });

  it("refuses a component that the device does not have", () => {
    expect(verdict({ ...acceptable, component: ["radio"] })).toBe("component-unknown");
    expect(verdict({ ...acceptable, component: ["app", "x"] })).toBe("component-unknown");
  });

  it("refuses a sequence number below the floor and accepts one that equals it", () => {
    expect(judgeManifest({ ...acceptable, sequenceNumber: 6 }, { floor: 7n }).verdict).toBe(
      "sequence-too-old",
    );
    expect(judgeManifest({ ...acceptable, sequenceNumber: 7 }, { floor: 7n }).verdict).toBe("accepted");
    const large = "18446744073709551615";
    expect(judgeManifest({ ...acceptable, sequenceNumber: large }, { floor: 2n ** 63n }).verdict).toBe(
      "accepted",
    );
  });

  it("refuses an image of which one bit is wrong, or that was not delivered whole", () => {
    for (const index of [0, image.length >> 1, image.length - 1]) {
      const payload = image.slice();
      payload[index] = (payload[index] ?? 0) ^ 0x10;
      expect(judgeManifest(acceptable, { payload }).verdict).toBe("image-mismatch");
    }
    expect(judgeManifest(acceptable, { payload: image.subarray(0, -1) }).verdict).toBe("image-mismatch");
  });

  it("refuses an image that would not fit its slot", () => {
    expect(
      verdict(
        long({
          shared: [
            {
              "override-parameters": {
                ...identity,
                "image-digest": { from: "payload" },
                "image-size": 34816,
              },
            },
            ...checks,
          ],
        }),
      ),
    ).toBe("image-too-large");
  });

  it("runs an integrated payload from where it lies in the envelope", () => {
    const envelope = signed({ ...acceptable, uri: undefined, integrated: { "#app": "payload" } });
    const { verdict: said, device } = judgeEnvelope(envelope, { payload: new Uint8Array(0) });
    expect(said).toBe("accepted");
    const cycle = device.powerOn();
    expect(cycle.log.map(({ text }) => text)).toContain("firmware 1: running from slot B");
  });

  it("refuses a fragment that names no integrated payload, and one that names it in other letters", () => {
    expect(verdict({ ...acceptable, uri: "#app" })).toBe("payload-missing");
    expect(verdict({ ...acceptable, uri: "#App", integrated: { "#app": "payload" } })).toBe(
      "payload-missing",
    );
  });

  it("refuses an integrated payload whose size is not the stated one", () => {
    const shared = [
      { "override-parameters": { ...identity, "image-digest": { from: "payload" }, "image-size": 5 } },
      ...checks,
    ];
    const install = [{ "override-parameters": { uri: "#app" } }, "fetch"];
    expect(verdict(long({ shared, install, integrated: { "#app": "payload" } }))).toBe(
      "payload-size-mismatch",
    );
  });

  it("takes severed install and text members, and refuses when install is not there", () => {
    const text = { en: { "update-description": "Better." } };
    const severed = createEnvelope(
      { ...acceptable, text, severable: ["install", "text"] },
      { payload: image },
    );
    const envelope = signEnvelope(severed, trusted);
    expect(judgeEnvelope(envelope).verdict).toBe("accepted");
    expect(judgeEnvelope(withoutMember(envelope, Member.Text)).verdict).toBe("accepted");
    expect(judgeEnvelope(withoutMember(envelope, Member.Install)).verdict).toBe("severed-member-missing");
  });

  it("accepts an envelope that one of several keys signed, in any order", () => {
    const stranger = generateKey();
    const unsigned = createEnvelope(acceptable, { payload: image });
    expect(judgeEnvelope(signEnvelope(signEnvelope(unsigned, stranger), trusted)).verdict).toBe("accepted");
    expect(judgeEnvelope(signEnvelope(signEnvelope(unsigned, trusted), stranger)).verdict).toBe("accepted");
    expect(judgeEnvelope(signEnvelope(unsigned, stranger)).verdict).toBe("signature-invalid");
    expect(judgeEnvelope(unsigned).verdict).toBe("unsigned");
  });

  it("uses a key for the algorithm it is pinned to and no other", () => {
    const open = generateKey({ alg: null });
    const asEs256 = signEnvelope(createEnvelope(acceptable, { payload: image }), open, { algorithm: -7 });
    const asEsp256 = signEnvelope(createEnvelope(acceptable, { payload: image }), open, { algorithm: -9 });
    const anchor = publicKeyOf(open);
    expect(judgeEnvelope(asEs256, { anchors: [anchor] }).verdict).toBe("accepted");
    expect(judgeEnvelope(asEsp256, { anchors: [anchor] }).verdict).toBe("accepted");
    expect(judgeEnvelope(asEs256, { anchors: [{ ...anchor, alg: -9 }] }).verdict).toBe(
      "key-algorithm-mismatch",
    );
    expect(judgeEnvelope(asEsp256, { anchors: [{ ...anchor, alg: -7 }] }).verdict).toBe(
      "key-algorithm-mismatch",
    );
  });

  it("finds the right one among four trust anchors", () => {
    const anchors = [generateKey(), generateKey(), generateKey(), trusted].map(publicKeyOf);
    expect(judgeEnvelope(signed(acceptable), { anchors }).verdict).toBe("accepted");
  });

  it("refuses a manifest that never checks vendor and class, unless the policy allows it", () => {
    const careless = long({ shared: [{ "override-parameters": digest }] });
    expect(judgeManifest(careless).verdict).toBe("identity-unchecked");
    expect(judgeManifest(careless, { policy: Policy.AllowUncheckedIdentity }).verdict).toBe("accepted");
  });

  it("refuses a manifest that would invoke an image without having checked its digest", () => {
    expect(verdict(long({ validate: ["vendor-identifier"] }))).toBe("image-unchecked");
  });

  it("refuses a manifest that invokes nothing", () => {
    expect(verdict(long({ invoke: null }))).toBe("nothing-invoked");
    expect(verdict(long({ invoke: ["image-match"] }))).toBe("nothing-invoked");
  });
});

describe("command sequences on the device", () => {
  const inInstall = (...commands: unknown[]): string =>
    verdict(long({ install: [...commands, ...fetchImage] }));
  const slotIs = (slot: number): unknown[] => [
    { "override-parameters": { "component-slot": slot } },
    "component-slot",
  ];

  it("fails a condition whose parameter was never set", () => {
    expect(inInstall("device-identifier")).toBe("condition-parameter-missing");
    expect(inInstall("component-slot")).toBe("condition-parameter-missing");
    expect(verdict(long({ install: ["fetch"] }))).toBe("directive-parameter-missing");
  });

  it("knows the slot it processes: B is 1", () => {
    expect(inInstall(...slotIs(1))).toBe("accepted");
    expect(inInstall(...slotIs(0))).toBe("component-slot-mismatch");
  });

  it("always fails on abort", () => {
    expect(inInstall("abort")).toBe("manifest-aborted");
  });

  it("takes the first branch of a try-each that completes, and no later one", () => {
    expect(inInstall({ "try-each": [slotIs(0), slotIs(1)] })).toBe("accepted");
    expect(inInstall({ "try-each": [slotIs(1), ["abort"]] }, "component-slot")).toBe("accepted");
    expect(inInstall({ "try-each": [slotIs(1), slotIs(0)] }, "component-slot")).toBe("accepted");
  });

  it("keeps what a failed branch set, as no rollback is specified", () => {
    expect(inInstall({ "try-each": [slotIs(0), null] }, "component-slot")).toBe("component-slot-mismatch");
  });

  it("fails when no branch completes, unless the last one is nil", () => {
    expect(inInstall({ "try-each": [["abort"], ["abort"]] })).toBe("try-each-exhausted");
    expect(inInstall({ "try-each": [["abort"], null] })).toBe("accepted");
  });

  it("does not soften a branch that turns soft-failure off", () => {
    const hard = [{ "override-parameters": { "soft-failure": false } }, "abort"];
    expect(inInstall({ "try-each": [hard, slotIs(1)] })).toBe("manifest-aborted");
  });

  it("does not soften a failed directive, even in a try-each", () => {
    const missing = [{ "override-parameters": { uri: "#nowhere" } }, "fetch"];
    expect(inInstall({ "try-each": [missing, slotIs(1)] })).toBe("payload-missing");
  });

  it("ends a run-sequence at a soft failure and goes on behind it", () => {
    const soft = { "override-parameters": { "soft-failure": true } };
    expect(inInstall({ "run-sequence": [soft, "abort"] })).toBe("accepted");
    expect(inInstall({ "run-sequence": ["abort"] })).toBe("manifest-aborted");
    expect(inInstall({ "run-sequence": slotIs(1) })).toBe("accepted");
  });

  it("does not pass soft-failure down to a nested sequence, nor up from it", () => {
    const soft = { "override-parameters": { "soft-failure": true } };
    expect(inInstall({ "run-sequence": [soft, { "run-sequence": ["abort"] }] })).toBe("manifest-aborted");
    expect(inInstall({ "run-sequence": [{ "run-sequence": [soft] }, "abort"] })).toBe("manifest-aborted");
    expect(inInstall({ "try-each": [[{ "run-sequence": ["abort"] }], slotIs(1)] })).toBe("manifest-aborted");
  });

  it("keeps what a run-sequence set before it failed softly", () => {
    const soft = { "override-parameters": { "soft-failure": true, "component-slot": 1 } };
    expect(inInstall({ "run-sequence": [soft, "abort"] }, "component-slot")).toBe("accepted");
  });

  it("ends everything when a try-each inside a try-each is exhausted, as a failed directive does", () => {
    const exhausted = { "try-each": [["abort"], ["abort"]] };
    expect(inInstall({ "try-each": [[exhausted], slotIs(1)] })).toBe("try-each-exhausted");
    expect(inInstall({ "try-each": [[exhausted], null] })).toBe("try-each-exhausted");
  });

  it("refuses soft-failure outside of try-each and run-sequence", () => {
    expect(inInstall({ "override-parameters": { "soft-failure": true } })).toBe("soft-failure-forbidden");
  });

  it("nests sequences four deep and no deeper", () => {
    const nest = (depth: number): unknown[] =>
      depth === 0 ? slotIs(1) : [{ "run-sequence": nest(depth - 1) }];
    expect(inInstall(...nest(4))).toBe("accepted");
    expect(inInstall(...nest(5))).toBe("nesting-too-deep");
  });

  it("looks into branches that it would never take before it does anything", () => {
    expect(inInstall({ "try-each": [slotIs(1), ["wait"]] })).toBe("command-unsupported");
    expect(
      inInstall({ "try-each": [slotIs(1), [{ "override-parameters": { "minimum-battery": 1 } }]] }),
    ).toBe("parameter-unsupported");
  });

  it("refuses what it knows and does not execute, each by its own name", () => {
    for (const command of ["use-before", "image-not-match", "update-authorized", "version", "wait"]) {
      expect(inInstall(command), command).toBe("command-unsupported");
    }
  });

  it("refuses directives with side effects in the shared sequence, and invoke outside of invoke", () => {
    const shared = [
      { "override-parameters": { ...identity, ...digest, uri: acceptable.uri } },
      ...checks,
      "fetch",
    ];
    expect(verdict(long({ shared }))).toBe("shared-command-forbidden");
    expect(inInstall("invoke")).toBe("command-unsupported");
  });

  it("selects the only component by index, by true, and refuses every other index", () => {
    expect(inInstall({ "set-component-index": 0 })).toBe("accepted");
    expect(inInstall({ "set-component-index": true })).toBe("accepted");
    expect(inInstall({ "set-component-index": [0] })).toBe("accepted");
    expect(inInstall({ "set-component-index": 1 })).toBe("component-index-invalid");
    expect(inInstall({ "set-component-index": [0, 1] })).toBe("component-index-invalid");
  });
});

describe("directives that give a component its content", () => {
  const inInstall = (...commands: unknown[]): string =>
    verdict(long({ install: [...commands, ...fetchImage] }));
  const set = (parameters: object): object => ({ "override-parameters": parameters });

  it("writes content of the manifest and compares it", () => {
    const written = [set({ content: { hex: "0102" } }), "write"];
    expect(inInstall(...written, set({ "image-size": 2 }), "check-content", set(digest))).toBe("accepted");
    expect(inInstall(...written, set({ content: { hex: "0103" } }), "check-content")).toBe(
      "content-mismatch",
    );
    expect(verdict(long({ install: [set({ content: { hex: "0102" } }), "check-content"] }))).toBe(
      "content-mismatch",
    );
    expect(inInstall("check-content")).toBe("condition-parameter-missing");
    expect(inInstall("write")).toBe("directive-parameter-missing");
  });

  it("boots an image that the manifest holds as content", () => {
    const install = [set({ content: { hex: Buffer.from(image).toString("hex") } }), "write", "image-match"];
    const { verdict: said, device } = judgeManifest(long({ install }), { payload: undefined });
    expect(said).toBe("accepted");
    expect(device.powerOn().log.map(({ text }) => text)).toContain("firmware 1: running from slot B");
  });

  it("runs payload-fetch before install, and load before invoke", () => {
    const fetched = long({ payloadFetch: fetchImage, install: ["image-match"], load: ["image-match"] });
    expect(verdict(fetched)).toBe("accepted");
    expect(verdict(long({ payloadFetch: ["abort"] }))).toBe("manifest-aborted");
    expect(verdict(long({ load: ["abort"] }))).toBe("manifest-aborted");
    expect(verdict(long({ payloadFetch: ["abort"], severable: ["payload-fetch"] }))).toBe("manifest-aborted");
  });

  it("copies and swaps within the manifest, never from a component to itself or to one that is not there", () => {
    expect(inInstall("copy")).toBe("directive-parameter-missing");
    for (const command of ["copy", "swap"]) {
      expect(inInstall(set({ "source-component": 0 }), command)).toBe("component-index-invalid");
      expect(inInstall(set({ "source-component": 1 }), command)).toBe("component-index-invalid");
    }
  });
});

describe("a manifest with two components and a payload for each", () => {
  const small = "aabbccdd";
  const set = (parameters: object): object => ({ "override-parameters": parameters });
  const manifest = (install: readonly unknown[]): object => ({
    sequenceNumber: 2,
    components: [["app"], ["cfg"]],
    shared: [
      { "set-component-index": true },
      set(identity),
      ...checks,
      { "set-component-index": 0 },
      set(digest),
      { "set-component-index": 1 },
      set({ "image-digest": { from: "#cfg" }, "image-size": { from: "#cfg" } }),
    ],
    install,
    validate: [{ "set-component-index": true }, "image-match"],
    invoke: [{ "set-component-index": 0 }, "invoke"],
    integrated: { "#app": "payload", "#cfg": { hex: small } },
  });
  const fetchBoth = (first: string, second: string): unknown[] => [
    { "set-component-index": 0 },
    set({ uri: first }),
    { "set-component-index": 1 },
    set({ uri: second }),
    { "set-component-index": [1, 0] },
    "fetch",
  ];
  const options = { payload: undefined, components: ["app", "cfg"] };

  it("finds at every boot where the installation has put them", () => {
    const { verdict: said, device } = judgeManifest(manifest(fetchBoth("#app", "#cfg")), options);
    expect(said).toBe("accepted");
    expect(device.powerOn().log.map(({ text }) => text)).toContain("firmware 1: running from slot B");
  });

  it("swaps them if they were fetched the wrong way round", () => {
    const source = [{ "set-component-index": 0 }, set({ "source-component": 1 })];
    // A stated size belongs to the payload that is fetched, so it is set when the contents are in place.
    const wrong = [
      { "set-component-index": 0 },
      set({ uri: "#cfg", "image-size": 4 }),
      "fetch",
      { "set-component-index": 1 },
      set({ uri: "#app", "image-size": { from: "payload" } }),
      "fetch",
    ];
    expect(judgeManifest(manifest([...wrong, ...source, "swap"]), options).verdict).toBe("accepted");
    expect(judgeManifest(manifest(wrong), options).verdict).toBe("payload-size-mismatch");
    expect(judgeManifest(manifest([...wrong, ...source, "copy"]), options).verdict).toBe(
      "payload-size-mismatch",
    );
  });

  it("visits components in the order of the list, each once", () => {
    const order = (list: readonly number[]): string =>
      judgeManifest(
        manifest([
          ...fetchBoth("#app", "#cfg"),
          { "set-component-index": 0 },
          set({ "source-component": 1 }),
          { "set-component-index": 1 },
          set({ "source-component": 0 }),
          { "set-component-index": list },
          "copy",
          { "set-component-index": list[0] },
          set({ content: { hex: small } }),
          { "try-each": [["check-content"], ["abort"]] },
        ]),
        options,
      ).verdict;
    // 0 := 1 first makes both the small one; 1 := 0 first makes both the image.
    expect(order([0, 1])).toBe("payload-size-mismatch");
    expect(order([1, 0])).toBe("try-each-exhausted");
    expect(order([0, 0])).toBe("argument-malformed");
  });
});

describe("a manifest with two components", () => {
  const two = (change: object): object => ({
    sequenceNumber: 2,
    components: [["app"], ["cfg"]],
    shared: [
      { "set-component-index": true },
      { "override-parameters": { ...identity, ...digest } },
      ...checks,
    ],
    install: [{ "set-component-index": true }, ...fetchImage],
    validate: [{ "set-component-index": true }, "image-match"],
    invoke: [{ "set-component-index": 0 }, "invoke"],
    ...change,
  });
  const judge = (change: object): string =>
    judgeManifest(two(change), { components: ["app", "cfg"] }).verdict;

  it("is processed component by component", () => {
    expect(judge({})).toBe("accepted");
  });

  it("has to select one before anything else", () => {
    expect(judge({ validate: ["image-match"] })).toBe("component-index-invalid");
  });

  it("keeps a set of parameters for each", () => {
    const wrong = "00".repeat(32);
    const spoil = (index: number): unknown[] => [
      { "set-component-index": index },
      { "override-parameters": { "image-digest": { "sha-256": wrong } } },
      { "set-component-index": 0 },
      "image-match",
    ];
    expect(judge({ validate: [...spoil(1)], invoke: [{ "set-component-index": 0 }, "invoke"] })).toBe(
      "accepted",
    );
    expect(judge({ validate: [...spoil(0)] })).toBe("image-mismatch");
  });

  it("runs a nested sequence once for each selected component, which is selected alone inside", () => {
    const soft = { "override-parameters": { "soft-failure": true } };
    expect(judge({ install: [{ "set-component-index": true }, { "run-sequence": fetchImage }] })).toBe(
      "accepted",
    );
    expect(
      judge({
        install: [{ "set-component-index": true }, { "run-sequence": [soft, "abort"] }, ...fetchImage],
      }),
    ).toBe("accepted");
    const inner = [{ "set-component-index": 1 }, "image-match"];
    expect(judge({ install: [{ "set-component-index": 0 }, { "run-sequence": inner }, ...fetchImage] })).toBe(
      "accepted",
    );
  });

  it("is refused when there are three, or the same one twice", () => {
    expect(judge({ components: [["app"], ["cfg"], ["x"]] })).toBe("too-many-components");
    expect(judge({ components: [["app"], ["app"]] })).toBe("component-malformed");
  });
});
