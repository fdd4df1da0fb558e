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
import { DEFAULT_BUILD, type Build } from "../manifest/capability.ts";
import { wasmDirectory } from "../project.ts";
import type { Recipe } from "./recipe.ts";
import type { Patch } from "./patch.ts";
import { digestOf, sourceDigest } from "./source-digest.ts";

/** Which extensions a build has, and whether recovery reports. */
export interface Variant extends Build {
  readonly recoveryReports: boolean;
}

/** No extension. */
export const BASE: Variant = {
  trustDomains: false,
  updateManagement: false,
  encryptedPayloads: false,
  prefixes: false,
  arguments: false,
  enterpriseNumbers: false,
  unorderedMaps: false,
  recoveryReports: false,
};

/** What `npm run build` builds as `bootloader`. */
export const DEFAULT: Variant = { ...DEFAULT_BUILD, recoveryReports: Boolean(Feature.RecoveryReports) };

/** Every extension; there is no room for reports from recovery beside them. */
export const MANAGED: Variant = {
  ...BASE,
  trustDomains: true,
  prefixes: true,
  updateManagement: true,
  arguments: true,
  enterpriseNumbers: true,
  encryptedPayloads: true,
};

/** The base alone, then with each extension and with all of them. */
export const VARIANTS: readonly Variant[] = [
  BASE,
  DEFAULT,
  { ...BASE, updateManagement: true },
  MANAGED,
  { ...MANAGED, unorderedMaps: true },
];

/** Builds by the names that commands take. */
export const NAMED_BUILDS: Readonly<Record<string, Variant>> = {
  default: DEFAULT,
  base: BASE,
  managed: MANAGED,
  unordered: { ...MANAGED, unorderedMaps: true },
  encrypted: { ...DEFAULT, encryptedPayloads: true, recoveryReports: false },
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

/** Each switch: its name in assembly/feature.ts, whether it is on there, and what it is called in words. */
const SWITCHES: readonly (readonly [keyof Variant, string, number, string])[] = [
  ["trustDomains", "TrustDomains", Feature.TrustDomains, "trust domains"],
  ["prefixes", "Prefixes", Feature.Prefixes, "prefixes"],
  ["arguments", "Arguments", Feature.Arguments, "arguments"],
  ["enterpriseNumbers", "EnterpriseNumbers", Feature.EnterpriseNumbers, "enterprise numbers"],
  ["updateManagement", "UpdateManagement", Feature.UpdateManagement, "update management"],
  ["encryptedPayloads", "EncryptedPayloads", Feature.EncryptedPayloads, "encrypted payloads"],
  ["unorderedMaps", "UnorderedMaps", Feature.UnorderedMaps, "unordered maps"],
  ["recoveryReports", "RecoveryReports", Feature.RecoveryReports, "reports from recovery"],
];

/** A variant in words. */
export function variantName(variant: Variant): string {
  const own = SWITCHES.filter(([key]) => variant[key]);
  const isWhole = SWITCHES.every(([key]) => variant[key] || !MANAGED[key]);
  const [start, more] = isWhole ? ["every extension", own.filter(([key]) => !MANAGED[key])] : ["base", own];
  return [start, ...more.map(([, , , words]) => words)].join(" + ");
}

/** What sets the switches of a variant in the sources. */
export function switchPatches(variant: Variant): Patch[] {
  return SWITCHES.map(([key, name, current]) => switchPatch(name, current, variant[key]));
}

/** The bootloader with every extension, as `npm run build` builds it. */
export const MANAGED_BOOTLOADER: Recipe = {
  entry: { name: "bootloader-managed", source: "assembly/bootloader.ts", target: "bootloader" },
  patches: switchPatches(MANAGED),
};

/**
 * The bootloader of a variant.
 *
 * @param more changes beside the switches
 */
export async function buildVariant(variant: Variant, more: readonly Patch[] = []): Promise<VariantModule> {
  return buildPatched([...switchPatches(variant), ...more]);
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

/** Leaves the report writer out of a bootloader that needs its room. */
export const WITHOUT_RECOVERY_REPORTS = switchPatch("RecoveryReports", Feature.RecoveryReports, false);

/** Turns one switch. */
export function switchPatch(name: string, current: number, wanted: boolean): Patch {
  return {
    file: "assembly/feature.ts",
    find: `  ${name} = ${current},\n`,
    replace: `  ${name} = ${wanted ? 1 : 0},\n`,
  };
}
