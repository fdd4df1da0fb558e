/**
 * Flash: what an erase and a program do, and every rule of a part that is enforced.
 */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Status } from "../../assembly/status.ts";
import { Clock } from "../../emulator/clock.ts";
import { Flash } from "../../emulator/flash.ts";
import { Power } from "../../emulator/power.ts";
import { PROFILE_NAMES, profileNamed } from "../../emulator/profile.ts";
import { ViolationLog } from "../../emulator/violation.ts";

const SLOT_A = 28672;

function flashOf(name: string) {
  const profile = profileNamed(name);
  const power = new Power();
  const clock = new Clock(profile);
  const violations = new ViolationLog();
  const flash = new Flash(profile, new Uint8Array(131072), { power, clock, violations });
  flash.bytes.fill(profile.erasedValue);
  flash.window = [profile.layout.slotA, profile.layout.state];
  return { profile, power, clock, violations, flash };
}

describe.each(PROFILE_NAMES)("flash of %s", (name) => {
  it("programs whole units, one operation each, and reads back what was programmed", () => {
    const { flash, power, profile, violations } = flashOf(name);
    const data = Uint8Array.from({ length: 4 * profile.unitBytes }, (_, index) => 0x11 + index);
    expect(flash.program(SLOT_A, data)).toBe(Status.Ok);
    expect([...flash.bytes.subarray(SLOT_A, SLOT_A + data.length)]).toEqual([...data]);
    expect(power.operationCount).toBe(4);
    expect(violations.list).toEqual([]);
  });

  it("erases the whole page around an address, in one operation, and counts its wear", () => {
    const { flash, power, profile } = flashOf(name);
    const unit = new Uint8Array(profile.unitBytes).fill(0x5a);
    const last = SLOT_A + profile.pageBytes - profile.unitBytes;
    flash.program(SLOT_A, unit);
    flash.program(last, unit);
    flash.program(SLOT_A + profile.pageBytes, unit);
    expect(flash.erase(SLOT_A + 5)).toBe(Status.Ok);
    expect(flash.isErased(SLOT_A, profile.pageBytes)).toBe(true);
    expect(flash.bytes[SLOT_A + profile.pageBytes]).toBe(0x5a);
    expect(power.operationCount).toBe(4);
    expect(flash.wear[SLOT_A / profile.pageBytes]).toBe(1);
    expect(flash.wear.reduce((sum, count) => sum + count)).toBe(1);
  });

  it("refuses to write the boot partition, and records a violation", () => {
    const { flash, violations, profile } = flashOf(name);
    flash.window = [{ address: 0, bytes: 102400 }];
    expect(flash.erase(0)).toBe(Status.FlashFailed);
    expect(flash.program(27648, new Uint8Array(profile.unitBytes).fill(1))).toBe(Status.FlashFailed);
    expect(flash.program(28672 - profile.unitBytes, new Uint8Array(2 * profile.unitBytes))).toBe(
      Status.FlashFailed,
    );
    expect(violations.list.map(({ rule, address }) => [rule, address])).toEqual([
      ["write-protected", 0],
      ["write-protected", 27648],
      ["write-protected", 28672 - profile.unitBytes],
    ]);
    expect(flash.isErased(0, 102400)).toBe(true);
  });

  it("refuses to write outside of the running stage's window", () => {
    const { flash, violations, profile, power } = flashOf(name);
    expect(flash.erase(profile.layout.slotB.address)).toBe(Status.FlashFailed);
    const across = profile.layout.slotB.address - profile.unitBytes;
    expect(flash.program(across, new Uint8Array(2 * profile.unitBytes).fill(1))).toBe(Status.FlashFailed);
    expect(violations.list.map(({ rule }) => rule)).toEqual(["outside-window", "outside-window"]);
    expect(power.operationCount).toBe(0);
  });

  it("refuses what is not in flash or not whole units, as arguments that make no sense", () => {
    const { flash, violations, profile } = flashOf(name);
    const { unitBytes } = profile;
    expect(flash.erase(102400)).toBe(Status.HalArgument);
    expect(flash.program(102400 - unitBytes, new Uint8Array(2 * unitBytes))).toBe(Status.HalArgument);
    expect(flash.program(SLOT_A + 1, new Uint8Array(unitBytes))).toBe(Status.HalArgument);
    expect(flash.program(SLOT_A, new Uint8Array(unitBytes + 1))).toBe(Status.HalArgument);
    expect(violations.list.map(({ rule }) => rule)).toEqual([
      "flash-range",
      "flash-range",
      "flash-alignment",
      "flash-alignment",
    ]);
  });

  it("stops at the first unit whose rule is broken and leaves it and the rest alone", () => {
    const { flash, power, violations, profile } = flashOf(name);
    const { unitBytes, erasedValue } = profile;
    flash.program(SLOT_A + unitBytes, new Uint8Array(unitBytes).fill(0x3c));
    const data = new Uint8Array(3 * unitBytes).fill(erasedValue ^ 0x80);
    expect(flash.program(SLOT_A, data)).toBe(Status.FlashFailed);
    expect(flash.bytes[SLOT_A]).toBe(erasedValue ^ 0x80);
    expect(flash.bytes[SLOT_A + unitBytes]).toBe(0x3c);
    expect(flash.isErased(SLOT_A + 2 * unitBytes, unitBytes)).toBe(true);
    expect(power.operationCount).toBe(2);
    expect(violations.list).toHaveLength(1);
    expect(violations.list[0]).toMatchObject({ address: SLOT_A + unitBytes, operation: 2 });
    expect(violations.list[0]?.sentence).toMatch(/^[A-Z].*\.$/);
  });

  it("never moves a bit back to the erased value without an erase, whatever is programmed", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(7), fc.uint8Array({ minLength: 32, maxLength: 32 })), { maxLength: 12 }),
        (writes) => {
          const { flash, profile } = flashOf(name);
          const { unitBytes, erasedValue } = profile;
          for (const [slot, bytes] of writes) {
            const address = SLOT_A + slot * unitBytes;
            const before = flash.bytes.slice(address, address + unitBytes);
            const unit = bytes.subarray(0, unitBytes);
            const status = flash.program(address, unit);
            const after = flash.bytes.slice(address, address + unitBytes);
            before.forEach((byte, index) => {
              const programmed = byte ^ erasedValue;
              expect(((after[index] ?? 0) ^ erasedValue) & programmed).toBe(programmed);
            });
            expect([...after]).toEqual(status === Status.Ok ? [...unit] : [...before]);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it("charges every operation to the clock", () => {
    const { flash, clock, profile } = flashOf(name);
    flash.erase(SLOT_A);
    flash.program(SLOT_A, new Uint8Array(3 * profile.unitBytes).fill(0x77));
    expect(clock.micros()).toMatchObject({
      erase: profile.eraseMicros.typical,
      program: 3 * profile.programMicros.typical,
      cpu: 0,
    });
  });
});

describe("unit rules", () => {
  it("[and] allows more bits of a unit to be programmed, and none to be taken back", () => {
    const { flash, violations } = flashOf("class1");
    expect(flash.program(SLOT_A, Uint8Array.of(0xf0, 0xff, 0xff, 0xff))).toBe(Status.Ok);
    expect(flash.program(SLOT_A, Uint8Array.of(0x30, 0xff, 0x00, 0xff))).toBe(Status.Ok);
    expect(flash.program(SLOT_A, Uint8Array.of(0x30, 0xff, 0x01, 0xff))).toBe(Status.FlashFailed);
    expect(violations.list.map(({ rule }) => rule)).toEqual(["bit-needs-erase"]);
  });

  it("[once] sets bits, and refuses a second program even of the same value", () => {
    const { flash, violations } = flashOf("stm32l0");
    expect(flash.program(SLOT_A, Uint8Array.of(0, 0, 0, 1))).toBe(Status.Ok);
    expect(flash.program(SLOT_A, Uint8Array.of(0, 0, 0, 1))).toBe(Status.FlashFailed);
    expect(flash.program(SLOT_A, Uint8Array.of(0xff, 0xff, 0xff, 0xff))).toBe(Status.FlashFailed);
    expect(violations.list.map(({ rule }) => rule)).toEqual([
      "unit-programmed-again",
      "unit-programmed-again",
    ]);
    expect([...flash.bytes.subarray(SLOT_A, SLOT_A + 4)]).toEqual([0, 0, 0, 1]);
  });

  it("[once-or-zero] lets a programmed half-word be voided with zeros, and nothing else", () => {
    const { flash, violations } = flashOf("stm32f103");
    expect(flash.program(SLOT_A, Uint8Array.of(0x34, 0x12))).toBe(Status.Ok);
    expect(flash.program(SLOT_A, Uint8Array.of(0x30, 0x12))).toBe(Status.FlashFailed);
    expect(flash.program(SLOT_A, Uint8Array.of(0, 0))).toBe(Status.Ok);
    expect(flash.program(SLOT_A, Uint8Array.of(0, 0))).toBe(Status.Ok);
    expect(violations.list.map(({ rule }) => rule)).toEqual(["unit-programmed-again"]);
  });

  it("programs from flash itself, as a copy from one page to another does", () => {
    const { flash } = flashOf("class1");
    flash.program(SLOT_A, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));
    expect(flash.program(SLOT_A + 1024, flash.bytes.subarray(SLOT_A, SLOT_A + 8))).toBe(Status.Ok);
    expect([...flash.bytes.subarray(SLOT_A + 1024, SLOT_A + 1032)]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });
});
