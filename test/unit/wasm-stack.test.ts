/**
 * Worst-case stack and footprint of modules whose figures can be added up by hand.
 */
import { describe, expect, it } from "vitest";
import { decodeModule } from "../../emulator/wasm/decode.ts";
import { computeFootprint } from "../../emulator/wasm/footprint.ts";
import { findExport } from "../../emulator/wasm/module.ts";
import { ModuleError } from "../../emulator/wasm/module-error.ts";
import { computeStack } from "../../emulator/wasm/stack.ts";
import type { StackUse } from "../../emulator/wasm/stack.ts";
import { assemble, rawFunction } from "../wat.ts";

function stackOf(text: string, indirectTargets?: readonly string[]): StackUse {
  const module = decodeModule(assemble(text, { names: true }));
  const roots = ["reset", "verify"].flatMap((name) => findExport(module, name)?.index ?? []);
  return computeStack(module, indirectTargets === undefined ? { roots } : { roots, indirectTargets });
}

function errorOf(act: () => unknown): ModuleError {
  try {
    act();
  } catch (error) {
    if (error instanceof ModuleError) return error;
    throw error;
  }
  throw new Error("The module was accepted.");
}

describe("computeStack", () => {
  it("charges an empty function 16 bytes", () => {
    expect(stackOf(`(module (func $reset (export "reset")))`)).toEqual({
      stackBytes: 16,
      path: [{ functionName: "reset", frameBytes: 16 }],
    });
  });

  it("counts parameters and locals by width", () => {
    const { stackBytes } = stackOf(
      `(module (func (export "reset") (param i32 i64) (local i32 f32 f64 i64)))`,
    );
    expect(stackBytes).toBe(16 + 4 + 8 + 4 + 4 + 8 + 8);
  });

  it("counts the operand stack at its highest", () => {
    const { stackBytes } = stackOf(`(module (global $g (mut i64) (i64.const 0)) (func (export "reset")
      (global.set $g (i64.add (i64.const 1) (i64.add (i64.const 2) (i64.extend_i32_u (i32.const 3)))))))`);
    expect(stackBytes).toBe(16 + 8 + 8 + 8);
  });

  it("counts operands that code out of reach would push", () => {
    const module = decodeModule(rawFunction(0x00, 0x42, 1, 0x42, 2, 0x7c, 0x1a, 0x0b));
    expect(computeStack(module, { roots: [0] }).stackBytes).toBe(16 + 8 + 8);
  });

  it("takes the most expensive path, not the longest one", () => {
    const use = stackOf(`(module
      (func $leaf)
      (func $long (call $leaf))
      (func $wide (local i64 i64 i64 i64 i64 i64))
      (func $reset (export "reset") (call $long) (call $wide)))`);
    expect(use.path).toEqual([
      { functionName: "reset", frameBytes: 16 },
      { functionName: "wide", frameBytes: 64 },
    ]);
    expect(use.stackBytes).toBe(80);
  });

  it("charges a call into the HAL its frame and parameters", () => {
    const use = stackOf(`(module (import "hal" "log" (func $log (param i32 i32) (result i32)))
      (func $reset (export "reset") (drop (call $log (i32.const 0) (i32.const 0)))))`);
    expect(use.path).toEqual([
      { functionName: "reset", frameBytes: 16 + 8 },
      { functionName: "hal.log", frameBytes: 16 + 8 },
    ]);
  });

  it("measures from the entry points only, and from the worst of them", () => {
    const text = (body: string): string => `(module
      (func $big (export "unused") (local i64 i64 i64 i64))
      (func $small (local i32))
      (func $reset (export "reset"))
      (func $verify (export "verify") ${body}))`;
    expect(stackOf(text("")).stackBytes).toBe(16);
    expect(stackOf(text("(call $small)")).stackBytes).toBe(16 + 20);
  });

  it("refuses recursion and names the cycle", () => {
    const error = errorOf(() =>
      stackOf(`(module (func $a (call $b)) (func $b (call $c)) (func $c (call $b))
        (func $reset (export "reset") (call $a)))`),
    );
    expect(error.code).toBe("recursion");
    expect(error.message).toContain("b → c → b");
  });

  const indirect = `(module (type $void (func)) (table 3 3 funcref) (elem (i32.const 0) $one $two $other)
    (func $one (local i32)) (func $two (local i64 i64)) (func $other (param i32) (local i64 i64 i64))
    (func $reset (export "reset") (call_indirect (type $void) (i32.const 0))))`;

  it("refuses an indirect call without declared targets", () => {
    expect(errorOf(() => stackOf(indirect)).code).toBe("unbounded-indirect-call");
  });

  it("refuses a declaration that leaves out a function the table holds", () => {
    const error = errorOf(() => stackOf(indirect, ["one"]));
    expect(error.code).toBe("unbounded-indirect-call");
    expect(error.message).toContain("two");
  });

  it("bounds an indirect call by the declared targets of its type", () => {
    const use = stackOf(indirect, ["one", "two"]);
    expect(use.path.map((step) => step.functionName)).toEqual(["reset", "two"]);
    expect(use.stackBytes).toBe(16 + 4 + 16 + 16);
  });

  it("survives a chain of calls deeper than the stack of the host", () => {
    const count = 20_000;
    const calls = Array.from({ length: count }, (_, index) => `(func $f${index} (call $f${index + 1}))`);
    const use = stackOf(`(module ${calls.join("")} (func $f${count}) (export "reset" (func $f0)))`);
    expect(use.stackBytes).toBe((count + 1) * 16);
  });
});

describe("computeFootprint", () => {
  const text = `(module (global (export "__heap_base") i32 (i32.const 1100))
    (global (mut i32) (i32.const 0)) (global (mut i64) (i64.const 0))
    (func $leaf (local i64)) (func $reset (export "reset") (call $leaf)))`;
  const module = decodeModule(assemble(text, { names: true }));
  const stack = computeStack(module, { roots: [findExport(module, "reset")?.index ?? -1] });

  it("adds static data, globals, heap and stack", () => {
    const footprint = computeFootprint(module, stack, { ramBase: 1000, ramBytes: 200, heapBytes: 10 });
    expect(footprint).toMatchObject({
      staticBytes: 100,
      globalBytes: 12,
      heapBytes: 10,
      stackBytes: 40,
      deepestPath: ["reset", "leaf"],
      deepestPathBytes: [16, 24],
      totalBytes: 162,
      linearRamEnd: 1000 + 200 - 40 - 12,
      moduleBytes: module.bytes.length,
    });
    expect(footprint.functions.map(({ name, bytes }) => [name, bytes])).toEqual([
      ["leaf", 4],
      ["reset", 4],
    ]);
    expect(footprint.sections.reduce((sum, section) => sum + section.bytes, 8)).toBe(module.bytes.length);
  });

  it("accepts RAM that is used to the last byte and refuses one byte less, naming the deepest path", () => {
    expect(computeFootprint(module, stack, { ramBase: 1000, ramBytes: 152 }).totalBytes).toBe(152);
    const error = errorOf(() => computeFootprint(module, stack, { ramBase: 1000, ramBytes: 151 }));
    expect(error.code).toBe("ram-exceeded");
    expect(error.message).toContain("reset 16 → leaf 24");
  });
});
