/**
 * Published vectors for AES on the device: key unwrap of RFC 3394 §4, NIST CAVP and Wycheproof, counter mode
 * of SP 800-38A; in the speed and the size build.
 */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { Status } from "../../assembly/status.ts";
import { CipherModule, cipherBuilds, cut } from "../cipher-module.ts";
import { fromHex, loadVectors, toHex } from "../vectors.ts";

const Rfc3394 = z.object({
  count: z.int(),
  vectors: z.array(z.object({ section: z.string(), kek: z.string(), data: z.string(), wrapped: z.string() })),
});
const Cavp = z.object({
  count: z.int(),
  vectors: z.array(
    z.object({
      set: z.string(),
      K: z.string(),
      P: z.string().nullish(),
      C: z.string(),
      expectFail: z.boolean(),
    }),
  ),
});
const Wycheproof = z.object({
  numberOfTests: z.int(),
  testGroups: z.array(
    z.object({
      tests: z.array(
        z.object({
          tcId: z.int(),
          flags: z.array(z.string()),
          key: z.string(),
          msg: z.string(),
          ct: z.string(),
          result: z.enum(["valid", "acceptable", "invalid"]),
        }),
      ),
    }),
  ),
});
const Sp800 = z.object({
  count: z.int(),
  vectors: z.array(
    z.object({
      section: z.string(),
      key: z.string(),
      ct: z.string(),
      initialCounter: z.string(),
      plaintext: z.string(),
    }),
  ),
});

const rfc3394 = loadVectors("rfc3394-aes-kw", Rfc3394);
const cavp = loadVectors("nist-cavp-aes-kw", Cavp);
const wycheproof = loadVectors("wycheproof/aes_wrap_test", Wycheproof);
const sp800 = loadVectors("sp800-38a-aes-ctr", Sp800);

describe.each(cipherBuilds)("AES on the device, %s", (name) => {
  const device = new CipherModule(name);

  it.skipIf(!rfc3394)("unwraps every key of RFC 3394", () => {
    const { count, vectors } = rfc3394 ?? { count: 0, vectors: [] };
    expect(vectors).toHaveLength(count);
    for (const { section, kek, data, wrapped } of vectors) {
      const { status, bytes } = device.aesKwUnwrap(fromHex(kek), fromHex(wrapped));
      expect([status, toHex(bytes)], section).toEqual([Status.Ok, data]);
    }
  });

  it.skipIf(!cavp)("has every verdict and every key of NIST CAVP", () => {
    const { count, vectors } = cavp ?? { count: 0, vectors: [] };
    expect(vectors).toHaveLength(count);
    for (const { set, K, P, C, expectFail } of vectors) {
      const { status, bytes } = device.aesKwUnwrap(fromHex(K), fromHex(C));
      expect(status, set).toBe(expectFail ? Status.WrappedKeyInvalid : Status.Ok);
      expect(toHex(bytes), set).toBe(expectFail ? "00".repeat(bytes.length) : P);
    }
  });

  it.skipIf(!wycheproof)("has every verdict of Wycheproof, and unwraps no key of 64 bits", () => {
    let tests = 0;
    for (const { tests: group } of wycheproof?.testGroups ?? []) {
      for (const { tcId, flags, key, msg, ct, result } of group) {
        const { status, bytes } = device.aesKwUnwrap(fromHex(key), fromHex(ct));
        // SP 800-38F §5.3.1 wraps no fewer than two semiblocks, though RFC 3394 could.
        expect(status === Status.Ok, `${tcId}: ${flags.join()}`).toBe(result === "valid");
        if (result === "valid") expect(toHex(bytes)).toBe(msg);
        tests += 1;
      }
    }
    expect(tests).toBe(wycheproof?.numberOfTests);
  });

  it.skipIf(!sp800)("has every key stream of SP 800-38A, in one piece and in pieces of 7 bytes", () => {
    const { count, vectors } = sp800 ?? { count: 0, vectors: [] };
    expect(vectors).toHaveLength(count);
    for (const { section, key, ct, initialCounter, plaintext } of vectors) {
      for (const step of [64, 7]) {
        const result = device.aesCtr(fromHex(key), fromHex(initialCounter), cut(fromHex(ct), step));
        expect(toHex(result), section).toBe(plaintext);
      }
    }
  });
});
