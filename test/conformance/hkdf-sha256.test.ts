/**
 * Wycheproof's vectors for HKDF-SHA-256 on the device, in the speed and the size build.
 */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { Status } from "../../assembly/status.ts";
import { CipherModule, cipherBuilds } from "../cipher-module.ts";
import { fromHex, loadVectors, toHex } from "../vectors.ts";

const Wycheproof = z.object({
  numberOfTests: z.int(),
  testGroups: z.array(
    z.object({
      tests: z.array(
        z.object({
          tcId: z.int(),
          ikm: z.string(),
          salt: z.string(),
          info: z.string(),
          size: z.int(),
          okm: z.string(),
          result: z.enum(["valid", "invalid"]),
        }),
      ),
    }),
  ),
});

const wycheproof = loadVectors("wycheproof/hkdf_sha256_test", Wycheproof);

describe.each(cipherBuilds)("HKDF-SHA-256 on the device, %s", (name) => {
  it.skipIf(!wycheproof)("has every key and every refusal of Wycheproof", () => {
    const device = new CipherModule(name);
    let tests = 0;
    for (const group of wycheproof?.testGroups ?? []) {
      for (const { tcId, ikm, salt, info, size, okm, result } of group.tests) {
        const { status, bytes } = device.hkdfSha256(fromHex(ikm), fromHex(salt), fromHex(info), size);
        expect(status, `${tcId}`).toBe(result === "valid" ? Status.Ok : Status.NumberTooLarge);
        if (result === "valid") expect(toHex(bytes), `${tcId}`).toBe(okm);
        tests += 1;
      }
    }
    expect(tests).toBe(wycheproof?.numberOfTests);
  });
});
