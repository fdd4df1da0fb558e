/**
 * RFC 8032's vectors for Ed25519, verified on the device, and with any byte of the signature another.
 */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { Status } from "../../assembly/status.ts";
import { Ed25519Module, ed25519Builds } from "../ed25519-module.ts";
import { fromHex, loadVectors } from "../vectors.ts";

const Ed25519Vectors = z.object({
  count: z.int(),
  vectors: z.array(
    z.object({ name: z.string(), public: z.string(), message: z.string(), signature: z.string() }),
  ),
});

const published = loadVectors("rfc8032-ed25519", Ed25519Vectors);

describe.skipIf(!published)("RFC 8032 Ed25519 on the device", () => {
  it.each(ed25519Builds)("accepts every signature and none with a byte changed: %s", (build) => {
    const device = new Ed25519Module(build);
    const vectors = published?.vectors ?? [];
    expect(vectors.length).toBeGreaterThan(0);
    expect(vectors).toHaveLength(published?.count ?? 0);
    for (const { name, public: key, message, signature } of vectors) {
      const operands = [fromHex(key), fromHex(message)] as const;
      expect(device.verify(...operands, fromHex(signature)), name).toBe(Status.Ok);
      for (let index = 0; index < 64; index++) {
        const altered = fromHex(signature);
        altered[index] = (altered[index] ?? 0) ^ 0x10;
        expect(device.verify(...operands, altered), name).not.toBe(Status.Ok);
      }
    }
  });
});
