/**
 * A module rewritten for glitches computes what the original computes, as long as no glitch is
 * reached: on random programs from binaryen's fuzzer, which have tables, imports and memories of
 * their own.
 */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decodeModule, readSections } from "../../emulator/wasm/decode.ts";
import { glitchExport, instrumentForGlitches } from "../../emulator/wasm/glitch-module.ts";
import { SectionId } from "../../emulator/wasm/module.ts";
import type { DecodedModule } from "../../emulator/wasm/module.ts";

const run = promisify(execFile);
const wasmOpt = new URL("../../node_modules/binaryen/bin/wasm-opt", import.meta.url).pathname;
const features = [
  "--mvp-features",
  "--enable-bulk-memory",
  "--enable-bulk-memory-opt",
  "--enable-sign-ext",
  "--enable-mutable-globals",
  "--enable-nontrapping-float-to-int",
  "--enable-multivalue",
];
const NEVER = 0x7fff_ffff;

let directory = "";
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "brownout-glitch-"));
});
afterAll(async () => {
  await rm(directory, { recursive: true });
});

/** A valid module out of random bytes, NaNs and start function taken out. */
async function randomModule(entropy: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const input = join(directory, "entropy");
  const output = join(directory, "module.wasm");
  await writeFile(input, entropy);
  await run(process.execPath, [wasmOpt, "-ttf", input, ...features, "--denan", "-o", output]);
  const bytes = new Uint8Array(await readFile(output));
  const start = readSections(bytes).find((section) => section.id === SectionId.Start);
  if (start === undefined) return bytes;
  return Uint8Array.from([...bytes.subarray(0, start.offset), ...bytes.subarray(start.end)]);
}

/** Calls every export once and writes down results, traps, calls of imports, globals and memory. */
function observe(bytes: Uint8Array<ArrayBuffer>, module: DecodedModule, onRun?: () => void): string[] {
  const seen: string[] = [];
  const record =
    (name: string) =>
    (...values: unknown[]): unknown => {
      seen.push(`${name} ${values.map(show).join()}`);
      return name === "sleep" ? values[1] : 0;
    };
  const imports = Object.fromEntries(module.imports.map(({ name }) => [name, record(name)]));
  const modules = Object.fromEntries(module.imports.map(({ module: from }) => [from, imports]));
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
    ...modules,
    bo: { run: onRun ?? (() => undefined) },
  });
  const arm = exports[glitchExport.arm];
  if (isCallable(arm)) arm(NEVER, 0, 0, 0);
  for (const { name, kind, index } of module.exports) {
    const target = exports[name];
    if (kind !== "function" || !isCallable(target)) continue;
    const parameters = module.functions[index]?.type.parameters ?? [];
    try {
      seen.push(`${name} = ${show(target(...parameters.map((type) => (type === "i64" ? 3n : 3))))}`);
    } catch (error) {
      if (!(error instanceof WebAssembly.RuntimeError || error instanceof RangeError)) throw error;
      seen.push(`${name} stopped`);
    }
  }
  for (const { name } of module.exports) {
    const value = exports[name];
    if (value instanceof WebAssembly.Global) seen.push(`${name}: ${show(value.value)}`);
    if (!(value instanceof WebAssembly.Memory)) continue;
    const content = new Uint8Array(value.buffer);
    seen.push(`${name}: ${content.reduce((hash, byte) => (Math.imul(hash, 31) + byte) | 0, content.length)}`);
  }
  return seen;
}

function show(value: unknown): string {
  if (Array.isArray(value)) return value.map(show).join();
  return Object.is(value, -0) ? "-0" : String(value);
}

function isCallable(value: unknown): value is (...values: readonly (number | bigint)[]) => unknown {
  return typeof value === "function";
}

describe("a random program rewritten for glitches", () => {
  it("computes what the original computes, traced or not", async () => {
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 600, maxLength: 4000, size: "max" }), async (entropy) => {
        const bytes = await randomModule(entropy);
        const module = decodeModule(bytes);
        const memory = module.memories[0];
        const pages = memory?.maximum ?? memory?.minimum ?? 0;
        const bounds = { ramStart: 0, ramEnd: Math.min(pages * 65536, 2 ** 32 - 1), kernels: [] };
        const original = observe(bytes, module);
        const silent = instrumentForGlitches(module, { ...bounds, traced: false });
        const traced = instrumentForGlitches(module, { ...bounds, traced: true });
        expect(observe(silent.bytes, module)).toEqual(original);
        expect(observe(traced.bytes, module, () => (runs += 1))).toEqual(original);
      }),
      { numRuns: 12, endOnFailure: true },
    );
    expect(runs).toBeGreaterThan(100);
  });
});
