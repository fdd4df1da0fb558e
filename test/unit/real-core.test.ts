/**
 * Kernels on real cores: translated, compiled and run where the programs for that are installed, and
 * what stands around that everywhere.
 */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { measureBootloader } from "../../benchmarks/real-core/boot-measure.ts";
import { CORES, CORTEX_M4, instructionsIn, LARGE_CORES } from "../../benchmarks/real-core/core.ts";
import { measureKernel } from "../../benchmarks/real-core/kernel-measure.ts";
import { LIBRARY_FRAME_BYTES, stackBound } from "../../benchmarks/real-core/stack-bound.ts";
import { formatBootloaders, formatKernels, formatYardsticks } from "../../benchmarks/real-core/table.ts";
import { missingPrograms } from "../../benchmarks/real-core/toolchain.ts";
import { ownAccesses } from "../../benchmarks/real-core/translate.ts";
import { measureYardstick, YARDSTICKS } from "../../benchmarks/real-core/yardstick.ts";
import { WORKLOADS } from "../../host/footprint/workload.ts";

const missing = missingPrograms();
if (missing !== undefined) console.log(missing);

describe.skipIf(missing !== undefined).each(CORES)("on a $name", (core) => {
  it.each(["p256", "sha256"])("%s gives the right answer, within its bound of stack", (name) => {
    const workload = WORKLOADS.get(name);
    if (workload === undefined) throw new Error(`there is no workload ${name}`);
    const cost = measureKernel(name, "size", workload, core);
    // Between a sixth of the Wasm's own instructions, and what 64-bit arithmetic on 32 bits may take.
    expect(cost.instructions).toBeGreaterThan(cost.wasm.instructions / 6);
    expect(cost.instructions).toBeLessThan(cost.wasm.instructions * 10);
    expect(cost.textBytes).toBeGreaterThan(cost.wasm.codeBytes / 2);
    expect(cost.textBytes).toBeLessThan(cost.wasm.codeBytes * 2);
    expect(cost.stackBytes).toBeGreaterThan(40);
    expect(formatKernels([cost])).toContain(cost.instructions.toLocaleString("en"));
  });

  it("a module that does something else than its workload says is refused", () => {
    const workload = WORKLOADS.get("sha256");
    if (workload === undefined) throw new Error("there is no workload sha256");
    const call = (base: number) => {
      const right = workload.call(base);
      const output = right.output && { ...right.output, bytes: right.output.bytes.map((byte) => byte ^ 1) };
      return { ...right, output };
    };
    expect(() => measureKernel("sha256", "size", { ...workload, call }, core)).toThrow(
      /the output is [0-9a-f]{64}/,
    );
  });
});

describe.skipIf(missing !== undefined).each(CORES)("an access outside of memory on a $name", (core) => {
  it("stops the program", () => {
    const workload = WORKLOADS.get("sha256");
    if (workload === undefined) throw new Error("there is no workload sha256");
    // The emulated device has flash at 64; the program of a kernel has RAM only.
    const call = (base: number) => ({
      ...workload.call(base),
      parameters: [64, 16, base],
      pieces: [],
      output: { address: base, bytes: createHash("sha256").update(new Uint8Array(16)).digest() },
    });
    expect(() => measureKernel("sha256", "size", { ...workload, call }, core)).toThrow(/\nfault /);
  });
});

describe.skipIf(missing !== undefined).each(LARGE_CORES)("a bootloader on a $name", (core) => {
  it("goes through an update as it does in the emulator, and leaves the same flash", () => {
    const cost = measureBootloader("bootloader", core);
    expect(cost.boots.map(({ title }) => title)).toEqual([
      "boots slot A",
      "2 flash operations, then reset",
      "writes, then boots slot B",
      "1 flash operations, then reset",
      "boots slot B",
    ]);
    for (const { instructions, stackBytes } of cost.boots) {
      expect(instructions).toBeGreaterThan(1_000_000);
      expect(stackBytes).toBeLessThan(cost.wasm.stackBytes);
    }
    expect(cost.stackPath[0]).toBe("reset");
    expect(cost.stackPath.at(-1)).toMatch(/^(assembly_crypto_|load_unaligned_)/);
    expect(formatBootloaders([cost])).toContain("writes, then boots slot B");
  });
});

describe.skipIf(missing !== undefined).each(CORES)("the way through WebAssembly to a $name", (core) => {
  it.each(YARDSTICKS)("costs $name at most 1.65 × the instructions and the code", (yardstick) => {
    const cost = measureYardstick(yardstick, core);
    expect(cost.throughWasm.instructions / cost.native.instructions).toBeLessThanOrEqual(1.65);
    expect(cost.throughWasm.codeBytes / cost.native.codeBytes).toBeLessThanOrEqual(1.65);
    expect(cost.native.instructions).toBeGreaterThan(10_000);
    expect(formatYardsticks([cost])).toContain(cost.native.instructions.toLocaleString("en"));
  });

  it("is refused where it computes something else", () => {
    const [first] = YARDSTICKS;
    if (first === undefined) throw new Error("there are no yardsticks");
    expect(() => measureYardstick({ ...first, length: first.length - 1 }, core)).toThrow(
      /computes [0-9a-f]{64}$/,
    );
  });
});

describe("the programs that are needed", () => {
  if (process.env["BROWNOUT_REAL_CORE"] === "required") {
    it("are all here, where they are required", () => {
      expect(missing).toBeUndefined();
    });
  }

  it("are named with their Debian packages if they are missing", () => {
    expect(missingPrograms(() => true)).toBeUndefined();
    expect(missingPrograms((program) => program !== "wasm2c")).toBe(
      "real cores are not measured: wasm2c is not installed; Debian: apt install wabt libnewlib-arm-none-eabi",
    );
  });
});

describe("wasm2c's output", () => {
  const prelude = "static inline u32 i32_load(wasm_rt_memory_t* mem, u64 addr);\n";
  const begin = "static bool s_module_initialized = false;\n";

  it("keeps its functions, gets accesses with base and offset apart, and no pointer to the memory", () => {
    const load = "  w2c_i0 = i32_load(instance->Z_envZ_memory, (u64)(w2c_i1) + 36u);\n";
    const store = "  i64_store8(instance->Z_envZ_memory, (u64)(w2c_i0), w2c_j1);\n";
    const kept = "  instance->Z_envZ_memory = Z_envZ_memory(Z_env_instance);\n";
    expect(ownAccesses(prelude + begin + load + store + kept)).toBe(
      `#include "module.h"\n\n${begin}  w2c_i0 = i32_load(w2c_i1, 36u);\n  i64_store8(w2c_i0, 0u, w2c_j1);\n`,
    );
  });

  it("is refused in another form", () => {
    expect(() => ownAccesses(prelude)).toThrow("has no line");
    expect(() => ownAccesses(`${begin}i32_load(instance->w2c_memory, w2c_i0);`)).toThrow(
      "access of another form",
    );
  });
});

describe("the bound of a stack", () => {
  const node = (name: string, bytes: number, kind = "static"): string =>
    `node: { title: "${name}" label: "${name}\\nmodule.c:1:1\\n${bytes} bytes (${kind})" }\n`;
  const edge = (from: string, to: string): string =>
    `edge: { sourcename: "${from}" targetname: "${to}" label: "module.c:1:1" }\n`;
  const library = 'node: { title: "memcpy" label: "memcpy\\n<built-in>" shape : ellipse }\n';

  it("is the deepest path, a library's function at its allowance", () => {
    const graph = node("a", 8) + node("b", 100) + node("c", 16) + library;
    const calls = edge("a", "b") + edge("a", "c") + edge("c", "memcpy");
    expect(stackBound(graph + calls, "a")).toEqual({ bytes: 108, path: ["a", "b"] });
    expect(stackBound(graph + calls, "c")).toEqual({
      bytes: 16 + LIBRARY_FRAME_BYTES,
      path: ["c", "memcpy"],
    });
  });

  it("names functions as the module does", () => {
    const graph = node("/tmp/x/module.c:w2c_assembly_a.constprop.0.isra.0", 4) + node("Z_moduleZ_reset", 4);
    const calls = edge("Z_moduleZ_reset", "/tmp/x/module.c:w2c_assembly_a.constprop.0.isra.0");
    expect(stackBound(graph + calls, "Z_moduleZ_reset")).toEqual({ bytes: 8, path: ["reset", "assembly_a"] });
  });

  it("does not exist for recursion, a frame without fixed size or a function that is not there", () => {
    const cycle = node("a", 8) + node("b", 8) + edge("a", "b") + edge("b", "a");
    expect(() => stackBound(cycle, "a")).toThrow("calls itself");
    expect(() => stackBound(node("a", 8, "dynamic"), "a")).toThrow("no fixed size");
    expect(() => stackBound(node("a", 8), "b")).toThrow("no function b");
  });
});

describe("instructions", () => {
  it("are counted by a SysTick of 25 MHz to within five", () => {
    expect(instructionsIn(CORTEX_M4, 400_000)).toBe(2_000_000);
    expect(instructionsIn(CORTEX_M4, 1)).toBe(5);
  });
});
