/**
 * The HAL calls by which a bootloader hands arguments to an image, and an image asks for them.
 */
import { describe, expect, it } from "vitest";
import { Slot } from "../../assembly/layout.ts";
import { Status } from "../../assembly/status.ts";
import type { PowerCycle } from "../../emulator/device.ts";
import { profileNamed } from "../../emulator/profile.ts";
import { deviceWith, keepStatus, moduleOf, RAM, statuses } from "./device-fixture.ts";

const { slotA, slotB } = profileNamed("class1").layout;
const RESET = "(drop (call $reset))";
const OUT = RAM + 16;

const call = (name: string, ...values: readonly number[]): string =>
  `(call $${name} ${values.map((value) => `(i32.const ${value})`).join(" ")})`;
const asking = (out: number): string => keepStatus(0, call("boot_arguments", out));
const image = moduleOf(`${asking(OUT)} ${RESET}`);

/** What an image in slot A finds: the status, then address and length, which were not 0 before. */
function startedWith(boot: string): { readonly cycle: PowerCycle; readonly found: readonly number[] } {
  const device = deviceWith(
    moduleOf(`${keepStatus(0, boot)} ${RESET}`),
    {},
    {
      slots: { A: { envelope: image } },
    },
  );
  const cycle = device.powerOn();
  const [status = -1, , , , address = -1, length = -1] = statuses(device, 6);
  return { cycle, found: [status, address, length] };
}

describe("an image", () => {
  it("finds the arguments that it was started with, where they lie in its slot", () => {
    const boot = call("boot_with_arguments", slotA.address, image.length, slotA.address + 8, 5);
    const { cycle, found } = startedWith(boot);
    expect(found).toEqual([Status.Ok, slotA.address + 8, 5]);
    expect(cycle.booted).toEqual({ slot: Slot.A, address: slotA.address, length: image.length });
    expect(cycle.violations).toEqual([]);
  });

  it("finds nothing if there are none, however it was started", () => {
    const without = call("boot_with_arguments", slotA.address, image.length, 0, 0);
    expect(startedWith(without).found).toEqual([Status.Ok, 0, 0]);
    const lengthless = call("boot_with_arguments", slotA.address, image.length, slotA.address, 0);
    expect(startedWith(lengthless).found).toEqual([Status.Ok, 0, 0]);
    expect(startedWith(call("boot", slotA.address, image.length)).found).toEqual([Status.Ok, 0, 0]);
  });

  it("finds nothing of an earlier boot", () => {
    const bootloader = moduleOf(
      `(if (i32.eq (i32.load8_u (i32.const ${slotB.address})) (i32.const 255))
        (then ${keepStatus(1, call("boot_with_arguments", slotA.address, image.length, slotA.address + 8, 5))})
        (else ${keepStatus(1, call("boot", slotA.address, image.length))}))`,
    );
    const device = deviceWith(bootloader, {}, { slots: { A: { envelope: image } } });
    device.powerOn();
    expect(statuses(device, 6).slice(4)).toEqual([slotA.address + 8, 5]);
    device.flash.bytes[slotB.address] = 0;
    device.powerOn();
    expect(statuses(device, 6).slice(4)).toEqual([0, 0]);
  });

  it("has to say where in RAM it wants to be told, and nobody else is told", () => {
    const mistaken = moduleOf(`${asking(slotB.address)} ${RESET}`);
    const device = deviceWith(
      moduleOf(`(drop ${call("boot", slotA.address, mistaken.length)})`),
      {},
      {
        slots: { A: { envelope: mistaken } },
      },
    );
    device.powerOn();
    expect(statuses(device, 1)).toEqual([Status.HalArgument]);
    const curious = deviceWith(moduleOf(`${asking(OUT)} ${RESET}`));
    curious.powerOn();
    expect(statuses(curious, 1)).toEqual([Status.HalUnavailable]);
  });
});

describe("arguments", () => {
  it.each([
    ["in the other slot", slotB.address, 4],
    ["in the boot partition", 0, 4],
    ["in RAM", RAM, 4],
    ["across the end of the slot", slotA.address + slotA.bytes - 4, 5],
    ["beyond all memory", 0xffff_fff0, 0x20],
  ])("are refused %s, and are a violation", (_where, address, length) => {
    const boot = call("boot_with_arguments", slotA.address, image.length, address | 0, length);
    const { cycle, found } = startedWith(boot);
    expect(found[0]).toBe(Status.HalArgument);
    expect(cycle.booted).toBeUndefined();
    expect(cycle.violations.map(({ rule }) => rule)).toEqual(["boot-target"]);
  });

  it("do not let a bootloader start what lies in no slot", () => {
    const { cycle, found } = startedWith(call("boot_with_arguments", 0, 100, slotA.address, 4));
    expect(found[0]).toBe(Status.HalArgument);
    expect(cycle.violations.map(({ rule }) => rule)).toEqual(["boot-target"]);
  });
});
