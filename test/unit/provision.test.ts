/**
 * Provisioning: the device page, slots, journal and counters as the device code finds them.
 */

import { describe, expect, it } from "vitest";
import { DevicePage, PayloadKey, Phase, Policy, Slot } from "../../assembly/layout.ts";
import { Status } from "../../assembly/status.ts";
import {
  buildDevicePage,
  Device,
  encodeJournalRecord,
  journalStrideBytes,
  PROFILE_NAMES,
  payloadAddress,
  profileNamed,
  provision,
  type DevicePageOptions,
} from "../../emulator/index.ts";

const sixteen = (value: number): Uint8Array => new Uint8Array(16).fill(value);

function pageOptions(change: Partial<DevicePageOptions> = {}): DevicePageOptions {
  return {
    profile: profileNamed("class1"),
    bootloaderBytes: 4,
    vendorId: sixteen(1),
    classId: sixteen(2),
    deviceId: sixteen(3),
    anchors: Uint8Array.of(0x81, 0xa0),
    components: Uint8Array.of(0x81, 0x81, 0x41, 0x30),
    ...change,
  };
}

describe.each(PROFILE_NAMES)("the device page of %s", (name) => {
  const profile = profileNamed(name);

  it("states the part and the partitions where layout.ts draws them", () => {
    const page = buildDevicePage(pageOptions({ profile, policy: Policy.AllowUncheckedIdentity }));
    const view = new DataView(page.buffer);
    const word = (offset: number): number => view.getUint32(offset, true);
    expect(page).toHaveLength(1024);
    expect(new TextDecoder().decode(page.subarray(0, 4))).toBe("BODP");
    expect([view.getUint16(4, true), view.getUint16(6, true)]).toEqual([1, 1]);
    expect([8, 12, 16, 20].map(word)).toEqual([4, profile.pageBytes, profile.unitBytes, profile.erasedValue]);
    const partitions =
      name === "nrf52"
        ? [28672, 32768, 61440, 32768, 94208, 8192]
        : [28672, 34816, 63488, 34816, 98304, 4096];
    expect([24, 28, 32, 36, 40, 44].map(word)).toEqual(partitions);
    expect([page[48], page[64], page[80]]).toEqual([1, 2, 3]);
    expect([96, 98, 100, 102].map((offset) => view.getUint16(offset, true))).toEqual([104, 2, 106, 4]);
    expect([...page.subarray(104, 110)]).toEqual([0x81, 0xa0, 0x81, 0x81, 0x41, 0x30]);
    expect([...page.subarray(110)].every((byte) => byte === profile.erasedValue)).toBe(true);
  });
});

describe("the device page", () => {
  it("refuses what does not fit", () => {
    const code = (change: Partial<DevicePageOptions>): unknown => {
      try {
        buildDevicePage(pageOptions(change));
      } catch (error) {
        return error instanceof Error && "code" in error ? error.code : error;
      }
      return undefined;
    };
    expect(code({ anchors: new Uint8Array(916), components: new Uint8Array(4) })).toBeUndefined();
    expect(code({ anchors: new Uint8Array(917), components: new Uint8Array(4) })).toBe("device-page-size");
    expect(code({ vendorId: new Uint8Array(15) })).toBe("identifier-size");
    expect(code({ bootloaderBytes: DevicePage.Address })).toBeUndefined();
    expect(code({ bootloaderBytes: DevicePage.Address + 1 })).toBe("bootloader-size");
    expect(code({ bootloaderBytes: 0 })).toBe("bootloader-size");
    const payloadKey = (kind: PayloadKey, bytes: number): unknown =>
      code({ payloadKey: { kind, bytes: new Uint8Array(bytes) } });
    expect(payloadKey(PayloadKey.Kek128, 16)).toBeUndefined();
    expect(payloadKey(PayloadKey.Kek128, 32)).toBe("payload-key-size");
    expect(payloadKey(PayloadKey.Kek256, 16)).toBe("payload-key-size");
    expect(payloadKey(PayloadKey.P256, 33)).toBe("payload-key-size");
    const key = { kind: PayloadKey.P256, bytes: new Uint8Array(32) };
    expect(code({ payloadKey: key, anchors: new Uint8Array(852) })).toBeUndefined();
    expect(code({ payloadKey: key, anchors: new Uint8Array(853) })).toBe("device-page-size");
  });

  it("holds the key for payloads beside the report key, and says of what kind it is", () => {
    const bytes = Uint8Array.from({ length: 32 }, (_, index) => index + 1);
    const reportKey = bytes.map((byte) => byte + 100);
    const payloadKey = { kind: PayloadKey.P256, bytes };
    const page = buildDevicePage(pageOptions({ payloadKey, reportKey, policy: 1 }));
    expect(page.slice(960)).toEqual(Uint8Array.from([...bytes, ...reportKey]));
    expect(new DataView(page.buffer).getUint16(DevicePage.Policy, true)).toBe(0xe001);
  });
});

describe("a journal record", () => {
  it("is a word and its complement, so it has 32 ones", () => {
    const record = encodeJournalRecord({
      phase: Phase.Reverted,
      activeSlot: Slot.B,
      trialBoots: 3,
      reason: Status.TrialsExhausted,
      generation: 2,
    });
    const view = new DataView(record.buffer);
    expect(view.getUint32(0, true)).toBe(0x0603_360a);
    expect(view.getUint32(4, true)).toBe(~0x0603_360a >>> 0);
  });

  it("has a phase that no wrong bit turns into another", () => {
    const phases = [
      Phase.Confirmed,
      Phase.Staged,
      Phase.Trial,
      Phase.Rejected,
      Phase.Reverted,
      Phase.Passed,
    ] as number[];
    for (const phase of phases) {
      for (let bit = 0; bit < 4; bit += 1) expect(phases).not.toContain(phase ^ (1 << bit));
    }
  });

  it("refuses a field that does not fit", () => {
    for (const change of [{ trialBoots: 16 }, { generation: 4 }, { trialBoots: -1 }, { generation: 0.5 }]) {
      expect(() => encodeJournalRecord({ phase: Phase.Confirmed, activeSlot: Slot.A, ...change })).toThrow(
        expect.objectContaining({ code: "journal-field" }),
      );
    }
  });

  it("has a stride of whole write units", () => {
    expect(PROFILE_NAMES.map((name) => journalStrideBytes(profileNamed(name)))).toEqual(
      PROFILE_NAMES.map(() => 8),
    );
    expect(journalStrideBytes({ ...profileNamed("class1"), unitBytes: 16 })).toBe(16);
  });
});

describe("provisioning", () => {
  const bootloader = Uint8Array.of(0, 0x61, 0x73, 0x6d);

  it.each(PROFILE_NAMES)("writes every partition of %s and leaves the rest erased", (name) => {
    const profile = profileNamed(name);
    const device = new Device({ profile });
    const devicePage = buildDevicePage(pageOptions({ profile }));
    const envelope = new Uint8Array(profile.pageBytes + 1).fill(0x33);
    provision(device, {
      bootloader,
      devicePage,
      slots: { A: { envelope, payload: Uint8Array.of(0x44) }, B: { envelope: Uint8Array.of(0x55) } },
      journal: { phase: Phase.Confirmed, activeSlot: Slot.A, generation: 1 },
      counters: [42n],
    });
    const { bytes } = device.flash;
    const [slotB, state] = [profile.layout.slotB.address, profile.layout.state.address];
    const payload = 28672 + 2 * profile.pageBytes;
    expect([...bytes.subarray(0, 4)]).toEqual([...bootloader]);
    expect([...bytes.subarray(27648, 28672)]).toEqual([...devicePage]);
    expect(payloadAddress(profile, Slot.A, envelope.length)).toBe(payload);
    expect([bytes[28672], bytes[payload], bytes[slotB]]).toEqual([0x33, 0x44, 0x55]);
    expect([...bytes.subarray(state + profile.pageBytes, state + profile.pageBytes + 2)]).toEqual([
      Phase.Confirmed,
      1,
    ]);
    expect(device.flash.isErased(4, 27644)).toBe(true);
    expect(device.flash.isErased(payload + 1, slotB - payload - 1)).toBe(true);
    expect(device.flash.isErased(state, profile.pageBytes)).toBe(true);
    expect([...device.counters.values]).toEqual([42n, 0n, 0n, 0n]);
    expect(device.flash.wear.every((count) => count === 0)).toBe(true);
  });

  it("replaces whatever the device held before", () => {
    const device = new Device({ profile: profileNamed("class1") });
    device.flash.bytes.fill(0x77);
    device.counters.values[1] = 9n;
    provision(device, { bootloader, devicePage: buildDevicePage(pageOptions()) });
    expect(device.flash.isErased(28672, 102400 - 28672)).toBe(true);
    expect(device.counters.read(1)).toBe(0n);
  });

  it("refuses what does not fit, and then leaves the device as it was", () => {
    const device = new Device({ profile: profileNamed("class1") });
    device.flash.bytes.fill(0x77);
    const devicePage = buildDevicePage(pageOptions());
    const large = new Uint8Array(34 * 1024);
    const refused: [string, Parameters<typeof provision>[1]][] = [
      ["bootloader-size", { bootloader: new Uint8Array(27649), devicePage }],
      ["device-page-mismatch", { bootloader: new Uint8Array(5), devicePage }],
      ["device-page-size", { bootloader, devicePage: devicePage.subarray(1) }],
      ["slot-overflow", { bootloader, devicePage, slots: { B: { envelope: large, payload: bootloader } } }],
      ["slot-overflow", { bootloader, devicePage, slots: { A: { envelope: new Uint8Array(34817) } } }],
      ["counter-value", { bootloader, devicePage, counters: [0n, 0n, 0n, 0n, 0n] }],
      ["counter-value", { bootloader, devicePage, counters: [-1n] }],
    ];
    for (const [code, options] of refused) {
      expect(() => {
        provision(device, options);
      }, code).toThrow(expect.objectContaining({ name: "ProvisionError", code }));
    }
    expect(device.flash.bytes.every((byte) => byte === 0x77)).toBe(true);
    provision(device, { bootloader, devicePage, slots: { A: { envelope: large } } });
    expect(device.flash.bytes[63487]).toBe(0);
  });
});
