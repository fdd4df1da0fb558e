/**
 * Device files: they hold a device whole, recognise damage, and survive interruptions.
 */
import { spawn } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { NO_BITS, type DeviceBits } from "../../emulator/device-bits.ts";
import { FLASH_BYTES, PROFILE_NAMES, profileNamed, withRadio } from "../../emulator/index.ts";
import { RADIO_FLASH, stateBytesOf } from "../../emulator/memory-map.ts";
import {
  decodeDeviceFile,
  DeviceFileError,
  encodeDeviceFile,
  readDeviceFile,
  updateDeviceFile,
  writeDeviceFile,
  type DeviceRecord,
} from "../../host/device/device-file.ts";
import { UserError } from "../../host/user-error.ts";
import { earlierDeviceFile } from "../earlier-device-file.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "brownout-device-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A device whose content says which one it is. */
function deviceOf(mark: number, profileName = "class1"): DeviceRecord {
  const profile = profileNamed(profileName);
  return {
    profile,
    state: {
      flash: new Uint8Array(FLASH_BYTES).map((_, index) => (index * 13 + mark) & 255),
      counters: BigUint64Array.of(BigInt(mark), 0n, (1n << 64n) - 1n, 0n),
      wear: new Uint32Array(FLASH_BYTES / profile.pageBytes).fill(mark),
      bits: NO_BITS,
    },
  };
}

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof UserError) return error.code;
    throw error;
  }
  return "no error";
}

describe("a device file", () => {
  it.each(PROFILE_NAMES)("holds a %s device whole", (name) => {
    const device = deviceOf(7, name);
    const { profile, state } = decodeDeviceFile(encodeDeviceFile(device), "x");
    expect(profile).toBe(device.profile);
    expect(state).toEqual(device.state);
  });

  it("holds what flash remembers beside its content, the defects of the part, and its partitions", () => {
    const part = profileNamed("class1-with-worn-98304");
    const layout = { ...part.layout, state: { address: 101376, bytes: 1024 } };
    const { state } = deviceOf(9);
    const bits: DeviceBits = [
      { kind: "poisoned", address: 64, length: 8, value: 0, other: undefined },
      { kind: "fading", address: 98304, length: 4, value: 1, other: Uint8Array.of(2, 248, 255, 253) },
      { kind: "wavering", address: 98312, length: 4, value: 3, other: new Uint8Array(4) },
    ];
    const device: DeviceRecord = { profile: { ...part, layout }, state: { ...state, bits } };
    const read = decodeDeviceFile(encodeDeviceFile(device), "x");
    expect(read).toEqual(device);
    const forged = encodeDeviceFile(device).replace('"02f8fffd"', '"02f8ff"');
    expect(codeOf(() => decodeDeviceFile(forged, "x"))).toBe("device-file-damaged");
  });

  it("holds what the device can find out about the world", () => {
    const device = {
      ...deviceOf(2),
      surroundings: { timeSeconds: (1n << 64n) - 1n, batteryMilliwattHours: 0, authorizedPriority: -5 },
    };
    expect(decodeDeviceFile(encodeDeviceFile(device), "x")).toEqual(device);
    const forged = encodeDeviceFile(device).replace('"authorizedPriority": -5', '"authorizedPriority": 5');
    expect(codeOf(() => decodeDeviceFile(forged, "x"))).toBe("device-file-damaged");
  });

  it("is read when it has the second version, which has no surroundings", () => {
    const device = deviceOf(5);
    const old = earlierDeviceFile(device, 2);
    expect(decodeDeviceFile(old, "x")).toEqual(device);
    const newer = old.replace('"version":2', '"version":3');
    expect(codeOf(() => decodeDeviceFile(newer, "x"))).toBe("device-file-damaged");
  });

  it("is read when it has the first version, which has neither partitions nor device bits", () => {
    const device = deviceOf(5);
    const old = earlierDeviceFile(device, 1);
    expect(decodeDeviceFile(old, "x")).toEqual(device);
    const more = old.replace('"profile"', '"bits":[],"profile"');
    expect(codeOf(() => decodeDeviceFile(more, "x"))).toBe("device-file-damaged");
  });

  it("holds a device with a radio, and is refused with one that its part cannot have or that lies elsewhere", () => {
    const { profile, state } = deviceOf(4, "samd21");
    const served = withRadio(profile);
    const flash = new Uint8Array(stateBytesOf(served.layout));
    const wear = new Uint32Array(flash.length / profile.pageBytes);
    const device = { profile: served, state: { ...state, flash, wear } };
    expect(decodeDeviceFile(encodeDeviceFile(device), "x")).toEqual(device);

    const large = profileNamed("nrf52");
    const layout = { ...large.layout, radio: RADIO_FLASH };
    const largeWear = new Uint32Array(flash.length / large.pageBytes);
    const impossible = encodeDeviceFile({
      profile: { ...large, layout },
      state: { ...state, flash, wear: largeWear },
    });
    expect(() => decodeDeviceFile(impossible, "x")).toThrow(
      "x is a damaged device file: it has a radio, and its part cannot have one (nrf52: no radio fits: it has pages of 4096 bytes, and a radio's sub-slots have 2048).",
    );
    expect(codeOf(() => decodeDeviceFile(impossible, "x"))).toBe("device-file-damaged");
    for (const garbage of ['"address": 7', '"address": "x"', '"address": 102400, "more": 1']) {
      const altered = encodeDeviceFile(device).replace('"address": 102400', garbage);
      expect(() => decodeDeviceFile(altered, "x")).toThrow(/^x is a damaged device file: layout\.radio/);
    }
  });

  it.each([
    [{ slotA: { address: 1, bytes: 5000 } }, "slotA is not whole erase pages"],
    [{ state: { address: 101_376, bytes: 4096 } }, "state ends at 105472, beyond the end of flash"],
    [{ slotB: { address: 28_672, bytes: 1024 } }, "slotA and slotB overlap"],
    [{ boot: { address: 1024, bytes: 1024 } }, "boot does not begin at address 0"],
  ])("is refused with partitions that its part cannot have: %j", (partitions, why) => {
    const device = deviceOf(6);
    const layout = { ...device.profile.layout, ...partitions };
    const altered = encodeDeviceFile({ ...device, profile: { ...device.profile, layout } });
    expect(() => decodeDeviceFile(altered, "x")).toThrow(`x is a damaged device file: ${why}.`);
  });

  it("is the same text for the same device", () => {
    expect(encodeDeviceFile(deviceOf(1))).toBe(encodeDeviceFile(deviceOf(1)));
  });

  it("is refused when any character of its content is another one", () => {
    const text = encodeDeviceFile(deviceOf(3));
    fc.assert(
      fc.property(fc.nat(text.length - 2), fc.constantFrom("0", "A", "}", '"', ","), (at, character) => {
        fc.pre(text[at] !== character && !/\s/.test(text[at] ?? ""));
        const damaged = text.slice(0, at) + character + text.slice(at + 1);
        expect(() => decodeDeviceFile(damaged, "x")).toThrow(DeviceFileError);
      }),
      { numRuns: 60 },
    );
  });

  it("is refused wherever it is cut off", () => {
    const text = encodeDeviceFile(deviceOf(3));
    for (let length = 0; length < text.length - 2; length += 7919) {
      const code = codeOf(() => decodeDeviceFile(text.slice(0, length), "x"));
      expect(code).toBe(length < 40 ? "device-file-format" : "device-file-truncated");
    }
  });

  it("says what is wrong with files that are no device files", () => {
    for (const text of ["", "hello", "[]", "null", "{}", '{"format":"other","version":1}']) {
      expect(codeOf(() => decodeDeviceFile(text, "x"))).toBe("device-file-format");
    }
  });

  it("says so when another version of Brownout wrote it", () => {
    const text = encodeDeviceFile(deviceOf(1)).replace('"version": 3', '"version": 4');
    expect(codeOf(() => decodeDeviceFile(text, "x"))).toBe("device-file-version");
  });

  it("is refused with members too many or too few, and with another checksum", () => {
    const text = encodeDeviceFile(deviceOf(1));
    for (const damaged of [
      text.replace('"profile"', '"extra": 1, "profile"'),
      text.replace(/"wear": \[[^\]]*\],/, ""),
      text.replace(/"checksum": "./, '"checksum": "z'),
      text.replace('"class1"', '"stm32l0"'),
    ]) {
      expect(damaged).not.toBe(text);
      expect(codeOf(() => decodeDeviceFile(damaged, "x"))).toBe("device-file-damaged");
    }
  });

  it("is not overwritten by a command that read an older one", () => {
    const file = path.join(folder, "a.device");
    writeDeviceFile(file, deviceOf(1));
    const read = readDeviceFile(file);
    writeDeviceFile(file, deviceOf(2));
    expect(codeOf(() => updateDeviceFile(file, read, deviceOf(3)))).toBe("device-file-changed");
    expect(readDeviceFile(file).state).toEqual(deviceOf(2).state);
    updateDeviceFile(file, deviceOf(2), deviceOf(3));
    expect(readDeviceFile(file).state).toEqual(deviceOf(3).state);
  });
});

describe("writing a device file", () => {
  it("leaves the old file or the new one, whenever the writer is killed", async () => {
    const file = path.join(folder, "a.device");
    writeDeviceFile(file, deviceOf(0));
    const marks = new Set<number>();
    for (let round = 0; round < 6; round += 1) {
      const writer = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", WRITER, file], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      const ended = new Promise((resolve) => writer.once("exit", resolve));
      // The writer says when it has begun; then it is killed in the middle of one write or another.
      await new Promise((resolve) => writer.stdout.once("data", resolve));
      await new Promise((resolve) => setTimeout(resolve, round * 7));
      writer.kill("SIGKILL");
      await ended;
      const { state } = readDeviceFile(file);
      const mark = Number(state.counters[0]);
      expect(state).toEqual(deviceOf(mark).state);
      marks.add(mark);
    }
    expect(marks.size).toBeGreaterThan(1);
    // What the killed writers left behind is cleared away by the next one.
    writeDeviceFile(file, deviceOf(1));
    expect(readdirSync(folder)).toEqual(["a.device"]);
  });

  it("keeps the mode of the old file, and a symbolic link a link", () => {
    const file = path.join(folder, "a.device");
    writeDeviceFile(file, deviceOf(1));
    chmodSync(file, 0o640);
    symlinkSync(file, path.join(folder, "link"));
    writeDeviceFile(path.join(folder, "link"), deviceOf(2));
    expect(readDeviceFile(file).state).toEqual(deviceOf(2).state);
    expect(statSync(file).mode & 0o777).toBe(0o640);
    expect(readdirSync(folder)).toEqual(["a.device", "link"]);
  });

  it("says so when the place cannot be written to, and leaves nothing there", () => {
    writeFileSync(path.join(folder, "file"), "");
    mkdirSync(path.join(folder, "inner"));
    for (const name of ["nowhere/a.device", "file/a.device", "inner"]) {
      expect(codeOf(() => writeDeviceFile(path.join(folder, name), deviceOf(1)))).toBe("unwritable-file");
    }
    expect(codeOf(() => writeDeviceFile("/proc/brownout.device", deviceOf(1)))).toBe("unwritable-file");
    expect(readdirSync(folder)).toEqual(["file", "inner"]);
  });

  // The superuser may write everywhere.
  it.skipIf(process.getuid?.() === 0)("leaves the old file when the folder is read-only", () => {
    const file = path.join(folder, "a.device");
    writeDeviceFile(file, deviceOf(1));
    const before = readFileSync(file, "utf8");
    chmodSync(folder, 0o555);
    expect(codeOf(() => writeDeviceFile(file, deviceOf(2)))).toBe("unwritable-file");
    chmodSync(folder, 0o755);
    expect(readFileSync(file, "utf8")).toBe(before);
  });
});

/** Writes two devices in turn, over and over, until it is killed. */
const WRITER = `
  const { writeDeviceFile } = await import(${JSON.stringify(new URL("../../host/device/device-file.ts", import.meta.url).href)});
  const { profileNamed } = await import(${JSON.stringify(new URL("../../emulator/index.ts", import.meta.url).href)});
  const profile = profileNamed("class1");
  const deviceOf = (mark) => ({ profile, state: {
    flash: new Uint8Array(102400).map((_, index) => (index * 13 + mark) & 255),
    counters: BigUint64Array.of(BigInt(mark), 0n, (1n << 64n) - 1n, 0n),
    wear: new Uint32Array(100).fill(mark) } });
  for (let mark = 1; ; mark = (mark % 200) + 1) {
    writeDeviceFile(process.argv[1], deviceOf(mark));
    if (mark === 1) process.stdout.write("begun");
  }`;
