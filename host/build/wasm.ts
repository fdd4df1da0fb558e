/**
 * Builds every Wasm module of the project from `assembly/`: `npm run build:wasm`.
 *
 * Each module is written twice: `name.wasm` as it goes into flash, without custom sections, and
 * `name.symbols.wasm` with the names of its functions, which stays on the author's machine, as does
 * `name.wasm.map`, which says which source line an instruction comes from. A canary
 * is a module built from patched sources; its patches say exactly what is wrong with it.
 */
import { readFile, readdir } from "node:fs/promises";
import path from "node:path";
import { CanaryFile } from "../campaign/canary-file.ts";
import { projectRoot, wasmDirectory } from "../project.ts";
import { compileAll } from "./compile-pool.ts";
import { ENCRYPTION_VARIANTS } from "./encryption-variant.ts";
import type { Entry, Recipe } from "./recipe.ts";
import { SIGNATURE_VARIANTS } from "./signature-variant.ts";
import { MANAGED_BOOTLOADER, WITHOUT_RECOVERY_REPORTS } from "./variant.ts";

const ENTRIES: readonly Entry[] = [
  { name: "bootloader", source: "assembly/bootloader.ts", target: "bootloader" },
  { name: "firmware-1", source: "assembly/firmware/firmware-1.ts", target: "release" },
  { name: "firmware-2", source: "assembly/firmware/firmware-2.ts", target: "release" },
  { name: "firmware-failing", source: "assembly/firmware/firmware-failing.ts", target: "release" },
  { name: "firmware-hanging", source: "assembly/firmware/firmware-hanging.ts", target: "release" },
  { name: "dispatching-2", source: "assembly/firmware/dispatching-2.ts", target: "quick" },
  { name: "reporting-1", source: "assembly/firmware/reporting-1.ts", target: "small" },
  { name: "reporting-2", source: "assembly/firmware/reporting-2.ts", target: "small" },
  { name: "reporting-failing", source: "assembly/firmware/reporting-failing.ts", target: "small" },
  { name: "crypto-release", source: "assembly/testing/crypto.ts", target: "release" },
  { name: "crypto-small", source: "assembly/testing/crypto.ts", target: "small" },
  { name: "crypto-testing", source: "assembly/testing/crypto.ts", target: "testing" },
  { name: "testing/cbor", source: "assembly/testing/cbor.ts", target: "testing" },
  { name: "testing/report", source: "assembly/testing/report.ts", target: "small" },
  { name: "testing/encryption", source: "assembly/testing/encryption.ts", target: "small" },
  { name: "testing/link", source: "assembly/testing/link.ts", target: "testing" },
  {
    name: "testing/trusting-bootloader",
    source: "assembly/testing/trusting-bootloader.ts",
    target: "release",
  },
  ...speedAndSize("testing/ed25519"),
  ...speedAndSize("testing/cipher"),
  ...speedAndSize("testing/ml-dsa"),
];

const recipes = await readRecipes();
const applied = await compileAll(
  recipes.map((recipe) => ({
    ...recipe,
    output: path.join(wasmDirectory, recipe.entry.name),
    withSourceMap: true,
  })),
);
for (const [index, { entry, patches }] of recipes.entries()) {
  if (applied[index]?.size !== patches.length)
    throw new Error(`${entry.name}: a patch names a file that is not compiled`);
}

/** Every module of the project but the known-bad ones; those that take longest come first. */
async function readRecipes(): Promise<Recipe[]> {
  const measured = (await sourcesIn("assembly/measured")).flatMap((name) => speedAndSize(`measured/${name}`));
  return [
    MANAGED_BOOTLOADER,
    ...SIGNATURE_VARIANTS,
    ...ENCRYPTION_VARIANTS,
    ...(await readCanaries()),
    ...[...ENTRIES, ...measured].map((entry) => ({ entry, patches: [] })),
  ];
}

/**
 * What glitch campaigns compare with the bootloader is compiled as that is. The others are optimised in a hurry,
 * which makes them larger, so they do without reports from recovery.
 */
async function readCanaries(): Promise<Recipe[]> {
  const files = (await readdir(path.join(projectRoot, "assembly/canary"))).sort();
  return Promise.all(
    files.map(async (file): Promise<Recipe> => {
      const text = await readFile(path.join(projectRoot, "assembly/canary", file), "utf8");
      const { entry: source, oracle, patches } = CanaryFile.parse(JSON.parse(text));
      const name = `canary-${path.basename(file, ".json")}`;
      if (oracle === undefined) return { entry: { name, source, target: "bootloader" }, patches };
      return { entry: { name, source, target: "quick" }, patches: [WITHOUT_RECOVERY_REPORTS, ...patches] };
    }),
  );
}

/** Names of the sources in a folder of the project, without their ending. */
async function sourcesIn(folder: string): Promise<string[]> {
  const files = await readdir(path.join(projectRoot, folder));
  return files
    .filter((file) => file.endsWith(".ts"))
    .map((file) => path.basename(file, ".ts"))
    .sort();
}

/** One source built twice, as every file of `assembly/measured/` is: for speed as `name-speed`, and for size as `name-size`. */
function speedAndSize(name: string): Entry[] {
  const source = `assembly/${name}.ts`;
  return [
    { name: `${name}-speed`, source, target: "release" },
    { name: `${name}-size`, source, target: "small" },
  ];
}
