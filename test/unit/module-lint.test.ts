/**
 * The lint of modules: every reason, not only the first, and the figures even of a module that may not run.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { profileNamed } from "../../emulator/profile.ts";
import { HAL_SIGNATURES } from "../../emulator/hal.ts";
import { loadModule } from "../../emulator/wasm/load.ts";
import { ModuleError } from "../../emulator/wasm/module-error.ts";
import { lintLines } from "../../host/lint/lint-text.ts";
import { lintModule, type ModuleLint } from "../../host/lint/module-lint.ts";
import { readWasm } from "../wasm-file.ts";
import { assemble } from "../wat.ts";

const options = { profile: profileNamed("class1") };
const lint = (bytes: Uint8Array): ModuleLint => lintModule(bytes, options);
const codes = (bytes: Uint8Array): string[] => lint(bytes).reasons.map(({ code }) => code);

describe("the lint of a module", () => {
  it("finds nothing against our own", () => {
    for (const name of ["bootloader", "firmware-1", "firmware-2"]) {
      expect(lint(readWasm(name))).toMatchObject({ mayRun: true, reasons: [], customBytes: 0 });
    }
  });

  it("names every reason at once, each with a hint", () => {
    const { mayRun, reasons, imports } = lint(
      assemble(`(module
        (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))
        (import "hal" "flash_erase" (func (param i64) (result i32)))
        (import "hal" "log" (func $log (param i32 i32) (result i32)))
        (memory 3)
        (func $main) (start $main)
        (func (export "bo:x") (drop (memory.grow (i32.const 1))))
        (data (i32.const 16) "below RAM"))`),
    );
    expect(mayRun).toBe(false);
    expect(new Set(reasons.map(({ code }) => code))).toEqual(
      new Set([
        "own-memory",
        "memory-size",
        "foreign-import",
        "import-signature",
        "start-function",
        "grows-memory",
        "reserved-export",
        "missing-export",
        "data-outside-ram",
      ]),
    );
    expect(reasons.filter(({ code }) => code === "missing-export")).toHaveLength(2);
    for (const { hint } of reasons) expect(hint.length).toBeGreaterThan(20);
    expect(imports).toContainEqual({ name: "hal.log", type: "(i32, i32) → i32" });
  });

  it("measures the RAM of a module that needs too much, and names the deepest path", () => {
    const { reasons, footprint } = lint(
      assemble(
        `(module (import "env" "memory" (memory 2 2))
          (global (export "__heap_base") i32 (i32.const 130000))
          (func $deep (local i64 i64) (nop))
          (func (export "reset") (local ${"i64 ".repeat(200)}) (call $deep)))`,
        { names: true },
      ),
    );
    expect(reasons.map(({ code }) => code)).toEqual(["ram-exceeded"]);
    expect(footprint).toMatchObject({ staticBytes: 9168, ramBytes: 10240 });
    expect(footprint?.totalBytes).toBeGreaterThan(10240);
    expect(footprint?.deepestPath).toHaveLength(2);
    expect(footprint?.deepestPath[1]).toBe("deep");
  });

  it("takes the names of functions from an unstripped twin", () => {
    const symbols = readWasm("bootloader.symbols");
    const found = lintModule(readWasm("bootloader"), { ...options, symbols });
    expect(found.footprint?.deepestPath.length).toBeGreaterThan(3);
    expect(found.footprint?.deepestPath.some((name) => name.startsWith("function["))).toBe(false);
    expect(() => lintModule(readWasm("firmware-1"), { ...options, symbols })).toThrow(ModuleError);
  });

  it("says whether the module is stripped, and counts every byte of the file", () => {
    const found = lint(readWasm("bootloader.symbols"));
    expect(found.customBytes).toBeGreaterThan(1000);
    expect(found.sections.reduce((sum, { bytes }) => sum + bytes, 8)).toBe(found.moduleBytes);
    expect(lintLines("x.wasm", found).at(-1)).toMatch(/not stripped: custom sections take/);
  });

  it("judges the fit by the role", () => {
    const module = readWasm("firmware-1");
    const section = [0, 0x94, 0xcb, 0x01, 3, 0x70, 0x61, 0x64, ...new Uint8Array(26000)];
    const padded = Uint8Array.from([...module, ...section]);
    const roles = (["either", "bootloader", "firmware"] as const).map((role) => {
      const { mayRun, reasons } = lintModule(padded, { ...options, role });
      return [role, mayRun, reasons.map(({ code }) => code)];
    });
    expect(padded.length).toBeGreaterThan(27648);
    expect(roles).toEqual([
      ["either", true, []],
      ["bootloader", false, ["too-large"]],
      ["firmware", true, []],
    ]);
  });

  it("has one clear sentence for what is no module", () => {
    const text = new TextEncoder();
    expect(codes(new Uint8Array())).toEqual(["not-wasm"]);
    expect(lint(new Uint8Array()).reasons[0]?.message).toBe("The file is empty.");
    expect(lint(text.encode("hello")).reasons[0]?.message).toContain("begins with 68 65 6c 6c");
    expect(lint(text.encode(" (module)")).reasons[0]?.hint).toContain("WebAssembly text");
    expect(codes(Uint8Array.of(0, 0x61, 0x73, 0x6d))).toEqual(["malformed"]);
  });

  it("agrees with the loader on any bytes, and never throws", () => {
    const module = readWasm("firmware-1");
    const mutation = fc.tuple(fc.nat(module.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(mutation, { maxLength: 3 }), (mutations) => {
        const bytes = Uint8Array.from(module);
        for (const [at, value] of mutations) bytes[at] = value;
        expect(lint(bytes).mayRun).toBe(isLoaded(bytes));
      }),
      { numRuns: 300 },
    );
  });
});

function isLoaded(bytes: Uint8Array): boolean {
  try {
    loadModule(bytes, {
      ramBase: 120832,
      ramBytes: 10240,
      flashBytes: 102400,
      build: "checked",
      requiredExports: ["reset", "__heap_base"],
      allowedImports: HAL_SIGNATURES,
    });
    return true;
  } catch (error) {
    if (!(error instanceof ModuleError)) throw error;
    return false;
  }
}
