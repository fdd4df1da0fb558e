/**
 * Wycheproof's vectors for ECDSA over P-256 with SHA-256, signatures as r and s (IEEE P1363).
 */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { Status } from "../../assembly/status.ts";
import { CryptoModule } from "../crypto-module.ts";
import { fromHex, loadVectors } from "../vectors.ts";

const WycheproofVectors = z.object({
  numberOfTests: z.int(),
  testGroups: z.array(
    z.object({
      publicKey: z.object({ wx: z.string(), wy: z.string() }),
      tests: z.array(
        z.object({
          tcId: z.int(),
          comment: z.string(),
          msg: z.string(),
          sig: z.string(),
          result: z.enum(["valid", "invalid"]),
        }),
      ),
    }),
  ),
});

const published = loadVectors("wycheproof/ecdsa_secp256r1_sha256_p1363_test", WycheproofVectors);
describe.each(["crypto-testing", "crypto-small"])("%s", (build) => {
  const device = new CryptoModule(build);

  /** A coordinate as 32 bytes; the file writes integers, with a leading zero byte or without leading ones. */
  function coordinate(digits: string): Uint8Array {
    return fromHex(digits.slice(-64).padStart(64, "0"));
  }

  /** What COSE does on the device: a signature of another length never reaches the verification. */
  function verify(x: Uint8Array, y: Uint8Array, message: Uint8Array, signature: Uint8Array): number {
    if (signature.length !== 64) return Status.SignatureMalformed;
    return device.ecdsaP256Verify(x, y, device.sha256(message), signature);
  }

  describe.skipIf(!published)("Wycheproof ECDSA P-256 on the device", () => {
    it("has every verdict, message hashing included", () => {
      let count = 0;
      for (const { publicKey, tests } of published?.testGroups ?? []) {
        for (const { tcId, comment, msg, sig, result } of tests) {
          const status = verify(
            coordinate(publicKey.wx),
            coordinate(publicKey.wy),
            fromHex(msg),
            fromHex(sig),
          );
          expect(status === Status.Ok, `${tcId}: ${comment}`).toBe(result === "valid");
          count++;
        }
      }
      expect(count).toBe(published?.numberOfTests);
    });
  });
});
