/**
 * The examples of draft-ietf-suit-manifest-37, judged by the bootloader inside the emulated device.
 */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { Status } from "../../assembly/status.ts";
import { checkedKey, generateKey } from "../../host/keys/key.ts";
import { DeviceJudge } from "../device-judge.ts";
import { fromHex, loadVectors } from "../vectors.ts";

const Examples = z.object({
  vectors: z.array(
    z.object({
      name: z.string(),
      hex: z.string(),
      key: z.object({ x: z.string(), y: z.string() }).nullable(),
    }),
  ),
});

const Derived = z.object({ vectors: z.array(z.object({ name: z.string(), hex: z.string() })) });

const derived = loadVectors("suit-manifest-mti-derived", Derived)?.vectors ?? [];
const examples = loadVectors("suit-manifest-37", Examples)?.vectors ?? [];
const published = examples.find(({ key }) => key !== null)?.key;

describe.skipIf(!published)("the bootloader and the draft-37 examples", () => {
  const coordinates = { x: fromHex(published?.x ?? ""), y: fromHex(published?.y ?? "") };
  const key = (): ReturnType<typeof checkedKey> => checkedKey(coordinates, "published key");

  it.each(examples)("judges $name as published", ({ hex, key: signer }) => {
    const status = new DeviceJudge([key()]).verify(fromHex(hex));
    expect(status).toBe(signer === null ? Status.Unsigned : Status.Ok);
  });

  it.each(examples.filter(({ key: signer }) => signer !== null))(
    "refuses $name under another key",
    ({ hex }) => {
      expect(new DeviceJudge([generateKey({ alg: -7 })]).verify(fromHex(hex))).toBe(Status.SignatureInvalid);
    },
  );

  it.each(examples.filter(({ key: signer }) => signer !== null))(
    "refuses $name, signed with ES256, under a key that is pinned to ESP256",
    ({ hex }) => {
      expect(new DeviceJudge([{ ...key(), alg: -9 }]).verify(fromHex(hex))).toBe(Status.KeyAlgorithmMismatch);
    },
  );

  it.each(examples.filter(({ key: signer }) => signer !== null))(
    "refuses $name with any one of its bits flipped",
    ({ hex }) => {
      const judge = new DeviceJudge([key()]);
      const envelope = fromHex(hex);
      for (let bit = 0; bit < envelope.length * 8; bit += 1) {
        const flipped = envelope.slice();
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(judge.verify(flipped), `bit ${bit}`).not.toBe(Status.Ok);
      }
    },
  );

  it("refuses every example when it has no trust anchor", () => {
    for (const { hex, key: signer } of examples) {
      const expected = signer === null ? Status.Unsigned : Status.KeyAlgorithmMismatch;
      expect(new DeviceJudge([]).verify(fromHex(hex))).toBe(expected);
    }
  });
});

describe.skipIf(derived.length === 0)(
  "the bootloader and the draft-37 examples with other algorithms",
  () => {
    it.each(derived)("refuses $name, whose algorithm it does not have", ({ name, hex }) => {
      const expected = name.includes("hmac") ? Status.CoseUnsupported : Status.AlgorithmUnsupported;
      expect(new DeviceJudge([generateKey()]).verify(fromHex(hex))).toBe(expected);
    });
  },
);
