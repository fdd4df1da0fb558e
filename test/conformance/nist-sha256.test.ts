/**
 * NIST CAVP's vectors for SHA-256, byte-oriented: short and long messages, and Monte Carlo (SHAVS §6).
 */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { CryptoModule } from "../crypto-module.ts";
import { fromHex, loadVectors, toHex } from "../vectors.ts";

const Sha256Vectors = z.object({
  vectors: z.array(z.object({ msg: z.string(), lenBits: z.int(), md: z.string() })),
  monteCarlo: z.object({ seed: z.string(), checkpoints: z.array(z.string()) }),
});

const published = loadVectors("nist-cavp-sha256", Sha256Vectors);

describe.skipIf(!published).each(["crypto-testing", "crypto-small"])("NIST CAVP SHA-256, %s", (name) => {
  const device = new CryptoModule(name);

  it("has the digest of every short and long message, in one piece and streamed", () => {
    const vectors = published?.vectors ?? [];
    expect(vectors.length).toBeGreaterThan(100);
    for (const { msg, lenBits, md } of vectors) {
      const message = fromHex(msg).subarray(0, lenBits / 8);
      expect(message.length * 8).toBe(lenBits);
      expect(toHex(device.sha256(message))).toBe(md);
      expect(toHex(device.sha256Streamed(piecesOf(message, 61)))).toBe(md);
    }
  });

  it("passes all checkpoints of the Monte Carlo test", () => {
    const { seed, checkpoints } = published?.monteCarlo ?? { seed: "", checkpoints: [] };
    expect(checkpoints).toHaveLength(100);
    let digest = fromHex(seed);
    for (const checkpoint of checkpoints) {
      let [first, second, third] = [digest, digest, digest];
      for (let round = 0; round < 1000; round++) {
        [first, second, third] = [second, third, device.sha256(Uint8Array.of(...first, ...second, ...third))];
      }
      digest = third;
      expect(toHex(digest)).toBe(checkpoint);
    }
  });
});

function* piecesOf(message: Uint8Array, length: number): Generator<Uint8Array> {
  for (let start = 0; start < message.length; start += length) yield message.subarray(start, start + length);
}
