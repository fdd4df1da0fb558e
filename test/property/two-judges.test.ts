/**
 * Two independent readers of the same bytes: the bootloader's Wasm on the device, and the host.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Status } from "../../assembly/status.ts";
import { generateKey } from "../../host/keys/key.ts";
import { encodeCbor, Tagged } from "../../host/manifest/cbor-writer.ts";
import { createEnvelope } from "../../host/manifest/create.ts";
import { encodeDigest } from "../../host/manifest/digest.ts";
import { readEnvelope } from "../../host/manifest/envelope.ts";
import { signEnvelope } from "../../host/manifest/sign.ts";
import { verifyEnvelope } from "../../host/manifest/verify.ts";
import { STATUS_TEXT, statusText } from "../../host/status-text.ts";
import { DeviceJudge } from "../device-judge.ts";

const key = generateKey();
const judge = new DeviceJudge([key]);
const payload = Uint8Array.from({ length: 100 }, (_, index) => index);

const base = {
  sequenceNumber: 7,
  component: ["app"],
  vendor: { domain: "brownout.example" },
  class: { name: "a" },
};
const manifests: readonly object[] = [
  base,
  { ...base, integrated: { "#payload": "payload" } },
  { ...base, severable: ["install", "text"], text: { en: { "manifest-description": "An update." } } },
  {
    ...base,
    referenceUri: "coap://example/envelope",
    install: [
      {
        "try-each": [[{ "override-parameters": { "component-slot": 0 } }, "component-slot"], ["abort"], null],
      },
      { "run-sequence": [{ "override-parameters": { "soft-failure": true } }, "abort"] },
      { "override-parameters": { uri: "#payload" } },
      "fetch",
      "image-match",
    ],
  },
];
const envelopes = manifests.map((manifest) => signEnvelope(createEnvelope(manifest, { payload }), key));

const codeOf = (status: Status): string => statusText(status)?.code ?? `unknown status ${status}`;

const agree = (bytes: Uint8Array): void => {
  const host = verifyEnvelope(bytes, [key]);
  const device = codeOf(judge.verify(bytes));
  expect({ hex: Buffer.from(bytes).toString("hex"), reason: device }).toEqual({
    hex: Buffer.from(bytes).toString("hex"),
    reason: host.reason,
  });
};

describe("the device and the host", () => {
  it("accept the same envelopes", () => {
    for (const envelope of envelopes) {
      expect(codeOf(judge.verify(envelope))).toBe("ok");
      agree(envelope);
    }
  });

  it("give the same reason for every envelope that is cut short", () => {
    for (const envelope of envelopes) {
      for (let length = 0; length < envelope.length; length += 1) agree(envelope.subarray(0, length));
    }
  });

  it("give the same reason for every single flipped bit", () => {
    for (const envelope of envelopes.slice(2)) {
      for (let bit = 0; bit < envelope.length * 8; bit += 1) {
        const flipped = envelope.slice();
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        agree(flipped);
      }
    }
  });

  it("give the same reason for envelopes with bytes replaced, inserted and removed", () => {
    const edit = fc.tuple(fc.nat(), fc.nat({ max: 3 }), fc.uint8Array({ maxLength: 3 }));
    fc.assert(
      fc.property(
        fc.constantFrom(...envelopes),
        fc.array(edit, { minLength: 1, maxLength: 3 }),
        (envelope, edits) => {
          let bytes = [...envelope];
          for (const [position, removed, inserted] of edits) {
            const index = position % (bytes.length + 1);
            bytes = [...bytes.slice(0, index), ...inserted, ...bytes.slice(index + removed)];
          }
          agree(Uint8Array.from(bytes));
        },
      ),
      { numRuns: 3000 },
    );
  });

  it("accept and refuse the same manifests when each damaged one is properly signed", () => {
    const telling = [
      0, 1, 2, 3, 5, 7, 12, 14, 15, 20, 21, 23, 24, 32, 0x18, 0x40, 0x41, 0x80, 0x81, 0xa0, 0xf5, 0xf6,
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...envelopes),
        fc.array(fc.tuple(fc.nat(), fc.constantFrom(...telling)), { minLength: 1, maxLength: 2 }),
        (envelope, edits) => {
          const manifest = manifestOf(envelope);
          for (const [position, byte] of edits) manifest[position % manifest.length] = byte;
          const bytes = resigned(envelope, manifest);
          const host = verifyEnvelope(bytes, [key]);
          const device = judge.verify(bytes);
          const hex = Buffer.from(bytes).toString("hex");
          expect({ hex, ok: device === Status.Ok }).toEqual({ hex, ok: host.ok });
          // Of several mistakes each names the first on its own way: in bytes that follow no grammar, and
          // in a manifest with severed members, which the device reads first and the host last.
          const isMalformed = [host.reason, codeOf(device)].some((code) => malformedCodes.has(code));
          if (isMalformed || readEnvelope(bytes).severed.size > 0) return;
          expect({ hex, reason: codeOf(device) }).toEqual({ hex, reason: host.reason });
        },
      ),
      { numRuns: 4000 },
    );
  });
});

/** Codes of the statuses that say that bytes are not what the grammar allows: group 0x01. */
const malformedCodes = new Set<string>(
  Object.entries(STATUS_TEXT)
    .filter(([status]) => Number(status) >> 8 === 1)
    .map(([, { code }]) => code),
);

function manifestOf(envelope: Uint8Array): Uint8Array {
  const { manifest } = readEnvelope(envelope);
  return envelope.slice(manifest.from, manifest.to);
}

/** The envelope with another manifest, its digest and signature in order. */
function resigned(envelope: Uint8Array, manifest: Uint8Array): Uint8Array {
  const wrapper = encodeCbor([encodeDigest(encodeCbor(manifest))]);
  const severed = [...readEnvelope(envelope).severed].map(
    ([label, { from, to }]) => [label, envelope.slice(from, to)] as const,
  );
  const members = new Map<number, Uint8Array>([[2, wrapper], [3, manifest], ...severed]);
  return signEnvelope(encodeCbor(new Tagged(107, members)), key);
}
