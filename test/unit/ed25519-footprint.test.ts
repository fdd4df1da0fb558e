/**
 * What SHA-512 and Ed25519 cost the device, each build on its own: code, static data and worst-case stack.
 */
import { ed25519 } from "@noble/curves/ed25519.js";
import { describe, expect, it } from "vitest";
import { Status } from "../../assembly/status.ts";
import { MeasuredModule, measuredTargets } from "../../benchmarks/cost.ts";

describe.each(measuredTargets)("SHA-512 built for %s", (target) => {
  const { footprint } = new MeasuredModule("sha512", target, "sha512");

  it("takes at most 1.2 KB of RAM, static data and stack together", () => {
    expect(footprint.staticBytes).toBeGreaterThan(800);
    expect(footprint.totalBytes).toBeLessThanOrEqual(1200);
  });

  it("takes at most 2 KiB of code", () => {
    expect(footprint.codeBytes).toBeLessThanOrEqual(2048);
  });
});

describe.each(measuredTargets)("Ed25519 verification built for %s", (target) => {
  const device = new MeasuredModule("ed25519", target, "ed25519Verify");
  const { footprint } = device;

  it("takes at most 3.0 KB of RAM, SHA-512, static data and stack together", () => {
    expect(footprint.staticBytes).toBeGreaterThan(2000);
    expect(footprint.totalBytes).toBeLessThanOrEqual(3000);
  });

  it("takes at most 8 KiB of code where it is built for size, and 10.5 KiB for speed", () => {
    expect(footprint.codeBytes).toBeLessThanOrEqual(target === "size" ? 8192 : 10752);
  });

  it("executes at most 1.8 million instructions, whatever the hash", () => {
    for (let index = 0; index < 20; index++) {
      const secret = new Uint8Array(32).fill(index);
      const message = Uint8Array.of(index);
      device.bytes.set(ed25519.getPublicKey(secret), 0);
      device.bytes.set(ed25519.sign(message, secret), 32);
      device.bytes.set(message, 96);
      const { instructions } = device.cost("Ed25519", Status.Ok, 0, 96, 1, 32);
      expect(instructions).toBeGreaterThan(500_000);
      expect(instructions).toBeLessThanOrEqual(1_800_000);
    }
  });
});
