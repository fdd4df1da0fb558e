/**
 * What does the device code cost? `npx tsx benchmarks/footprint.ts`
 *
 * Flash by section and by part of the source tree, RAM with the worst-case stack and its path of calls,
 * for the bootloader and the sample firmware. Computed from the binaries; nothing is timed.
 */
import { fileURLToPath } from "node:url";
import { FLASH_BYTES, RAM_BASE, RAM_BYTES } from "../emulator/memory-map.ts";
import { HAL_SIGNATURES } from "../emulator/hal.ts";
import type { Footprint } from "../emulator/wasm/footprint.ts";
import { loadModule } from "../emulator/wasm/load.ts";
import { readWasm } from "../test/wasm-file.ts";

/** A module's name and what it costs. */
export interface ModuleFootprint {
  readonly name: string;
  readonly footprint: Footprint;
  /** Bytes of functions by the folder of `assembly/` they come from, largest first. */
  readonly folders: readonly (readonly [folder: string, bytes: number])[];
}

/** Measures the modules that go into flash. */
export function measureFootprints(): ModuleFootprint[] {
  return ["bootloader", "firmware-1", "firmware-2"].map((name) => {
    const { footprint } = loadModule(readWasm(name), {
      ramBase: RAM_BASE,
      ramBytes: RAM_BYTES,
      flashBytes: FLASH_BYTES,
      build: "fast",
      requiredExports: ["reset", "__heap_base"],
      allowedImports: HAL_SIGNATURES,
      symbols: readWasm(`${name}.symbols`),
    });
    return { name, footprint, folders: byFolder(footprint) };
  });
}

/** The figures as lines of text. */
export function formatFootprint({ name, footprint, folders }: ModuleFootprint): string {
  const { moduleBytes, staticBytes, globalBytes, stackBytes, totalBytes, ramBytes } = footprint;
  const share = (bytes: number): string => String(bytes).padStart(7);
  return [
    `${name}: ${moduleBytes} bytes of flash, ${totalBytes} of ${ramBytes} bytes of RAM`,
    `  RAM      ${share(staticBytes)} static  ${share(globalBytes)} globals  ${share(stackBytes)} worst-case stack`,
    `  deepest  ${footprint.deepestPath.map((step, index) => `${shortName(step)} ${footprint.deepestPathBytes[index] ?? 0}`).join(" → ")}`,
    ...footprint.sections.map((section) => `  section  ${share(section.bytes)} ${section.name}`),
    ...folders.map(([folder, bytes]) => `  code     ${share(bytes)} ${folder}`),
  ].join("\n");
}

function byFolder(footprint: Footprint): [string, number][] {
  const folders = new Map<string, number>();
  for (const { name, bytes } of footprint.functions) {
    const folder = /^assembly\/([^/]+)\//.exec(name)?.[1] ?? "entry and library";
    folders.set(folder, (folders.get(folder) ?? 0) + bytes);
  }
  return [...folders].sort(([, left], [, right]) => right - left);
}

function shortName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(measureFootprints().map(formatFootprint).join("\n\n"));
}
