/**
 * How fast does the device verify an Ed25519 signature, and at what cost? `npx tsx benchmarks/ed25519.ts`
 *
 * The modules as they go into flash, one built for speed and one for size, against @noble/curves,
 * OpenSSL and libsodium. The message is short, and everybody hashes it.
 */
import { createPublicKey, verify as opensslVerify } from "node:crypto";
import { fileURLToPath } from "node:url";
import { ed25519 } from "@noble/curves/ed25519.js";
import sodium from "libsodium-wrappers";
import { Status } from "../assembly/status.ts";
import { MeasuredModule, measuredTargets } from "./cost.ts";
import { buildName, compareVerifiers, formatMeasuredBench, type MeasuredBench } from "./measured-bench.ts";
import type { BenchEffort } from "./table.ts";

/** Addresses in flash of what is verified. */
const Operand = { Key: 0, Signature: 32, Message: 96 } as const;

/** Compares verification of one genuine signature. */
export async function benchEd25519(effort?: BenchEffort): Promise<MeasuredBench> {
  await sodium.ready;
  const secret = Uint8Array.from({ length: 32 }, (_, index) => index + 1);
  const genuine = Uint8Array.from(Buffer.from("a firmware manifest"));
  const message = genuine.slice();
  const publicKey = ed25519.getPublicKey(secret);
  const signature = ed25519.sign(genuine, secret);
  const x = Buffer.from(publicKey).toString("base64url");
  const key = createPublicKey({ format: "jwk", key: { kty: "OKP", crv: "Ed25519", x } });
  const parameters = [Operand.Key, Operand.Message, message.length, Operand.Signature] as const;
  const devices = measuredTargets.map((target) => new MeasuredModule("ed25519", target, "ed25519Verify"));

  const table = await compareVerifiers(
    "Ed25519 verification",
    [
      ...devices.map((device) => ({
        name: buildName(device),
        verify: () => device.run(...parameters) === Status.Ok,
      })),
      { name: "@noble/curves", verify: () => ed25519.verify(signature, message, publicKey) },
      { name: "node:crypto (OpenSSL)", verify: () => opensslVerify(null, message, key, signature) },
      {
        name: "libsodium-wrappers",
        verify: () => sodium.crypto_sign_verify_detached(signature, message, publicKey),
      },
    ],
    (which) => {
      message.set(genuine);
      if (which === "forged") message[0] = (message[0] ?? 0) ^ 1;
      for (const { bytes } of devices) {
        bytes.set(publicKey, Operand.Key);
        bytes.set(signature, Operand.Signature);
        bytes.set(message, Operand.Message);
      }
    },
    effort,
  );
  const costs = devices.map((device) =>
    device.cost(`Ed25519 verification, built for ${device.target}`, Status.Ok, ...parameters),
  );
  return { table, costs };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(formatMeasuredBench(await benchEd25519()));
}
