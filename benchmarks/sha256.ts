/**
 * How fast does the device hash? `npx tsx benchmarks/sha256.ts`
 *
 * SHA-256 of 32 KiB in mapped flash, about one image, in the release build of the device's code, not
 * instrumented, against @noble/hashes and OpenSSL.
 */
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { sha256 } from "@noble/hashes/sha2.js";
import { CryptoModule } from "../test/crypto-module.ts";
import { type BenchEffort, type BenchTable, compare, formatTable } from "./table.ts";

const messageBytes = 32 * 1024;

/** Compares hashing of one 32 KiB message. */
export async function benchSha256(effort?: BenchEffort): Promise<BenchTable> {
  const message = Uint8Array.from({ length: messageBytes }, (_, index) => (index * 31) ^ (index >> 8));
  const device = new CryptoModule("crypto-release");
  const expected = createHash("sha256").update(message).digest();
  if (!expected.equals(device.sha256(message))) throw new Error("the device computed another digest");
  return compare(
    "SHA-256 of 32 KiB",
    [
      { name: "Brownout (Wasm)", run: () => void device.sha256OfFlash(messageBytes) },
      { name: "@noble/hashes", run: () => void sha256(message) },
      { name: "node:crypto (OpenSSL)", run: () => void createHash("sha256").update(message).digest() },
    ],
    effort,
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(formatTable(await benchSha256()));
