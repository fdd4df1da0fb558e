/**
 * NIST CAVP's vectors for ECDSA signature verification, P-256 with SHA-256 (FIPS 186-3 SigVer).
 */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { Status } from "../../assembly/status.ts";
import { CryptoModule } from "../crypto-module.ts";
import { fromHex, loadVectors } from "../vectors.ts";

const SigVerVectors = z.object({
  vectors: z.array(
    z.object({
      msg: z.string(),
      x: z.string(),
      y: z.string(),
      sig: z.string(),
      valid: z.boolean(),
      result: z.string(),
    }),
  ),
});

const published = loadVectors("nist-cavp-ecdsa-p256-sigver", SigVerVectors);
describe.each(["crypto-testing", "crypto-small"])("%s", (build) => {
  const device = new CryptoModule(build);

  describe.skipIf(!published)("NIST CAVP ECDSA P-256 SigVer on the device", () => {
    it("has every verdict, message hashing included", () => {
      const vectors = published?.vectors ?? [];
      expect(vectors).toHaveLength(15);
      for (const { msg, x, y, sig, valid, result } of vectors) {
        const digest = device.sha256(fromHex(msg));
        const status = device.ecdsaP256Verify(fromHex(x), fromHex(y), digest, fromHex(sig));
        expect(status === Status.Ok, result).toBe(valid);
      }
    });
  });
});
