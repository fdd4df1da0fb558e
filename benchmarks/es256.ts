/**
 * How fast does the device verify an ES256 signature? `npx tsx benchmarks/es256.ts`
 *
 * The release build of the device's code, not instrumented, against @noble/curves and OpenSSL. The
 * digest is given; OpenSSL's interface insists on hashing the short message itself, in under 1 µs.
 */
import { createHash, createPublicKey, verify as opensslVerify } from "node:crypto";
import { fileURLToPath } from "node:url";
import { p256 } from "@noble/curves/nist.js";
import { Status } from "../assembly/status.ts";
import { CryptoModule } from "../test/crypto-module.ts";
import { type BenchEffort, type BenchTable, compare, formatTable } from "./table.ts";

/** Compares verification of one genuine signature. */
export async function benchEs256(effort?: BenchEffort): Promise<BenchTable> {
  const secret = Uint8Array.from({ length: 32 }, (_, index) => index + 1);
  const message = Buffer.from("a firmware manifest");
  const publicKey = p256.getPublicKey(secret, false);
  const signature = p256.sign(message, secret, { lowS: false });
  const [x, y] = [publicKey.slice(1, 33), publicKey.slice(33)];
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64url");
  const key = createPublicKey({
    format: "jwk",
    key: { kty: "EC", crv: "P-256", x: base64(x), y: base64(y) },
  });
  const digest = createHash("sha256").update(message).digest();
  const device = new CryptoModule("crypto-release");

  const implementations = [
    { name: "Brownout (Wasm)", verify: () => device.verifyLoaded() === Status.Ok },
    {
      name: "@noble/curves",
      verify: () => p256.verify(signature, digest, publicKey, { prehash: false, lowS: false }),
    },
    {
      name: "node:crypto (OpenSSL)",
      verify: () => opensslVerify("sha256", message, { key, dsaEncoding: "ieee-p1363" }, signature),
    },
  ];
  // What verifies nothing is fast; a wrong verdict ends the benchmark.
  signature[63] = (signature[63] ?? 0) ^ 1;
  device.loadSignature(x, y, digest, signature);
  for (const { name, verify } of implementations) {
    if (verify()) throw new Error(`${name} accepted a forged signature`);
  }
  signature[63] ^= 1;
  device.loadSignature(x, y, digest, signature);
  return compare(
    "ES256 verification",
    implementations.map(({ name, verify }) => ({
      name,
      run: () => {
        if (!verify()) throw new Error(`${name} rejected a genuine signature`);
      },
    })),
    effort,
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(formatTable(await benchEs256()));
