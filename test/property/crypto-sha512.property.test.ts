/**
 * SHA-512 on the device: any message, cut anyhow, has the digest that OpenSSL and @noble/hashes compute.
 */
import { createHash } from "node:crypto";
import { sha512 } from "@noble/hashes/sha2.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Ed25519Module, ed25519Builds } from "../ed25519-module.ts";
import { toHex } from "../vectors.ts";

describe.each(ed25519Builds)("SHA-512, three implementations, %s", (build) => {
  const device = new Ed25519Module(build);

  it("agrees on messages in one piece", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (message) => {
        const digest = createHash("sha512").update(message).digest("hex");
        expect(toHex(device.sha512(message))).toBe(digest);
        expect(toHex(sha512(message))).toBe(digest);
      }),
    );
  });

  it("agrees on messages in pieces of any lengths", () => {
    const pieces = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 12 });
    fc.assert(
      fc.property(pieces, (message) => {
        const digest = createHash("sha512").update(Buffer.concat(message)).digest("hex");
        expect(toHex(device.sha512Streamed(message))).toBe(digest);
      }),
    );
  });
});
