/**
 * NIST CAVP's vectors for SHA-512, byte-oriented: short and long messages.
 */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { Ed25519Module, ed25519Builds } from "../ed25519-module.ts";
import { fromHex, loadVectors, toHex } from "../vectors.ts";

const Sha512Vectors = z.object({
  count: z.int(),
  vectors: z.array(z.object({ msg: z.string(), lenBits: z.int(), md: z.string() })),
});

const published = loadVectors("nist-cavp-sha512", Sha512Vectors);

describe.skipIf(!published)("NIST CAVP SHA-512 on the device", () => {
  it.each(ed25519Builds)("has the digest of every message, in one piece and streamed: %s", (build) => {
    const device = new Ed25519Module(build);
    const vectors = published?.vectors ?? [];
    expect(vectors).toHaveLength(published?.count ?? 0);
    expect(vectors.length).toBeGreaterThan(100);
    for (const { msg, lenBits, md } of vectors) {
      const message = fromHex(msg).subarray(0, lenBits / 8);
      expect(message.length * 8).toBe(lenBits);
      expect(toHex(device.sha512(message))).toBe(md);
      expect(toHex(device.sha512Streamed(piecesOf(message, 61)))).toBe(md);
    }
  });
});

function* piecesOf(message: Uint8Array, length: number): Generator<Uint8Array> {
  for (let start = 0; start < message.length; start += length) yield message.subarray(start, start + length);
}
