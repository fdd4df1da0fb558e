/**
 * ECDSA over P-256 on the device: published signatures, refusals, and sums that go wrong elsewhere.
 */
import { createHash } from "node:crypto";
import { p256 } from "@noble/curves/nist.js";
import { describe, expect, it } from "vitest";
import { Status } from "../../assembly/status.ts";
import { CryptoModule, numberToBytes } from "../crypto-module.ts";
import {
  craftSignature,
  curveB,
  finiteBaseTimes,
  invert,
  mod,
  order,
  power,
  prime,
} from "../p256-reference.ts";

describe.each(["crypto-testing", "crypto-small"])("%s", (build) => {
  const device = new CryptoModule(build);

  // RFC 6979 §A.2.5: the key pair and the signatures with SHA-256.
  const publicX = 0x60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6n;
  const publicY = 0x7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299n;
  const sampleR = 0xefd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716n;
  const sampleS = 0xf7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8n;
  const testR = 0xf1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367n;
  const testS = 0x019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083n;

  const sampleDigest = createHash("sha256").update("sample").digest();
  const testDigest = createHash("sha256").update("test").digest();

  function verify(x: bigint, y: bigint, digest: Uint8Array, r: bigint, s: bigint): number {
    const signature = Uint8Array.of(...numberToBytes(r), ...numberToBytes(s));
    return device.ecdsaP256Verify(numberToBytes(x), numberToBytes(y), digest, signature);
  }

  /** Verifies what makes the device compute u1 G + u2 (key G), the expected r being `r`. */
  function verifyCrafted(u1: bigint, u2: bigint, key: bigint, r: bigint): number {
    const { digest, s } = craftSignature(u1, u2, r);
    const { x, y } = finiteBaseTimes(key);
    return verify(x, y, numberToBytes(digest), r, s);
  }

  describe("ECDSA over P-256 on the device", () => {
    it("accepts the signatures of RFC 6979 §A.2.5", () => {
      expect(verify(publicX, publicY, sampleDigest, sampleR, sampleS)).toBe(Status.Ok);
      expect(verify(publicX, publicY, testDigest, testR, testS)).toBe(Status.Ok);
    });

    it("accepts the other s of a signature, as FIPS 186-5 does", () => {
      expect(verify(publicX, publicY, sampleDigest, sampleR, order - sampleS)).toBe(Status.Ok);
    });

    it("rejects a signature over another message, by another key, and with r and s exchanged", () => {
      const other = finiteBaseTimes(2n);
      expect(verify(publicX, publicY, testDigest, sampleR, sampleS)).toBe(Status.SignatureInvalid);
      expect(verify(other.x, other.y, sampleDigest, sampleR, sampleS)).toBe(Status.SignatureInvalid);
      expect(verify(publicX, prime - publicY, sampleDigest, sampleR, sampleS)).toBe(Status.SignatureInvalid);
      expect(verify(publicX, publicY, sampleDigest, sampleS, sampleR)).toBe(Status.SignatureInvalid);
    });

    it("rejects every single flipped bit of signature and digest", () => {
      const x = numberToBytes(publicX);
      const y = numberToBytes(publicY);
      const signed = Uint8Array.of(...sampleDigest, ...numberToBytes(sampleR), ...numberToBytes(sampleS));
      for (let bit = 0; bit < 8 * signed.length; bit++) {
        const bytes = Uint8Array.from(signed);
        bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(device.ecdsaP256Verify(x, y, bytes.subarray(0, 32), bytes.subarray(32))).toBe(
          Status.SignatureInvalid,
        );
      }
    });

    it.each([
      ["0", 0n],
      ["n", order],
      ["n + 1", order + 1n],
      ["2^256 - 1", 2n ** 256n - 1n],
    ])("calls a signature malformed whose r or s is %s", (_, value) => {
      expect(verify(publicX, publicY, sampleDigest, value, sampleS)).toBe(Status.SignatureMalformed);
      expect(verify(publicX, publicY, sampleDigest, sampleR, value)).toBe(Status.SignatureMalformed);
    });

    it("judges r and s of n - 1 by the equation, not by their size", () => {
      expect(verify(publicX, publicY, sampleDigest, order - 1n, order - 1n)).toBe(Status.SignatureInvalid);
    });

    it("calls a key malformed that is not a point of the curve", () => {
      expect(verify(publicX, publicY ^ 1n, sampleDigest, sampleR, sampleS)).toBe(Status.KeyMalformed);
      expect(verify(publicY, publicX, sampleDigest, sampleR, sampleS)).toBe(Status.KeyMalformed);
      expect(verify(0n, 0n, sampleDigest, sampleR, sampleS)).toBe(Status.KeyMalformed);
      expect(verify(0n, 1n, sampleDigest, sampleR, sampleS)).toBe(Status.KeyMalformed);
    });

    it("calls a key malformed whose coordinates are right only modulo p", () => {
      // y^2 = b has a root, so x = 0 is on the curve, and x = p is the same number but no coordinate.
      const root = power(curveB, (prime + 1n) / 4n, prime);
      expect(verify(0n, root, sampleDigest, sampleR, sampleS)).toBe(Status.SignatureInvalid);
      expect(verify(prime, root, sampleDigest, sampleR, sampleS)).toBe(Status.KeyMalformed);
    });

    it("accepts a signature whose point has an x of n or more, for which r is x - n", () => {
      // The first x from n on that is on the curve. Q = (R - u1 G) / u2 is the key that makes R the sum.
      let x = order + 1n;
      while (power(x ** 3n - 3n * x + curveB, (prime - 1n) / 2n, prime) !== 1n) x++;
      const y = power(x ** 3n - 3n * x + curveB, (prime + 1n) / 4n, prime);
      const u1 = 12345n;
      const u2 = 67890n;
      const key = p256.Point.fromAffine({ x, y })
        .subtract(p256.Point.BASE.multiply(u1))
        .multiply(invert(u2, order))
        .toAffine();
      const r = x - order;
      const { digest, s } = craftSignature(u1, u2, r);
      expect(verify(key.x, key.y, numberToBytes(digest), r, s)).toBe(Status.Ok);
      expect(verify(key.x, key.y, numberToBytes(digest), r + 1n, s)).toBe(Status.SignatureInvalid);
    });

    it("reduces a digest of n or more", () => {
      const privateKey = 99n;
      const { x, y } = finiteBaseTimes(privateKey);
      const nonce = 1234567n;
      const r = mod(finiteBaseTimes(nonce).x, order);
      const s = mod((5n + r * privateKey) * invert(nonce, order), order);
      expect(verify(x, y, numberToBytes(5n), r, s)).toBe(Status.Ok);
      expect(verify(x, y, numberToBytes(5n + order), r, s)).toBe(Status.Ok);
      expect(verify(x, y, numberToBytes(6n + order), r, s)).toBe(Status.SignatureInvalid);
    });

    it("accepts signatures whose s is an extreme case of inversion", () => {
      const privateKey = 0x1234567890abcdefn;
      const nonce = 0xfedcba0987654321n;
      const { x, y } = finiteBaseTimes(privateKey);
      const r = mod(finiteBaseTimes(nonce).x, order);
      for (const s of [
        1n,
        2n,
        3n,
        2n ** 63n,
        2n ** 64n,
        2n ** 255n,
        (order + 1n) / 2n,
        order - 2n,
        order - 1n,
      ]) {
        // The digest is free, so every s can be had: e = s k - r d.
        const digest = mod(s * nonce - r * privateKey, order);
        expect(verify(x, y, numberToBytes(digest), r, s)).toBe(Status.Ok);
        expect(verify(x, y, numberToBytes(digest ^ 1n), r, s)).toBe(Status.SignatureInvalid);
      }
    });

    it("accepts a digest of zero, which leaves the key's multiple alone", () => {
      const r = mod(finiteBaseTimes(7n * 5n).x, order);
      expect(verifyCrafted(0n, 7n, 5n, r)).toBe(Status.Ok);
    });

    it("rejects when the sum is the point at infinity", () => {
      for (const [u1, u2, key] of [
        [order - 6n, 2n, 3n],
        [1n, 1n, order - 1n],
        [order - 1n, 1n, 1n],
        [2n ** 255n, 1n, mod(-(2n ** 255n), order)],
      ] as const) {
        for (const r of [1n, 2n, order - 1n, mod(finiteBaseTimes(1n).x, order)]) {
          expect(verifyCrafted(u1, u2, key, r)).toBe(Status.SignatureInvalid);
        }
      }
    });

    it("gets every sum right whose terms are equal or opposite on the way", () => {
      const scalars = [
        1n,
        2n,
        3n,
        15n,
        16n,
        17n,
        31n,
        33n,
        2n ** 128n,
        2n ** 255n,
        order - 1n,
        order - 2n,
        order - 16n,
      ];
      for (const key of [1n, 2n, 3n, 15n, order - 1n, order - 2n, order - 15n]) {
        for (const u1 of [0n, ...scalars]) {
          for (const u2 of scalars) {
            const sum = mod(u1 + u2 * key, order);
            if (sum === 0n) continue;
            const r = mod(finiteBaseTimes(sum).x, order);
            expect(verifyCrafted(u1, u2, key, r)).toBe(Status.Ok);
          }
        }
      }
    });

    it("imports nothing but its memory, so as-bignum brought no allocator and the loader nothing either", () => {
      expect(WebAssembly.Module.imports(device.module)).toEqual([
        { module: "env", name: "memory", kind: "memory" },
      ]);
    });
  });
});
