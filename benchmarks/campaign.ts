/**
 * How fast is a campaign? `npx tsx benchmarks/campaign.ts`, for each of our bootloaders by the
 * signature it verifies; or with `--sizes` how it grows with the image, or with `--million` how much
 * memory a million states take.
 *
 * The standard update, every power cut, explored to the end: states per CPU-second, each state one
 * boot of the real bootloader with signature and image digest checked. The speed of the machine is
 * stated beside it, as the time that @noble/curves takes to verify one P-256 signature in the same
 * run, and with it the figure for a machine on which that takes 2.1 ms.
 */
import { fileURLToPath } from "node:url";
import { profileNamed } from "../emulator/profile.ts";
import { runCampaign } from "../host/campaign/run.ts";
import { buildUpdateScenario, TRUSTED_TEST_KEY } from "../host/campaign/scenario.ts";
import { generateEdwardsKey } from "../host/keys/ed25519.ts";
import { readWasm } from "../test/wasm-file.ts";
import { formatMemory, measureMemory } from "./campaign-memory.ts";
import { formatSizes, measureSizes } from "./campaign-size.ts";
import { benchEs256 } from "./es256.ts";

/** Figures of one exploration. */
export interface CampaignSpeed {
  readonly scenario: string;
  readonly profile: string;
  readonly signature: MeasuredSignature;
  readonly closed: boolean;
  readonly states: number;
  readonly transitions: number;
  readonly boots: number;
  readonly cpuSeconds: number;
  readonly statesPerCpuSecond: number;
  /** Time of one P-256 verification by @noble/curves in the same run, before and after [µs]. */
  readonly nobleMicros: number;
  /** What it would be where that time is {@link REFERENCE_NOBLE_MICROS}. */
  readonly statesPerReferenceSecond: number;
}

/** The time of one P-256 verification by @noble/curves on the machine that figures are stated for [µs]. */
export const REFERENCE_NOBLE_MICROS = 2100;

/** The bootloaders that are measured, by the signature that they verify. */
const BOOTLOADERS = {
  ESP256: { module: "bootloader", trustedKey: TRUSTED_TEST_KEY },
  Ed25519: { module: "bootloader-ed25519", trustedKey: generateEdwardsKey() },
} as const;
/** A signature that a bootloader of ours verifies. */
export type MeasuredSignature = keyof typeof BOOTLOADERS;

/** Explores the standard update on a profile, with the bootloader for a signature. */
export async function measureCampaign(
  profile: string,
  signature: MeasuredSignature = "ESP256",
): Promise<CampaignSpeed> {
  const nobleBefore = await measureNoble();
  const { module, trustedKey } = BOOTLOADERS[signature];
  const scenario = buildUpdateScenario({
    profile: profileNamed(profile),
    bootloader: readWasm(module),
    installed: readWasm("firmware-1"),
    offered: readWasm("firmware-2"),
    trustedKey,
  });
  const before = process.cpuUsage();
  const { exploration } = runCampaign(scenario);
  const { user, system } = process.cpuUsage(before);
  const cpuSeconds = (user + system) / 1e6;
  const nobleMicros = (nobleBefore + (await measureNoble())) / 2;
  const { closed, states, transitions, boots } = exploration;
  const statesPerCpuSecond = states / cpuSeconds;
  return {
    scenario: scenario.name,
    profile,
    signature,
    closed,
    states,
    transitions,
    boots,
    cpuSeconds,
    statesPerCpuSecond,
    nobleMicros,
    statesPerReferenceSecond: (statesPerCpuSecond * nobleMicros) / REFERENCE_NOBLE_MICROS,
  };
}

async function measureNoble(): Promise<number> {
  const { table } = await benchEs256({ rounds: 3, roundMillis: 100 });
  return table.rows.find(({ name }) => name === "@noble/curves")?.micros ?? NaN;
}

/** The figures as lines of text. */
export function formatCampaign(speed: CampaignSpeed): string {
  return [
    `Campaign "${speed.scenario}" on ${speed.profile}, signatures ${speed.signature}${speed.closed ? "" : " (not closed)"}`,
    `  ${speed.states} states, ${speed.transitions} transitions, ${speed.boots} boots in ${speed.cpuSeconds.toFixed(1)} s of CPU time`,
    `  ${speed.statesPerCpuSecond.toFixed(0)} states per CPU-second, where @noble/curves takes ${speed.nobleMicros.toFixed(0)} µs per P-256 signature`,
    `  that is ${((speed.statesPerCpuSecond * speed.nobleMicros) / 1e6).toFixed(2)} states in the time of one such verification,`,
    `  and ${speed.statesPerReferenceSecond.toFixed(0)} states per CPU-second on a machine where it takes ${REFERENCE_NOBLE_MICROS / 1000} ms`,
  ].join("\n");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [argument = "class1"] = process.argv.slice(2);
  if (argument === "--sizes") console.log(formatSizes(await measureSizes()));
  else if (argument === "--million") console.log(formatMemory(await measureMemory()));
  else {
    console.log(formatCampaign(await measureCampaign(argument)));
    console.log(formatCampaign(await measureCampaign(argument, "Ed25519")));
  }
}
