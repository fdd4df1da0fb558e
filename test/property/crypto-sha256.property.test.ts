/**
 * SHA-256 on the device: any message, cut anyhow, has the digest that OpenSSL computes.
 */
import { createHash } from "node:crypto";
import { sha256 } from "@noble/hashes/sha2.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CryptoModule } from "../crypto-module.ts";
import { toHex } from "../vectors.ts";

describe.each(["crypto-testing", "crypto-small"])("SHA-256, three implementations, %s", (name) => {
  const device = new CryptoModule(name);

  it("agrees on messages in one piece", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (message) => {
        const digest = createHash("sha256").update(message).digest("hex");
        expect(toHex(device.sha256(message))).toBe(digest);
        expect(toHex(sha256(message))).toBe(digest);
      }),
    );
  });

  it("agrees on messages in pieces of any lengths", () => {
    const pieces = fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 12 });
    fc.assert(
      fc.property(pieces, (message) => {
        const digest = createHash("sha256").update(Buffer.concat(message)).digest("hex");
        expect(toHex(device.sha256Streamed(message))).toBe(digest);
      }),
    );
  });
});
