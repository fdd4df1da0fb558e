/**
 * Builds the known-bad variants of `assembly/known-bad/`: `npm run build:known-bad`.
 *
 * A module whose sources, patches and compiler are those of the last time is left as it is. All are optimised in a
 * hurry, which makes them larger, so they do without reports from recovery. Modules go to
 * `build/wasm/known-bad/NAME/`, those of its repaired twin to `build/wasm/known-bad/NAME/repaired/`.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { readVariants, type VariantModule } from "../known-bad/variant.ts";
import { wasmDirectory } from "../project.ts";
import { compileAll } from "./compile-pool.ts";
import { digestOf, sourceDigest } from "./source-digest.ts";
import { WITHOUT_RECOVERY_REPORTS } from "./variant.ts";

const SOURCES: Readonly<Record<VariantModule, string>> = {
  bootloader: "assembly/bootloader.ts",
  "firmware-1": "assembly/firmware/firmware-1.ts",
  "firmware-2": "assembly/firmware/firmware-2.ts",
  "firmware-failing": "assembly/firmware/firmware-failing.ts",
};

const Digests = z.record(z.string(), z.string());

const outputDirectory = path.join(wasmDirectory, "known-bad");
const digestFile = path.join(outputDirectory, "inputs.json");

await mkdir(outputDirectory, { recursive: true });
const known = existsSync(digestFile) ? Digests.parse(JSON.parse(readFileSync(digestFile, "utf8"))) : {};
const common = sourceDigest();
const groups = readVariants().flatMap(({ name, modules, patches, repaired }) => [
  { name, modules, patches: [WITHOUT_RECOVERY_REPORTS, ...patches] },
  ...(repaired === undefined
    ? []
    : [{ name: `${name}/repaired`, modules, patches: [WITHOUT_RECOVERY_REPORTS, ...repaired] }]),
]);
const digests: Record<string, string> = {};
const stale = groups.filter((group) => {
  const digest = digestOf(common, JSON.stringify(group));
  digests[group.name] = digest;
  const isThere = group.modules.every((module) => existsSync(path.join(outputDirectory, group.name, `${module}.wasm`)));
  return !isThere || known[group.name] !== digest;
});
for (const name of readdirSync(outputDirectory, { withFileTypes: true })) {
  if (name.isDirectory() && !(name.name in digests))
    await rm(path.join(outputDirectory, name.name), { recursive: true });
}
const jobs = stale.flatMap(({ name, modules, patches }) =>
  modules.map((module) => ({
    group: name,
    entry: { name: module, source: SOURCES[module], target: "quick" as const },
    patches,
    output: path.join(outputDirectory, name, module),
    withSourceMap: false,
  })),
);
const applied = await compileAll(jobs);
for (const { name, patches } of stale) {
  const found = new Set(jobs.flatMap(({ group }, index) => (group === name ? [...(applied[index] ?? [])] : [])));
  if (found.size !== patches.length) throw new Error(`${name}: a patch names a file that is not compiled`);
}
await writeFile(digestFile, `${JSON.stringify(digests, undefined, 2)}\n`);
