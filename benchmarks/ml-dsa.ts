/**
 * How fast does the device verify an ML-DSA-44 signature, and at what cost? `npx tsx benchmarks/ml-dsa.ts`
 *
 * The modules as they go into flash, one built for speed and one for size, against @noble/post-quantum;
 * the OpenSSL of Node 20 has no ML-DSA. The message is short.
 */
import { fileURLToPath } from "node:url";
import { ml_dsa44 } from "@noble/post-quantum/ml-dsa.js";
import { Status } from "../assembly/status.ts";
import { MeasuredModule, measuredTargets } from "./cost.ts";
import { buildName, compareVerifiers, formatMeasuredBench, type MeasuredBench } from "./measured-bench.ts";
import type { BenchEffort } from "./table.ts";

/** Addresses in flash of what is verified. */
const Operand = { Key: 0, Message: 2048, Signature: 4096 } as const;

/** Compares verification of one genuine signature. */
export async function benchMlDsa(effort?: BenchEffort): Promise<MeasuredBench> {
  const { publicKey, secretKey } = ml_dsa44.keygen(Uint8Array.from({ length: 32 }, (_, index) => index + 1));
  const genuine = Uint8Array.from(Buffer.from("a firmware manifest"));
  const message = genuine.slice();
  const signature = ml_dsa44.sign(genuine, secretKey);
  const parameters = [Operand.Key, Operand.Message, message.length, 0, 0, Operand.Signature] as const;
  const devices = measuredTargets.map((target) => new MeasuredModule("ml-dsa-44", target, "mlDsa44Verify"));

  const table = await compareVerifiers(
    "ML-DSA-44 verification",
    [
      ...devices.map((device) => ({
        name: buildName(device),
        verify: () => device.run(...parameters) === Status.Ok,
      })),
      { name: "@noble/post-quantum", verify: () => ml_dsa44.verify(signature, message, publicKey) },
    ],
    (which) => {
      message.set(genuine);
      if (which === "forged") message[0] = (message[0] ?? 0) ^ 1;
      for (const { bytes } of devices) {
        bytes.set(publicKey, Operand.Key);
        bytes.set(message, Operand.Message);
        bytes.set(signature, Operand.Signature);
      }
    },
    effort,
  );
  const costs = devices.map((device) =>
    device.cost(`ML-DSA-44 verification, built for ${device.target}`, Status.Ok, ...parameters),
  );
  return { table, costs };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(formatMeasuredBench(await benchMlDsa()));
}
