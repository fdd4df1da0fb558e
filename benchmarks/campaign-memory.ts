/**
 * How much memory does a campaign take? `npx tsx benchmarks/campaign.ts --million`
 *
 * The standard update with images of 32 KiB, three torn operations, a torn variant for every bit of a
 * write unit and seven for a page, until a million states were seen. Nearly every torn state has a
 * block of 1 KiB that no other has, so this is close to the most that a million states can take.
 */
import { availableParallelism } from "node:os";
import { profileNamed } from "../emulator/profile.ts";
import type { TearClass } from "../emulator/tear.ts";
import { padded } from "../host/campaign/padded-image.ts";
import { runCampaignInThreads } from "../host/campaign/run.ts";
import { buildUpdateScenario } from "../host/campaign/scenario.ts";
import { readWasm } from "../test/wasm-file.ts";

/** Figures of one exploration. */
export interface CampaignMemory {
  readonly states: number;
  readonly boots: number;
  readonly threads: number;
  /** What the store of states takes [bytes]. */
  readonly stateBytes: number;
  /** The most that the whole process, threads included, had in memory at any time [bytes]. */
  readonly peakBytes: number;
}

const STATES = 1_000_000;
const TORN_BUDGET = 3;
const IMAGE_BYTES = 32 * 1024;
const TEAR_CLASSES: readonly TearClass[] = ["program-bits", "erase-half", "erase-stripe", "erase-mixed"];

/** Explores until so many states were seen. */
export async function measureMemory(
  maxStates = STATES,
  threads: number = availableParallelism(),
): Promise<CampaignMemory> {
  const scenario = buildUpdateScenario({
    profile: profileNamed("class1"),
    bootloader: readWasm("bootloader"),
    installed: padded(readWasm("firmware-1"), IMAGE_BYTES),
    offered: padded(readWasm("firmware-2"), IMAGE_BYTES),
  });
  const { exploration } = await runCampaignInThreads(
    scenario,
    { threads },
    { tornBudget: TORN_BUDGET, tearClasses: TEAR_CLASSES, maxStates },
  );
  const { states, boots, stateBytes } = exploration;
  return { states, boots, threads, stateBytes, peakBytes: process.resourceUsage().maxRSS * 1024 };
}

/** The figures as lines of text. */
export function formatMemory({ states, boots, threads, stateBytes, peakBytes }: CampaignMemory): string {
  const perState = (bytes: number): string => `${(bytes / states).toFixed(0)} bytes per state`;
  return [
    `Campaign "update" on class1, images of ${IMAGE_BYTES / 1024} KiB, T = ${TORN_BUDGET}, ${TEAR_CLASSES.join(" ")}, ${threads} threads`,
    `  ${states} states after ${boots} boots`,
    `  in the store ${mebibytes(stateBytes)}, ${perState(stateBytes)}`,
    `  whole process at its peak ${mebibytes(peakBytes)}, ${perState(peakBytes)}`,
  ].join("\n");
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(0)} MiB`;
}
