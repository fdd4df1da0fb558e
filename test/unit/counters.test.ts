/**
 * Monotonic counters: they never decrease, and an advance is one operation.
 */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Status } from "../../assembly/status.ts";
import { Clock } from "../../emulator/clock.ts";
import { COUNTER_COUNT, Counters } from "../../emulator/counters.ts";
import { Power } from "../../emulator/power.ts";
import { profileNamed } from "../../emulator/profile.ts";

function counters() {
  const power = new Power();
  return { power, counters: new Counters(power, new Clock(profileNamed("class1"))) };
}

describe("counters", () => {
  it("start at zero and take 64 bits", () => {
    const { counters: device } = counters();
    expect(device.read(0)).toBe(0n);
    expect(device.advance(0, 0xffff_ffff_ffff_ffffn)).toBe(Status.Ok);
    expect(device.read(0)).toBe(0xffff_ffff_ffff_ffffn);
  });

  it("refuse a lower value and leave the old one", () => {
    const { counters: device, power } = counters();
    device.advance(0, 10n);
    expect(device.advance(0, 9n)).toBe(Status.HalArgument);
    expect(device.read(0)).toBe(10n);
    expect(power.operationCount).toBe(1);
  });

  it("take an equal value without an operation", () => {
    const { counters: device, power } = counters();
    device.advance(0, 10n);
    expect(device.advance(0, 10n)).toBe(Status.Ok);
    expect(power.operationCount).toBe(1);
  });

  it("do not exist beyond their number", () => {
    const { counters: device } = counters();
    expect(device.read(COUNTER_COUNT)).toBeUndefined();
    expect(device.advance(COUNTER_COUNT, 1n)).toBe(Status.HalArgument);
  });

  it("hold the greatest value ever accepted", () => {
    fc.assert(
      fc.property(fc.array(fc.bigInt({ min: 0n, max: 20n })), (values) => {
        const { counters: device, power } = counters();
        let greatest = 0n;
        let operations = 0;
        for (const value of values) {
          expect(device.advance(2, value)).toBe(value < greatest ? Status.HalArgument : Status.Ok);
          if (value > greatest) {
            greatest = value;
            operations += 1;
          }
          expect(device.read(2)).toBe(greatest);
        }
        expect(power.operationCount).toBe(operations);
      }),
    );
  });
});
