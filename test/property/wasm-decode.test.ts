/**
 * Hostile bytes: whatever they are, the reader answers with a module or with a ModuleError, and
 * never disagrees with the engine about what is well formed.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeModule } from "../../emulator/wasm/decode.ts";
import { instrument } from "../../emulator/wasm/instrument.ts";
import { loadModule } from "../../emulator/wasm/load.ts";
import { ModuleError } from "../../emulator/wasm/module-error.ts";
import type { DecodedModule } from "../../emulator/wasm/module.ts";
import { measureOperands } from "../../emulator/wasm/operand.ts";
import { assemble } from "../wat.ts";

const seed = assemble(
  `(module
    (import "env" "memory" (memory 2 2))
    (import "hal" "log" (func $log (param i32 i32) (result i32)))
    (global (export "__heap_base") i32 (i32.const 120848))
    (global $state (mut i64) (i64.const -5))
    (table 2 2 funcref) (elem (i32.const 0) $leaf $reset)
    (data (i32.const 120832) "hello") (data $passive "world")
    (func $leaf (param i32 f64) (result i32) (local i64 i64 f32)
      (block $out (result i32)
        (loop $again (result i32)
          (br_table $out $out (i32.load8_s offset=3 (local.get 0)) (i32.const 2)))))
    (func $reset (export "reset") (local i32)
      (if (i32.eqz (local.get 0))
        (then (global.set $state (i64.load align=4 (i32.const 0))))
        (else (memory.copy (i32.const 120832) (i32.const 0) (i32.const 16))))
      (memory.init $passive (i32.const 120840) (i32.const 0) (i32.const 5))
      (drop (call $leaf (i32.trunc_sat_f32_s (f32.const 1.5)) (f64.const 2)))
      (drop (call $log (i32.const 120832) (select (i32.const 5) (i32.const 6) (local.tee 0 (i32.const 1)))))
      (i64.store (i32.const 120832) (global.get $state))))`,
  { names: true },
);

/** The decoded module with every body validated, or the error. */
function judge(bytes: Uint8Array): DecodedModule | ModuleError {
  try {
    const module = decodeModule(bytes);
    for (const entry of module.functions) if (entry.body !== undefined) measureOperands(module, entry);
    return module;
  } catch (error) {
    if (error instanceof ModuleError) return error;
    throw error;
  }
}

function agreesWithEngine(bytes: Uint8Array<ArrayBuffer>): void {
  const verdict = judge(bytes);
  if (verdict instanceof ModuleError) {
    if (verdict.code === "malformed") expect(WebAssembly.validate(bytes), verdict.message).toBe(false);
    return;
  }
  if (!WebAssembly.validate(bytes)) return;
  for (const build of ["checked", "fast"] as const) {
    const bounds = { ramStart: 120832, ramEnd: 131072, flashBytes: 102400 };
    const { bytes: instrumented } = instrument(verdict, { build, bounds, countInstructions: true });
    expect(WebAssembly.validate(instrumented)).toBe(true);
  }
}

const edit = fc.record({
  position: fc.nat({ max: seed.length - 1 }),
  remove: fc.nat({ max: 3 }),
  insert: fc.array(fc.oneof(fc.nat({ max: 255 }), fc.constantFrom(0xff, 0x7f, 0x80, 0x0b, 0x40)), {
    maxLength: 3,
  }),
});

const mutated = fc.array(edit, { minLength: 1, maxLength: 4 }).map((edits) => {
  const bytes = [...seed];
  for (const { position, remove, insert } of edits) bytes.splice(position, remove, ...insert);
  return Uint8Array.from(bytes);
});

/** Overwrites keep section lengths right, so they reach deeper than insertions. */
const overwritten = fc
  .array(fc.tuple(fc.nat({ max: seed.length - 1 }), fc.nat({ max: 255 })), { minLength: 1, maxLength: 4 })
  .map((patches) => {
    const bytes = new Uint8Array(seed);
    for (const [position, value] of patches) bytes[position] = value;
    return bytes;
  });

describe("decodeModule and measureOperands", () => {
  it("accept the module that the mutations start from", () => {
    expect(judge(seed)).not.toBeInstanceOf(ModuleError);
  });

  it("give a module or a ModuleError for random bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        judge(bytes);
        judge(Uint8Array.from([...seed.subarray(0, 8), ...bytes]));
      }),
      { numRuns: 2000 },
    );
  });

  it("never call a module malformed that the engine accepts, and what both accept can be instrumented", () => {
    fc.assert(fc.property(mutated, agreesWithEngine), { numRuns: 3000 });
    fc.assert(fc.property(overwritten, agreesWithEngine), { numRuns: 6000 });
  });

  it("refuse every proper prefix of a module, unless it ends between sections", () => {
    const ends = new Set(decodeModule(seed).sections.map((section) => section.end));
    for (let length = 0; length < seed.length; length++) {
      const verdict = judge(seed.slice(0, length));
      if (!ends.has(length) && length !== 8) expect(verdict).toBeInstanceOf(ModuleError);
    }
  });
});

describe("loadModule", () => {
  it("gives a loaded module or a ModuleError for mutated modules", () => {
    const options = {
      ramBase: 120832,
      ramBytes: 10240,
      flashBytes: 102400,
      build: "checked" as const,
      requiredExports: ["reset", "__heap_base"],
      allowedImports: { log: { parameters: ["i32", "i32"] as const, results: ["i32"] as const } },
    };
    let loaded = 0;
    fc.assert(
      fc.property(overwritten, (bytes) => {
        try {
          loadModule(bytes, options);
          loaded++;
        } catch (error) {
          if (!(error instanceof ModuleError)) throw error;
        }
      }),
      { numRuns: 3000 },
    );
    expect(loaded).toBeGreaterThan(0);
  });
});
