/**
 * Ed25519 on the device: printed examples, every kind of refusal, and messages in pieces.
 */
import { describe, expect, it } from "vitest";
import { Status } from "../../assembly/status.ts";
import { Ed25519Module, ed25519Builds, littleEndian } from "../ed25519-module.ts";
import { prime } from "../ed25519-reference.ts";
import { fromHex } from "../vectors.ts";

/** RFC 8032 §7.1, TEST 1 to TEST 3. */
const printed = [
  {
    name: "TEST 1",
    key: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    message: "",
    signature:
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
  },
  {
    name: "TEST 2",
    key: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    message: "72",
    signature:
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
  },
  {
    name: "TEST 3",
    key: "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
    message: "af82",
    signature:
      "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
  },
].map(({ name, key, message, signature }) => ({
  name,
  key: fromHex(key),
  message: fromHex(message),
  signature: fromHex(signature),
}));

describe.each(ed25519Builds)("Ed25519 on the device, %s", (build) => {
  const device = new Ed25519Module(build);
  const [, , third] = printed;
  if (!third) throw new Error("there are three examples");
  const { key, message, signature } = third;

  it.each(printed)("accepts $name of RFC 8032", (example) => {
    expect(device.verify(example.key, example.message, example.signature)).toBe(Status.Ok);
  });

  it("rejects each example's signature under the others' keys and messages", () => {
    for (const one of printed) {
      for (const other of printed.filter((example) => example !== one)) {
        expect(device.verify(other.key, one.message, one.signature)).toBe(Status.SignatureInvalid);
        expect(device.verify(one.key, other.message, one.signature)).toBe(Status.SignatureInvalid);
        expect(device.verify(one.key, one.message, other.signature)).toBe(Status.SignatureInvalid);
      }
    }
  });

  it("rejects a signature with any bit flipped", () => {
    for (let bit = 0; bit < 512; bit += 3) {
      const flipped = Uint8Array.from(signature);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(device.verify(key, message, flipped)).not.toBe(Status.Ok);
    }
  });

  it("leaves a residue of 0 only after a genuine signature, and only for that one", () => {
    const fresh = new Ed25519Module(build);
    expect(fresh.residue(signature)).toBe(1);
    const other = printed[0]?.signature ?? signature;
    expect(device.verify(key, message, signature)).toBe(Status.Ok);
    expect([device.residue(signature), device.residue(other)]).toEqual([0, 1]);
    expect(device.verify(key, message, other)).toBe(Status.SignatureInvalid);
    expect([device.residue(signature), device.residue(other)]).toEqual([1, 1]);
  });

  it("takes a message in pieces, however it is cut", () => {
    const long = Uint8Array.from({ length: 300 }, (_, index) => index);
    expect(device.verifyStreamed(key, [message.subarray(0, 1), message.subarray(1)], signature)).toBe(
      Status.Ok,
    );
    expect(device.verifyStreamed(key, [message, long], signature)).toBe(Status.SignatureInvalid);
    expect(device.verifyStreamed(key, [message], signature)).toBe(Status.Ok);
  });

  it.each([
    ["y = p, which would be the y = 0 of a point of order 4", prime],
    ["y = p + 1, which would be the neutral point", prime + 1n],
    ["y = 2^255 - 1, above p", 2n ** 255n - 1n],
    ["the neutral point with a sign", 1n + 2n ** 255n],
    ["y = -1 with a sign", prime - 1n + 2n ** 255n],
    ["y = 2, where the curve has no point", 2n],
  ])("rejects as key and as R what encodes no point: %s", (_, value) => {
    const bytes = littleEndian(value);
    expect(device.verify(bytes, message, signature)).toBe(Status.KeyMalformed);
    expect(device.verify(key, message, Uint8Array.of(...bytes, ...signature.subarray(32)))).toBe(
      Status.SignatureMalformed,
    );
  });

  it("rejects S = 0 and R neutral under a genuine key", () => {
    const nothing = Uint8Array.of(...littleEndian(1n), ...new Uint8Array(32));
    expect(device.verify(key, message, nothing)).toBe(Status.SignatureInvalid);
  });
});
