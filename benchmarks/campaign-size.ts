/**
 * How does a campaign grow with the image? `npx tsx benchmarks/campaign.ts --sizes`
 *
 * The standard update with both images padded to 8, 16 and 32 KiB: one more custom section, which a
 * WebAssembly engine skips, so they run as before but are downloaded, digested and programmed whole.
 */
import { availableParallelism } from "node:os";
import { profileNamed } from "../emulator/profile.ts";
import { padded } from "../host/campaign/padded-image.ts";
import { runCampaignInThreads } from "../host/campaign/run.ts";
import { buildUpdateScenario } from "../host/campaign/scenario.ts";
import { PLAIN_TEAR_CLASSES } from "../emulator/tear.ts";
import { readWasm } from "../test/wasm-file.ts";

/** Figures of one size. */
export interface SizeRow {
  readonly imageBytes: number;
  readonly closed: boolean;
  readonly states: number;
  readonly transitions: number;
  readonly boots: number;
  readonly threads: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
}

/** Sizes that are compared [KiB]. */
export const SIZES_KIB: readonly number[] = [8, 16, 32];

/** Explores the standard update once per size, on class1 with T = 1. */
export async function measureSizes(
  sizes = SIZES_KIB,
  threads: number = availableParallelism(),
): Promise<SizeRow[]> {
  const rows: SizeRow[] = [];
  for (const size of sizes) rows.push(await measureSize(size * 1024, threads));
  return rows;
}

/** The figures as lines of text. */
export function formatSizes(rows: readonly SizeRow[]): string {
  const head = ["image", "states", "per KiB", "ways/state", "boots", "wall", "CPU"];
  const lines = rows.map(({ imageBytes, states, transitions, boots, seconds, cpuSeconds, closed }) => [
    `${imageBytes / 1024} KiB`,
    `${states}${closed ? "" : " (not closed)"}`,
    (states / (imageBytes / 1024)).toFixed(0),
    (transitions / states).toFixed(2),
    String(boots),
    `${seconds.toFixed(1)} s`,
    `${cpuSeconds.toFixed(1)} s`,
  ]);
  return [
    `Campaign "update" on class1 by size of the images, T = 1, ${rows[0]?.threads ?? 0} threads`,
    ...[head, ...lines].map((cells) => `  ${cells.map((cell) => cell.padStart(11)).join("")}`),
  ].join("\n");
}

async function measureSize(imageBytes: number, threads: number): Promise<SizeRow> {
  const scenario = buildUpdateScenario({
    profile: profileNamed("class1"),
    bootloader: readWasm("bootloader"),
    installed: padded(readWasm("firmware-1"), imageBytes),
    offered: padded(readWasm("firmware-2"), imageBytes),
  });
  const before = process.cpuUsage();
  const start = performance.now();
  const { exploration } = await runCampaignInThreads(
    scenario,
    { threads },
    { tearClasses: PLAIN_TEAR_CLASSES },
  );
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(before);
  const { closed, states, transitions, boots } = exploration;
  return {
    imageBytes,
    closed,
    states,
    transitions,
    boots,
    threads,
    seconds,
    cpuSeconds: (user + system) / 1e6,
  };
}
