/**
 * SHA-256 on the device: published examples, and every way of cutting a message around a block.
 */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { CryptoModule } from "../crypto-module.ts";
import { toHex } from "../vectors.ts";

const device = new CryptoModule();

describe("SHA-256 on the device", () => {
  it.each([
    // FIPS 180-4's published examples (NIST, "Examples with Intermediate Values": one block, two blocks).
    ["abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
    [
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
    ],
    ["", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
  ])("has the published digest of %j", (message, digest) => {
    expect(toHex(device.sha256(Buffer.from(message)))).toBe(digest);
  });

  it("has the published digest of a million times the letter a (FIPS 180-2 §B.3)", () => {
    const piece = Buffer.alloc(1000, "a");
    expect(toHex(device.sha256Streamed(Array.from({ length: 1000 }, () => piece)))).toBe(
      "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
    );
  });

  it("pads every length up to three blocks", () => {
    const message = Uint8Array.from({ length: 192 }, (_, index) => index * 37);
    for (let length = 0; length <= message.length; length++) {
      const part = message.subarray(0, length);
      expect(toHex(device.sha256(part))).toBe(createHash("sha256").update(part).digest("hex"));
    }
  });

  it("does not care where a message of three blocks is cut in two", () => {
    const message = Uint8Array.from({ length: 192 }, (_, index) => index * 41);
    const digest = createHash("sha256").update(message).digest("hex");
    for (let cut = 0; cut <= message.length; cut++) {
      expect(toHex(device.sha256Streamed([message.subarray(0, cut), message.subarray(cut)]))).toBe(digest);
    }
  });

  it("takes a message byte by byte, with empty pieces between", () => {
    const message = Uint8Array.from({ length: 130 }, (_, index) => index);
    const pieces = [...message].flatMap((byte) => [Uint8Array.of(byte), new Uint8Array()]);
    expect(toHex(device.sha256Streamed(pieces))).toBe(createHash("sha256").update(message).digest("hex"));
  });

  it("forgets an unfinished message when another begins", () => {
    device.sha256Streamed([]);
    device.sha256(Buffer.alloc(77, 1));
    expect(toHex(device.sha256Streamed([Buffer.from("abc")]))).toBe(
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    );
  });
});
