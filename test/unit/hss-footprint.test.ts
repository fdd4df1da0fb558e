/**
 * What HSS/LMS verification costs the device, each build on its own: code, static data and worst-case stack.
 */
import { describe, expect, it } from "vitest";
import { Status } from "../../assembly/status.ts";
import { MeasuredModule, measuredTargets } from "../../benchmarks/cost.ts";
import { sha256 } from "../../host/keys/hss.ts";
import { digitsOf, joined, Kind, prefix } from "../../host/keys/lms.ts";
import { signedBy } from "../hss-module.ts";

describe.each(measuredTargets)("HSS/LMS verification built for %s", (target) => {
  const device = new MeasuredModule("hss", target, "hssVerify");
  const { footprint } = device;

  it("takes at most 800 bytes of RAM, SHA-256, static data and stack together", () => {
    expect(footprint.staticBytes).toBeGreaterThan(400);
    expect(footprint.totalBytes).toBeLessThanOrEqual(800);
  });

  it("takes at most 2.5 KB of code where it is built for size, and 9 KiB for speed", () => {
    expect(footprint.codeBytes).toBeLessThanOrEqual(target === "size" ? 2500 : 9216);
  });

  it("executes at most 4,800 instructions for a step of a chain, and 9,800 where it is built for size", () => {
    const message = new Uint8Array(16);
    const tree = { height: 5, digitBits: 8, leaf: 3 };
    const { key, signature } = signedBy([tree], message, (bytes) => bytes);
    device.bytes.set(key, 0);
    device.bytes.set(message, 64);
    device.bytes.set(signature, 80);
    const { instructions } = device.cost("HSS/LMS", Status.Ok, 0, 64, 16, 80, signature.length);
    const start = joined(prefix(new Uint8Array(16), tree.leaf, Kind.Message), new Uint8Array(32), message);
    const steps = digitsOf(tree, sha256(start)).reduce((sum, digit) => sum + 255 - digit, 0);
    expect(instructions).toBeGreaterThan(4000 * steps);
    expect(instructions).toBeLessThanOrEqual((target === "size" ? 9800 : 4800) * steps);
  });
});
