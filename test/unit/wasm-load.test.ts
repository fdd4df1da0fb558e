/**
 * Which modules the loader refuses, one test per rule, and what it makes of one that it accepts.
 */
import { describe, expect, it } from "vitest";
import { LoadedModule, loadModule } from "../../emulator/wasm/load.ts";
import type { LoadOptions } from "../../emulator/wasm/load.ts";
import { ModuleError } from "../../emulator/wasm/module-error.ts";
import { stripCustomSections } from "../../emulator/wasm/strip.ts";
import { assemble } from "../wat.ts";

const options: LoadOptions = {
  ramBase: 120832,
  ramBytes: 10240,
  flashBytes: 102400,
  build: "checked",
  requiredExports: ["reset", "__heap_base"],
  allowedImports: {
    log: { parameters: ["i32", "i32"], results: ["i32"] },
    counter_advance: { parameters: ["i32", "i64"], results: ["i32"] },
  },
};

const memory = `(import "env" "memory" (memory 2 2))`;
const heapBase = `(global (export "__heap_base") i32 (i32.const 120848))`;
const reset = `(func $reset (export "reset"))`;

function refusal(text: string, changed: Partial<LoadOptions> = {}): string {
  try {
    loadModule(assemble(text), { ...options, ...changed });
  } catch (error) {
    if (error instanceof ModuleError) {
      expect(error.hint.length).toBeGreaterThan(20);
      return error.code;
    }
    throw error;
  }
  return "accepted";
}

describe("loadModule refuses", () => {
  const cases: readonly (readonly [title: string, code: string, text: string])[] = [
    ["memory.grow anywhere", "grows-memory", `(func (drop (memory.grow (i32.const 1))))`],
    ["a start function", "start-function", `(func $main) (start $main)`],
    ["active data below RAM", "data-outside-ram", `(data (i32.const 120831) "a")`],
    ["active data across the end of linear RAM", "data-outside-ram", `(data (i32.const 131055) "ab")`],
    ["active data in flash", "data-outside-ram", `(data (i32.const 0) "a")`],
    ["an export under a reserved name", "reserved-export", `(func (export "bo:fuel"))`],
    ["vector instructions", "unsupported-feature", `(func (drop (v128.const i32x4 0 0 0 0)))`],
    ["recursion from an entry point", "recursion", `(func $a (export "verify") (call $a))`],
    [
      "an undeclared indirect call",
      "unbounded-indirect-call",
      `(table 1 funcref) (func (call_indirect (i32.const 0)))`,
    ],
    ["more stack than RAM", "ram-exceeded", `(func (export "verify") (local ${"i64 ".repeat(1300)}))`],
  ];
  it.each(cases)("%s", (_title, code, text) => {
    expect(refusal(`(module ${memory} ${heapBase} ${reset} ${text})`)).toBe(code);
  });

  const imports: readonly (readonly [title: string, code: string, text: string])[] = [
    ["a function of another module", "foreign-import", `(import "env" "abort" (func (param i32)))`],
    ["a HAL function that does not exist", "foreign-import", `(import "hal" "explode" (func))`],
    [
      "a HAL function named like a property of every object",
      "foreign-import",
      `(import "hal" "toString" (func))`,
    ],
    ["a global", "foreign-import", `(import "env" "base" (global i32))`],
    ["a table", "foreign-import", `(import "env" "table" (table 1 funcref))`],
    ["a memory under another name", "foreign-import", `(import "env" "ram" (memory 2 2))`],
    ["too few parameters", "import-signature", `(import "hal" "log" (func (param i32) (result i32)))`],
    [
      "another width",
      "import-signature",
      `(import "hal" "counter_advance" (func (param i32 i32) (result i32)))`,
    ],
    ["no status", "import-signature", `(import "hal" "log" (func (param i32 i32)))`],
    ["more memory than the device has", "memory-size", `(import "env" "memory" (memory 3 3))`],
    ["less memory than the device has", "memory-size", `(import "env" "memory" (memory 1 1))`],
  ];
  it.each(imports)("an import of %s", (_title, code, text) => {
    expect(refusal(`(module ${text} ${heapBase} ${reset})`)).toBe(code);
  });

  it("a memory of its own", () => {
    expect(refusal(`(module (memory 2 2) ${heapBase} ${reset})`)).toBe("own-memory");
  });

  it("a missing reset", () => {
    expect(refusal(`(module ${memory} ${heapBase})`)).toBe("missing-export");
  });

  it("a missing __heap_base", () => {
    expect(refusal(`(module ${memory} ${reset})`)).toBe("missing-export");
  });

  it("a reset that is no function, or takes parameters", () => {
    expect(refusal(`(module ${memory} ${heapBase} (global (export "reset") i32 (i32.const 1)))`)).toBe(
      "export-signature",
    );
    expect(refusal(`(module ${memory} ${heapBase} (func (export "reset") (param i32)))`)).toBe(
      "export-signature",
    );
  });

  it("a __heap_base that can change", () => {
    expect(
      refusal(`(module ${memory} ${reset} (global (export "__heap_base") (mut i32) (i32.const 120832)))`),
    ).toBe("export-signature");
  });

  it("a __heap_base below RAM", () => {
    expect(refusal(`(module ${memory} ${reset} (global (export "__heap_base") i32 (i32.const 1024)))`)).toBe(
      "data-outside-ram",
    );
  });

  it("declared heap that no longer fits", () => {
    expect(refusal(`(module ${memory} ${heapBase} ${reset})`, { heapBytes: 10_208 })).toBe("accepted");
    expect(refusal(`(module ${memory} ${heapBase} ${reset})`, { heapBytes: 10_209 })).toBe("ram-exceeded");
  });

  it("symbols of another module", () => {
    const bytes = assemble(`(module ${memory} ${heapBase} ${reset})`);
    const symbols = assemble(`(module ${memory} ${heapBase} (func (export "reset") (local i32)))`);
    expect(() => loadModule(bytes, { ...options, symbols })).toThrow(ModuleError);
  });
});

describe("loadModule", () => {
  const text = `(module ${memory} ${heapBase}
    (func $deep (local i64))
    (func $start_here (export "reset") (call $deep) (i32.store (i32.const 0) (i32.const 1))))`;

  it("names functions from an unstripped twin", () => {
    const symbols = assemble(text, { names: true });
    const loaded = loadModule(stripCustomSections(symbols), { ...options, symbols });
    expect(loaded.footprint.deepestPath).toEqual(["start_here", "deep"]);
    expect(loadModule(stripCustomSections(symbols), options).footprint.deepestPath).toEqual([
      "reset",
      "function[0]",
    ]);
  });

  it("gives every instance fuel, fault and memory of its own", () => {
    const loaded = loadModule(assemble(text), options);
    expect(loaded).toBeInstanceOf(LoadedModule);
    const first = loaded.instantiate({ env: { memory: new WebAssembly.Memory({ initial: 2, maximum: 2 }) } });
    const second = loaded.instantiate({
      env: { memory: new WebAssembly.Memory({ initial: 2, maximum: 2 }) },
    });
    first.fuel = 1000;
    expect([first.fuel, second.fuel]).toEqual([1000, 0]);
    expect(() => first.call("reset")).toThrow(WebAssembly.RuntimeError);
    expect(() => first.call("absent")).toThrow(TypeError);
    expect(first.fault()?.kind).toBe("store");
    expect(second.fault()).toBeUndefined();
  });
});
