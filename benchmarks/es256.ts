/**
 * How fast does the device verify an ES256 signature, and at what cost? `npx tsx benchmarks/es256.ts`
 *
 * The modules as they go into flash, one built for speed and one for size, against @noble/curves and
 * OpenSSL. The digest is given; OpenSSL's interface insists on hashing the short message itself, in
 * under 1 µs.
 */
import { createHash, createPublicKey, verify as opensslVerify } from "node:crypto";
import { fileURLToPath } from "node:url";
import { p256 } from "@noble/curves/nist.js";
import { Status } from "../assembly/status.ts";
import { MeasuredModule, measuredTargets } from "./cost.ts";
import { buildName, compareVerifiers, formatMeasuredBench, type MeasuredBench } from "./measured-bench.ts";
import type { BenchEffort } from "./table.ts";

/** Addresses in flash of what is verified. */
const Operand = { X: 0, Y: 32, Digest: 64, Signature: 96 } as const;

/** Compares verification of one genuine signature. */
export async function benchEs256(effort?: BenchEffort): Promise<MeasuredBench> {
  const secret = Uint8Array.from({ length: 32 }, (_, index) => index + 1);
  const message = Buffer.from("a firmware manifest");
  const publicKey = p256.getPublicKey(secret, false);
  const genuine = p256.sign(message, secret, { lowS: false });
  const signature = genuine.slice();
  const [x, y] = [publicKey.slice(1, 33), publicKey.slice(33)];
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64url");
  const key = createPublicKey({
    format: "jwk",
    key: { kty: "EC", crv: "P-256", x: base64(x), y: base64(y) },
  });
  const digest = createHash("sha256").update(message).digest();
  const parameters = [Operand.X, Operand.Y, Operand.Digest, Operand.Signature] as const;
  const devices = measuredTargets.map((target) => new MeasuredModule("p256", target, "ecdsaP256Verify"));

  const table = await compareVerifiers(
    "ES256 verification",
    [
      ...devices.map((device) => ({
        name: buildName(device),
        verify: () => device.run(...parameters) === Status.Ok,
      })),
      {
        name: "@noble/curves",
        verify: () => p256.verify(signature, digest, publicKey, { prehash: false, lowS: false }),
      },
      {
        name: "node:crypto (OpenSSL)",
        verify: () => opensslVerify("sha256", message, { key, dsaEncoding: "ieee-p1363" }, signature),
      },
    ],
    (which) => {
      signature.set(genuine);
      if (which === "forged") signature[63] = (signature[63] ?? 0) ^ 1;
      for (const { bytes } of devices) {
        bytes.set(x, Operand.X);
        bytes.set(y, Operand.Y);
        bytes.set(digest, Operand.Digest);
        bytes.set(signature, Operand.Signature);
      }
    },
    effort,
  );
  const costs = devices.map((device) =>
    device.cost(`P-256 verification, built for ${device.target}`, Status.Ok, ...parameters),
  );
  return { table, costs };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(formatMeasuredBench(await benchEs256()));
}
