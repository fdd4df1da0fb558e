/**
 * An instrumented module computes what the original computes, on random programs, and all builds
 * burn the same fuel. The programs come from binaryen's fuzzer, which turns random bytes into valid
 * modules; they have memories, imports and start functions of their own, so the rewriter is driven
 * below the loader's policy and with bounds that allow the whole memory.
 */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decodeModule, readSections } from "../../emulator/wasm/decode.ts";
import { faultOf } from "../../emulator/wasm/fault.ts";
import { instrument } from "../../emulator/wasm/instrument.ts";
import type { Build, InstrumentedModule } from "../../emulator/wasm/instrument.ts";
import { SectionId } from "../../emulator/wasm/module.ts";
import type { DecodedModule } from "../../emulator/wasm/module.ts";
import { measureOperands } from "../../emulator/wasm/operand.ts";
import { RunningModule } from "../../emulator/wasm/running-module.ts";

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

let directory = "";
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "brownout-wasm-"));
});
afterAll(async () => {
  await rm(directory, { recursive: true });
});

/** A valid module out of random bytes. NaNs are taken out, since engines may choose their bits. */
async function randomModule(entropy: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const input = join(directory, "entropy");
  const output = join(directory, "module.wasm");
  await writeFile(input, entropy);
  await run(process.execPath, [wasmOpt, "-ttf", input, ...features, "--denan", "-o", output]);
  return withoutStart(new Uint8Array(await readFile(output)));
}

/** A start function would run before there is fuel. */
function withoutStart(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const start = readSections(bytes).find((section) => section.id === SectionId.Start);
  if (start === undefined) return bytes;
  return Uint8Array.from([...bytes.subarray(0, start.offset), ...bytes.subarray(start.end)]);
}

interface Observation {
  /** Results, traps, calls of imports, globals and memory, in order. */
  readonly seen: readonly string[];
  /** Fuel burnt after each call of an export; empty for an original. */
  readonly fuel: readonly number[];
  /** Instructions counted after each call; empty unless the module counts. */
  readonly instructions: readonly number[];
}

const fuel = 2 ** 50;

/** Calls every export once and writes down all that can be seen of it. */
function observe(
  bytes: Uint8Array<ArrayBuffer>,
  module: DecodedModule,
  added?: InstrumentedModule,
): Observation {
  const seen: string[] = [];
  const record = (name: string) => {
    return (...values: unknown[]): unknown => {
      seen.push(`${name} ${values.map(show).join()}`);
      return name === "sleep" ? values[1] : 0;
    };
  };
  const imports = Object.fromEntries(module.imports.map(({ name }) => [name, record(name)]));
  const modules = Object.fromEntries(module.imports.map(({ module: from }) => [from, imports]));
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), modules);
  const running = new RunningModule(instance, {
    sites: added?.sites ?? [],
    trapOffsets: added?.trapOffsets ?? new Int32Array(),
    functionNames: module.functions.map((entry) => entry.name),
  });
  if (added !== undefined) running.fuel = fuel;
  const burnt: number[] = [];
  const counted: number[] = [];
  for (const { name, kind, index } of module.exports) {
    if (kind !== "function") continue;
    const parameters = module.functions[index]?.type.parameters ?? [];
    try {
      const result = running.call(name, ...parameters.map((type) => (type === "i64" ? 3n : 3)));
      seen.push(`${name} = ${show(result)}`);
    } catch (error) {
      const fault = faultOf(error, running);
      if (fault === undefined) throw error;
      seen.push(`${name} stopped`);
      const site = running.exports["bo:site"];
      if (site instanceof WebAssembly.Global) site.value = 0;
    }
    if (added !== undefined) burnt.push(fuel - running.fuel);
    if (running.executedInstructions !== undefined) counted.push(running.executedInstructions);
  }
  seen.push(...finalState(running.exports, module));
  return { seen, fuel: burnt, instructions: counted };
}

function finalState(exports: WebAssembly.Exports, module: DecodedModule): string[] {
  return module.exports.map(({ name }) => {
    const value = exports[name];
    if (value instanceof WebAssembly.Global) return `${name}: ${show(value.value)}`;
    if (!(value instanceof WebAssembly.Memory)) return name;
    const bytes = new Uint8Array(value.buffer);
    return `${name}: ${bytes.reduce((hash, byte) => (Math.imul(hash, 31) + byte) | 0, bytes.length)}`;
  });
}

function show(value: unknown): string {
  if (Array.isArray(value)) return value.map(show).join();
  return Object.is(value, -0) ? "-0" : String(value);
}

describe("instrument", () => {
  it("changes nothing that a random program computes, and all builds burn the same fuel", async () => {
    let functions = 0;
    let turns = 0;
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 600, maxLength: 4000, size: "max" }), async (entropy) => {
        const bytes = await randomModule(entropy);
        const module = decodeModule(bytes);
        for (const entry of module.functions) {
          if (entry.body === undefined) continue;
          measureOperands(module, entry);
          functions++;
        }
        const memory = module.memories[0];
        const pages = memory?.maximum ?? memory?.minimum ?? 0;
        const ramEnd = Math.min(pages * 65536, 2 ** 32 - 1);
        const variant = (build: Build, countInstructions: boolean): Observation => {
          const bounds = { ramStart: 0, ramEnd, flashBytes: 0 };
          const added = instrument(module, { build, bounds, countInstructions });
          return observe(added.bytes, module, added);
        };
        const original = observe(bytes, module);
        const fast = variant("fast", false);
        const others = [
          variant("checked", false),
          variant("fast", true),
          variant("checked", true),
          variant("probed", false),
        ] as const;
        expect(fast.seen).toEqual(original.seen);
        for (const other of others) {
          expect(other.seen).toEqual(original.seen);
          expect(other.fuel).toEqual(fast.fuel);
        }
        expect(others[2].instructions).toEqual(others[1].instructions);
        turns += fast.fuel.at(-1) ?? 0;
      }),
      { numRuns: 12, endOnFailure: true },
    );
    expect(functions).toBeGreaterThan(12);
    expect(turns).toBeGreaterThan(0);
  });
});
