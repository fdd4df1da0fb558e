/**
 * Two independent readers of the same bytes: the bootloader's Wasm on the device, and the host. Every cut and
 * every flipped bit; agreement.property.test.ts does what is signed again.
 */
import { describe, expect, it } from "vitest";
import type { Status } from "../../assembly/status.ts";
import { generateKey } from "../../host/keys/key.ts";
import { createEnvelope } from "../../host/manifest/create.ts";
import { signEnvelope } from "../../host/manifest/sign.ts";
import { verifyEnvelope } from "../../host/manifest/verify.ts";
import { statusText } from "../../host/status-text.ts";
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
});
