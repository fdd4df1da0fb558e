/**
 * The memory protection unit and the watchdog at work: every edge of RAM and flash, fuel, counts,
 * and what a fault tells.
 */
import { describe, expect, it } from "vitest";
import { decodeModule } from "../../emulator/wasm/decode.ts";
import type { Fault } from "../../emulator/wasm/fault.ts";
import { instrument } from "../../emulator/wasm/instrument.ts";
import { loadModule } from "../../emulator/wasm/load.ts";
import type { LoadOptions } from "../../emulator/wasm/load.ts";
import { faultOf, RunningModule } from "../../emulator/wasm/running-module.ts";
import { assemble, rawModule } from "../wat.ts";

const ramBase = 120832;
const flashBytes = 102400;
const memoryBytes = 131072;
const both = ["checked", "fast"] as const;

const options: LoadOptions = {
  ramBase,
  ramBytes: 10240,
  flashBytes,
  build: "checked",
  requiredExports: ["reset", "__heap_base"],
  allowedImports: { log: { parameters: ["i32", "i32"], results: ["i32"] } },
};

interface Device {
  readonly running: RunningModule;
  readonly memory: Uint8Array;
  readonly bytes: Uint8Array;
  /** End of the RAM that loads and stores may reach. */
  readonly end: number;
}

/** Loads functions in the text format, with `reset` as an empty function if they have none. */
function device(functions: string, changed: Partial<LoadOptions> = {}, log = (): number => 0): Device {
  const reset = functions.includes('"reset"') ? "" : `(func (export "reset") (local i64))`;
  const bytes = assemble(
    `(module (import "env" "memory" (memory 2 2)) (import "hal" "log" (func $log (param i32 i32) (result i32)))
      (global (export "__heap_base") i32 (i32.const 120848)) ${functions} ${reset})`,
    { names: true },
  );
  const loaded = loadModule(bytes, { ...options, ...changed });
  const memory = new WebAssembly.Memory({ initial: 2, maximum: 2 });
  const running = loaded.instantiate({ env: { memory }, hal: { log } });
  running.fuel = 1_000_000;
  return { running, memory: new Uint8Array(memory.buffer), bytes, end: loaded.footprint.linearRamEnd };
}

/** Calls an export; tells its result, or the fault that stopped it. */
function attempt(
  running: RunningModule,
  name: string,
  parameters: readonly number[],
): { result?: unknown; fault?: Fault } {
  try {
    return { result: running.call(name, ...parameters) };
  } catch (error) {
    const fault = faultOf(error, running);
    if (fault === undefined) throw error;
    return { fault };
  }
}

function call(running: RunningModule, name: string, ...parameters: number[]): unknown {
  const { result, fault } = attempt(running, name, parameters);
  return fault ?? result;
}

function faultFrom(running: RunningModule, name: string, ...parameters: number[]): Fault {
  const { fault } = attempt(running, name, parameters);
  if (fault === undefined) throw new Error(`${name} ran to its end.`);
  return fault;
}

/** Where in the module the instruction with these bytes stands. */
function offsetOf(bytes: Uint8Array, ...instruction: number[]): number {
  return bytes.findIndex((_, start) => instruction.every((byte, index) => bytes[start + index] === byte));
}

const stores: readonly (readonly [name: string, bytes: number])[] = [
  ["i32.store8", 1],
  ["i32.store16", 2],
  ["i32.store", 4],
  ["i64.store8", 1],
  ["i64.store16", 2],
  ["i64.store32", 4],
  ["i64.store", 8],
  ["f32.store", 4],
  ["f64.store", 8],
];

const loads: readonly (readonly [name: string, bytes: number])[] = [
  ["i32.load8_u", 1],
  ["i32.load16_s", 2],
  ["i32.load", 4],
  ["i64.load32_u", 4],
  ["i64.load", 8],
  ["f32.load", 4],
  ["f64.load", 8],
];

/** Addresses around the edges of the address space, and how far static offsets reach. */
function edges(end: number, bytes: number): number[] {
  const around = [0, flashBytes, ramBase, end, memoryBytes, 2 ** 31, 2 ** 32];
  return around.flatMap((edge) => [-bytes - 1, -bytes, -bytes + 1, -1, 0, 1].map((delta) => edge + delta));
}

const staticOffsets = [0, 1, 16, ramBase, ramBase + 1, memoryBytes - 8, memoryBytes, 2 ** 31, 2 ** 32 - 1];

describe.each(both)("stores in the %s build", (build) => {
  it.each(stores)("%s writes every byte of linear RAM and no other byte", (name, bytes) => {
    const functions = staticOffsets.map(
      (offset, index) => `(func (export "at${index}") (param i32)
        (${name} offset=${offset} (local.get 0) (${name.slice(0, 3)}.const 0)))`,
    );
    const { running, end } = device(functions.join("\n"), { build });
    staticOffsets.forEach((offset, index) => {
      for (const target of edges(end, bytes)) {
        const address = target - offset;
        if (address < 0 || address >= 2 ** 32) continue;
        const allowed = target >= ramBase && target + bytes <= end;
        const result = call(running, `at${index}`, address | 0);
        if (allowed) expect(result, `${target} at offset ${offset}`).toBeUndefined();
        else {
          expect(result, `${target} at offset ${offset}`).toMatchObject({
            kind: "store",
            address: target,
            accessBytes: bytes,
          });
        }
      }
    });
  });

  it("change nothing when they fault", () => {
    const { running, memory } = device(
      `(func (export "poke") (param i32) (i32.store (local.get 0) (i32.const -1)))`,
      { build },
    );
    expect(faultFrom(running, "poke", ramBase - 1).kind).toBe("store");
    expect(memory.every((byte) => byte === 0)).toBe(true);
  });

  it("do not wrap around when address and static offset exceed 32 bits", () => {
    const { running } = device(
      `(func (export "poke") (param i32) (i32.store offset=120833 (local.get 0) (i32.const 1)))`,
      { build },
    );
    expect(faultFrom(running, "poke", -1)).toMatchObject({ kind: "store", address: 2 ** 32 + ramBase });
  });

  it("name the function, the address and the instruction", () => {
    const { running, bytes } = device(
      `(func $erase_all (export "go") (param i32) (i64.store offset=1399 (local.get 0) (i64.const 1)))`,
      { build },
    );
    const fault = faultFrom(running, "go", 100);
    expect(fault).toMatchObject({
      kind: "store",
      functionName: "erase_all",
      functionIndex: 1,
      address: 1499,
      accessBytes: 8,
      instructionOffset: offsetOf(bytes, 0x37, 0x03, 0xf7, 0x0a),
    });
    expect(fault.message).toContain("store of 8 bytes at 0x5db in erase_all");
  });
});

describe("loads in the checked build", () => {
  it.each(loads)(
    "%s reads flash and linear RAM, and faults in the hole and across an edge",
    (name, bytes) => {
      const functions = staticOffsets.map(
        (offset, index) => `(func (export "at${index}") (param i32)
        (drop (${name} offset=${offset} (local.get 0))))`,
      );
      const { running, end } = device(functions.join("\n"));
      staticOffsets.forEach((offset, index) => {
        for (const target of edges(end, bytes)) {
          const address = target - offset;
          if (address < 0 || address >= 2 ** 32) continue;
          const inFlash = target >= 0 && target + bytes <= flashBytes;
          const inRam = target >= ramBase && target + bytes <= end;
          const result = call(running, `at${index}`, address | 0);
          if (inFlash || inRam) expect(result, `${target} at offset ${offset}`).toBeUndefined();
          else {
            expect(result, `${target} at offset ${offset}`).toMatchObject({
              kind: "load",
              address: target,
              accessBytes: bytes,
            });
          }
        }
      });
    },
  );
});

describe("loads in the fast build", () => {
  it("read the hole, and trap beyond memory", () => {
    const functions = `(func $peek (export "peek") (param i32) (result i32) (i32.load offset=1399 (local.get 0)))`;
    const { running, bytes } = device(functions, { build: "fast" });
    expect(call(running, "peek", flashBytes)).toBe(0);
    expect(faultFrom(running, "peek", memoryBytes)).toMatchObject({
      kind: "trap",
      functionName: "peek",
      instructionOffset: offsetOf(bytes, 0x28, 0x02, 0xf7, 0x0a),
    });
  });
});

describe.each(both)("bulk memory in the %s build", (build) => {
  const functions = `(data $text "0123456789")
    (func (export "fill") (param i32 i32) (memory.fill (local.get 0) (i32.const 7) (local.get 1)))
    (func (export "copy") (param i32 i32 i32) (memory.copy (local.get 0) (local.get 1) (local.get 2)))
    (func (export "init") (param i32 i32) (memory.init $text (local.get 0) (i32.const 0) (local.get 1)))`;

  it("writes up to both edges of linear RAM", () => {
    const { running, memory, end } = device(functions, { build });
    expect(call(running, "fill", ramBase, end - ramBase)).toBeUndefined();
    expect([memory[ramBase - 1], memory[ramBase], memory[end - 1], memory[end]]).toEqual([0, 7, 7, 0]);
    expect(call(running, "init", end - 10, 10)).toBeUndefined();
    expect(memory[end - 1]).toBe("9".charCodeAt(0));
    memory[5] = 9;
    expect(call(running, "copy", ramBase, 5, 1)).toBeUndefined();
    expect(memory[ramBase]).toBe(9);
  });

  it("faults one byte beyond either edge, and on lengths that overflow", () => {
    const { running, end } = device(functions, { build });
    const bad: readonly (readonly [name: string, ...parameters: number[]])[] = [
      ["fill", ramBase - 1, 1],
      ["fill", ramBase, end - ramBase + 1],
      ["fill", end, 1],
      ["fill", end + 1, 1],
      ["fill", 0, 4],
      ["fill", ramBase, -1],
      ["fill", -4, 8],
      ["copy", ramBase - 1, 0, 2],
      ["copy", end - 1, 0, 2],
      ["init", end - 9, 10],
    ];
    for (const [name, address = 0, second = 0, third = 0] of bad) {
      const length = (name === "copy" ? third : second) >>> 0;
      const fault = faultFrom(running, name, address, second, third);
      expect(fault).toMatchObject({ kind: "store", address: address >>> 0, accessBytes: length });
    }
  });

  it("lets a length of zero pass, since it writes nothing", () => {
    const { running } = device(functions, { build });
    expect(call(running, "fill", 0, 0)).toBeUndefined();
    expect(call(running, "copy", 0, flashBytes, 0)).toBeUndefined();
  });

  it("burns fuel for the words it moves", () => {
    const { running } = device(functions, { build });
    call(running, "fill", ramBase, 0);
    const empty = 1_000_000 - running.fuel;
    running.fuel = 1_000_000;
    call(running, "fill", ramBase, 400);
    expect(1_000_000 - running.fuel).toBe(empty + 100);
    running.fuel = empty + 99;
    expect(faultFrom(running, "fill", ramBase, 400).kind).toBe("fuel");
    expect(running.fuel).toBe(0);
  });

  it(`${build === "checked" ? "faults on" : "allows"} a copy out of the hole`, () => {
    const { running } = device(functions, { build });
    const result = call(running, "copy", ramBase, flashBytes - 1, 2);
    if (build === "fast") expect(result).toBeUndefined();
    else expect(result).toMatchObject({ kind: "load", address: flashBytes - 1, accessBytes: 2 });
  });
});

describe.each(both)("fuel in the %s build", (build) => {
  const loop = `(func $count (export "count") (param i32) (result i32) (local i32)
    (loop $again
      (local.set 1 (i32.add (local.get 1) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get 1) (local.get 0))))
    (local.get 1))`;

  it("is charged once per entry and once per turn of a loop", () => {
    const { running } = device(loop, { build });
    expect(call(running, "count", 10)).toBe(10);
    expect(1_000_000 - running.fuel).toBe(1 + 10 * 8);
  });

  it("is charged for a call inside a loop to the callee", () => {
    const { running } = device(
      `(func $leaf (param i32) (result i32) (i32.sub (local.get 0) (i32.const 1)))
       (func (export "go") (param i32)
         (loop $again (br_if $again (local.tee 0 (call $leaf (local.get 0))))))`,
      { build },
    );
    call(running, "go", 5);
    expect(1_000_000 - running.fuel).toBe(5 * 4 + 5 * 3);
  });

  it("stops an endless loop, and is then used up", () => {
    const { running, bytes } = device(`(func $hang (export "hang") (loop $again (br $again)))`, { build });
    const fault = faultFrom(running, "hang");
    expect(fault).toMatchObject({
      kind: "fuel",
      functionName: "hang",
      instructionOffset: offsetOf(bytes, 0x03, 0x40, 0x0c),
    });
    expect(running.fuel).toBe(0);
  });

  it("is enough to the last unit, and one unit less is not", () => {
    const { running } = device(loop, { build });
    running.fuel = 81;
    expect(call(running, "count", 10)).toBe(10);
    expect(running.fuel).toBe(0);
    running.fuel = 80;
    expect(faultFrom(running, "count", 10).kind).toBe("fuel");
  });

  it("is up to date inside an import, and may be refilled there", () => {
    const seen: number[] = [];
    const functions = `(func (export "go") (local i32)
      (loop $spin (br_if $spin (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 9))))
      (drop (call $log (i32.const 0) (i32.const 0)))
      (drop (call $log (i32.const 0) (i32.const 0))))`;
    const { running } = device(functions, { build }, () => {
      seen.push(running.fuel);
      running.fuel = 500;
      return 0;
    });
    call(running, "go");
    expect(seen).toEqual([1_000_000 - 8 - 9 * 7, 500]);
  });
});

describe("counts of a counting build", () => {
  const functions = `(func (export "go") (param i32) (result i32)
    (if (local.get 0) (then (i32.store (i32.const ${ramBase}) (i32.const 5))))
    (i32.load8_u (i32.const ${ramBase})))`;

  it.each(both)("are the instructions that were executed, in the %s build", (build) => {
    const taken = device(functions, { build, countInstructions: true }).running;
    expect(call(taken, "go", 1)).toBe(5);
    expect(taken.executedInstructions).toBe(2 + 3 + 2);
    expect(taken.memoryTraffic).toEqual({ loadedBytes: 1, storedBytes: 4 });
    const skipped = device(functions, { build, countInstructions: true }).running;
    expect(call(skipped, "go", 0)).toBe(0);
    expect(skipped.executedInstructions).toBe(2 + 2);
    expect(skipped.memoryTraffic).toEqual({ loadedBytes: 1, storedBytes: 0 });
  });

  it("equal the fuel where no instruction is skipped, across calls, loops, early returns and tables", () => {
    const { running } = device(
      `(func $step (param i32) (result i32) (return (i32.sub (local.get 0) (i32.const 1))))
       (func $inner (param i32) (loop $down (br_if $down (local.tee 0 (call $step (local.get 0))))))
       (func $choose (param i32) (block $a (block $b (br_table $a $b (local.get 0)))))
       (func (export "go") (param i32)
         (call $choose (i32.const 0))
         (call $choose (i32.const 1))
         (loop $outer
           (call $inner (i32.const 3))
           (br_if $outer (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))`,
      { countInstructions: true },
    );
    call(running, "go", 7);
    const choose = 2;
    const inner = 3 * (4 + 4);
    expect(running.executedInstructions).toBe(4 + 2 * choose + 7 * (7 + inner));
    expect(1_000_000 - running.fuel).toBe(running.executedInstructions);
  });

  it("are complete when an import throws", () => {
    const signal = new Error("power loss");
    const { running } = device(
      `(func (export "go") (drop (call $log (i32.const 0) (i32.const 0))) (drop (i32.const 1)))`,
      { countInstructions: true },
      () => {
        throw signal;
      },
    );
    expect(() => call(running, "go")).toThrow(signal);
    expect(running.executedInstructions).toBe(3);
  });

  it("are absent from other builds", () => {
    const { running } = device(functions);
    expect(running.executedInstructions).toBeUndefined();
    expect(running.memoryTraffic).toBeUndefined();
  });
});

describe("fuel and counts that a function keeps in locals", () => {
  const exits: readonly (readonly [title: string, executed: number, code: readonly number[]])[] = [
    ["its end", 0, []],
    ["return", 1, [0x0f]],
    ["br", 1, [0x0c, 0]],
    ["br_if", 2, [0x41, 1, 0x0d, 0]],
    ["br_table", 2, [0x41, 0, 0x0e, 0, 0]],
  ];
  it.each(exits)("are complete when it is left by %s", (_title, executed, code) => {
    const body = [0, 0x03, 0x40, 0x01, 0x0b, ...code, 0x0b];
    const module = decodeModule(
      rawModule([1, 1, 0x60, 0, 0], [3, 1, 0], [7, 1, 2, 0x67, 0x6f, 0, 0], [10, 1, body.length, ...body]),
    );
    const bounds = { ramStart: 0, ramEnd: 0, flashBytes: 0 };
    const added = instrument(module, { build: "fast", bounds, countInstructions: true });
    const running = new RunningModule(new WebAssembly.Instance(new WebAssembly.Module(added.bytes)), {
      ...added,
      functionNames: ["go"],
    });
    running.fuel = 100;
    running.call("go");
    expect(running.fuel).toBe(100 - 1 - executed);
    expect(running.executedInstructions).toBe(1 + executed);
  });
});

describe("faultOf", () => {
  const traps: readonly (readonly [title: string, text: string, instruction: readonly number[]])[] = [
    ["unreachable", `(func $bad (export "bad") (unreachable))`, [0x00, 0x0b]],
    [
      "division by zero",
      `(func $bad (export "bad") (param i32) (drop (i32.div_u (i32.const 1) (local.get 0))))`,
      [0x6e, 0x1a],
    ],
    [
      "a float that is no integer",
      `(func $bad (export "bad") (param i32) (drop (i32.trunc_f32_s (f32.const nan))))`,
      [0xa8, 0x1a],
    ],
  ];
  it.each(traps)("tells where the engine trapped on %s", (_title, text, instruction) => {
    for (const build of both) {
      const { running, bytes } = device(text, { build });
      const fault = faultFrom(running, "bad", 0);
      expect(fault.kind).toBe("trap");
      expect(fault.functionName).toBe("bad");
      expect(fault.instructionOffset).toBe(offsetOf(bytes, ...instruction));
    }
  });

  it("calls the exhaustion of the host's stack a trap", () => {
    const module = decodeModule(assemble(`(module (func $down (export "down") (call $down)))`));
    const { bytes, sites, trapOffsets } = instrument(module, {
      build: "fast",
      bounds: { ramStart: 0, ramEnd: 0, flashBytes: 0 },
    });
    const running = new RunningModule(new WebAssembly.Instance(new WebAssembly.Module(bytes)), {
      sites,
      trapOffsets,
      functionNames: ["down"],
    });
    running.fuel = 1_000_000_000;
    expect(faultFrom(running, "down")).toMatchObject({ kind: "trap", functionName: "down" });
  });

  it("leaves alone what an import throws, and it arrives unchanged", () => {
    const signal = new Error("power loss");
    const { running } = device(
      `(func (export "go") (drop (call $log (i32.const 0) (i32.const 0))))`,
      {},
      () => {
        throw signal;
      },
    );
    let thrown: unknown;
    try {
      running.call("go");
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBe(signal);
    expect(faultOf(thrown, running)).toBeUndefined();
    expect(faultOf(new RangeError("Invalid array length"), running)).toBeUndefined();
    expect(faultOf(new TypeError("not a function"), running)).toBeUndefined();
  });
});
