/**
 * Simulated time and energy: sums of what happened, priced by the profile.
 */

import { describe, expect, it } from "vitest";
import { Clock } from "../../emulator/clock.ts";
import { nanojoulesOf } from "../../emulator/energy.ts";
import { profileNamed } from "../../emulator/profile.ts";
import { Watchdog } from "../../emulator/watchdog.ts";

const profile = profileNamed("class1");

describe("the clock", () => {
  it("adds up fuel, programs, erases and sleep", () => {
    const clock = new Clock(profile);
    clock.fuelBurnt = 64_000;
    clock.programCount = 3;
    clock.eraseCount = 2;
    clock.idleMicros = 5;
    expect(clock.micros()).toEqual({ cpu: 2000, program: 150, erase: 40_000, idle: 5, total: 42_155 });
    expect(clock.now()).toBe(42_155);
  });

  it("uses the worst times on request", () => {
    const clock = new Clock(profile, "max");
    clock.eraseCount = 1;
    clock.programCount = 1;
    expect(clock.now()).toBe(40_100);
  });

  it("starts at zero at every power-on", () => {
    const clock = new Clock(profile);
    clock.eraseCount = 1;
    clock.fuelBurnt = 1;
    clock.idleMicros = 1;
    clock.programCount = 1;
    clock.powerOn();
    expect(clock.micros().total).toBe(0);
  });

  it("counts the fuel of the module that runs now", () => {
    const clock = new Clock(profile);
    const watchdog = new Watchdog({ watchdogFuel: 1_000_000, capFuel: 1_000_000 }, clock);
    const gauge = { fuel: 0 };
    watchdog.start(gauge);
    gauge.fuel -= 32_000;
    expect(clock.now()).toBe(1000);
    watchdog.stop();
    expect(clock.fuelBurnt).toBe(32_000);
    expect(clock.now()).toBe(1000);
  });
});

describe("the watchdog", () => {
  it("refills its period at a kick, but never beyond the cap of the power-on", () => {
    const clock = new Clock(profile);
    const watchdog = new Watchdog({ watchdogFuel: 100, capFuel: 250 }, clock);
    const gauge = { fuel: 0 };
    watchdog.start(gauge);
    expect(gauge.fuel).toBe(100);
    gauge.fuel = 10;
    watchdog.kick();
    expect(gauge.fuel).toBe(100);
    gauge.fuel = 10;
    watchdog.kick();
    expect(gauge.fuel).toBe(70);
    gauge.fuel = 0;
    watchdog.kick();
    expect(gauge.fuel).toBe(0);
    watchdog.stop();
    expect(clock.fuelBurnt).toBe(250);
  });
});

describe("energy", () => {
  it("is time times current times voltage, the processor drawing its current throughout", () => {
    const energy = nanojoulesOf(profile, {
      cpu: 1000,
      program: 50,
      erase: 20_000,
      idle: 1e6,
      total: 1_021_050,
    });
    expect(energy).toEqual({
      cpu: 9000, // 1 ms × 3 mA × 3 V = 9 µJ
      program: 900, // 50 µs × 6 mA × 3 V
      erase: 360_000, // 20 ms × 6 mA × 3 V
      idle: 3000, // 1 s × 1 µA × 3 V
      total: 372_900,
    });
  });
});
