/**
 * ECDSA verification: the device, @noble/curves and OpenSSL agree on genuine and on mutated input.
 */
import { createHash, createPublicKey, verify as opensslVerify } from "node:crypto";
import { p256 } from "@noble/curves/nist.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Status } from "../../assembly/status.ts";
import { CryptoModule, bytesToNumber } from "../crypto-module.ts";
import { curveB, mod, order, prime } from "../p256-reference.ts";

describe.each(["crypto-testing", "crypto-small"])("%s", (build) => {
  const device = new CryptoModule(build);

  const privateKey = fc
    .uint8Array({ minLength: 32, maxLength: 32 })
    .filter((bytes) => p256.utils.isValidSecretKey(bytes));

  /** What is verified: 32 bytes each of x, y and digest, then r and s. */
  interface Case {
    readonly x: Uint8Array;
    readonly y: Uint8Array;
    readonly message: Uint8Array;
    readonly signature: Uint8Array;
  }

  const genuine: fc.Arbitrary<Case> = fc
    .tuple(privateKey, fc.uint8Array({ maxLength: 64 }))
    .map(([secret, message]) => {
      const publicKey = p256.getPublicKey(secret, false);
      return {
        x: publicKey.slice(1, 33),
        y: publicKey.slice(33),
        message,
        signature: p256.sign(message, secret, { lowS: false }),
      };
    });

  /** The device's status by the definitions of FIPS 186-5, given the verdict of the reference. */
  function expectedStatus({ x, y, signature }: Case, verdict: boolean): Status {
    const [r, s] = [signature.subarray(0, 32), signature.subarray(32)].map(bytesToNumber);
    for (const value of [r, s]) {
      if (value === undefined || value === 0n || value >= order) return Status.SignatureMalformed;
    }
    const [valueX, valueY] = [bytesToNumber(x), bytesToNumber(y)];
    if (valueX >= prime || valueY >= prime) return Status.KeyMalformed;
    if (mod(valueY ** 2n - valueX ** 3n + 3n * valueX - curveB, prime) !== 0n) return Status.KeyMalformed;
    return verdict ? Status.Ok : Status.SignatureInvalid;
  }

  function deviceStatus({ x, y, message, signature }: Case): number {
    return device.ecdsaP256Verify(x, y, createHash("sha256").update(message).digest(), signature);
  }

  function nobleVerdict({ x, y, message, signature }: Case): boolean {
    try {
      return p256.verify(signature, message, Uint8Array.of(4, ...x, ...y), { lowS: false });
    } catch {
      // It throws for keys and signatures that it cannot parse.
      return false;
    }
  }

  function opensslVerdict({ x, y, message, signature }: Case): boolean {
    const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64url");
    try {
      const key = createPublicKey({
        format: "jwk",
        key: { kty: "EC", crv: "P-256", x: base64(x), y: base64(y) },
      });
      return opensslVerify("sha256", message, { key, dsaEncoding: "ieee-p1363" }, signature);
    } catch {
      return false;
    }
  }

  describe("ECDSA over P-256, three implementations", () => {
    it("accepts what @noble/curves signed", () => {
      fc.assert(
        fc.property(genuine, (signed) => {
          expect(deviceStatus(signed)).toBe(Status.Ok);
          expect(nobleVerdict(signed)).toBe(true);
          expect(opensslVerdict(signed)).toBe(true);
        }),
        { numRuns: 100 },
      );
    });

    it("agrees on any byte of key, message or signature being another", () => {
      const part = fc.constantFrom("x", "y", "message", "signature");
      fc.assert(
        fc.property(
          genuine,
          part,
          fc.nat(),
          fc.integer({ min: 1, max: 255 }),
          (signed, field, position, flip) => {
            const mutated = Uint8Array.from(signed[field]);
            fc.pre(mutated.length > 0);
            const index = position % mutated.length;
            mutated[index] = (mutated[index] ?? 0) ^ flip;
            const altered: Case = { ...signed, [field]: mutated };
            const verdict = nobleVerdict(altered);
            expect(opensslVerdict(altered)).toBe(verdict);
            expect(deviceStatus(altered)).toBe(expectedStatus(altered, verdict));
          },
        ),
        { numRuns: 200 },
      );
    });

    it("agrees on random bytes in place of r and s, extremes included", () => {
      const half = fc.oneof(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.constantFrom(0, 1, 0xff).map((byte) => new Uint8Array(32).fill(byte)),
        fc
          .constantFrom(0n, 1n, order - 1n, order, order + 1n, prime - order)
          .map((value) => Uint8Array.from(Buffer.from(value.toString(16).padStart(64, "0"), "hex"))),
      );
      fc.assert(
        fc.property(genuine, half, half, (signed, r, s) => {
          const altered: Case = { ...signed, signature: Uint8Array.of(...r, ...s) };
          const verdict = nobleVerdict(altered);
          expect(opensslVerdict(altered)).toBe(verdict);
          expect(deviceStatus(altered)).toBe(expectedStatus(altered, verdict));
        }),
        { numRuns: 100 },
      );
    });
  });
});
