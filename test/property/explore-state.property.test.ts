/**
 * The state hash and the state store, over random flash content and random operations.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Device } from "../../emulator/device.ts";
import { encodeRegisters, NO_BITS, type DeviceBits } from "../../emulator/device-bits.ts";
import { formatHash, hashState, LANES, toggleWord } from "../../emulator/explore/state-hash.ts";
import { StateStore } from "../../emulator/explore/state-store.ts";
import { WorkingState } from "../../emulator/explore/working-state.ts";
import { FLASH_BYTES } from "../../emulator/memory-map.ts";
import { profileNamed } from "../../emulator/profile.ts";
import type { FlashOperation, Operation } from "../../emulator/power.ts";
import { tornVariants, type TearClass } from "../../emulator/tear.ts";

/** Classes that leave nothing but content, so that every erase has a plan. */
const CLASSES: readonly TearClass[] = ["program-prefix", "erase-half", "erase-stripe", "erase-mixed"];

const erasedWordOf = (erasedValue: number): number => (erasedValue === 0 ? 0 : 0xffff_ffff);

function hashOf(device: Device): string {
  const { bytes } = device.flash;
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  const registers = encodeRegisters(device.counters.values, device.flash.bits);
  return formatHash(hashState(words, erasedWordOf(device.profile.erasedValue), registers));
}

type Action =
  | { readonly kind: "erase"; readonly page: number }
  | { readonly kind: "program"; readonly at: number; readonly value: number }
  | { readonly kind: "advance"; readonly id: number; readonly value: bigint };

const action: fc.Arbitrary<Action> = fc.oneof(
  fc.record({ kind: fc.constant("erase" as const), page: fc.nat(3) }),
  fc.record({ kind: fc.constant("program" as const), at: fc.nat(700), value: fc.nat(255) }),
  fc.record({ kind: fc.constant("advance" as const), id: fc.nat(3), value: fc.bigInt(0n, 1n << 40n) }),
);

describe("the state hash", () => {
  it.each(["class1", "stm32l0", "stm32f103"])(
    "kept up operation by operation equals the one from scratch, torn states included, on %s",
    (name) => {
      fc.assert(
        fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
          const device = new FollowedDevice(name);
          for (const next of actions) device.perform(next);
          for (const [state, hash] of device.hashes) {
            device.working.moveTo(state);
            expect(hashOf(device.device)).toBe(hash);
            expect(formatHash(device.store.table.lanes, state * LANES)).toBe(hash);
          }
        }),
        { numRuns: 40 },
      );
    },
  );

  it("is told of a torn state while the device remembers what that state does beside content", () => {
    const device = new Device({ profile: profileNamed("stm32g0") });
    const told = new Map<number, DeviceBits>();
    const working = new WorkingState(device, new StateStore(), (state) => told.set(state, device.flash.bits));
    working.adopt();
    const { pageBytes, unitBytes: length, erasedValue, eccUnitBytes } = device.profile;
    const { slotB } = device.profile.layout;
    const operation: FlashOperation = {
      kind: "program",
      index: 0,
      address: slotB.address,
      length,
      before: device.flash.bytes.slice(slotB.address, slotB.address + length),
      after: new Uint8Array(length),
      part: { content: device.flash.bytes, pageBytes, erasedValue, eccUnitBytes },
      tear: () => {
        throw new Error("not used");
      },
    };
    const [outcome] = tornVariants(operation, ["ecc"]);
    if (outcome === undefined) throw new Error("A program can be torn so that it faults.");
    expect(told.get(working.torn(operation, outcome))).toEqual([
      expect.objectContaining({ kind: "poisoned", address: slotB.address }),
    ]);
    expect(device.flash.bits).toBe(NO_BITS);
  });

  it("changes with every single bit of flash and counters", () => {
    const words = new Uint32Array(FLASH_BYTES / 4).fill(0xffff_ffff);
    const counters = new BigUint64Array(4);
    const base = formatHash(hashState(words, 0xffff_ffff, counters));
    fc.assert(
      fc.property(fc.nat(words.length - 1), fc.nat(31), (index, bit) => {
        words[index] = (words[index] ?? 0) ^ (1 << bit);
        const hash = formatHash(hashState(words, 0xffff_ffff, counters));
        words[index] = 0xffff_ffff;
        expect(hash).not.toBe(base);
      }),
      { numRuns: 200 },
    );
    for (let bit = 0n; bit < 64n; bit += 1n) {
      counters[0] = 1n << bit;
      expect(formatHash(hashState(words, 0xffff_ffff, counters))).not.toBe(base);
    }
  });

  it("has no two equal pairs of lanes among half a million words in similar places", () => {
    // Half of the bits already would be enough: 2^38 pairs against 2^64 values.
    const seen = [new Set<bigint>(), new Set<bigint>()];
    const lanes = new Int32Array(LANES);
    let count = 0;
    for (let index = 0; index < 800; index += 1) {
      for (let word = 0; word < 640; word += 1) {
        lanes.fill(0);
        toggleWord(lanes, 0, index * 32, word * 0x01010101);
        seen.forEach((set, pair) => {
          const view = new DataView(lanes.buffer, 8 * pair, 8);
          set.add(view.getBigUint64(0));
        });
        count += 1;
      }
    }
    expect(seen.map((set) => set.size)).toEqual([count, count]);
  });
});

/** A device with a working state that follows it, and what the hash of each state should be. */
class FollowedDevice {
  readonly device: Device;
  readonly store = new StateStore();
  readonly working: WorkingState;
  readonly hashes = new Map<number, string>();

  constructor(profile: string) {
    this.device = new Device({ profile: profileNamed(profile) });
    this.working = new WorkingState(this.device, this.store, (state) => {
      this.hashes.set(state, hashOf(this.device));
    });
    this.working.adopt();
  }

  perform(next: Action): void {
    const { device } = this;
    const operation = this.#operationOf(next);
    if (operation === undefined) return;
    if (operation.kind !== "counter") {
      const planned = this.#planned(operation);
      const torn = tornVariants(operation, CLASSES).map((outcome): [number, number] => [
        outcome.variant,
        this.working.torn(operation, outcome),
      ]);
      expect(planned).toEqual(operation.kind === "erase" ? torn : undefined);
      device.flash.bytes.set(operation.after, operation.address);
    } else {
      device.counters.values[operation.id] = operation.after;
    }
    this.working.settle(operation);
  }

  /** The torn states of an erase as its plan gives them. */
  #planned(operation: FlashOperation): [number, number][] | undefined {
    const plan = this.working.erasePlan(operation, CLASSES);
    return (
      plan &&
      Array.from(plan.variants, (variant, index) => [
        variant,
        this.working.tornErase(operation, plan, index, CLASSES),
      ])
    );
  }

  /** What the emulator would show an observer, or undefined for what nothing allows. */
  #operationOf(next: Action): Operation | undefined {
    const { profile, flash, counters } = this.device;
    const start = profile.layout.slotB.address;
    const tear = (): never => {
      throw new Error("not used");
    };
    if (next.kind === "advance") {
      const before = counters.values[next.id] ?? 0n;
      const after = before + next.value;
      return { kind: "counter", index: 0, id: next.id, before, after };
    }
    const length = next.kind === "erase" ? profile.pageBytes : profile.unitBytes;
    const address = start + (next.kind === "erase" ? next.page : next.at) * length;
    const before = flash.bytes.slice(address, address + length);
    const fill = next.kind === "erase" ? profile.erasedValue : next.value;
    return {
      kind: next.kind,
      index: 0,
      address,
      length,
      before,
      after: new Uint8Array(length).fill(fill),
      tear,
    };
  }
}
