/**
 * The test cases of RFC 8554 Appendix F, verified on the device and by the host, and with bytes changed.
 */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { Status } from "../../assembly/status.ts";
import { hssRefusal } from "../../host/keys/hss.ts";
import { HssModule, hssBuilds, type Signed } from "../hss-module.ts";
import { fromHex, loadVectors } from "../vectors.ts";

const LmsVectors = z.object({
  count: z.int(),
  vectors: z.array(
    z.object({ name: z.string(), publicKey: z.string(), message: z.string(), signature: z.string() }),
  ),
});

const published = loadVectors("rfc8554-lms", LmsVectors);
const vectors = (published?.vectors ?? []).map(
  ({ name, publicKey, message, signature }): Signed & { name: string } => ({
    name,
    key: fromHex(publicKey),
    message: fromHex(message),
    signature: fromHex(signature),
  }),
);
/** Changing every byte takes long; this many are changed, and all of the first two hundred. */
const STRIDE = 37;

describe.skipIf(!published)("RFC 8554 HSS/LMS", () => {
  it("has as many vectors as its file says", () => {
    expect(vectors.length).toBeGreaterThan(0);
    expect(vectors).toHaveLength(published?.count ?? 0);
  });

  it.each(hssBuilds)("is verified on the device, and not with a byte changed, built for %s", (build) => {
    const device = new HssModule(build);
    for (const { name, ...signed } of vectors) {
      expect(device.verify(signed), name).toBe(Status.Ok);
      for (let index = 0; index < signed.signature.length; index += index < 200 ? 1 : STRIDE) {
        const signature = signed.signature.slice();
        signature[index] = (signature[index] ?? 0) ^ 0x10;
        expect(device.verify({ ...signed, signature }), `${name}, byte ${index}`).not.toBe(Status.Ok);
      }
    }
  });

  it("is verified by the host", () => {
    for (const { name, key, message, signature } of vectors) {
      expect(hssRefusal(key, message, signature), name).toBeUndefined();
      expect(hssRefusal(key, message.subarray(1), signature)?.status, name).toBe(Status.SignatureInvalid);
    }
  });
});
