/**
 * Power: cuts as text, and an observer that makes them.
 */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Status } from "../../assembly/status.ts";
import { Clock } from "../../emulator/clock.ts";
import { Counters } from "../../emulator/counters.ts";
import {
  CutError,
  CutPower,
  formatCut,
  formatCuts,
  parseCut,
  parseCuts,
  type Cut,
} from "../../emulator/cut.ts";
import { Flash } from "../../emulator/flash.ts";
import { Power, powerLoss } from "../../emulator/power.ts";
import { profileNamed } from "../../emulator/profile.ts";
import { ViolationLog } from "../../emulator/violation.ts";

const SLOT_A = 28672;

function device() {
  const profile = profileNamed("class1");
  const power = new Power();
  const clock = new Clock(profile);
  const flash = new Flash(profile, new Uint8Array(131072), { power, clock, violations: new ViolationLog() });
  flash.bytes.fill(profile.erasedValue);
  flash.window = [profile.layout.slotA];
  return { power, flash, clock, counters: new Counters(power, clock) };
}

/** Runs `work` with one cut; says whether power was lost. */
function cutDuring(power: Power, text: string, work: () => void): boolean {
  const observer = new CutPower(parseCut(text));
  power.powerOn(observer, undefined);
  try {
    work();
  } catch (signal) {
    if (signal !== powerLoss) throw signal;
    expect(observer.executed).toBe(true);
    return true;
  }
  expect(observer.executed).toBe(false);
  return false;
}

describe("the text form of a cut", () => {
  it("is a number, a phase and, for torn operations, a variant", () => {
    expect(parseCut("17b")).toEqual({ operation: 17, phase: "before" });
    expect(parseCut("17a")).toEqual({ operation: 17, phase: "after" });
    expect(parseCut("17t2")).toEqual({ operation: 17, phase: "torn", variant: 2 });
    expect(parseCuts("17t2,0b")).toHaveLength(2);
    expect(parseCuts("")).toEqual([]);
  });

  it("survives formatting and parsing", () => {
    const operation = fc.nat(999_999);
    const cut: fc.Arbitrary<Cut> = fc.oneof(
      fc.record({ operation, phase: fc.constantFrom("before" as const, "after" as const) }),
      fc.record({ operation, phase: fc.constant("torn" as const), variant: fc.nat(99) }),
    );
    fc.assert(
      fc.property(fc.array(cut), (cuts) => {
        expect(parseCuts(formatCuts(cuts))).toEqual(cuts);
      }),
    );
  });

  it.each(["", "17", "b", "17c", "17t", "-1b", "017b", "17b ", "1.5a", "17t2x", "9999999999b", "17b,,1a"])(
    "refuses %j",
    (text) => {
      expect(() => (text.includes(",") ? parseCuts(text) : parseCut(text))).toThrow(
        expect.objectContaining({ name: "CutError", code: "cut-syntax" }),
      );
    },
  );
});

describe("a cut", () => {
  const units = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);

  it("before an operation leaves nothing of it", () => {
    const { power, flash, clock } = device();
    expect(cutDuring(power, "1b", () => flash.program(SLOT_A, units))).toBe(true);
    expect([...flash.bytes.subarray(SLOT_A, SLOT_A + 8)]).toEqual([1, 2, 3, 4, 255, 255, 255, 255]);
    expect(power.operationCount).toBe(1);
    expect(clock.programCount).toBe(1);
  });

  it("after an operation leaves all of it and nothing more", () => {
    const { power, flash } = device();
    expect(cutDuring(power, "0a", () => flash.program(SLOT_A, units))).toBe(true);
    expect([...flash.bytes.subarray(SLOT_A, SLOT_A + 8)]).toEqual([1, 2, 3, 4, 255, 255, 255, 255]);
    expect(power.operationCount).toBe(1);
  });

  it("in the middle of a program leaves the torn variant, and counts as an operation", () => {
    const { power, flash, clock } = device();
    expect(cutDuring(power, "1t3", () => flash.program(SLOT_A, units))).toBe(true);
    expect([...flash.bytes.subarray(SLOT_A, SLOT_A + 8)]).toEqual([1, 2, 3, 4, 5, 6, 7, 255]);
    expect(power.operationCount).toBe(2);
    expect(clock.programCount).toBe(2);
  });

  it("in the middle of an erase leaves the torn variant, and wears the page", () => {
    const { power, flash } = device();
    flash.bytes.fill(0x42, SLOT_A, SLOT_A + 2048);
    expect(cutDuring(power, "0t2", () => flash.erase(SLOT_A + 1024))).toBe(true);
    expect(flash.bytes[SLOT_A + 1023]).toBe(0x42);
    expect(flash.bytes[SLOT_A + 1024]).toBe(0x42);
    expect(flash.isErased(SLOT_A + 1536, 512)).toBe(true);
    expect(flash.wear[SLOT_A / 1024 + 1]).toBe(1);
  });

  it("that is never reached does nothing", () => {
    const { power, flash } = device();
    expect(cutDuring(power, "2b", () => flash.program(SLOT_A, units))).toBe(false);
    expect(flash.bytes[SLOT_A + 7]).toBe(8);
  });

  it("around a counter advance leaves the old value or the new", () => {
    const { power, counters } = device();
    expect(cutDuring(power, "0b", () => counters.advance(0, 7n))).toBe(true);
    expect(counters.read(0)).toBe(0n);
    expect(cutDuring(power, "0a", () => counters.advance(0, 7n))).toBe(true);
    expect(counters.read(0)).toBe(7n);
    expect(counters.advance(0, 7n)).toBe(Status.Ok);
  });

  it("with a variant that the operation does not have is an error, not a silent clean run", () => {
    const { power, flash, counters } = device();
    expect(() => cutDuring(power, "0t4", () => flash.program(SLOT_A, units))).toThrow(CutError);
    expect(() => cutDuring(power, "0t1", () => counters.advance(0, 1n))).toThrow(
      expect.objectContaining({ code: "cut-variant" }),
    );
    expect(flash.isErased(SLOT_A, 8)).toBe(true);
    expect(formatCut({ operation: 0, phase: "torn", variant: 1 })).toBe("0t1");
  });
});

describe("an observer", () => {
  it("sees the content before and after of every operation, numbered from 0", () => {
    const { power, flash, counters } = device();
    const seen: unknown[] = [];
    power.powerOn(
      {
        before: (operation) => {
          if (operation.kind === "counter") seen.push([operation.index, operation.before, operation.after]);
          else seen.push([operation.index, operation.kind, operation.before[0], operation.after[0]]);
        },
      },
      undefined,
    );
    flash.program(SLOT_A, units());
    flash.erase(SLOT_A);
    counters.advance(1, 9n);
    expect(seen).toEqual([
      [0, "program", 0xff, 0x21],
      [1, "program", 0xff, 0x25],
      [2, "erase", 0x21, 0xff],
      [3, 0n, 9n],
    ]);
  });

  function units(): Uint8Array {
    return Uint8Array.from({ length: 8 }, (_, index) => 0x21 + index);
  }
});
