/**
 * The features that the matrix has a row for: every measured module as it is built for speed and for
 * size, every build of the bootloader, and the sample firmware. What is in the folders of the build is
 * found there, so a new module appears by itself.
 */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { ownModule } from "../device/wasm-file.ts";
import { projectRoot, wasmDirectory } from "../project.ts";
import { UserError } from "../user-error.ts";
import { buildVariant, isDefault, variantName, VARIANTS } from "../build/variant.ts";

/** A module that a row is about. */
export interface FeatureModule {
  readonly module: Uint8Array<ArrayBuffer>;
  readonly symbols: Uint8Array | undefined;
}

/** A row that is to be measured. */
export interface Feature {
  readonly feature: string;
  readonly build: string;
  /** What kind of work it can be given, and under which name. */
  readonly kind: "measured" | "bootloader" | "firmware";
  readonly workName: string;
  /** SHA-256 of what the module is made from: itself, or all sources if it must be compiled first. */
  readonly inputs: string;
  readonly load: () => FeatureModule | Promise<FeatureModule>;
}

const FIRMWARE = ["firmware-1", "reporting-1"];

/**
 * All features of our own build.
 *
 * @throws UserError `not-built`
 */
export function ownFeatures(): Feature[] {
  return [
    ...measuredFeatures(),
    ...modulesIn(wasmDirectory)
      .filter((name) => /^bootloader(-|$)/.test(name))
      .map((name) => built(name, { feature: name, build: "default", kind: "bootloader", workName: name })),
    ...variantFeatures(),
    ...FIRMWARE.map((name) =>
      built(name, { feature: name, build: "default", kind: "firmware", workName: name }),
    ),
  ];
}

function measuredFeatures(): Feature[] {
  return modulesIn(path.join(wasmDirectory, "measured")).flatMap((name) => {
    const [, feature, build] = /^(.+)-(speed|size)$/.exec(name) ?? [];
    if (feature === undefined || build === undefined) return [];
    return [built(`measured/${name}`, { feature, build, kind: "measured", workName: feature })];
  });
}

/** Builds of the bootloader that nothing has compiled yet. */
function variantFeatures(): Feature[] {
  const sources = sourcesDigest();
  return VARIANTS.filter((variant) => !isDefault(variant)).map((variant) => ({
    feature: "bootloader",
    build: variantName(variant),
    kind: "bootloader",
    workName: "bootloader",
    inputs: digestOf([sources, variantName(variant)]),
    load: async () => {
      const { module, symbols } = await buildVariant(variant);
      return { module: Uint8Array.from(module), symbols };
    },
  }));
}

function built(name: string, row: Pick<Feature, "feature" | "build" | "kind" | "workName">): Feature {
  const module = Uint8Array.from(ownModule(name));
  const twin = path.join(wasmDirectory, `${name}.symbols.wasm`);
  return {
    ...row,
    inputs: digestOf([module]),
    load: () => ({ module, symbols: existsSync(twin) ? Uint8Array.from(readFileSync(twin)) : undefined }),
  };
}

/** Names of the modules in a folder, without those that only have names more. */
function modulesIn(folder: string): string[] {
  if (!existsSync(folder)) {
    throw new UserError("not-built", `${folder} is missing.`, "Run `npm run build` first.");
  }
  return readdirSync(folder)
    .filter((file) => file.endsWith(".wasm") && !file.endsWith(".symbols.wasm"))
    .map((file) => path.basename(file, ".wasm"))
    .sort();
}

function sourcesDigest(): string {
  const files = readdirSync(path.join(projectRoot, "assembly"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .sort()
    .map((file) => path.join("assembly", file));
  return digestOf(
    ["asconfig.json", ...files].flatMap((file) => [file, readFileSync(path.join(projectRoot, file))]),
  );
}

function digestOf(parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(`${part.length}:`).update(part);
  return hash.digest("hex");
}
