/**
 * What SHA-512 costs the device, each build on its own: code, static data and worst-case stack.
 */
import { describe, expect, it } from "vitest";
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
