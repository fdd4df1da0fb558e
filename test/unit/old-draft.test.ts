/**
 * Envelopes of older drafts, whose manifest version was 1 as well: refused as such by both readers, before
 * any of their keys is taken for what it means today.
 */
import { describe, expect, it } from "vitest";
import { publicKeyOf } from "../../host/keys/key.ts";
import { encodeCbor, Tagged, type Cbor } from "../../host/manifest/cbor-writer.ts";
import { digestItem, encodeDigest } from "../../host/manifest/digest.ts";
import { signatureBlock } from "../../host/manifest/sign.ts";
import { verifyEnvelope } from "../../host/manifest/verify.ts";
import { statusText } from "../../host/status-text.ts";
import { DeviceJudge } from "../device-judge.ts";
import { envelope, envelopeAround, KEY, map, sequence } from "./manifest-fixture.ts";

const anchor = publicKeyOf(KEY);
const judge = new DeviceJudge([anchor]);

const OLD_SHA_256 = 2;
const common = encodeCbor(map([2, [[Uint8Array.of(0)]]], [4, sequence(1, 15, 2, 15)]));
const fetching = sequence(21, 2, 3, 15);
const checking = sequence(3, 15);
const running = sequence(23, 2);

/** Drafts to -16: 7 dependency resolution, 8 payload fetch, 9 install, 10 validate, 11 load, 12 run. */
const drafts16: readonly (readonly [string, readonly (readonly [Cbor, Cbor])[]])[] = [
  [
    "that only boots",
    [
      [10, checking],
      [12, running],
    ],
  ],
  [
    "that installs",
    [
      [9, fetching],
      [10, checking],
      [12, running],
    ],
  ],
  [
    "that fetches first",
    [
      [8, fetching],
      [9, checking],
      [10, checking],
      [12, running],
    ],
  ],
  [
    "that resolves dependencies",
    [
      [7, fetching],
      [9, checking],
      [10, checking],
    ],
  ],
  [
    "whose install is severed",
    [
      [9, digestItem(encodeCbor(fetching))],
      [10, checking],
      [12, running],
    ],
  ],
  [
    "with a text",
    [
      [10, checking],
      [12, running],
      [13, digestItem(new Uint8Array(1))],
    ],
  ],
];
/** Drafts -17 to -26: install is 17, and 16 fetches. */
const drafts26: readonly (readonly [string, readonly (readonly [Cbor, Cbor])[]])[] = [
  [
    "that installs",
    [
      [7, checking],
      [9, running],
      [17, fetching],
    ],
  ],
  [
    "that fetches first",
    [
      [7, checking],
      [9, running],
      [16, fetching],
      [17, checking],
    ],
  ],
  [
    "whose install is severed",
    [
      [7, checking],
      [9, running],
      [17, digestItem(encodeCbor(fetching))],
    ],
  ],
];

const manifestOf = (sections: readonly (readonly [Cbor, Cbor])[]): Uint8Array =>
  encodeCbor(map([1, 1], [2, 7], [3, common], ...sections));

function expectTooOld(bytes: Uint8Array): void {
  expect(statusText(judge.verify(bytes))?.code).toBe("draft-too-old");
  const verdict = verifyEnvelope(bytes, [anchor]);
  expect(verdict).toMatchObject({ ok: false, reason: "draft-too-old" });
  expect(verdict.message).toMatch(/before|algorithm 2/);
}

describe("device and host refuse as too old", () => {
  it.each(drafts16)("a signed manifest of drafts -14 to -16 %s", (_, sections) => {
    expectTooOld(envelopeAround(manifestOf(sections)));
  });

  it.each(drafts26)("a signed manifest of drafts -17 to -26 %s", (_, sections) => {
    expectTooOld(envelopeAround(manifestOf(sections)));
  });

  it.each([7, 8, 9, 10, 11, 12, 13, 17])("an envelope with the member %i of old drafts", (label) => {
    expectTooOld(envelope({ envelope: [[label, fetching]] }));
  });

  it("an envelope with a delegation chain, key 1", () => {
    expectTooOld(encodeCbor(new Tagged(107, map([1, sequence(1)], [2, sequence(1)], [3, sequence(1)]))));
  });

  it("an envelope without tag 107, as drafts to -13 had none, whatever is in it", () => {
    expectTooOld(envelope().subarray(2));
    for (const [, sections] of drafts16) expectTooOld(envelopeAround(manifestOf(sections)).subarray(2));
  });

  it("an envelope that states its digest with algorithm 2, as drafts to -12 did", () => {
    const manifest = manifestOf([
      [9, fetching],
      [10, checking],
    ]);
    const digest = encodeCbor([OLD_SHA_256, encodeDigest(encodeCbor(manifest)).subarray(-32)]);
    expectTooOld(envelopeAround(manifest, { digest, blocks: () => [signatureBlock(digest, KEY, -9)] }));
  });

  it("a signed manifest that states the digest of an image or of a severed member with algorithm 2", () => {
    const old = [OLD_SHA_256, new Uint8Array(32)];
    expectTooOld(envelope({ manifest: [[7, sequence(20, map([3, encodeCbor(old)]), 3, 15)]] }));
    expectTooOld(envelope({ manifest: [[20, old]] }));
  });
});

describe("device and host accept", () => {
  it("a manifest of drafts -17 to -26 that only boots, which is what the present draft has", () => {
    const bytes = envelopeAround(
      manifestOf([
        [7, checking],
        [9, running],
      ]),
    );
    expect(statusText(judge.verify(bytes))?.code).toBe("ok");
    expect(verifyEnvelope(bytes, [anchor]).reason).toBe("ok");
  });
});
