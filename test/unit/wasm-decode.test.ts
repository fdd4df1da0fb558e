/**
 * The WebAssembly reader: what it finds in a module, and what it refuses by name.
 */
import { describe, expect, it } from "vitest";
import { decodeModule } from "../../emulator/wasm/decode.ts";
import { ModuleError } from "../../emulator/wasm/module-error.ts";
import type { ModuleErrorCode } from "../../emulator/wasm/module-error.ts";
import { measureOperands } from "../../emulator/wasm/operand.ts";
import { stripCustomSections } from "../../emulator/wasm/strip.ts";
import { assemble, rawFunction, rawModule } from "../wat.ts";

function refusal(act: () => unknown): { code: ModuleErrorCode; message: string } {
  try {
    act();
  } catch (error) {
    if (error instanceof ModuleError) return { code: error.code, message: error.message };
    throw error;
  }
  throw new Error("The module was accepted.");
}

const sample = `(module
  (import "env" "memory" (memory 2 2))
  (import "hal" "log" (func $log (param i32 i32) (result i32)))
  (global $top (mut i32) (i32.const 7))
  (global $base i32 (i32.const 131072))
  (table 1 1 funcref)
  (elem (i32.const 0) $inner)
  (data (i32.const 120832) "abc")
  (func $inner (param i64) (result i64) (local i32 i32 f64)
    (local.set 1 (i32.const 5))
    (i64.add (local.get 0) (i64.load offset=8 align=4 (local.get 1))))
  (func $entry (export "reset")
    (loop $again
      (global.set $top (call $log (i32.const 1) (i32.const 2)))
      (drop (call $inner (i64.const 9)))
      (br_if $again (global.get $top))))
  (export "__heap_base" (global $base)))`;

describe("decodeModule", () => {
  it("finds functions, their types and their names from section, export and import", () => {
    const module = decodeModule(assemble(sample, { names: true }));
    expect(module.functions.map(({ name, type }) => [name, type.parameters, type.results])).toEqual([
      ["hal.log", ["i32", "i32"], ["i32"]],
      ["inner", ["i64"], ["i64"]],
      ["entry", [], []],
    ]);
    const unnamed = decodeModule(assemble(sample));
    expect(unnamed.functions.map((entry) => entry.name)).toEqual(["hal.log", "function[1]", "reset"]);
  });

  it("finds imports, memory, table, globals, exports, elements and data", () => {
    const module = decodeModule(assemble(sample));
    expect(module.imports.map(({ module: from, name, kind }) => `${kind} ${from}.${name}`)).toEqual([
      "function hal.log",
      "memory env.memory",
    ]);
    expect(module.memories).toEqual([{ minimum: 2, maximum: 2, imported: true }]);
    expect(module.tables).toEqual([{ minimum: 1, maximum: 1 }]);
    expect(module.elements).toEqual([{ functions: [1] }]);
    expect(module.globals.map(({ type, mutable, initial }) => [type, mutable, initial])).toEqual([
      ["i32", true, { kind: "i32", value: 7 }],
      ["i32", false, { kind: "i32", value: 131072 }],
    ]);
    expect(module.exports).toEqual([
      { name: "reset", kind: "function", index: 2 },
      { name: "__heap_base", kind: "global", index: 1 },
    ]);
    expect(module.data.map(({ offset, bytes }) => [offset, bytes])).toEqual([
      [{ kind: "i32", value: 120832 }, 3],
    ]);
  });

  it("keeps a module whose name section is damaged, without its names", () => {
    const bytes = assemble(sample, { names: true });
    const names = decodeModule(bytes).sections.find((section) => section.name === "name");
    bytes[(names?.bodyStart ?? 0) + 6] = 0xff;
    expect(decodeModule(bytes).functions[1]?.name).toBe("function[1]");
  });

  const features: readonly (readonly [string, string])[] = [
    ["SIMD", `(module (func (drop (v128.const i32x4 0 0 0 0))))`],
    ["SIMD values", `(module (func (param v128)))`],
    ["atomics", `(module (memory 1 1 shared) (func (drop (i32.atomic.load (i32.const 0)))))`],
    ["shared memory", `(module (memory 1 1 shared))`],
    ["64-bit memory", `(module (memory i64 1))`],
    ["a second memory", `(module (memory 1) (memory 1))`],
    ["tail calls", `(module (func $a (return_call $a)))`],
    ["exceptions", `(module (tag $e) (func (throw $e)))`],
    ["references", `(module (func (param externref)))`],
    ["reference instructions", `(module (func (drop (ref.is_null (ref.null func)))))`],
    ["tables of references", `(module (table 1 externref))`],
    ["table instructions", `(module (table 1 funcref) (func (drop (table.size 0))))`],
    ["garbage collection", `(module (type $s (struct (field i32))) (func (drop (struct.new_default $s))))`],
    ["extended constants", `(module (global i32 (i32.add (i32.const 1) (i32.const 2))))`],
  ];
  it.each(features)("refuses %s as a feature the device does not have", (_name, text) => {
    expect(refusal(() => decodeModule(assemble(text))).code).toBe("unsupported-feature");
  });

  it("accepts sign extension, bulk memory, multi-value blocks and saturating conversion", () => {
    const bytes = assemble(`(module (memory 1) (data $d "x")
      (func (param i32) (result i32 i64)
        (memory.copy (i32.const 0) (i32.const 1) (i32.const 2))
        (memory.fill (i32.const 0) (i32.const 1) (i32.const 2))
        (memory.init $d (i32.const 0) (i32.const 0) (i32.const 1))
        (data.drop $d)
        (i32.extend8_s (local.get 0))
        (i64.trunc_sat_f64_u (f64.const 1))))`);
    const module = decodeModule(bytes);
    expect(module.functions[0]?.type.results).toEqual(["i32", "i64"]);
  });

  const header = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  const broken: readonly (readonly [string, Uint8Array])[] = [
    ["nothing", new Uint8Array()],
    ["a wrong magic number", Uint8Array.of(0, 0x61, 0x73, 0x6e, 1, 0, 0, 0)],
    ["another version", Uint8Array.of(0, 0x61, 0x73, 0x6d, 2, 0, 0, 0)],
    ["erased flash after its end", Uint8Array.from([...header, 0xff, 0xff, 0xff])],
    ["a section beyond the file", Uint8Array.from([...header, 1, 100])],
    ["an unknown section", rawModule([14])],
    ["sections out of order", rawModule([3, 0], [1, 0])],
    ["a section twice", rawModule([1, 0], [1, 0])],
    ["bytes left over in a section", rawModule([1, 0, 0])],
    ["a count larger than the file", rawModule([1, 0xff, 0xff, 0xff, 0xff, 0x0f])],
    ["a number of more than 32 bits", rawModule([1, 0xff, 0xff, 0xff, 0xff, 0x1f])],
    ["a function without a body", rawModule([1, 1, 0x60, 0, 0], [3, 1, 0])],
    ["an unknown type index", rawModule([3, 1, 0])],
    ["a name that is not UTF-8", rawModule([7, 1, 1, 0xff, 0, 0])],
    ["a body without an end", rawFunction(0x01)],
    ["an else without an if", rawFunction(0x05, 0x0b)],
    ["instructions after the end of a body", rawFunction(0x0b, 0x01)],
    ["an opcode that does not exist", rawFunction(0x27, 0x0b)],
  ];
  it.each(broken)("refuses %s as malformed and says at which byte", (_name, bytes) => {
    const { code, message } = refusal(() => decodeModule(bytes));
    expect(code).toBe("malformed");
    expect(message).toMatch(/at byte \d+/);
  });

  it("does not allocate what a body of a few bytes claims as locals", () => {
    const claim = [0xff, 0xff, 0xff, 0xff, 0x0f, 0x7f];
    const bytes = rawModule([1, 1, 0x60, 0, 0], [3, 1, 0], [10, 1, 14, 2, ...claim, ...claim, 0x0b]);
    expect(refusal(() => decodeModule(bytes)).code).toBe("limit-exceeded");
  });
});

describe("measureOperands", () => {
  const invalid: readonly (readonly [string, readonly number[]])[] = [
    ["a missing operand", [0x6a, 0x0b]],
    ["an operand of the wrong type", [0x42, 0, 0x45, 0x1a, 0x0b]],
    ["an operand left over", [0x41, 0, 0x0b]],
    ["an unknown local", [0x20, 0, 0x1a, 0x0b]],
    ["an unknown label", [0x0c, 1, 0x0b]],
    ["an unknown function", [0x10, 1, 0x0b]],
    ["a load without a memory", [0x41, 0, 0x28, 2, 0, 0x1a, 0x0b]],
    ["an if with a result and no else", [0x41, 0, 0x04, 0x7f, 0x41, 0, 0x0b, 0x1a, 0x0b]],
    ["select between two types", [0x41, 0, 0x42, 0, 0x41, 0, 0x1b, 0x1a, 0x0b]],
  ];
  it.each(invalid)("refuses %s", (_name, code) => {
    const bytes = rawFunction(...code);
    expect(WebAssembly.validate(bytes)).toBe(false);
    const module = decodeModule(bytes);
    const [entry] = module.functions;
    if (entry === undefined) throw new Error("The module has no function.");
    expect(refusal(() => measureOperands(module, entry)).code).toBe("malformed");
  });
});

describe("stripCustomSections", () => {
  it("drops every custom section and not a byte besides", () => {
    expect(stripCustomSections(assemble(sample, { names: true }))).toEqual(assemble(sample));
  });
});
