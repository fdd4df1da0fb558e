/**
 * A second component reaches its second processor: the firmware sends a radio the image that its own
 * manifest states, once it is confirmed, whatever is cut. The campaign `radio-update` tries every cut.
 */
import { describe, expect, it } from "vitest";
import { Phase, Radio, Slot } from "../../assembly/layout.ts";
import { CutPower } from "../../emulator/cut.ts";
import { Device, type PowerCycle } from "../../emulator/device.ts";
import { readJournal } from "../../emulator/explore/journal.ts";
import {
  encodeJournalRecord,
  FLASH_BYTES,
  profileNamed,
  runningRadioImage,
  type RadioImage,
} from "../../emulator/index.ts";
import { situate } from "../../host/campaign/canary-scenario.ts";
import { radioPart, radioUpdate } from "../../host/campaign/radio-update.ts";
import { deviceOf } from "../../host/campaign/scenario-device.ts";
import { STRANGE_TEST_KEY, TRUSTED_TEST_KEY, type Scenario } from "../../host/campaign/scenario.ts";
import { readWasm } from "../wasm-file.ts";

const OLD = radioPart(1).radioImage?.digest;
const NEW = radioPart(2).radioImage?.digest;

/** A device with a radio: slot A runs firmware 1, slot B holds firmware 2, staged, with another radio image. */
const staged: Scenario = situate({ name: "none", situation: "radio" }, profileNamed("class1"), {
  bootloader: readWasm("bootloader"),
  candidate: readWasm("dispatching-2"),
});

function deviceWith(change: (flash: Uint8Array) => void = () => undefined): Device {
  const device = new Device(deviceOf(staged));
  device.restore(staged.initial);
  change(device.flash.bytes);
  return device;
}

const radioOf = (device: Device): RadioImage | undefined =>
  runningRadioImage(device.flash.bytes, device.flash.bits);
const radioFlash = (device: Device): Uint8Array => device.flash.bytes.slice(FLASH_BYTES);
const logOf = ({ log }: PowerCycle): string[] => log.map(({ text }) => text);
const phaseOf = (device: Device): Phase | undefined => readJournal(device.flash.bytes, device.profile)?.phase;

/** Power-ons until one writes nothing. */
function settle(device: Device): PowerCycle[] {
  const cycles: PowerCycle[] = [];
  for (let operations = 1; operations > 0 && cycles.length < 12;) {
    const cycle = device.powerOn();
    operations = cycle.operations;
    cycles.push(cycle);
  }
  return cycles;
}

describe("firmware that dispatches", () => {
  it("sends the radio its image in the power-on in which it is confirmed, and leaves the old one whole", () => {
    const device = deviceWith();
    const before = radioFlash(device);
    device.powerOn();
    expect(radioOf(device)?.digest).toBe(OLD);
    expect(logOf(device.powerOn())).toContain("firmware 2: radio image sent");
    expect(radioOf(device)).toMatchObject({ digest: NEW, subSlot: 1, generation: 2 });
    expect(radioFlash(device).subarray(0, Radio.SubSlotBytes)).toEqual(
      before.subarray(0, Radio.SubSlotBytes),
    );
  });

  it("asks at every later boot, and sends nothing that is there already", () => {
    const device = deviceWith();
    settle(device);
    const before = device.snapshot();
    const { operations, log, violations } = device.powerOn();
    expect([operations, violations]).toEqual([0, []]);
    expect(log.map(({ text }) => text).filter((text) => text.includes("radio"))).toEqual([]);
    expect(device.flash.bytes).toEqual(before.flash);
  });

  it("completes at the next power-on what a cut ended, wherever it was, and the radio never lacks an image", () => {
    const device = deviceWith();
    device.powerOn();
    const trial = device.snapshot();
    const { operations } = device.powerOn();
    expect(operations).toBeGreaterThan(80);
    for (let operation = 0; operation < operations; operation += 1) {
      device.restore(trial);
      expect(device.powerOn({ observer: new CutPower({ operation, phase: "after" }) }).end).not.toBe("idle");
      expect([OLD, NEW]).toContain(radioOf(device)?.digest);
      settle(device);
      expect(radioOf(device)?.digest).toBe(NEW);
    }
  });

  it("does not touch the radio while it is on trial, so that a reversion finds it as it was", () => {
    const device = deviceWith();
    const before = radioFlash(device);
    device.powerOn();
    // Operation 2 is the first of its confirmation: the two before are the record of this trial boot.
    for (let boot = 0; boot < 3; boot += 1) {
      device.powerOn({ observer: new CutPower({ operation: 2, phase: "before" }) });
      expect(phaseOf(device)).toBe(Phase.Trial);
    }
    settle(device);
    expect(phaseOf(device)).toBe(Phase.Reverted);
    expect(radioFlash(device)).toEqual(before);
  });

  it("sends the first image to a radio that has none", () => {
    const device = deviceWith((flash) => flash.fill(0xff, FLASH_BYTES));
    settle(device);
    expect(radioOf(device)).toMatchObject({ digest: NEW, subSlot: 0, generation: 1 });
  });

  it("says so where there is no radio to be served, and runs on", () => {
    const { radio, ...layout } = staged.profile.layout;
    expect(radio).toBeDefined();
    const device = new Device({ ...deviceOf(staged), profile: { ...staged.profile, layout } });
    device.restore({
      ...staged.initial,
      flash: staged.initial.flash.slice(0, FLASH_BYTES),
      wear: new Uint32Array(device.flash.wear.length),
    });
    settle(device);
    const last = device.powerOn();
    expect([last.end, last.operations]).toEqual(["idle", 0]);
    expect(logOf(last)).toContain("firmware 2: radio not served, status 0x0507");
  });
});

describe("an image for the radio that must not be sent", () => {
  const forged = radioUpdate({
    sequenceNumber: 2,
    payload: readWasm("dispatching-2"),
    vendor: "brownout.example",
    product: "class1",
    key: TRUSTED_TEST_KEY,
    dependencyKey: STRANGE_TEST_KEY,
  });

  it("comes under a stranger's signature: the update is refused with it", () => {
    const { address } = staged.profile.layout.slotB;
    expect(forged.envelope.length).toBe(staged.subject.images[1]?.envelope?.length);
    const device = deviceWith((flash) => {
      flash.set(forged.envelope, address);
    });
    const cycles = settle(device);
    expect(cycles.flatMap(logOf)).toContain("boot: candidate refused, status 0x0202");
    expect([phaseOf(device), radioOf(device)?.digest]).toEqual([Phase.Rejected, OLD]);
  });

  it("comes with an older manifest: below the floor it is refused, and the radio keeps the newer one", () => {
    const device = deviceWith();
    settle(device);
    const here = readJournal(device.flash.bytes, device.profile);
    expect(here).toMatchObject({ phase: Phase.Confirmed, activeSlot: Slot.B });
    const { state } = device.profile.layout;
    const record = encodeJournalRecord({ phase: Phase.Staged, activeSlot: Slot.B, generation: 2 });
    device.flash.bytes.fill(0xff, state.address, state.address + device.profile.pageBytes);
    device.flash.bytes.set(record, state.address);
    const cycles = settle(device);
    expect(cycles.flatMap(logOf)).toContain("boot: candidate refused, status 0x0208");
    expect(radioOf(device)?.digest).toBe(NEW);
  });

  it("was altered in its slot: the bootloader does not boot the firmware that would send it", () => {
    const device = deviceWith();
    device.powerOn();
    const image = Buffer.from(device.flash.bytes.subarray(staged.profile.layout.slotB.address, FLASH_BYTES));
    const trial = device.snapshot();
    settle(device);
    const sent = device.flash.bytes.slice(
      FLASH_BYTES + Radio.SubSlotBytes + Radio.Image,
      FLASH_BYTES + Radio.SubSlotBytes + Radio.Image + (radioOf(device)?.bytes ?? 0),
    );
    const at = image.indexOf(sent);
    expect(at).toBeGreaterThan(0);
    device.restore(trial);
    const place = staged.profile.layout.slotB.address + at + 100;
    device.flash.bytes[place] = (device.flash.bytes[place] ?? 0) ^ 1;
    expect(settle(device).flatMap(logOf)).toContain("boot: candidate reverted, status 0x0212");
    expect(radioOf(device)?.digest).toBe(OLD);
  });
});
