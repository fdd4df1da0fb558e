/**
 * How fast does the device hash, and at what cost? `npx tsx benchmarks/hash.ts`
 *
 * SHA-256 and SHA-512 of 32 KiB in mapped flash, about one image: the modules as they go into flash, one
 * built for speed and one for size, against @noble/hashes, OpenSSL and hash-wasm.
 */
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { sha256, sha512 } from "@noble/hashes/sha2.js";
import { createSHA256, createSHA512 } from "hash-wasm";
import { MeasuredModule, measuredTargets } from "./cost.ts";
import { buildName, formatMeasuredBench, type MeasuredBench } from "./measured-bench.ts";
import { type BenchEffort, compare } from "./table.ts";

const messageBytes = 32 * 1024;

/** What is compared, by the name of its measured module. */
const HASHES = {
  sha256: { title: "SHA-256", noble: sha256, hashWasm: createSHA256 },
  sha512: { title: "SHA-512", noble: sha512, hashWasm: createSHA512 },
} as const;

/** Compares hashing of one message of 32 KiB. */
export async function benchHash(
  algorithm: keyof typeof HASHES,
  effort?: BenchEffort,
): Promise<MeasuredBench> {
  const { title, noble, hashWasm } = HASHES[algorithm];
  const message = Uint8Array.from({ length: messageBytes }, (_, index) => (index * 31) ^ (index >> 8));
  const expected = createHash(algorithm).update(message).digest();
  const devices = measuredTargets.map((target) => new MeasuredModule(algorithm, target, algorithm));
  for (const device of devices) {
    device.bytes.set(message);
    device.run(0, messageBytes, device.result);
    if (!expected.equals(device.bytes.subarray(device.result, device.result + expected.length)))
      throw new Error("the device computed another digest");
  }
  const hasher = await hashWasm();
  const table = await compare(
    `${title} of 32 KiB`,
    [
      ...devices.map((device) => ({
        name: buildName(device),
        run: () => void device.run(0, messageBytes, device.result),
      })),
      { name: "@noble/hashes", run: () => void noble(message) },
      { name: "node:crypto (OpenSSL)", run: () => void createHash(algorithm).update(message).digest() },
      { name: "hash-wasm", run: () => void hasher.init().update(message).digest() },
    ],
    effort,
  );
  const costs = devices.map((device) =>
    device.cost(`${title} of 32 KiB, built for ${device.target}`, undefined, 0, messageBytes, device.result),
  );
  return { table, costs };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(formatMeasuredBench(await benchHash("sha256")));
  console.log(`\n${formatMeasuredBench(await benchHash("sha512"))}`);
}
