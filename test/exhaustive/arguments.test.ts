/**
 * invoke-args and fetch-arguments on the device, in a build that has them (draft-ietf-suit-manifest-37
 * §8.4.8.12, §8.4.8.13): what an image is started with, and where in a payload a component's content begins.
 */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { stripCustomSections } from "../../emulator/wasm/strip.ts";
import { compileModule } from "../../host/build/compile.ts";
import { createEnvelope } from "../../host/manifest/create.ts";
import { signEnvelope } from "../../host/manifest/sign.ts";
import { acceptable, judgeEnvelope, trusted } from "../candidate.ts";
import { readWasm } from "../wasm-file.ts";

const bootloader = readWasm("bootloader-managed");
const listening = {
  name: "listening",
  source: "assembly/testing/argument-firmware.ts",
  target: "small",
} as const;
const image = stripCustomSections((await compileModule(listening, [], false)).module);
const settings = Uint8Array.from({ length: 300 }, (_, index) => (11 * index) & 0xff);

const identity = {
  "vendor-identifier": acceptable.vendor,
  "class-identifier": { ...acceptable.class, ...acceptable.vendor },
};
const checks = ["vendor-identifier", "class-identifier"];
const override = (parameters: object): object => ({ "override-parameters": parameters });
const select = (index: number | boolean): object => ({ "set-component-index": index });
const described = (bytes: Uint8Array): object => ({
  "image-digest": { "sha-256": createHash("sha256").update(bytes).digest("hex") },
  "image-size": bytes.length,
});
const args = (text: string): object => override({ "invoke-args": { text } });
const uri = { uri: acceptable.uri };
const offset = (bytes: number): object => ({ "fetch-arguments": { offset: bytes } });

/** An update of the application, of which tests change members. */
const update = (change: object): object => ({
  sequenceNumber: 2,
  components: [["app"]],
  shared: [override({ ...identity, ...described(image) }), ...checks],
  install: [override({ uri: acceptable.uri }), "fetch", "image-match"],
  validate: ["image-match"],
  invoke: ["invoke"],
  ...change,
});

/** An update of the application and of its settings; both are fetched by the commands given for each. */
const both = (ofApp: object, ofSettings: object, change: object = {}): object => ({
  ...update({}),
  components: [["app"], ["cfg"]],
  shared: [
    select(true),
    override(identity),
    ...checks,
    select(0),
    override(described(image)),
    select(1),
    override(described(settings)),
  ],
  install: [
    select(0),
    override(ofApp),
    "fetch",
    select(1),
    override(ofSettings),
    "fetch",
    select(true),
    "image-match",
  ],
  validate: [select(true), "image-match"],
  invoke: [select(0), "invoke"],
  ...change,
});

interface Outcome {
  readonly verdict: string;
  /** The last line of the boot after the judgement. */
  readonly said: string | undefined;
}

function stage(json: object, payload: Uint8Array = image): Outcome {
  const envelope = signEnvelope(createEnvelope(json, { payload: image }), trusted);
  const { verdict, device } = judgeEnvelope(envelope, { bootloader, payload, components: ["app", "cfg"] });
  const { log, violations } = device.powerOn();
  expect(violations).toEqual([]);
  return { verdict, said: log.at(-1)?.text };
}

describe("invoke-args", () => {
  it("are read by the image that is invoked", () => {
    const outcome = stage(update({ invoke: [args("mode=2"), "invoke"] }));
    expect(outcome).toEqual({ verdict: "accepted", said: "mode=2" });
  });

  it("are nothing where none are set, or set to nothing", () => {
    expect(stage(update({}))).toEqual({ verdict: "accepted", said: "" });
    expect(stage(update({ invoke: [args(""), "invoke"] }))).toEqual({ verdict: "accepted", said: "" });
  });

  it("are those of the component that is invoked, as last set", () => {
    const invoke = [
      select(1),
      args("of the settings"),
      select(0),
      args("first"),
      args("of the app"),
      "invoke",
    ];
    const outcome = stage(
      both({ ...uri, ...offset(0) }, { ...uri, ...offset(image.length) }, { invoke }),
      joined(image, settings),
    );
    expect(outcome).toEqual({ verdict: "accepted", said: "of the app" });
    const others = [select(1), args("of the settings"), select(0), "invoke"];
    expect(
      stage(
        both({ ...uri, ...offset(0) }, { ...uri, ...offset(image.length) }, { invoke: others }),
        joined(image, settings),
      ).said,
    ).toBe("");
  });

  it("are set anew at every boot: what only the update has set is forgotten", () => {
    const install = [args("once"), override({ uri: acceptable.uri }), "fetch", "image-match"];
    expect(stage(update({ install })).said).toBe("");
    expect(stage(update({ install, load: [args("loaded")] })).said).toBe("loaded");
  });

  it("may be as long as the envelope has room for", () => {
    const long = "x".repeat(2000);
    expect(stage(update({ invoke: [args(long), "invoke"] })).said).toBe(long);
  });
});

describe("fetch-arguments", () => {
  it("say where in what was delivered each component begins", () => {
    const payload = joined(settings, image);
    const ofApp = { ...uri, ...offset(settings.length) };
    expect(stage(both(ofApp, uri), payload)).toEqual({ verdict: "accepted", said: "" });
    expect(stage(both(uri, uri), payload).verdict).toBe("image-mismatch");
    expect(stage(both({ ...uri, ...offset(settings.length + 1) }, uri), payload).verdict).toBe(
      "image-mismatch",
    );
  });

  it("say where in an integrated payload each component begins", () => {
    const payload = joined(settings, image);
    const integrated = { "#both": { hex: Buffer.from(payload).toString("hex") } };
    const inside = { uri: "#both" };
    const fetching = (ofApp: object, ofSettings: object): string =>
      stage(both(ofApp, ofSettings, { integrated })).verdict;
    const ofApp = { ...inside, ...offset(settings.length) };
    // Without arguments the payload is the component's and has its size; with an offset of 0, image-size ends it.
    expect(fetching(ofApp, inside)).toBe("payload-size-mismatch");
    expect(fetching(ofApp, { ...inside, ...offset(0) })).toBe("accepted");
    expect(fetching({ ...inside, ...offset(payload.length) }, { ...inside, ...offset(0) })).toBe(
      "payload-size-mismatch",
    );
    const turned = { "#both": { hex: Buffer.from(joined(Uint8Array.of(0), payload)).toString("hex") } };
    const later = { ...inside, ...offset(settings.length + 1) };
    expect(stage(both(later, { ...inside, ...offset(1) }, { integrated: turned }))).toEqual({
      verdict: "accepted",
      said: "",
    });
    expect(fetching({ ...inside, ...offset(settings.length + 1) }, ofApp)).toBe("payload-size-mismatch");
    expect(fetching({ ...inside, ...offset(payload.length + 1) }, ofApp)).toBe("payload-size-mismatch");
    expect(fetching({ ...inside, ...offset(0xffff_ffff) }, ofApp)).toBe("payload-size-mismatch");
  });

  it("may not lead out of the slot", () => {
    for (const bytes of [60_000, 120_000, 0x7fff_ffff, 0xffff_ffff]) {
      expect(stage(both({ ...uri, ...offset(bytes) }, uri)).verdict, String(bytes)).toBe("image-too-large");
    }
  });

  it("are an offset below 2^32 and nothing else", () => {
    const taking = (hex: string): string =>
      stage(update({ install: [override({ ...uri, "fetch-arguments": { hex } }), "fetch", "image-match"] }))
        .verdict;
    expect(taking("00")).toBe("accepted");
    for (const hex of ["", "20", "1b0000000100000000", "1800", "0000", "a0", "40", "f6"]) {
      expect(taking(hex), hex).toBe("argument-unsupported");
    }
  });
});

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}
