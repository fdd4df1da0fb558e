/**
 * What holds of envelopes whatever is in them.
 */
import { cdeDecodeOptions, decode } from "cbor2";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Status } from "../../assembly/status.ts";
import { generateKey, publicKeyOf } from "../../host/keys/key.ts";
import { CborReader } from "../../host/manifest/cbor-reader.ts";
import { encodeCbor, type Cbor } from "../../host/manifest/cbor-writer.ts";
import type { CommandJson } from "../../host/manifest/command-json.ts";
import { createEnvelope } from "../../host/manifest/create.ts";
import { readEnvelope } from "../../host/manifest/envelope.ts";
import { inspectEnvelope } from "../../host/manifest/inspect.ts";
import { Refusal } from "../../host/manifest/refusal.ts";
import { signEnvelope } from "../../host/manifest/sign.ts";
import { verifyEnvelope } from "../../host/manifest/verify.ts";
import { DeviceJudge } from "../device-judge.ts";
import { toHex } from "../vectors.ts";

const key = generateKey();
const anchors = [publicKeyOf(key)];

const policy = fc.integer({ min: 0, max: 15 }).map((bits) => ({ policy: bits }));
const parameters = fc
  .record(
    {
      "vendor-identifier": fc.uuid(),
      "class-identifier": fc.uuid(),
      "image-digest": fc.constant({ from: "payload" }),
      "image-size": fc.oneof(fc.nat(), fc.constant({ from: "payload" })),
      "component-slot": fc.nat({ max: 3 }),
      "strict-order": fc.boolean(),
      uri: fc.string(),
    },
    { requiredKeys: ["uri"] },
  )
  .map((values) => ({ "override-parameters": values }));
const plain = fc.oneof(
  fc
    .constantFrom("image-match", "component-slot", "vendor-identifier", "abort")
    .map((name) => ({ name }))
    .chain(({ name }) =>
      fc.oneof(
        fc.constant<CommandJson>(name),
        policy.map((argument): CommandJson => ({ [name]: argument })),
      ),
    ),
  parameters,
  fc.constant<CommandJson>({ "set-component-index": 0 }),
);
const { sequence } = fc.letrec<{ sequence: CommandJson[]; command: CommandJson }>((tie) => ({
  sequence: fc.array(tie("command"), { minLength: 1, maxLength: 3 }),
  command: fc.oneof(
    { depthSize: "small", maxDepth: 2 },
    plain,
    fc.array(tie("sequence"), { minLength: 2, maxLength: 3 }).map((branches) => ({ "try-each": branches })),
    tie("sequence").map((nested) => ({ "run-sequence": nested })),
  ),
}));

const manifest = fc
  .record(
    {
      sequenceNumber: fc.oneof(fc.nat(), fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }).map(String)),
      components: fc.array(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 1 }),
      shared: sequence,
      validate: sequence,
      install: sequence,
      invoke: sequence,
      text: fc.record({ en: fc.record({ "manifest-description": fc.string() }) }),
      referenceUri: fc.webUrl(),
      // JSON tools do not keep a member of this one name, so it is refused.
      integrated: fc.dictionary(
        fc.string({ minLength: 1 }).filter((name) => name !== "__proto__"),
        fc.constant("payload"),
        { maxKeys: 2 },
      ),
    },
    { requiredKeys: ["sequenceNumber", "components", "validate"] },
  )
  .chain((json) =>
    fc
      .subarray(["install", "text"].filter((name) => name in json))
      .map((severable) => ({ ...json, severable })),
  );

const item = fc.letrec<{ item: Cbor }>((tie) => ({
  item: fc.oneof(
    { depthSize: "small" },
    fc.bigInt({ min: -(1n << 63n), max: (1n << 64n) - 1n }),
    fc.uint8Array({ maxLength: 30 }),
    fc.string(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("item"), { maxLength: 4 }),
    fc.array(fc.tuple(fc.nat(), tie("item")), { maxLength: 4 }).map((pairs) => new Map<Cbor, Cbor>(pairs)),
  ),
})).item;

/** Whether a reader takes one item that fills the bytes. */
function reads(bytes: Uint8Array): boolean {
  const reader = new CborReader(bytes);
  try {
    reader.skip("the item");
    reader.finish("the item");
    return true;
  } catch (error) {
    if (error instanceof Refusal) return false;
    throw error;
  }
}

describe("an envelope made from JSON", () => {
  it("verifies once it is signed, whatever the supported commands in it, on the device too", () => {
    const judge = new DeviceJudge(anchors);
    fc.assert(
      fc.property(manifest, fc.uint8Array({ maxLength: 50 }), (json, payload) => {
        const envelope = signEnvelope(createEnvelope(json, { payload }), key);
        expect(verifyEnvelope(envelope, anchors)).toMatchObject({ reason: "ok" });
        expect(judge.verify(envelope)).toBe(Status.Ok);
        expect(inspectEnvelope(envelope).description.sequenceNumber?.toString()).toBe(
          BigInt(json.sequenceNumber).toString(),
        );
      }),
      { numRuns: 60 },
    );
  });

  it("is deterministic CBOR all the way down for cbor2 as well", () => {
    fc.assert(
      fc.property(manifest, (json) => {
        const envelope = createEnvelope(json, { payload: new Uint8Array(3) });
        expect(() => decode(envelope, cdeDecodeOptions)).not.toThrow();
        const { manifest: span } = readEnvelope(envelope);
        expect(() => decode(envelope.slice(span.from, span.to), cdeDecodeOptions)).not.toThrow();
      }),
      { numRuns: 50 },
    );
  });
});

describe("a signed envelope", () => {
  const payload = Uint8Array.from({ length: 24 }, (_, index) => index * 7);
  const json = {
    sequenceNumber: 3,
    component: "app",
    vendor: { domain: "example.com" },
    class: { name: "sensor" },
    severable: ["install", "text"],
    text: { en: { "update-description": "Faster." } },
    integrated: { "#app": "payload" },
  };
  const signed = signEnvelope(createEnvelope(json, { payload }), key);

  it("is refused with any one bit flipped, except in the name and bytes of an integrated payload", () => {
    // Nobody signs those: the envelope's map is outside of the manifest, and image-match on the
    // device decides about the bytes. Everything before them is covered.
    const [integrated] = readEnvelope(signed).integrated;
    const covered = integrated?.keyStart ?? signed.length;
    for (let bit = 0; bit < covered * 8; bit++) {
      const flipped = signed.slice();
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const verdict = verifyEnvelope(flipped, anchors);
      expect(verdict.ok, `bit ${bit}: ${verdict.message}`).toBe(false);
    }
  });

  it("is refused at every length but its own", () => {
    for (let length = 0; length < signed.length; length++) {
      expect(verifyEnvelope(signed.subarray(0, length), anchors).ok).toBe(false);
    }
    expect(verifyEnvelope(Uint8Array.from([...signed, 0]), anchors).reason).toBe("cbor-trailing");
  });
});

describe("any bytes", () => {
  const edited = fc
    .tuple(manifest, fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 4 }))
    .map(([json, edits]) => {
      const bytes = createEnvelope(json, { payload: new Uint8Array(5) });
      for (const [position, byte] of edits) bytes[position % bytes.length] = byte;
      return bytes;
    });
  const anything = fc.oneof(fc.uint8Array({ maxLength: 200 }), edited, item.map(encodeCbor));

  it("get a verdict with a reason and a sentence, and never an exception", () => {
    fc.assert(
      fc.property(anything, (bytes) => {
        const { ok, reason, message } = verifyEnvelope(bytes, anchors);
        expect(ok).toBe(false);
        expect(reason).toMatch(/^[a-z-]+$/);
        expect(message).toMatch(/\(byte \d+\)\.$/);
      }),
      { numRuns: 1000 },
    );
  });

  it("get an inspection whose hex is exactly the bytes, and never an exception", () => {
    fc.assert(
      fc.property(anything, (bytes) => {
        const { annotatedHex, text } = inspectEnvelope(bytes);
        const dumped = annotatedHex.split("\n").map((line) => line.slice(6, 54).replaceAll(" ", ""));
        expect(dumped.join("")).toBe(toHex(bytes));
        expect(text).toContain(`SUIT envelope, ${bytes.length} bytes`);
      }),
      { numRuns: 300 },
    );
  });
});

describe("the CBOR reader", () => {
  it("reads every item that the writer writes, and refuses it cut short", () => {
    fc.assert(
      fc.property(item, (value) => {
        const bytes = encodeCbor(value);
        expect(reads(bytes)).toBe(true);
        expect(reads(bytes.subarray(0, bytes.length - 1))).toBe(false);
      }),
    );
  });

  it("refuses nothing of definite length and shortest form that cbor2 accepts, and accepts no more", () => {
    // Only for items without text, floats and maps: the reader checks neither UTF-8 nor the width of
    // floats, and map keys are checked where a map is read and not where it is skipped.
    const head = fc.tuple(fc.constantFrom(0, 1, 2, 4, 6), fc.integer({ min: 0, max: 31 }));
    const heads = fc.array(
      head.map(([major, information]) => (major << 5) | information),
      { minLength: 1, maxLength: 6 },
    );
    const options = {
      requirePreferred: true,
      rejectStreaming: true,
      ignoreGlobalTags: true,
      tags: new Map(),
    };
    fc.assert(
      fc.property(heads, (bytes) => {
        let accepted = true;
        try {
          decode(Uint8Array.from(bytes), options);
        } catch {
          accepted = false;
        }
        expect(reads(Uint8Array.from(bytes))).toBe(accepted);
      }),
      { numRuns: 2000 },
    );
  });
});
