/**
 * How fast is a glitch campaign? `npx tsx benchmarks/glitch.ts`
 *
 * Faults per CPU-second on one core, in the second pass over the same faults: over a boot of about
 * 20,000 instructions with its hash and signature looked up, and over one of about 130,000 with the
 * hash run and disturbed. Every fault is a whole run from reset to where the bootloader ends, judged.
 */
import { fileURLToPath } from "node:url";
import { GlitchBench } from "../emulator/glitch/bench.ts";
import { profileNamed } from "../emulator/profile.ts";
import { effectsOn } from "../emulator/wasm/glitch-model.ts";
import { Judge, type GlitchWindow } from "../host/glitch/campaign.ts";
import { refusalNamed } from "../host/glitch/scenario.ts";
import { ownTarget } from "../host/glitch/target.ts";
import { windowOptions } from "../host/glitch/window.ts";

/** Figures of one campaign. */
export interface GlitchSpeed {
  readonly scenario: string;
  readonly window: GlitchWindow;
  /** Instructions of the boot. */
  readonly instructions: number;
  readonly faults: number;
  readonly faultsPerCpuSecond: number;
  /** The first pass with everything before it: rewriting, compiling, kernels run for the first time [s]. */
  readonly firstPassSeconds: number;
}

/** The second case has more faults than a benchmark's time: every so manieth index is disturbed. */
const CASES: readonly { readonly scenario: string; readonly window: GlitchWindow; readonly every: number }[] =
  [
    { scenario: "tampered-active", window: "boot", every: 1 },
    { scenario: "tampered-candidate", window: "hash", every: 4 },
  ];

/** Runs the campaigns. */
export function measureGlitches(): GlitchSpeed[] {
  const target = ownTarget("bootloader");
  if (target === undefined) throw new Error("The bootloader is not built.");
  return CASES.map(({ scenario: name, window, every }) => {
    const profile = profileNamed("class1");
    const scenario = refusalNamed(name, profile, target.bootloader);
    const { symbols, kernels = [] } = windowOptions(window, target);
    const start = cpuSeconds();
    const bench = new GlitchBench({ profile, bootloader: symbols, state: scenario.state, kernels });
    const judge = new Judge(scenario, bench);
    const { sites, instructions } = bench.golden();
    const pass = (): number => {
      let faults = 0;
      for (let index = 0; index < sites.length; index += every) {
        const site = sites[index];
        if (site === undefined) continue;
        for (const effect of effectsOn(site, MODELS)) {
          judge.verdictOf(bench.run(index, effect));
          bench.rewind();
          faults += 1;
        }
      }
      return faults;
    };
    const traceLimit = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
    pass();
    const warm = cpuSeconds();
    const faults = pass();
    const seconds = cpuSeconds() - warm;
    Error.stackTraceLimit = traceLimit;
    const firstPassSeconds = warm - start;
    return {
      scenario: name,
      window,
      instructions,
      faults,
      faultsPerCpuSecond: faults / seconds,
      firstPassSeconds,
    };
  });
}

const MODELS = new Set(["skip", "invert"] as const);

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** The figures as lines of text. */
export function formatGlitches(speeds: readonly GlitchSpeed[]): string {
  return speeds
    .map(
      ({ scenario, window, instructions, faults, faultsPerCpuSecond, firstPassSeconds }) =>
        `Glitches in "${scenario}", window ${window}: ${instructions} instructions, ${faults} faults, ` +
        `${faultsPerCpuSecond.toFixed(0)} per CPU-second (first pass ${firstPassSeconds.toFixed(1)} s)`,
    )
    .join("\n");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(formatGlitches(measureGlitches()));
