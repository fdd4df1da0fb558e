/**
 * The device: power cycles of tiny modules, and every way in which one ends.
 */

import { createHash } from "node:crypto";
import binaryen from "binaryen";
import { describe, expect, it } from "vitest";
import { Slot } from "../../assembly/layout.ts";
import { Status } from "../../assembly/status.ts";
import {
  CutPower,
  Device,
  parseCut,
  PROFILE_NAMES,
  profileNamed,
  stripCustomSections,
  TraceRecorder,
  tornVariants,
  type LinkPeer,
} from "../../emulator/index.ts";
import { DEVICE_ID, deviceWith, keepStatus, moduleOf, RAM, statuses } from "./device-fixture.ts";

const SLOT_A = 28672;
const SLOT_B = 63488;
const STATE = 98304;
const RESET = "(drop (call $reset))";
const FOREVER = "(drop (call $idle (i32.const 1000)))";

const i32 = (value: number): string => `(i32.const ${value})`;
const call = (name: string, ...values: number[]): string => `(call $${name} ${values.map(i32).join(" ")})`;
const bootImage = (address: number, length: number): string => `(drop ${call("boot", address, length)})`;

/** Everything that survives a power cycle, in short. */
function digest(device: Device): string {
  const { flash, counters, wear } = device.snapshot();
  return `${createHash("sha256").update(flash).digest("hex")} ${counters.join(" ")} ${wear.join(" ")}`;
}

/** Programs the 4 bytes `value` at `address`, from the last words of RAM's first KiB. */
const programWord = (address: number, value: number): string =>
  `(i32.store (i32.const ${RAM + 1020}) (i32.const ${value}))
   (drop ${call("flash_program", address, RAM + 1020, 4)})`;

/** A device whose bootloader boots `image` from slot A and does nothing else. */
function deviceBooting(image: Uint8Array): Device {
  return deviceWith(moduleOf(bootImage(SLOT_A, image.length)), {}, { slots: { A: { envelope: image } } });
}

describe("a power cycle ends", () => {
  it("as reset when the software asks for one", () => {
    expect(deviceWith(moduleOf(RESET)).powerOn()).toMatchObject({ end: "reset", stage: "bootloader" });
  });

  it("as returned when reset returns", () => {
    expect(deviceWith(moduleOf("(nop)")).powerOn().end).toBe("returned");
  });

  it("as idle when nothing more can happen", () => {
    const cycle = deviceWith(moduleOf(`(loop $again ${FOREVER} (br $again))`)).powerOn();
    expect(cycle).toMatchObject({ end: "idle", fault: undefined });
    expect(cycle.micros.idle).toBe(0);
  });

  it("as watchdog when the software hangs", () => {
    const cycle = deviceWith(moduleOf("(loop $again (br $again))"), shortWatchdog()).powerOn();
    expect(cycle.end).toBe("watchdog");
    expect(cycle.fault?.kind).toBe("fuel");
    expect(cycle.fuel).toBe(10_000);
  });

  it("as watchdog even when the software kicks the watchdog for ever", () => {
    const kicking = moduleOf("(loop $again (drop (call $watchdog_kick)) (br $again))");
    const cycle = deviceWith(kicking, shortWatchdog()).powerOn();
    expect(cycle.end).toBe("watchdog");
    expect(cycle.fuel).toBe(50_000);
  });

  it.each([
    ["flash", 100],
    ["the hole", 110_000],
    ["the stack", 131_068],
  ])("as hard-fault when a store goes to %s", (_name, address) => {
    const cycle = deviceWith(moduleOf(`(i32.store ${i32(address)} ${i32(1)})`)).powerOn();
    expect(cycle.end).toBe("hard-fault");
    expect(cycle.fault).toMatchObject({ kind: "store", address });
  });

  it("as hard-fault when the module traps", () => {
    const cycle = deviceWith(moduleOf("(unreachable)")).powerOn();
    expect(cycle).toMatchObject({ end: "hard-fault", fault: { kind: "trap" } });
  });

  it("as hard-fault when a load leaves flash and RAM, in the checked build only", () => {
    const load = moduleOf(`(drop (i32.load ${i32(110_000)})) ${RESET}`);
    const sum = moduleOf(`(i32.store ${i32(RAM)} (i32.load ${i32(110_000)})) ${RESET}`);
    expect(deviceWith(sum, { build: "checked" }).powerOn().fault?.kind).toBe("load");
    expect(deviceWith(sum, { build: "fast" }).powerOn().end).toBe("reset");
    expect(deviceWith(load, { build: "fast" }).powerOn().end).toBe("reset");
  });

  it("as refused when the boot partition is blank, and says why", () => {
    const cycle = new Device({ profile: profileNamed("class1") }).powerOn();
    expect(cycle).toMatchObject({ end: "refused", stage: "bootloader", operations: 0 });
    expect(cycle.moduleError?.code).toBe("malformed");
  });

  it("as refused when the image in the slot is damaged", () => {
    const image = moduleOf(RESET);
    image[8] = 0x63;
    expect(deviceBooting(image).powerOn()).toMatchObject({
      end: "refused",
      stage: "firmware",
      booted: { slot: Slot.A, address: SLOT_A, length: image.length },
    });
  });

  function shortWatchdog() {
    const profile = { ...profileNamed("class1"), watchdogFuel: 10_000, capFuel: 50_000 };
    return { profile };
  }
});

describe("the hand-over to an image", () => {
  it("runs the image in the same cycle and numbers operations on", () => {
    const image = moduleOf(`${programWord(STATE + 8, 2)} ${RESET}`);
    const device = deviceWith(
      moduleOf(`${programWord(STATE, 1)} ${bootImage(SLOT_A, image.length)}`),
      {},
      { slots: { A: { envelope: image } } },
    );
    const trace = new TraceRecorder();
    const cycle = device.powerOn({ trace });
    expect(cycle).toMatchObject({ end: "reset", stage: "firmware", operations: 2, violations: [] });
    const kinds = trace.events.map(({ kind }) => kind);
    expect(kinds).toEqual(["power-on", "stage", "program", "boot", "stage", "program", "end"]);
    expect(device.flash.bytes[STATE + 8]).toBe(2);
  });

  it("zeroes RAM before each stage, so that nothing is left of the one before", () => {
    const keep = (address: number): string => `(i32.store ${i32(RAM)} (i32.load ${i32(address)}))`;
    const image = moduleOf(`${keep(RAM + 5000)} (if (i32.load ${i32(RAM)}) (then (unreachable))) ${RESET}`);
    const device = deviceWith(
      moduleOf(`(i32.store ${i32(RAM + 5000)} ${i32(7)}) ${bootImage(SLOT_A, image.length)}`),
      {},
      { slots: { A: { envelope: image } } },
    );
    device.memory.fill(0xee, RAM);
    expect(device.powerOn()).toMatchObject({ end: "reset", stage: "firmware" });
    expect(device.flash.bytes[0]).toBe(0);
  });

  it.each([
    ["across two slots", SLOT_A + 34_000, 2000],
    ["in the boot partition", 0, 100],
    ["beyond flash", 102_399, 4],
    ["of no length", SLOT_A, 0],
  ])("is refused %s, and is a violation", (_name, address, length) => {
    const device = deviceWith(moduleOf(`${keepStatus(0, call("boot", address, length))} ${RESET}`));
    const cycle = device.powerOn();
    expect(statuses(device, 1)).toEqual([Status.HalArgument]);
    expect(cycle.violations.map(({ rule }) => rule)).toEqual(["boot-target"]);
    expect(cycle.booted).toBeUndefined();
  });

  it("cannot be repeated by the image", () => {
    const image = moduleOf(`${keepStatus(0, call("boot", SLOT_B, 100))} ${RESET}`);
    const device = deviceBooting(image);
    expect(device.powerOn().end).toBe("reset");
    expect(statuses(device, 1)).toEqual([Status.HalUnavailable]);
  });

  it("lets the image write the other slot and the journal, and makes anything else a violation", () => {
    const writes = [SLOT_B, STATE, STATE + 1024, STATE + 2048, SLOT_A + 33_792, 0];
    const image = moduleOf(
      `${writes.map((address, index) => keepStatus(index, call("flash_erase", address))).join("")} ${RESET}`,
    );
    const device = deviceBooting(image);
    const cycle = device.powerOn();
    expect(statuses(device, 6)).toEqual([0, 0, 0, 0x0501, 0x0501, 0x0501]);
    expect(cycle.violations.map(({ rule }) => rule)).toEqual([
      "outside-window",
      "outside-window",
      "write-protected",
    ]);
    expect(cycle.operations).toBe(3);
  });

  it("does not let the image advance a counter", () => {
    const advance = "(call $counter_advance (i32.const 0) (i64.const 5))";
    const device = deviceBooting(moduleOf(`${keepStatus(0, advance)} ${RESET}`));
    const cycle = device.powerOn();
    expect(statuses(device, 1)).toEqual([Status.CounterFailed]);
    expect(cycle.violations.map(({ rule }) => rule)).toEqual(["counter-protected"]);
    expect(device.counters.read(0)).toBe(0n);
  });

  it("takes the image as it lies in flash, also after it changed", () => {
    const one = moduleOf(`(i32.store ${i32(RAM)} ${i32(1)}) ${RESET}`);
    const two = moduleOf(`(i32.store ${i32(RAM)} ${i32(2)}) ${RESET}`);
    expect(two.length).toBe(one.length);
    const device = deviceBooting(one);
    const images = [
      [one, 1],
      [two, 2],
      [one, 1],
    ] as const;
    for (const [image, expected] of images) {
      device.flash.bytes.set(image, SLOT_A);
      device.powerOn();
      expect(statuses(device, 1)).toEqual([expected]);
    }
  });
});

describe("the HAL", () => {
  it("answers pointers that lead nowhere with HalArgument and does nothing", () => {
    const bad = [
      call("flash_program", SLOT_A, 110_000, 4),
      call("flash_program", SLOT_A, RAM + 10_238, 4),
      call("flash_program", SLOT_A, -4, 8),
      call("flash_check", 102_300, 200),
      call("counter_read", 0, SLOT_A),
      call("counter_read", 99, RAM),
      call("log", 102_399, 2),
      call("unique_id", 131_060),
      call("random", RAM, 20_000),
      call("random", -1, 2),
    ];
    const device = deviceWith(
      moduleOf(`${bad.map((text, index) => keepStatus(index, text)).join("")} ${RESET}`),
    );
    const cycle = device.powerOn();
    expect(cycle).toMatchObject({ end: "reset", operations: 0 });
    expect(statuses(device, bad.length)).toEqual(bad.map(() => Status.HalArgument));
  });

  it("may not be used to write into the part of RAM that is the stack", () => {
    const device = deviceWith(moduleOf(`${keepStatus(0, call("random", 131_064, 8))} ${RESET}`));
    device.powerOn();
    expect(statuses(device, 1)).toEqual([Status.HalArgument]);
    expect([...device.memory.subarray(131_064)]).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
  });

  it("knows the device's identity and not the time", () => {
    const device = deviceWith(
      moduleOf(
        `${keepStatus(0, call("time", RAM + 64))} ${keepStatus(1, call("unique_id", RAM + 64))} ${RESET}`,
      ),
    );
    device.powerOn();
    expect(statuses(device, 2)).toEqual([Status.HalUnavailable, Status.Ok]);
    expect([...device.memory.subarray(RAM + 64, RAM + 80)]).toEqual([...DEVICE_ID]);
  });

  it("gives the same entropy at every power-on, and another with another seed", () => {
    const bootloader = moduleOf(`(drop ${call("random", RAM, 32)}) ${RESET}`);
    const entropy = (device: Device): number[] => {
      device.powerOn();
      return [...device.memory.subarray(RAM, RAM + 32)];
    };
    const device = deviceWith(bootloader);
    const first = entropy(device);
    expect(entropy(device)).toEqual(first);
    expect(new Set(first).size).toBeGreaterThan(16);
    expect(entropy(deviceWith(bootloader, { seed: 2 }))).not.toEqual(first);
  });

  it("keeps counters across power cycles and refuses to lower them", () => {
    const device = deviceWith(
      moduleOf(
        `${keepStatus(0, "(call $counter_advance (i32.const 0) (i64.const 5))")}
         ${keepStatus(1, "(call $counter_advance (i32.const 0) (i64.const 4))")}
         ${keepStatus(2, call("counter_read", 0, RAM + 64))} ${RESET}`,
      ),
    );
    expect(device.powerOn().operations).toBe(1);
    expect(statuses(device, 3)).toEqual([Status.Ok, Status.HalArgument, Status.Ok]);
    expect(device.memory[RAM + 64]).toBe(5);
    expect(device.powerOn().operations).toBe(0);
    expect(device.counters.read(0)).toBe(5n);
  });

  it("collects the log with simulated time", () => {
    const text = '(data (i32.const 120832) "h\\c3\\a9llo")';
    const device = deviceWith(
      moduleOf(`(drop ${call("flash_erase", SLOT_A)}) (drop ${call("log", RAM, 6)}) ${RESET}`, text),
    );
    const { log } = device.powerOn();
    expect(log.map((line) => line.text)).toEqual(["héllo"]);
    expect(log[0]?.micros).toBe(20_000);
  });

  it("leaves the report of an earlier power cycle alone", () => {
    const device = deviceWith(moduleOf(RESET));
    const quiet = device.powerOn();
    const noisy = moduleOf(`(drop ${call("log", RAM, 1)}) (drop ${call("flash_erase", 0)}) ${RESET}`);
    device.flash.bytes.set(deviceWith(noisy).flash.bytes);
    const { log, violations } = device.powerOn();
    expect([log.length, violations.length]).toEqual([1, 1]);
    expect([quiet.log, quiet.violations]).toEqual([[], []]);
  });

  it("numbers the operations of one call and prices them in time and energy", () => {
    const device = deviceWith(
      moduleOf(
        `(drop ${call("flash_erase", SLOT_A)}) (drop ${call("flash_program", SLOT_A, RAM, 12)}) ${RESET}`,
      ),
    );
    const cycle = device.powerOn();
    expect(cycle.operations).toBe(4);
    expect(cycle.micros).toMatchObject({ erase: 20_000, program: 150 });
    expect(cycle.nanojoules).toMatchObject({ erase: 360_000, program: 2700 });
    expect(cycle.fuel).toBeGreaterThan(0);
  });
});

describe("the link", () => {
  const echo: LinkPeer = { answer: (datagram) => Uint8Array.of(...datagram, 0x99) };
  const silent: LinkPeer = { answer: () => undefined };
  const send = call("link_send", RAM + 64, 3);
  const receive = call("link_receive", RAM + 128, 16, RAM + 32);

  it("delivers the answer to a datagram", () => {
    const device = deviceWith(
      moduleOf(
        `(i32.store8 ${i32(RAM + 64)} ${i32(7)}) ${keepStatus(0, send)} ${keepStatus(1, call("idle", 1000))}
         ${keepStatus(2, receive)} ${RESET}`,
      ),
      { link: echo },
    );
    const trace = new TraceRecorder();
    expect(device.powerOn({ trace })).toMatchObject({ end: "reset", micros: { idle: 0 } });
    expect(statuses(device, 3)).toEqual([0, 0, 0]);
    expect(device.memory[RAM + 32]).toBe(4);
    expect([...device.memory.subarray(RAM + 128, RAM + 132)]).toEqual([7, 0, 0, 0x99]);
    expect(trace.events.flatMap((event) => ("datagram" in event ? [event.datagram.length] : []))).toEqual([
      3, 4,
    ]);
  });

  it("ends the cycle in idle when every datagram was answered and taken", () => {
    const device = deviceWith(moduleOf(`(drop ${send}) (drop ${receive}) ${FOREVER} (unreachable)`), {
      link: echo,
    });
    expect(device.powerOn()).toMatchObject({ end: "idle", micros: { idle: 0 } });
  });

  it("lets time pass in idle while a datagram is unanswered, until the limit is used up", () => {
    const waiting = moduleOf(`(drop ${send}) (loop $again ${FOREVER} (br $again))`);
    const device = deviceWith(waiting, { link: silent, idleLimitMicros: 5_500_000 });
    expect(device.powerOn()).toMatchObject({ end: "idle", micros: { idle: 6_000_000 } });
  });

  it("reports a datagram that does not fit, and drops it", () => {
    const small = call("link_receive", RAM + 128, 3, RAM + 32);
    const device = deviceWith(
      moduleOf(`(drop ${send}) ${keepStatus(1, small)} ${keepStatus(2, receive)} ${RESET}`),
      { link: echo },
    );
    device.powerOn();
    expect(statuses(device, 3).slice(1)).toEqual([Status.DatagramTooLarge, Status.Ok]);
    expect(device.memory[RAM + 32]).toBe(0);
  });

  it("forgets at power-on what was under way", () => {
    const device = deviceWith(moduleOf(`${keepStatus(1, receive)} (drop ${send}) ${RESET}`), { link: echo });
    device.powerOn();
    device.powerOn();
    expect(device.memory[RAM + 32]).toBe(0);
  });

  it("is not there when the device has none", () => {
    const device = deviceWith(moduleOf(`${keepStatus(0, send)} ${keepStatus(1, receive)} ${RESET}`));
    device.powerOn();
    expect(statuses(device, 2)).toEqual([Status.HalUnavailable, Status.HalUnavailable]);
  });
});

describe("a power loss", () => {
  const writer = moduleOf(`(drop ${call("flash_erase", STATE)}) ${programWord(STATE, 0x01020304)} ${RESET}`);

  it("unwinds the software and leaves flash as the cut says", () => {
    const device = deviceWith(writer);
    for (const [cut, bytes, operations] of [
      ["0b", [255, 255, 255, 255], 0],
      ["1b", [255, 255, 255, 255], 1],
      ["1t1", [4, 255, 255, 255], 2],
      ["1t3", [4, 3, 2, 255], 2],
      ["1a", [4, 3, 2, 1], 2],
    ] as const) {
      const observer = new CutPower(parseCut(cut));
      expect(device.powerOn({ observer })).toMatchObject({ end: "power-loss", operations });
      expect(observer.executed).toBe(true);
      expect([...device.flash.bytes.subarray(STATE, STATE + 4)], cut).toEqual(bytes);
      device.flash.bytes.fill(0xff, STATE, STATE + 4);
    }
    expect(device.powerOn().end).toBe("reset");
  });

  it("and a restored state make every power-on from it the same", () => {
    const device = deviceWith(writer);
    const start = device.snapshot();
    const reference = device.powerOn();
    const digestAfter = digest(device);
    device.restore(start);
    expect(device.powerOn({ observer: new CutPower(parseCut("1t2")) }).end).toBe("power-loss");
    device.restore(start);
    expect(device.powerOn()).toEqual(reference);
    expect(digest(device)).toBe(digestAfter);
  });

  // The writer programs 4 bytes at a time.
  it.each(PROFILE_NAMES.filter((name) => profileNamed(name).unitBytes <= 4))(
    "recovers on %s from every cut and every torn variant of an erase and a program",
    (name) => {
      const profile = profileNamed(name);
      const device = deviceWith(writer, { profile });
      device.flash.bytes.fill(0x24, STATE, STATE + profile.pageBytes);
      const start = device.snapshot();
      const cuts: string[] = [];
      device.powerOn({
        observer: {
          before: (operation) => {
            cuts.push(`${operation.index}b`, `${operation.index}a`);
            for (const { variant } of tornVariants(operation)) cuts.push(`${operation.index}t${variant}`);
          },
        },
      });
      const after = device.snapshot();
      expect(cuts.length).toBeGreaterThanOrEqual(3 + 2 * (1 + 4 / profile.unitBytes));
      for (const cut of cuts) {
        device.restore(start);
        expect(device.powerOn({ observer: new CutPower(parseCut(cut)) }).end).toBe("power-loss");
        expect(device.powerOn()).toMatchObject({ end: "reset", violations: [] });
        expect(Buffer.from(device.flash.bytes).equals(after.flash), cut).toBe(true);
      }
    },
  );

  it("takes only states of its own shape", () => {
    const device = deviceWith(writer);
    expect(() => {
      device.restore({ flash: new Uint8Array(10), counters: new BigUint64Array(4) });
    }).toThrow(expect.objectContaining({ code: "state-size" }));
  });
});

describe("verify", () => {
  const judge = (body: string): Uint8Array =>
    moduleOf(RESET, `(func (export "verify") (param i32 i32) (result i32) ${body})`);

  it("returns what the bootloader's verify export says", () => {
    const device = deviceWith(judge("(i32.add (local.get 0) (local.get 1))"));
    expect(device.verify(500, 14)).toBe(Status.SignatureInvalid);
  });

  it("changes nothing, whatever the bootloader tries", () => {
    const device = deviceWith(
      judge(`(drop (call $flash_erase (i32.const ${SLOT_A})))
             (drop (call $counter_advance (i32.const 0) (i64.const 9)))
             (drop (call $boot (i32.const ${SLOT_A}) (i32.const 4)))
             (drop (call $reset)) (call $idle (i32.const 1))`),
    );
    device.flash.bytes[SLOT_A] = 0x12;
    const before = digest(device);
    expect(device.verify(0, 0)).toBe(Status.HalUnavailable);
    expect(digest(device)).toBe(before);
  });

  it("is unavailable when the bootloader does not export it", () => {
    expect(deviceWith(moduleOf(RESET)).verify(0, 0)).toBe(Status.HalUnavailable);
  });

  it("throws when the bootloader faults", () => {
    expect(() => deviceWith(judge("(unreachable)")).verify(0, 0)).toThrow(
      expect.objectContaining({ code: "verify-fault" }),
    );
  });
});

describe("names in faults", () => {
  it("come from an unstripped twin of the module", () => {
    binaryen.setDebugInfo(true);
    const named = moduleOf("(unreachable)");
    binaryen.setDebugInfo(false);
    const stripped = stripCustomSections(named);
    expect(stripped.length).toBeLessThan(named.length);
    const symbols = [moduleOf("(nop)"), named];
    expect(deviceWith(stripped, { symbols }).powerOn().fault?.functionName).toBe("main");
    expect(deviceWith(stripped).powerOn().fault?.functionName).not.toBe("main");
  });
});
