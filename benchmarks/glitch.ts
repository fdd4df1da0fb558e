/**
 * How fast is a glitch campaign? `npx tsx benchmarks/glitch.ts`
 *
 * Faults per CPU-second on one core, in the second pass over the same faults: over a boot of about
 * 20,000 instructions with its hash and signature looked up, and over boots of about 130,000 and
 * 300,000 with the hash run and disturbed. Every fault is a whole run from reset to where the
 * bootloader ends, judged.
 */
import { fileURLToPath } from "node:url";
import { profileNamed } from "../emulator/profile.ts";
import { GlitchRunner } from "../host/glitch/runner.ts";
import { refusalNamed, refusalOfSize } from "../host/glitch/scenario.ts";
import { ownTarget } from "../host/glitch/target.ts";
import { windowOptions, type GlitchWindow } from "../host/glitch/window.ts";

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

/** The longer boots have more faults than a benchmark's time: so many instructions of them are drawn. */
const SAMPLE = { count: 15_000, seed: 1 };
const CASES: readonly { readonly scenario: string; readonly window: GlitchWindow }[] = [
  { scenario: "tampered-active", window: "boot" },
  { scenario: "tampered-candidate", window: "hash" },
  { scenario: refusalOfSize("tampered-candidate", 3), window: "hash" },
];

/** Runs the campaigns. */
export function measureGlitches(): GlitchSpeed[] {
  const target = ownTarget("bootloader");
  if (target === undefined) throw new Error("The bootloader is not built.");
  return CASES.map(({ scenario, window }) => {
    const start = cpuSeconds();
    const runner = new GlitchRunner({
      ...windowOptions(window, target),
      scenario: refusalNamed(scenario, profileNamed("class1"), target.bootloader),
      models: ["skip", "invert"],
      ...(window === "boot" ? {} : { sample: SAMPLE }),
    });
    const { instructions, indices } = runner;
    const pass = (): number => runner.do({ kind: "disturb", from: 0, to: indices.length }).faults;
    pass();
    const warm = cpuSeconds();
    const faults = pass();
    const seconds = cpuSeconds() - warm;
    const faultsPerCpuSecond = faults / seconds;
    return { scenario, window, instructions, faults, faultsPerCpuSecond, firstPassSeconds: warm - start };
  });
}

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
