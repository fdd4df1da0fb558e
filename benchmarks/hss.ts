/**
 * How fast does the device verify an HSS/LMS signature, and at what cost? `npx tsx benchmarks/hss.ts`
 *
 * One tree H5/W8, whose chains are the longest there are: the modules as they go into flash, one built for
 * speed and one for size, against the same algorithm written in TypeScript on @noble/hashes and on
 * node:crypto. The message is short.
 */
import { fileURLToPath } from "node:url";
import { sha256 as nobleSha256 } from "@noble/hashes/sha2.js";
import { Status } from "../assembly/status.ts";
import { generateHssKey, hssRefusal, parseTrees, sha256, signWithLeaf } from "../host/keys/hss.ts";
import { MeasuredModule, measuredTargets } from "./cost.ts";
import { buildName, compareVerifiers, formatMeasuredBench, type MeasuredBench } from "./measured-bench.ts";
import type { BenchEffort } from "./table.ts";

/** Addresses in flash of what is verified. */
const Operand = { Key: 0, Message: 128, Signature: 256 } as const;

/** Compares verification of one genuine signature of a single tree H5/W8. */
export async function benchHss(effort?: BenchEffort): Promise<MeasuredBench> {
  const genuine = Uint8Array.from(Buffer.from("a firmware manifest"));
  const message = genuine.slice();
  const { key, top } = generateHssKey(parseTrees("H5/W8"), { secret: new Uint8Array(48) });
  const signature = signWithLeaf(key, genuine, 0n, top.leaves);
  const parameters = [
    Operand.Key,
    Operand.Message,
    message.length,
    Operand.Signature,
    signature.length,
  ] as const;
  const devices = measuredTargets.map((target) => new MeasuredModule("hss", target, "hssVerify"));

  const table = await compareVerifiers(
    "HSS/LMS verification, one tree H5/W8",
    [
      ...devices.map((device) => ({
        name: buildName(device),
        verify: () => device.run(...parameters) === Status.Ok,
      })),
      {
        name: "LMS on @noble/hashes",
        verify: () => hssRefusal(key.x, message, signature, nobleSha256) === undefined,
      },
      {
        name: "LMS on node:crypto (OpenSSL)",
        verify: () => hssRefusal(key.x, message, signature, sha256) === undefined,
      },
    ],
    (which) => {
      message.set(genuine);
      if (which === "forged") message[0] = (message[0] ?? 0) ^ 1;
      for (const { bytes } of devices) {
        bytes.set(key.x, Operand.Key);
        bytes.set(message, Operand.Message);
        bytes.set(signature, Operand.Signature);
      }
    },
    effort,
  );
  const costs = devices.map((device) =>
    device.cost(`HSS/LMS verification, built for ${device.target}`, Status.Ok, ...parameters),
  );
  return { table, costs };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(formatMeasuredBench(await benchHss()));
}
