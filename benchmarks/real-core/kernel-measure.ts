/**
 * Measures one measured module on one core.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { RAM_BASE, RAM_BYTES } from "../../emulator/memory-map.ts";
import type { Workload } from "../../host/footprint/workload.ts";
import { wasmDirectory } from "../../host/project.ts";
import { MeasuredModule, type MeasuredTarget } from "../cost.ts";
import { type Core, instructionsIn } from "./core.ts";
import { caseText, wasmCall } from "./kernel.ts";
import { compileProgram, type CoreSizes, numberSaid, runProgram } from "./program.ts";
import { stackBound } from "./stack-bound.ts";
import { translate } from "./translate.ts";

/** What one call costs on a core. */
export interface KernelCost extends CoreSizes {
  readonly name: string;
  readonly target: MeasuredTarget;
  readonly title: string;
  readonly core: string;
  /** Executed by the core. */
  readonly instructions: number;
  /** Stack that lost its paint. */
  readonly stackBytes: number;
  /** Worst case by gcc's frames. */
  readonly stackBoundBytes: number;
  /** RAM below `__heap_base`. */
  readonly staticBytes: number;
  /** The same module as Wasm: its code section and the instructions that the call executes. */
  readonly wasm: { readonly codeBytes: number; readonly instructions: number };
}

/**
 * Measures one call of a module.
 *
 * @throws Error if the core returns or writes something else than it should, or accepts what is forged
 */
export function measureKernel(
  name: string,
  target: MeasuredTarget,
  workload: Workload,
  core: Core,
): KernelCost {
  const device = new MeasuredModule(name, target, workload.entry);
  const call = workload.call((device.result + 7) & ~7);
  for (const { address, bytes } of call.pieces) device.bytes.set(bytes, address);
  const { instructions } = device.cost(name, call.returned, ...call.parameters);
  const folder = mkdtempSync(path.join(tmpdir(), "brownout-core-"));
  try {
    translate(path.join(wasmDirectory, "measured", `${name}-${target}.symbols.wasm`), folder);
    writeFileSync(path.join(folder, "case.h"), caseText(wasmCall(workload.entry, call.parameters), call));
    const window = { base: RAM_BASE, bytes: RAM_BYTES };
    const program = compileProgram({ core, folder, bench: "kernel-bench.c", window });
    const said = runProgram(program);
    const expect = (what: string, found: string | number | undefined, wanted: string | number): void => {
      if (found === wanted) return;
      throw new Error(`${name} for ${target} on ${core.name}: ${what} is ${found}, not ${wanted}`);
    };
    if (call.returned !== undefined) expect("the result", numberSaid(said, "returned"), call.returned);
    expect("the output", said.get("output"), Buffer.from(call.output?.bytes ?? []).toString("hex"));
    if (call.forged !== undefined) {
      expect("the result for a forgery", numberSaid(said, "forged"), call.forged.returned);
    }
    const bound = stackBound(program.callGraph, `Z_moduleZ_${workload.entry}`);
    const stackBytes = numberSaid(said, "stack");
    if (stackBytes > bound.bytes + BENCH_FRAME_BYTES) {
      throw new Error(
        `${name} on ${core.name}: ${stackBytes} bytes of stack, beyond the bound of ${bound.bytes}`,
      );
    }
    return {
      ...program.sizes,
      name,
      target,
      title: workload.title,
      core: core.name,
      instructions: instructionsIn(core, numberSaid(said, "ticks")),
      stackBytes,
      stackBoundBytes: bound.bytes,
      staticBytes: device.footprint.staticBytes,
      wasm: { codeBytes: device.footprint.codeBytes, instructions },
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The caller's own frame between painting and the call. */
const BENCH_FRAME_BYTES = 64;
