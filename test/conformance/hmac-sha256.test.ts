/**
 * Published vectors for HMAC-SHA-256: RFC 4231 §4, NIST CAVP, Wycheproof; in the speed and the size build.
 */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { CryptoModule } from "../crypto-module.ts";
import { fromHex, loadVectors, toHex } from "../vectors.ts";

const Rfc4231 = z.object({
  count: z.int(),
  vectors: z.array(z.object({ tc: z.int(), key: z.string(), data: z.string(), mac: z.string() })),
});
const Cavp = z.object({
  count: z.int(),
  vectors: z.array(z.object({ key: z.string(), msg: z.string(), tlen: z.int(), mac: z.string() })),
});
const Wycheproof = z.object({
  numberOfTests: z.int(),
  testGroups: z.array(
    z.object({
      tagSize: z.int(),
      tests: z.array(
        z.object({
          tcId: z.int(),
          comment: z.string(),
          key: z.string(),
          msg: z.string(),
          tag: z.string(),
          result: z.enum(["valid", "invalid"]),
        }),
      ),
    }),
  ),
});

const rfc4231 = loadVectors("rfc4231-hmac-sha256", Rfc4231);
const cavp = loadVectors("nist-cavp-hmac-sha256", Cavp);
const wycheproof = loadVectors("wycheproof/hmac_sha256_test", Wycheproof);

describe.each(["crypto-testing", "crypto-small"])("HMAC-SHA-256 on the device, %s", (name) => {
  const device = new CryptoModule(name);

  it.skipIf(!rfc4231)("has every tag of RFC 4231, whole or cut to what the row gives", () => {
    const { count, vectors } = rfc4231 ?? { count: 0, vectors: [] };
    expect(vectors).toHaveLength(count);
    for (const { tc, key, data, mac } of vectors) {
      const tag = toHex(device.hmacSha256(fromHex(key), [fromHex(data)]));
      expect(tag.slice(0, mac.length), `test case ${tc}`).toBe(mac);
    }
  });

  it.skipIf(!cavp)("has every tag of NIST CAVP, in one piece and streamed", () => {
    const { count, vectors } = cavp ?? { count: 0, vectors: [] };
    expect(vectors).toHaveLength(count);
    for (const { key, msg, tlen, mac } of vectors) {
      const message = fromHex(msg);
      const pieces = [message.subarray(0, 61), message.subarray(61, 62), message.subarray(62)];
      expect(toHex(device.hmacSha256(fromHex(key), [message]).subarray(0, tlen))).toBe(mac);
      expect(toHex(device.hmacSha256(fromHex(key), pieces).subarray(0, tlen))).toBe(mac);
    }
  });

  it.skipIf(!wycheproof)("has every verdict of Wycheproof", () => {
    let tests = 0;
    for (const group of wycheproof?.testGroups ?? []) {
      for (const { tcId, comment, key, msg, tag, result } of group.tests) {
        const computed = device.hmacSha256(fromHex(key), [fromHex(msg)]).subarray(0, group.tagSize / 8);
        expect(toHex(computed) === tag, `${tcId}: ${comment}`).toBe(result === "valid");
        tests += 1;
      }
    }
    expect(tests).toBe(wycheproof?.numberOfTests);
  });
});
