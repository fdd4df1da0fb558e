/**
 * Torn erases that are worked out once: on their own, and in power-ons that clean a slot.
 */
import { describe, expect, it } from "vitest";
import { CutPower, type Cut } from "../../emulator/cut.ts";
import { Device, type RememberedState } from "../../emulator/device.ts";
import { encodeRegisters } from "../../emulator/device-bits.ts";
import { ErasePlans } from "../../emulator/explore/erase-plan.ts";
import { Expander, STEP_FIELDS } from "../../emulator/explore/expander.ts";
import { BEFORE_ALL } from "../../emulator/explore/power-on.ts";
import { formatHash, hashState, LANES, toggleWord } from "../../emulator/explore/state-hash.ts";
import { StateStore } from "../../emulator/explore/state-store.ts";
import type { FlashOperation } from "../../emulator/power.ts";
import { profileNamed } from "../../emulator/profile.ts";
import { tornVariants, type TearClass } from "../../emulator/tear.ts";
import { scenarioNamed } from "../../host/campaign/scenario.ts";
import { readWasm } from "../wasm-file.ts";

const PAGE_BYTES = 16;
const ERASED_WORD = 0xffff_ffff;

/** An erase of a small page that holds `content` in each of its words. */
function eraseOf(content: number): FlashOperation {
  return {
    kind: "erase",
    index: 0,
    address: 3 * PAGE_BYTES,
    length: PAGE_BYTES,
    before: new Uint8Array(new Uint32Array(PAGE_BYTES / 4).fill(content).buffer),
    after: new Uint8Array(PAGE_BYTES).fill(0xff),
    tear: () => {
      throw new Error("not used");
    },
  };
}

function keyOf(content: number): Int32Array {
  const key = new Int32Array(LANES);
  toggleWord(key, 0, 0, content);
  return key;
}

function planOf(plans: ErasePlans, content: number, classes: readonly TearClass[]) {
  return plans.of(keyOf(content), eraseOf(content), classes, ERASED_WORD);
}

describe("the plan of an erase", () => {
  const classes: readonly TearClass[] = ["erase-half", "erase-stripe"];

  it("is worked out once for what a page holds, and has its torn variants", () => {
    const plans = new ErasePlans();
    const plan = planOf(plans, 1, classes);
    expect([...(plan?.variants ?? [])]).toEqual([1, 2, 3]);
    expect(planOf(plans, 1, classes)).toBe(plan);
    expect(planOf(plans, 2, classes)).not.toEqual(plan);
    expect([...(planOf(plans, ERASED_WORD, classes)?.variants ?? [])]).toEqual([]);
  });

  it("is not there where an outcome leaves more than content", () => {
    expect(planOf(new ErasePlans(), 1, ["erase-half", "erase-weak"])).toBeUndefined();
  });

  it("is worked out anew, and is the same, after more contents than are remembered", () => {
    const plans = new ErasePlans();
    const first = planOf(plans, 0, classes);
    for (let content = 1; content <= 5000; content += 1) planOf(plans, content, classes);
    const again = planOf(plans, 0, classes);
    expect(again).not.toBe(first);
    expect(again).toEqual(first);
  });
});

describe("a power-on that cleans a half-written slot", () => {
  it.each<[string, readonly TearClass[] | undefined]>([
    ["class1", undefined],
    ["class1", ["erase-half", "erase-mixed", "erase-weak"]],
    ["stm32l0", undefined],
    ["stm32g0", undefined],
    ["nrf52", undefined],
  ])("leads to the states that one power-on per cut leaves, on %s with classes %j", (name, chosen) => {
    const profile = profileNamed(name);
    const { tearClasses = profile.tearClasses } = chosen === undefined ? {} : { tearClasses: chosen };
    const { link, initial, subject } = scenarioNamed("update-into-blank", profile, {
      bootloader: readWasm("bootloader"),
      firmware1: readWasm("firmware-1"),
      firmware2: readWasm("firmware-2"),
      firmwareFailing: readWasm("firmware-failing"),
      firmwareHanging: readWasm("firmware-hanging"),
    });
    const device = new Device({ profile, link, build: "fast" });
    device.restore(initial);
    const written = Math.ceil(2200 / profile.unitBytes);
    device.powerOn({ observer: new CutPower({ operation: written, phase: "after" }) });
    const state = device.snapshot();

    const store = new StateStore();
    const onNew = (): void => undefined;
    const expander = new Expander({ device: { profile, link }, subject, tearClasses, space: store, onNew });
    expander.device.restore(state);
    const start = expander.adopt();
    const expected = statesNaively(device, state, tearClasses);
    // The second time nothing is new, so all of it is looked up.
    for (let round = 0; round < 2; round += 1) {
      const { steps, cycle } = expander.expand(start, true);
      const found: string[] = [];
      for (let at = 0; at < steps.length; at += STEP_FIELDS) {
        const [target = 0, operation = 0, code = 0] = steps.subarray(at, at + STEP_FIELDS);
        const cut = operation === BEFORE_ALL ? "b" : `${operation}/${code >>> 1}`;
        found.push(`${cut} ${formatHash(store.table.lanes, target * LANES)}`);
      }
      expect(cycle.operations).toBeGreaterThan(1);
      expect(found).toEqual(expected);
    }
  });
});

/** Every state that one cut can leave, one power-on per cut, each hashed from scratch. */
function statesNaively(device: Device, state: RememberedState, tearClasses: readonly TearClass[]): string[] {
  const cuts: Cut[] = [];
  device.restore(state);
  device.powerOn({
    observer: {
      before: (operation) => {
        for (const { variant } of tornVariants(operation, tearClasses)) {
          cuts.push({ operation: operation.index, phase: "torn", variant });
        }
        cuts.push({ operation: operation.index, phase: "after" });
      },
    },
  });
  const { bytes } = device.flash;
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  return cuts.map((cut) => {
    device.restore(state);
    device.powerOn({ observer: new CutPower(cut) });
    const registers = encodeRegisters(device.counters.values, device.flash.bits);
    const erasedWord = device.profile.erasedValue === 0 ? 0 : ERASED_WORD;
    const variant = cut.phase === "torn" ? cut.variant : 0;
    return `${cut.operation}/${variant} ${formatHash(hashState(words, erasedWord, registers))}`;
  });
}
