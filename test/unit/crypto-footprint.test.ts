/**
 * What the cryptography costs the device in RAM, as the emulator counts it: static data and worst-case stack.
 */
import { describe, expect, it } from "vitest";
import { Memory } from "../../assembly/layout.ts";
import { MeasuredModule } from "../../benchmarks/cost.ts";
import { decodeModule } from "../../emulator/wasm/decode.ts";
import { computeFootprint } from "../../emulator/wasm/footprint.ts";
import { findExport } from "../../emulator/wasm/module.ts";
import { computeStack } from "../../emulator/wasm/stack.ts";
import { readWasm } from "../wasm-file.ts";

const module = decodeModule(readWasm("crypto-release"));

/** `INPUT` and `OUTPUT` of the testing entry. */
const testingBytes = 1024 + 256;

function ramOf(...exports: string[]): { staticBytes: number; globalBytes: number; stackBytes: number } {
  const roots = exports.map((name) => {
    const entry = findExport(module, name);
    if (entry?.kind !== "function") throw new Error(`${name} is not an exported function`);
    return entry.index;
  });
  const options = { ramBase: Memory.RamBase, ramBytes: Memory.RamBytes };
  return computeFootprint(module, computeStack(module, { roots }), options);
}

describe("RAM of the cryptography", () => {
  it("keeps at most 2100 bytes of static data for SHA-256, HMAC and ECDSA together, and one global", () => {
    const { staticBytes, globalBytes } = ramOf("ecdsaP256Verify");
    expect(staticBytes - testingBytes).toBeGreaterThan(1000);
    expect(staticBytes - testingBytes).toBeLessThanOrEqual(2100);
    expect(globalBytes).toBe(8);
  });

  it("verifies a signature in at most 520 bytes of stack", () => {
    expect(ramOf("ecdsaP256Verify").stackBytes).toBeLessThanOrEqual(520);
  });

  it("hashes in at most 614 bytes of RAM, 0.6 KB, where it is built for speed", () => {
    const { footprint } = new MeasuredModule("sha256", "speed", "sha256");
    expect(footprint.staticBytes).toBeGreaterThan(350);
    expect(footprint.totalBytes).toBeLessThanOrEqual(614);
  });

  it("computes an HMAC in at most 320 bytes of stack", () => {
    const { stackBytes } = ramOf("hmacSha256Init", "hmacSha256Update", "hmacSha256Final");
    expect(stackBytes).toBeLessThanOrEqual(320);
  });
});
