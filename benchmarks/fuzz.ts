/**
 * How fast is hostile input tried? `npx tsx benchmarks/fuzz.ts`
 *
 * Envelopes per CPU-second on one core: mutated, signed, judged with real signature and image digests in
 * the checked build with its edges counted, staged and booted where that makes a difference.
 */
import { fileURLToPath } from "node:url";
import { Fuzzer } from "../emulator/fuzz/fuzzer.ts";
import { makeTarget } from "../host/fuzz/session.ts";
import { ownModule } from "../host/device/wasm-file.ts";

/** Figures of one run. */
export interface FuzzSpeed {
  readonly executions: number;
  readonly executionsPerCpuSecond: number;
  readonly edges: { readonly reached: number; readonly total: number };
  readonly findings: number;
}

/** Run before anything is measured, so that the engine has compiled what is to be measured. */
const WARM_UP = 4000;
const EXECUTIONS = 8000;

/** Runs. */
export function measureFuzz(): FuzzSpeed {
  const target = makeTarget({
    target: "envelope",
    bootloader: ownModule("bootloader"),
    symbols: ownModule("bootloader.symbols"),
    images: [],
  });
  const fuzzer = new Fuzzer(target, 1);
  for (const seed of target.seeds()) fuzzer.try(seed);
  for (let count = 0; count < WARM_UP; count += 1) fuzzer.step();
  const start = process.cpuUsage();
  for (let count = 0; count < EXECUTIONS; count += 1) fuzzer.step();
  const { user, system } = process.cpuUsage(start);
  return {
    executions: EXECUTIONS,
    executionsPerCpuSecond: EXECUTIONS / ((user + system) / 1e6),
    edges: { reached: fuzzer.coverage.edges, total: target.counters.length },
    findings: fuzzer.findings.length,
  };
}

/** The figures as a line of text. */
export function formatFuzz({ executions, executionsPerCpuSecond, edges, findings }: FuzzSpeed): string {
  return (
    `Hostile envelopes: ${executions} tried, ${executionsPerCpuSecond.toFixed(0)} per CPU-second, ` +
    `${edges.reached} of ${edges.total} edges reached, ${findings} findings`
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(formatFuzz(measureFuzz()));
