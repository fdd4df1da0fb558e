/**
 * SHA-512 on the device: published examples, and every way of cutting a message around a block.
 */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { Ed25519Module, ed25519Builds } from "../ed25519-module.ts";
import { toHex } from "../vectors.ts";

const opensslDigest = (message: Uint8Array): string => createHash("sha512").update(message).digest("hex");

describe.each(ed25519Builds)("SHA-512 on the device, %s", (build) => {
  const device = new Ed25519Module(build);

  it.each([
    // RFC 6234 §8.5, TEST1 and TEST2_2 (also FIPS 180-4's published examples).
    [
      "abc",
      "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
    ],
    [
      "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
      "8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018501d289e4900f7e4331b99dec4b5433ac7d329eeb6dd26545e96e55b874be909",
    ],
    [
      "",
      "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e",
    ],
  ])("has the published digest of %j", (message, digest) => {
    expect(toHex(device.sha512(Buffer.from(message)))).toBe(digest);
  });

  it("has the published digest of a million times the letter a (RFC 6234 §8.5, TEST3)", () => {
    const piece = Buffer.alloc(500, "a");
    expect(toHex(device.sha512Streamed(Array.from({ length: 2000 }, () => piece)))).toBe(
      "e718483d0ce769644e2e42c7bc15b4638e1f98b13b2044285632a803afa973ebde0ff244877ea60a4cb0432ce577c31beb009c5c2c49aa2e4eadb217ad8cc09b",
    );
  });

  it("pads every length up to three blocks", () => {
    const message = Uint8Array.from({ length: 384 }, (_, index) => index * 37);
    for (let length = 0; length <= message.length; length++) {
      const part = message.subarray(0, length);
      expect(toHex(device.sha512(part))).toBe(opensslDigest(part));
    }
  });

  it("does not care where a message of three blocks is cut in two", () => {
    const message = Uint8Array.from({ length: 384 }, (_, index) => index * 41);
    const digest = opensslDigest(message);
    for (let cut = 0; cut <= message.length; cut++) {
      expect(toHex(device.sha512Streamed([message.subarray(0, cut), message.subarray(cut)]))).toBe(digest);
    }
  });

  it("takes a message byte by byte, with empty pieces between", () => {
    const message = Uint8Array.from({ length: 260 }, (_, index) => index);
    const pieces = [...message].flatMap((byte) => [Uint8Array.of(byte), new Uint8Array()]);
    expect(toHex(device.sha512Streamed(pieces))).toBe(opensslDigest(message));
  });

  it("forgets an unfinished message when another begins", () => {
    device.sha512Streamed([]);
    device.sha512(Buffer.alloc(77, 1));
    expect(toHex(device.sha512Streamed([Buffer.from("abc")]))).toBe(opensslDigest(Buffer.from("abc")));
  });
});
