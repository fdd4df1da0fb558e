/**
 * Builds of the bootloader with other extensions of SUIT than the default: the same sources, with the
 * switches of assembly/feature.ts set as asked.
 */
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import path from "node:path";
import { Feature } from "../../assembly/feature.ts";
import { stripCustomSections } from "../../emulator/wasm/strip.ts";
import { writeFileWhole } from "../device/whole-file.ts";
import { wasmDirectory } from "../project.ts";
import type { Recipe } from "./recipe.ts";
import type { Patch } from "./patch.ts";
import { digestOf, sourceDigest } from "./source-digest.ts";

/** Which extensions a build has. */
export interface Variant {
  readonly trustDomains: boolean;
  readonly updateManagement: boolean;
  readonly unorderedMaps: boolean;
}

const BASE: Variant = { trustDomains: false, updateManagement: false, unorderedMaps: false };

/** Every extension of SUIT. */
export const MANAGED: Variant = { ...BASE, trustDomains: true, updateManagement: true };

/** All combinations of extensions, the base alone first; and all of them with maps in any order. */
export const VARIANTS: readonly Variant[] = [
  BASE,
  { ...BASE, trustDomains: true },
  { ...BASE, updateManagement: true },
  MANAGED,
  { ...MANAGED, unorderedMaps: true },
];

/** A variant's bootloader: as it goes into flash, and with the names of its functions. */
export interface VariantModule {
  readonly module: Uint8Array;
  readonly symbols: Uint8Array;
}

/** Whether `npm run build` builds this one. */
export function isDefault({ trustDomains, updateManagement, unorderedMaps }: Variant): boolean {
  return (
    trustDomains === Boolean(Feature.TrustDomains) &&
    updateManagement === Boolean(Feature.UpdateManagement) &&
    unorderedMaps === Boolean(Feature.UnorderedMaps)
  );
}

/** A variant in words. */
export function variantName({ trustDomains, updateManagement, unorderedMaps }: Variant): string {
  return [
    "base",
    ...(trustDomains ? ["trust domains"] : []),
    ...(updateManagement ? ["update management"] : []),
    ...(unorderedMaps ? ["unordered maps"] : []),
  ].join(" + ");
}

/** What sets the switches of a variant in the sources. */
export function switchPatches({ trustDomains, updateManagement, unorderedMaps }: Variant): Patch[] {
  return [
    switchPatch("TrustDomains", Feature.TrustDomains, trustDomains),
    switchPatch("UpdateManagement", Feature.UpdateManagement, updateManagement),
    switchPatch("UnorderedMaps", Feature.UnorderedMaps, unorderedMaps),
  ];
}

/** The bootloader with every extension of SUIT, as `npm run build` builds it. */
export const MANAGED_BOOTLOADER: Recipe = {
  entry: { name: "bootloader-managed", source: "assembly/bootloader.ts", target: "bootloader" },
  patches: switchPatches(MANAGED),
};

/** The bootloader of a variant. */
export async function buildVariant(variant: Variant): Promise<VariantModule> {
  return buildPatched(switchPatches(variant));
}

/**
 * The bootloader from patched sources. Compiling it takes some seconds, so what was made from the same
 * sources is kept beside the other modules, and what was made from others is removed.
 */
export async function buildPatched(patches: readonly Patch[]): Promise<VariantModule> {
  const all = path.join(wasmDirectory, "variant");
  const sources = sourceDigest();
  const file = path.join(all, sources, `${digestOf(JSON.stringify(patches))}.wasm`);
  if (!existsSync(file)) {
    await mkdir(path.dirname(file), { recursive: true });
    for (const name of await readdir(all)) {
      if (name !== sources) await rm(path.join(all, name), { recursive: true, force: true });
    }
    writeFileWhole(file, await compilePatched(patches));
  }
  const symbols = Uint8Array.from(await readFile(file));
  return { module: stripCustomSections(symbols), symbols };
}

async function compilePatched(patches: readonly Patch[]): Promise<Uint8Array> {
  // Who only wants to know which variants there are need not wait for the compiler to load.
  const { compileModule } = await import("./compile.ts");
  const entry = { name: "bootloader", source: "assembly/bootloader.ts", target: "bootloader" } as const;
  return (await compileModule(entry, patches, false)).module;
}

/** Turns one switch. */
export function switchPatch(name: string, current: number, wanted: boolean): Patch {
  return {
    file: "assembly/feature.ts",
    find: `  ${name} = ${current},\n`,
    replace: `  ${name} = ${wanted ? 1 : 0},\n`,
  };
}
