/**
 * Defects of one copy of a part: what they do to operations and content, and their names.
 */
import { describe, expect, it } from "vitest";
import { Status } from "../../assembly/status.ts";
import { formatDefect, parseDefect } from "../../emulator/defect.ts";
import { parseCaseId } from "../../emulator/explore/case-id.ts";
import { profileNamed } from "../../emulator/profile.ts";
import {
  DEFECT_ORACLES,
  defectsOf,
  defectText,
  runDefects,
  withDefectOracles,
} from "../../host/campaign/defect.ts";
import { replayCase } from "../../host/campaign/replay.ts";
import { buildUpdateScenario } from "../../host/campaign/scenario.ts";
import { toyBootloader, TOY_SUBJECT } from "../toy-bootloader.ts";
import { deviceWith, keepStatus, moduleOf, RAM, statuses } from "./device-fixture.ts";

const STATE = profileNamed("class1").layout.state.address;

const erase = `(call $flash_erase (i32.const ${STATE}))`;
const program = `(call $flash_program (i32.const ${STATE + 4}) (i32.const ${RAM + 64}) (i32.const 4))`;
const word = `(i32.store (i32.const ${RAM + 64}) (i32.const 0x11223344))`;

function deviceOf(part: string, body: string) {
  const device = deviceWith(moduleOf(body), { profile: profileNamed(part) });
  const cycle = device.powerOn();
  return { device, cycle, bytes: [...device.flash.bytes.subarray(STATE, STATE + 8)] };
}

describe("a worn page", () => {
  it("fails its erase, leaves every second word, and looks the same after the next try", () => {
    const part = `class1-with-worn-${STATE}`;
    const device = deviceWith(moduleOf(keepStatus(0, erase)), { profile: profileNamed(part) });
    device.flash.bytes.fill(0x21, STATE, STATE + 8);
    expect(device.powerOn().operations).toBe(1);
    expect(statuses(device, 1)).toEqual([Status.FlashFailed]);
    const once = [...device.flash.bytes.subarray(STATE, STATE + 8)];
    expect(once).toEqual([0xff, 0xff, 0xff, 0xff, 0x21, 0x21, 0x21, 0x21]);
    device.powerOn();
    expect([...device.flash.bytes.subarray(STATE, STATE + 8)]).toEqual(once);
  });

  it("does not concern its neighbours", () => {
    expect(deviceOf(`class1-with-worn-${STATE + 1024}`, keepStatus(0, erase)).cycle.operations).toBe(1);
    const { device } = deviceOf(`class1-with-worn-${STATE + 1024}`, keepStatus(0, erase));
    expect(statuses(device, 1)).toEqual([Status.Ok]);
  });
});

describe("a unit that does not take", () => {
  it("fails, leaves its second half, and stops the call there", () => {
    const three = `(call $flash_program (i32.const ${STATE}) (i32.const ${RAM + 64}) (i32.const 12))`;
    const { device, cycle } = deviceOf(`class1-with-failing-${STATE + 4}`, word + keepStatus(0, three));
    expect(statuses(device, 1)).toEqual([Status.FlashFailed]);
    expect(cycle.operations).toBe(2);
    expect(cycle.violations).toEqual([]);
    expect([...device.flash.bytes.subarray(STATE, STATE + 12)]).toEqual([
      0x44, 0x33, 0x22, 0x11, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    ]);
  });
});

describe("a bit", () => {
  it("that is stuck reads programmed after an erase that says it went well", () => {
    const { device, bytes } = deviceOf(`class1-with-stuck-${STATE + 1}-3`, keepStatus(0, erase));
    expect(statuses(device, 1)).toEqual([Status.Ok]);
    expect(bytes.slice(0, 3)).toEqual([0xff, 0xf7, 0xff]);
  });

  it("that is stuck is programmed on a part whose erased bits are zeros", () => {
    const { bytes } = deviceOf(`stm32l0-with-stuck-${STATE + 1}-3`, keepStatus(0, erase));
    expect(bytes.slice(0, 3)).toEqual([0, 8, 0]);
  });

  it("that has rotted is wrong from the start and right after an erase", () => {
    const part = `class1-with-rot-${STATE}-0`;
    expect(deviceOf(part, "").bytes[0]).toBe(0xfe);
    expect(deviceOf(part, keepStatus(0, erase)).bytes[0]).toBe(0xff);
    const written = deviceOf(part, word + keepStatus(0, program));
    expect(written.bytes).toEqual([0xfe, 0xff, 0xff, 0xff, 0x44, 0x33, 0x22, 0x11]);
  });
});

describe("the name of a defect", () => {
  it.each(["worn-98304", "failing-28672", "stuck-0-7", "rot-102399-0"])("%s is read and written", (text) => {
    const defect = parseDefect(text);
    expect(defect === undefined ? undefined : formatDefect(defect)).toBe(text);
  });

  it.each(["worn-102400", "worn-98304-1", "rot-98304", "rot-98304-8", "torn-0", "worn-007", ""])(
    "%j is none",
    (text) => {
      expect(parseDefect(text)).toBeUndefined();
    },
  );

  it("makes a part of its own, several defects too, and fits a case id", () => {
    const name = "nrf52-with-worn-94208-with-rot-28672-5";
    const profile = profileNamed(name);
    expect(profile).toMatchObject({ name, pageBytes: 4096 });
    expect(profile.defects).toHaveLength(2);
    expect(parseCaseId(`bo1:${name}/update#00000000#00000000@`).profile).toBe(name);
    expect(() => profileNamed("class1-with-torn-0")).toThrow(
      expect.objectContaining({ code: "profile-unknown" }),
    );
  });
});

describe("campaigns on defective copies", () => {
  const [installed, offered] = TOY_SUBJECT.images.map(({ bytes }) => bytes);
  const scenarioFor = (profile: ReturnType<typeof profileNamed>) =>
    buildUpdateScenario({
      profile,
      bootloader: toyBootloader("data first"),
      installed: installed ?? new Uint8Array(),
      offered: offered ?? new Uint8Array(),
    });

  it("choose as many defects as asked for, of every kind, the same each time", () => {
    for (const name of ["class1", "stm32l0", "nrf52"]) {
      const profile = profileNamed(name);
      const chosen = defectsOf(profile, 40);
      expect(chosen).toHaveLength(40);
      expect(new Set(chosen.map(({ kind }) => kind)).size).toBe(4);
      expect(defectsOf(profile, 40)).toEqual(chosen);
    }
  });

  it("ask less of a defective copy than of a sound one, and never nothing", () => {
    const sound = scenarioFor(profileNamed("class1"));
    expect(withDefectOracles(sound)).toBe(sound);
    const ids = withDefectOracles(scenarioFor(profileNamed("class1-with-worn-98304"))).oracles?.map(
      ({ id }) => id,
    );
    expect(ids).toEqual(DEFECT_ORACLES.map(({ id }) => id));
    expect(ids).toContain("authentic");
    expect(ids).not.toContain("accepted");
  });

  it("find a toy that never comes to run on a worn page, and a replay shows the same", () => {
    // The toy's data page does not erase, so half a pair of words is never cleaned up.
    const profile = profileNamed("class1");
    const [found] = runDefects(profile, [{ kind: "worn", address: STATE }], scenarioFor);
    expect(found?.result.findings.length).toBeGreaterThan(0);
    const [first] = found?.result.findings ?? [];
    expect(defectText(found === undefined ? [] : [found])).toContain(first?.caseId ?? "missing");
    const id = parseCaseId(first?.caseId ?? "");
    expect(replayCase(withDefectOracles(scenarioFor(profileNamed(id.profile))), id).isFinding).toBe(true);
  });
});
