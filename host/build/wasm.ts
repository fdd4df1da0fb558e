/**
 * Builds every Wasm module of the project from `assembly/`: `npm run build:wasm`.
 *
 * Each module is written twice: `name.wasm` as it goes into flash, without custom sections, and
 * `name.symbols.wasm` with the names of its functions, which stays on the author's machine, as does
 * `name.wasm.map`, which says which source line an instruction comes from. A canary
 * is a module built from patched sources; its patches say exactly what is wrong with it.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { stripCustomSections } from "../../emulator/wasm/strip.ts";
import { CanaryFile } from "../campaign/canary-file.ts";
import { projectRoot, wasmDirectory } from "../project.ts";
import { compileModule, type Entry } from "./compile.ts";
import { ENCRYPTION_VARIANTS } from "./encryption-variant.ts";
import type { Patch } from "./patch.ts";
import { SIGNATURE_VARIANTS } from "./signature-variant.ts";
import { MANAGED, switchPatches } from "./variant.ts";

const ENTRIES: readonly Entry[] = [
  { name: "bootloader", source: "assembly/bootloader.ts", target: "bootloader" },
  { name: "firmware-1", source: "assembly/firmware/firmware-1.ts", target: "release" },
  { name: "firmware-2", source: "assembly/firmware/firmware-2.ts", target: "release" },
  { name: "firmware-failing", source: "assembly/firmware/firmware-failing.ts", target: "release" },
  { name: "firmware-hanging", source: "assembly/firmware/firmware-hanging.ts", target: "release" },
  // What is updated least often is built in half the time, for 3 % more bytes.
  { name: "dispatching-2", source: "assembly/firmware/dispatching-2.ts", target: "known-bad" },
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

/** The bootloader with every extension of SUIT. */
const MANAGED_BOOTLOADER: Job = {
  entry: { name: "bootloader-managed", source: "assembly/bootloader.ts", target: "bootloader" },
  patches: switchPatches(MANAGED),
};

const SourceMap = z.object({ version: z.literal(3), sources: z.array(z.string()), mappings: z.string() });

/** One module to build, from patched sources or as they are. */
interface Job {
  readonly entry: Entry;
  readonly patches: readonly Patch[];
}

const PROCESSES = availableParallelism();

const share = process.argv[2];
if (share === undefined) {
  for (const folder of ["testing", "measured"])
    await mkdir(path.join(wasmDirectory, folder), { recursive: true });
  await Promise.all(Array.from({ length: PROCESSES }, (_, part) => buildInProcess(part)));
} else {
  const jobs = await readJobs();
  for (let index = Number(share); index < jobs.length; index += PROCESSES) {
    const job = jobs[index];
    if (job !== undefined) await build(job);
  }
}

/** Has one process build its share of the modules. */
async function buildInProcess(part: number): Promise<void> {
  const child = fork(fileURLToPath(import.meta.url), [String(part)]);
  const ended: unknown[] = await once(child, "exit");
  const code = ended[0];
  if (code !== 0) throw new Error(`A compiler's process ended with ${String(code)}; what it says stands above.`);
}

/** Every module of the project but the known-bad ones. */
async function readJobs(): Promise<Job[]> {
  const measured = (await sourcesIn("assembly/measured")).flatMap((name) => speedAndSize(`measured/${name}`));
  const jobs: Job[] = [
    ...[...ENTRIES, ...measured].map((entry) => ({ entry, patches: [] })),
    ...SIGNATURE_VARIANTS,
    ...ENCRYPTION_VARIANTS,
    MANAGED_BOOTLOADER,
  ];
  for (const file of (await readdir(path.join(projectRoot, "assembly/canary"))).sort()) {
    const text = await readFile(path.join(projectRoot, "assembly/canary", file), "utf8");
    const { entry: source, patches } = CanaryFile.parse(JSON.parse(text));
    const name = `canary-${path.basename(file, ".json")}`;
    jobs.push({ entry: { name, source, target: targetOf(source) }, patches });
  }
  return jobs;
}

/** Names of the sources in a folder of the project, without their ending. */
async function sourcesIn(folder: string): Promise<string[]> {
  const files = await readdir(path.join(projectRoot, folder));
  return files
    .filter((file) => file.endsWith(".ts"))
    .map((file) => path.basename(file, ".ts"))
    .sort();
}

/** A canary is compiled as what it is a canary of. */
function targetOf(source: string): Entry["target"] {
  return ENTRIES.find((entry) => entry.source === source)?.target ?? "release";
}

async function build({ entry, patches }: Job): Promise<void> {
  const { module, sourceMap, applied } = await compileModule(entry, patches, true);
  if (applied.size !== patches.length)
    throw new Error(`${entry.name}: a patch names a file that is not compiled`);
  await writeFile(path.join(wasmDirectory, `${entry.name}.symbols.wasm`), module);
  await writeFile(path.join(wasmDirectory, `${entry.name}.wasm`), stripCustomSections(module));
  await writeFile(path.join(wasmDirectory, `${entry.name}.wasm.map`), withoutSources(sourceMap));
}

/** One source built twice, as every file of `assembly/measured/` is: for speed as `name-speed`, and for size as `name-size`. */
function speedAndSize(name: string): Entry[] {
  const source = `assembly/${name}.ts`;
  return [
    { name: `${name}-speed`, source, target: "release" },
    { name: `${name}-size`, source, target: "small" },
  ];
}

/** The source map without the text of the sources, which are at hand. */
function withoutSources(text: string): string {
  const { version, sources, mappings } = SourceMap.parse(JSON.parse(text));
  return JSON.stringify({ version, sources, names: [], mappings });
}
