/**
 * Builds of the bootloader with other extensions of SUIT than the default: the same sources, with the
 * switches of assembly/feature.ts set as asked.
 */
import { Feature } from "../../assembly/feature.ts";
import { stripCustomSections } from "../../emulator/wasm/strip.ts";
import type { Patch } from "./patch.ts";

/** Which extensions a build has. */
export interface Variant {
  readonly trustDomains: boolean;
  readonly updateManagement: boolean;
}

/** All combinations, the base alone first. */
export const VARIANTS: readonly Variant[] = [
  { trustDomains: false, updateManagement: false },
  { trustDomains: true, updateManagement: false },
  { trustDomains: false, updateManagement: true },
  { trustDomains: true, updateManagement: true },
];

/** A variant's bootloader: as it goes into flash, and with the names of its functions. */
export interface VariantModule {
  readonly module: Uint8Array;
  readonly symbols: Uint8Array;
}

/** Whether `npm run build` builds this one. */
export function isDefault({ trustDomains, updateManagement }: Variant): boolean {
  return trustDomains === Boolean(Feature.TrustDomains) && updateManagement === Boolean(Feature.UpdateManagement);
}

/** A variant in words. */
export function variantName({ trustDomains, updateManagement }: Variant): string {
  return [
    "base",
    ...(trustDomains ? ["trust domains"] : []),
    ...(updateManagement ? ["update management"] : []),
  ].join(" + ");
}

/** Compiles the bootloader of a variant; takes some seconds. */
export async function buildVariant(variant: Variant): Promise<VariantModule> {
  // Who only wants to know which variants there are need not wait for the compiler to load.
  const { compileModule } = await import("./compile.ts");
  const patches = [
    switchPatch("TrustDomains", Feature.TrustDomains, variant.trustDomains),
    switchPatch("UpdateManagement", Feature.UpdateManagement, variant.updateManagement),
  ];
  const entry = { name: "bootloader", source: "assembly/bootloader.ts", target: "bootloader" } as const;
  const { module } = await compileModule(entry, patches, false);
  return { module: stripCustomSections(module), symbols: module };
}

/** Turns one switch. */
export function switchPatch(name: string, current: number, wanted: boolean): Patch {
  return {
    file: "assembly/feature.ts",
    find: `  ${name} = ${current},\n`,
    replace: `  ${name} = ${wanted ? 1 : 0},\n`,
  };
}
