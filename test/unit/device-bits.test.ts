/**
 * What flash remembers beside its content: reads that fault or waver, pages that lose what they were
 * given, writes that are counted, and that all of it is part of the persistent state.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Slot } from "../../assembly/layout.ts";
import { Status } from "../../assembly/status.ts";
import { CutPower, parseCut } from "../../emulator/cut.ts";
import type { Device } from "../../emulator/device.ts";
import {
  decodeBits,
  encodeRegisters,
  NO_BITS,
  Waver,
  withBit,
  without,
  type DeviceBit,
  type DeviceBits,
} from "../../emulator/device-bits.ts";
import { profileNamed } from "../../emulator/profile.ts";
import { deviceWith, keepStatus, moduleOf, RAM, statuses } from "./device-fixture.ts";

const CLASS1 = profileNamed("class1");
const STATE = CLASS1.layout.state.address;
const SLOT_B = CLASS1.layout.slotB.address;

const poisoned = (address: number, length: number): DeviceBit => ({
  kind: "poisoned",
  address,
  length,
  value: 0,
  other: undefined,
});

const wavering = (address: number, other: readonly number[], value: Waver): DeviceBit => ({
  kind: "wavering",
  address,
  length: other.length,
  value,
  other: Uint8Array.from(other),
});

/** Powers on a device that runs `body` with these bits set. */
function run(body: string, bits: DeviceBits, profileName = "class1"): Device {
  const device = deviceWith(moduleOf(body), { profile: profileNamed(profileName) });
  device.restore({ ...device.snapshot(), bits });
  device.powerOn();
  return device;
}

describe("poisoned flash", () => {
  const bits = [poisoned(STATE + 8, 8)];

  it.each([
    ["i32.load8_u", STATE + 8],
    ["i32.load8_u", STATE + 15],
    ["i64.load", STATE + 1],
    ["i64.load", STATE + 15],
    ["i32.load16_u", STATE + 7],
  ])("stops a module whose %s at %i touches it, with a fault that says so", (load, address) => {
    const body = `(drop (${load} (i32.const ${address})))`;
    const device = deviceWith(moduleOf(body));
    device.restore({ ...device.snapshot(), bits });
    const { end, fault } = device.powerOn();
    expect([end, fault?.kind, fault?.address]).toEqual(["hard-fault", "ecc", address]);
    expect(fault?.message).toContain("error-correcting code does not fit");
  });

  it.each([
    ["i64.load", STATE],
    ["i64.load", STATE + 16],
    ["i32.load", STATE + 4],
    ["i32.load8_u", STATE + 7],
  ])("does not stop a %s at %i beside it", (load, address) => {
    const device = deviceWith(moduleOf(`(drop (${load} (i32.const ${address})))`));
    device.restore({ ...device.snapshot(), bits });
    expect(device.powerOn().end).toBe("returned");
  });

  it("stops a copy that reaches into it, and no other", () => {
    const copy = (from: number, length: number): string =>
      `(memory.copy (i32.const ${RAM}) (i32.const ${from}) (i32.const ${length}))`;
    for (const [from, length, end] of [
      [STATE, 8, "returned"],
      [STATE, 9, "hard-fault"],
      [STATE - 100, 500, "hard-fault"],
      [STATE + 16, 200, "returned"],
      [STATE + 8, 0, "returned"],
    ] as const) {
      const device = deviceWith(moduleOf(copy(from, length)));
      device.restore({ ...device.snapshot(), bits });
      expect([from, length, device.powerOn().end]).toEqual([from, length, end]);
    }
  });

  it("is told beforehand by flash_check", () => {
    const device = run(
      keepStatus(0, `(call $flash_check (i32.const ${STATE}) (i32.const 8))`) +
        keepStatus(1, `(call $flash_check (i32.const ${STATE}) (i32.const 9))`) +
        keepStatus(2, `(call $flash_check (i32.const ${STATE + 16}) (i32.const 64))`),
      bits,
    );
    expect(statuses(device, 3)).toEqual([Status.Ok, Status.FlashUnreadable, Status.Ok]);
  });

  it("stops a HAL call that would read it", () => {
    const device = deviceWith(moduleOf(`(drop (call $log (i32.const ${STATE}) (i32.const 16)))`));
    device.restore({ ...device.snapshot(), bits });
    expect(device.powerOn()).toMatchObject({ end: "hard-fault", fault: { kind: "ecc", address: STATE } });
  });

  it("stops the processor that fetches an image from it", () => {
    const image = moduleOf("");
    const boot = moduleOf(`(drop (call $boot (i32.const ${SLOT_B}) (i32.const ${image.length})))`);
    const device = deviceWith(boot, {}, { slots: { B: { envelope: image } } });
    expect(device.powerOn()).toMatchObject({ end: "returned", booted: { slot: Slot.B } });
    device.restore({ ...device.snapshot(), bits: [poisoned(SLOT_B + 8, 8)] });
    expect(device.powerOn()).toMatchObject({ end: "hard-fault", stage: "firmware", fault: { kind: "ecc" } });
  });

  it("may not be programmed, and is cured by an erase", () => {
    const program = `(call $flash_program (i32.const ${STATE + 8}) (i32.const ${RAM}) (i32.const 8))`;
    const erase = `(call $flash_erase (i32.const ${STATE}))`;
    const refused = run(keepStatus(0, program), bits, "stm32g0");
    expect(statuses(refused, 1)).toEqual([Status.FlashFailed]);
    const read = `(drop (i64.load (i32.const ${STATE + 8})))`;
    const cured = run(keepStatus(0, erase) + read + keepStatus(1, program), bits, "stm32g0");
    expect(statuses(cured, 2)).toEqual([Status.Ok, Status.Ok]);
    expect(cured.flash.bits).toEqual(NO_BITS);
  });

  it("is what a torn program leaves on a part with a code, and only there", () => {
    const body = `(i64.store (i32.const ${RAM}) (i64.const 0x1122334455667788))
      (drop (call $flash_program (i32.const ${STATE}) (i32.const ${RAM}) (i32.const 8)))`;
    const device = deviceWith(moduleOf(body), { profile: profileNamed("stm32g0") });
    const observer = new CutPower(parseCut("0t601"));
    expect(device.powerOn({ observer }).end).toBe("power-loss");
    expect(device.flash.bits).toContainEqual(poisoned(STATE, 8));
    const without = deviceWith(moduleOf(body));
    expect(() => without.powerOn({ observer: new CutPower(parseCut("0t601")) })).toThrow(
      expect.objectContaining({ code: "cut-variant" }),
    );
  });
});

describe("a wavering unit", () => {
  const load = (index: number, address = STATE): string =>
    `(i32.store (i32.const ${RAM + 4 * index}) (i32.load (i32.const ${address})))`;
  const before = 0xffff_ffff;
  const after = 0x0403_0201;

  it.each([
    [Waver.AfterFirst, [after, before, after, before]],
    [Waver.BeforeFirst, [before, after, before, after]],
    [Waver.AfterOnce, [after, before, before, before]],
    [Waver.BeforeOnce, [before, after, after, after]],
  ])("reads in the order of pattern %i, from the start at each power-on", (pattern, expected) => {
    const device = run([0, 1, 2, 3].map((index) => load(index)).join(""), [
      wavering(STATE, [1, 2, 3, 4], pattern),
    ]);
    expect(statuses(device, 4)).toEqual(expected);
    device.powerOn();
    expect(statuses(device, 4)).toEqual(expected);
  });

  it("keeps the content that counts once the power is off, whatever was read", () => {
    const device = run(load(0), [wavering(STATE, [1, 2, 3, 4], Waver.AfterFirst)]);
    expect([...device.flash.bytes.subarray(STATE, STATE + 4)]).toEqual([0xff, 0xff, 0xff, 0xff]);
  });

  it("leaves its neighbours in the same eight bytes alone", () => {
    const device = run(load(0, STATE + 4) + load(1) + load(2, STATE + 4) + load(3), [
      wavering(STATE, [1, 2, 3, 4], Waver.AfterFirst),
    ]);
    expect(statuses(device, 4)).toEqual([before, after, before, before]);
  });

  it("is settled by programming it, or by an erase", () => {
    const bits = [wavering(STATE, [1, 2, 3, 4], Waver.AfterFirst)];
    const program = `(i32.store (i32.const ${RAM + 64}) (i32.const ${after}))
      (drop (call $flash_program (i32.const ${STATE}) (i32.const ${RAM + 64}) (i32.const 4)))`;
    const rewritten = run(program + load(0) + load(1), bits);
    expect(statuses(rewritten, 2)).toEqual([after, after]);
    expect(rewritten.flash.bits).toEqual(NO_BITS);
    expect(run(`(drop (call $flash_erase (i32.const ${STATE})))`, bits).flash.bits).toEqual(NO_BITS);
  });
});

describe("a page whose erase was too short", () => {
  const old = new Uint8Array(CLASS1.pageBytes).fill(0x3c);
  const weak = (value: number): DeviceBit => ({
    kind: "weak",
    address: STATE,
    length: CLASS1.pageBytes,
    value,
    other: old,
  });

  it("reads erased for so many power-ons and then as it was", () => {
    const device = run("", [weak(1)]);
    expect(device.flash.bytes[STATE]).toBe(0xff);
    device.powerOn();
    expect(device.flash.bytes[STATE]).toBe(0x3c);
    expect(device.flash.bits).toEqual(NO_BITS);
  });

  it("loses what was programmed into it: the old bits come through", () => {
    const body = `(i32.store (i32.const ${RAM}) (i32.const 0x0f0f0f0f))
      (drop (call $flash_program (i32.const ${STATE}) (i32.const ${RAM}) (i32.const 4)))`;
    const device = run(body, [weak(1)]);
    expect(device.flash.bytes[STATE]).toBe(0x0f);
    device.restore({ ...deviceWith(moduleOf("")).snapshot(), ...{ bits: device.flash.bits } });
    device.powerOn();
    expect([...device.flash.bytes.subarray(STATE, STATE + 5)]).toEqual([0x0c, 0x0c, 0x0c, 0x0c, 0x3c]);
  });

  it("is sound again after an erase that is not cut", () => {
    const device = run(`(drop (call $flash_erase (i32.const ${STATE})))`, [weak(1)]);
    device.powerOn();
    expect(device.flash.bytes[STATE]).toBe(0xff);
  });
});

describe("writes that are counted", () => {
  const word = (value: number, address: number): string =>
    `(i32.store (i32.const ${RAM + 64}) (i32.const ${value}))
     (drop (call $flash_program (i32.const ${address}) (i32.const ${RAM + 64}) (i32.const 4)))`;

  it("allows a word of nrf52 twice between erases, and not a third time", () => {
    const state = profileNamed("nrf52").layout.state.address;
    const words = [0x7fffffff, 0x3fffffff, 0x1fffffff].map((value) => word(value, state));
    const device = deviceWith(moduleOf(words.join("")), { profile: profileNamed("nrf52") });
    const { violations } = device.powerOn();
    expect(violations.map(({ rule }) => rule)).toEqual(["written-too-often"]);
    expect(device.flash.bytes[state + 3]).toBe(0x3f);
  });

  it("allows eight writes of a row of samd21, one for each call, and one more after an erase", () => {
    const writes = Array.from({ length: 9 }, (_, index) => word(index, STATE + 4 * index));
    const profile = profileNamed("samd21");
    expect(deviceWith(moduleOf(writes.slice(0, 8).join("")), { profile }).powerOn().violations).toEqual([]);
    const erase = `(drop (call $flash_erase (i32.const ${STATE})))`;
    const nine = deviceWith(moduleOf(writes.join("") + erase + word(1, STATE)), { profile }).powerOn();
    expect(nine.violations.map(({ rule, address }) => [rule, address])).toEqual([
      ["written-too-often", STATE + 32],
    ]);
  });

  it("takes the words of one call in one 64-byte page of samd21 for one write, so a row fills in four", () => {
    const body = `(drop (call $flash_program (i32.const ${STATE}) (i32.const ${RAM}) (i32.const 256)))`;
    const device = deviceWith(moduleOf(body), { profile: profileNamed("samd21") });
    expect(device.powerOn().violations).toEqual([]);
    // The fixture's RAM is zeros, so content shows all four writes.
    expect(device.flash.bits).toEqual(NO_BITS);
  });

  it("remembers across power-ons what content does not show", () => {
    const state = profileNamed("nrf52").layout.state.address;
    const device = deviceWith(moduleOf(word(-1, state)), { profile: profileNamed("nrf52") });
    expect(device.powerOn().violations).toEqual([]);
    expect(device.powerOn().violations).toEqual([]);
    expect(device.powerOn().violations).toMatchObject([{ rule: "written-too-often", address: state }]);
  });

  it("knows of a unit with a code that it was programmed, even with ones only", () => {
    const body = `(i64.store (i32.const ${RAM}) (i64.const -1))
      (drop (call $flash_program (i32.const ${STATE}) (i32.const ${RAM}) (i32.const 8)))`;
    const device = deviceWith(moduleOf(body), { profile: profileNamed("stm32g0") });
    expect(device.powerOn().violations).toEqual([]);
    expect(device.powerOn().violations).toMatchObject([{ rule: "unit-programmed-again", address: STATE }]);
  });
});

describe("device bits", () => {
  const bit: fc.Arbitrary<DeviceBit> = fc
    .record({
      kind: fc.constantFrom("writes", "poisoned", "weak", "fading", "wavering"),
      unit: fc.nat(2000),
      length: fc.constantFrom(2, 4, 8, 128),
      value: fc.integer({ min: -128, max: 300 }),
      fill: fc.option(fc.integer({ min: 0, max: 255 }), { nil: undefined }),
    })
    .map(({ kind, unit, length, value, fill }) => ({
      kind,
      address: 28672 + 4 * unit,
      length,
      value,
      other: fill === undefined ? undefined : Uint8Array.from({ length }, (_, index) => fill + index),
    }));
  const list = fc.array(bit, { maxLength: 6 }).map((bits) => bits.reduce(withBit, NO_BITS));

  it("survive being written as numbers beside the counters", () => {
    fc.assert(
      fc.property(list, (bits) => {
        const counters = BigUint64Array.of(1n, 2n, 0n, 1n << 63n);
        const registers = encodeRegisters(counters, bits);
        expect(decodeBits(registers, 4)).toEqual(bits);
        expect([...registers.subarray(0, 4)]).toEqual([...counters]);
      }),
    );
  });

  it("are written differently when they differ, even if the shorter row is filled up with zeros", () => {
    fc.assert(
      fc.property(list, list, (left, right) => {
        const rows = [left, right].map((bits) => [...encodeRegisters(new BigUint64Array(4), bits)]);
        const length = Math.max(...rows.map((row) => row.length));
        const [first, second] = rows.map((row) =>
          [...row, ...Array<bigint>(length - row.length).fill(0n)].join(),
        );
        const isEqual = encodeRegisters(new BigUint64Array(4), left).join() === rows[1]?.join();
        expect(first === second).toBe(isEqual);
      }),
    );
  });

  it("stay the same list when nothing is taken away", () => {
    fc.assert(
      fc.property(list, (bits) => {
        expect(without(bits, 0, 28672)).toBe(bits);
        expect(without(bits, 0, 102400)).toBe(NO_BITS);
      }),
    );
  });
});
