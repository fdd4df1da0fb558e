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
import { type Cost, MeasuredModule, formatCosts, measuredTargets } from "./cost.ts";
import { type BenchEffort, type BenchTable, formatTable } from "./table.ts";
import { compareVerifiers } from "./verifier.ts";

/** Addresses in flash of what is verified. */
const Operand = { Key: 0, Message: 128, Signature: 256 } as const;

/** Time and cost of verifying one genuine signature. */
export interface HssBench {
  readonly table: BenchTable;
  readonly costs: readonly Cost[];
}

/** Compares verification of one genuine signature of a single tree H5/W8. */
export async function benchHss(effort?: BenchEffort): Promise<HssBench> {
  const message = Uint8Array.from(Buffer.from("a firmware manifest"));
  const { key, top } = generateHssKey(parseTrees("H5/W8"), { secret: new Uint8Array(48) });
  const signature = signWithLeaf(key, message, 0n, top.leaves);
  const parameters = [
    Operand.Key,
    Operand.Message,
    message.length,
    Operand.Signature,
    signature.length,
  ] as const;
  const devices = measuredTargets.map((target) => new MeasuredModule("hss", target, "hssVerify"));
  const implementations = [
    ...devices.map((device) => ({
      name: `Brownout (Wasm), built for ${device.target}`,
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
  ];
  const load = (): void => {
    for (const { bytes } of devices) {
      bytes.set(key.x, Operand.Key);
      bytes.set(message, Operand.Message);
      bytes.set(signature, Operand.Signature);
    }
  };
  const table = await compareVerifiers(
    "HSS/LMS verification, one tree H5/W8",
    implementations,
    message,
    load,
    effort,
  );
  const costs = devices.map((device) =>
    device.cost(`HSS/LMS verification, built for ${device.target}`, Status.Ok, ...parameters),
  );
  return { table, costs };
}

/** The figures as lines of text. */
export function formatHss({ table, costs }: HssBench): string {
  return `${formatTable(table)}\n${formatCosts(costs)}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(formatHss(await benchHss()));
