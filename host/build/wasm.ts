/**
 * Builds every Wasm module of the project from `assembly/`: `npm run build:wasm`.
 *
 * Each module is written twice: `name.wasm` as it goes into flash, without custom sections, and
 * `name.symbols.wasm` with the names of its functions, which stays on the author's machine, as does
 * `name.wasm.map`, which says which source line an instruction comes from. A canary
 * is a module built from patched sources; its patches say exactly what is wrong with it.
 */
import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { stripCustomSections } from "../../emulator/wasm/strip.ts";
import { CanaryFile } from "../campaign/canary-file.ts";
import { projectRoot, wasmDirectory } from "../project.ts";
import { compileModule, type Entry } from "./compile.ts";
import type { Patch } from "./patch.ts";

const ENTRIES: readonly Entry[] = [
  { name: "bootloader", source: "assembly/bootloader.ts", target: "small" },
  { name: "firmware-1", source: "assembly/firmware/firmware-1.ts", target: "release" },
  { name: "firmware-2", source: "assembly/firmware/firmware-2.ts", target: "release" },
  { name: "firmware-failing", source: "assembly/firmware/firmware-failing.ts", target: "release" },
  { name: "firmware-hanging", source: "assembly/firmware/firmware-hanging.ts", target: "release" },
  { name: "crypto-release", source: "assembly/testing/crypto.ts", target: "release" },
  { name: "crypto-testing", source: "assembly/testing/crypto.ts", target: "testing" },
  { name: "testing/cbor", source: "assembly/testing/cbor.ts", target: "testing" },
  { name: "testing/link", source: "assembly/testing/link.ts", target: "testing" },
  {
    name: "testing/trusting-bootloader",
    source: "assembly/testing/trusting-bootloader.ts",
    target: "release",
  },
];

const SourceMap = z.object({ version: z.literal(3), sources: z.array(z.string()), mappings: z.string() });

await mkdir(path.join(wasmDirectory, "testing"), { recursive: true });
for (const entry of ENTRIES) await build(entry, []);
for (const file of (await readdir(path.join(projectRoot, "assembly/canary"))).sort()) {
  const text = await readFile(path.join(projectRoot, "assembly/canary", file), "utf8");
  const canary = CanaryFile.parse(JSON.parse(text));
  const name = `canary-${path.basename(file, ".json")}`;
  await build({ name, source: canary.entry, target: targetOf(canary.entry) }, canary.patches);
}

/** A canary is compiled as what it is a canary of. */
function targetOf(source: string): Entry["target"] {
  return ENTRIES.find((entry) => entry.source === source)?.target ?? "release";
}

async function build(entry: Entry, patches: readonly Patch[]): Promise<void> {
  const { module, sourceMap, applied } = await compileModule(entry, patches, true);
  if (applied.size !== patches.length)
    throw new Error(`${entry.name}: a patch names a file that is not compiled`);
  await writeFile(path.join(wasmDirectory, `${entry.name}.symbols.wasm`), module);
  await writeFile(path.join(wasmDirectory, `${entry.name}.wasm`), stripCustomSections(module));
  await writeFile(path.join(wasmDirectory, `${entry.name}.wasm.map`), withoutSources(sourceMap));
}

/** The source map without the text of the sources, which are at hand. */
function withoutSources(text: string): string {
  const { version, sources, mappings } = SourceMap.parse(JSON.parse(text));
  return JSON.stringify({ version, sources, names: [], mappings });
}
