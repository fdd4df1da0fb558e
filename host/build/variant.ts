/**
 * Builds of the bootloader with other extensions of SUIT than the default: the same sources, with the
 * switches of assembly/feature.ts set as asked.
 */
import { existsSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import path from "node:path";
import { Feature } from "../../assembly/feature.ts";
import { stripCustomSections } from "../../emulator/wasm/strip.ts";
import { writeFileWhole } from "../device/whole-file.ts";
import { DEFAULT_BUILD, type Build } from "../manifest/capability.ts";
import { wasmDirectory } from "../project.ts";
import type { Patch } from "./patch.ts";
import { digestOf, sourceDigest } from "./source-digest.ts";

/** Which extensions a build has. */
export type Variant = Build;

const BASE: Variant = {
  trustDomains: false,
  updateManagement: false,
  encryptedPayloads: false,
  unorderedMaps: false,
};

/** Every extension of SUIT: what `npm run build` builds as `bootloader-managed`. */
export const MANAGED: Variant = { ...BASE, trustDomains: true, updateManagement: true };

/** All combinations of extensions, the base alone first; and all of them with maps in any order. */
export const VARIANTS: readonly Variant[] = [
  BASE,
  { ...BASE, trustDomains: true },
  { ...BASE, updateManagement: true },
  MANAGED,
  { ...MANAGED, unorderedMaps: true },
];

/** Builds by the names that commands take. */
export const NAMED_BUILDS: Readonly<Record<string, Variant>> = {
  default: DEFAULT_BUILD,
  base: BASE,
  managed: MANAGED,
  unordered: { ...MANAGED, unorderedMaps: true },
  encrypted: { ...DEFAULT_BUILD, encryptedPayloads: true },
};

/** Has a bootloader report from recovery, where no firmware runs that could; only the base has the room. */
export const RECOVERY_REPORTS: Patch = {
  file: "assembly/report/recovery.ts",
  find: "REPORTS_FROM_RECOVERY: bool = false",
  replace: "REPORTS_FROM_RECOVERY: bool = true",
};

/** A variant's bootloader: as it goes into flash, and with the names of its functions. */
export interface VariantModule {
  readonly module: Uint8Array;
  readonly symbols: Uint8Array;
}

/** Whether `npm run build` builds this one. */
export function isDefault(variant: Variant): boolean {
  return switchPatches(variant).every(({ find, replace }) => find === replace);
}

/** A variant in words. */
export function variantName(variant: Variant): string {
  const { trustDomains, updateManagement, encryptedPayloads, unorderedMaps } = variant;
  return [
    "base",
    ...(trustDomains ? ["trust domains"] : []),
    ...(updateManagement ? ["update management"] : []),
    ...(encryptedPayloads ? ["encrypted payloads"] : []),
    ...(unorderedMaps ? ["unordered maps"] : []),
  ].join(" + ");
}

/** What sets the switches of a variant in the sources. */
export function switchPatches(variant: Variant): Patch[] {
  const { trustDomains, updateManagement, encryptedPayloads, unorderedMaps } = variant;
  return [
    switchPatch("TrustDomains", Feature.TrustDomains, trustDomains),
    switchPatch("UpdateManagement", Feature.UpdateManagement, updateManagement),
    switchPatch("EncryptedPayloads", Feature.EncryptedPayloads, encryptedPayloads),
    switchPatch("UnorderedMaps", Feature.UnorderedMaps, unorderedMaps),
  ];
}

/**
 * The bootloader of a variant. Compiling it takes some seconds, so what was made from the same sources is
 * kept beside the other modules.
 *
 * @param more changes beside the switches, such as {@link RECOVERY_REPORTS}
 */
export async function buildVariant(variant: Variant, more: readonly Patch[] = []): Promise<VariantModule> {
  const patches = [...switchPatches(variant), ...more];
  const folder = path.join(wasmDirectory, "variant");
  const file = path.join(folder, `${digestOf(sourceDigest(), JSON.stringify(patches))}.wasm`);
  if (!existsSync(file)) {
    await mkdir(folder, { recursive: true });
    writeFileWhole(file, await compileVariant(patches));
  }
  const symbols = Uint8Array.from(await readFile(file));
  return { module: stripCustomSections(symbols), symbols };
}

async function compileVariant(patches: readonly Patch[]): Promise<Uint8Array> {
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
