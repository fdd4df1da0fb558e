/**
 * How fast does the device hash with SHA-512, and at what cost? `npx tsx benchmarks/sha512.ts`
 *
 * SHA-512 of 32 KiB in mapped flash, in the module as it goes into flash, against @noble/hashes and
 * OpenSSL, and against hash-wasm where that is installed.
 */
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { sha512 } from "@noble/hashes/sha2.js";
import { type Cost, MeasuredModule, formatCosts, measuredTargets } from "./cost.ts";
import { absenceLine, installedPeer } from "./peer.ts";
import { type BenchEffort, type BenchTable, type BenchTask, compare, formatTable } from "./table.ts";

const messageBytes = 32 * 1024;

/** Time and cost of hashing one 32 KiB message. */
export interface Sha512Bench {
  readonly table: BenchTable;
  readonly costs: readonly Cost[];
  /** Peers that are not installed. */
  readonly absent: readonly string[];
}

/** Compares hashing of one 32 KiB message. */
export async function benchSha512(effort?: BenchEffort): Promise<Sha512Bench> {
  const message = Uint8Array.from({ length: messageBytes }, (_, index) => (index * 31) ^ (index >> 8));
  const expected = createHash("sha512").update(message).digest();
  const devices = measuredTargets.map((target) => new MeasuredModule("sha512", target, "sha512"));
  for (const device of devices) {
    device.bytes.set(message);
    device.run(0, messageBytes, device.result);
    if (!expected.equals(device.bytes.subarray(device.result, device.result + 64)))
      throw new Error("the device computed another digest");
  }
  const hashWasm = await hashWasmTask(message);
  const table = await compare(
    "SHA-512 of 32 KiB",
    [
      ...devices.map((device) => ({
        name: `Brownout (Wasm), built for ${device.target}`,
        run: () => void device.run(0, messageBytes, device.result),
      })),
      { name: "@noble/hashes", run: () => void sha512(message) },
      { name: "node:crypto (OpenSSL)", run: () => void createHash("sha512").update(message).digest() },
      ...(hashWasm === undefined ? [] : [hashWasm]),
    ],
    effort,
  );
  const costs = devices.map((device) =>
    device.cost(`SHA-512 of 32 KiB, built for ${device.target}`, undefined, 0, messageBytes, device.result),
  );
  return { table, costs, absent: hashWasm === undefined ? ["hash-wasm"] : [] };
}

/** hash-wasm's SHA-512 of the message, if it is installed. */
async function hashWasmTask(message: Uint8Array): Promise<BenchTask | undefined> {
  const peer = await installedPeer("hash-wasm");
  if (peer === undefined || !("createSHA512" in peer) || !isCreator(peer.createSHA512)) return undefined;
  const hasher = await peer.createSHA512();
  return { name: "hash-wasm", run: () => void hasher.init().update(message).digest() };
}

interface Hasher {
  init(): Hasher;
  update(message: Uint8Array): Hasher;
  digest(): string;
}

function isCreator(value: unknown): value is () => Promise<Hasher> {
  return typeof value === "function";
}

/** The figures as lines of text. */
export function formatSha512({ table, costs, absent }: Sha512Bench): string {
  return `${formatTable(table)}\n${formatCosts(costs)}${absenceLine(absent)}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(formatSha512(await benchSha512()));
