/**
 * Builds the known-bad variants of `assembly/known-bad/`: `npm run build:known-bad`.
 *
 * Two processes compile; a module whose sources, patches and compiler are those of the last time is
 * left as it is. Modules go to `build/wasm/known-bad/NAME/`, those of its repaired twin to
 * `build/wasm/known-bad/NAME/repaired/`.
 */
import { fork, type ChildProcess } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { stripCustomSections } from "../../emulator/wasm/strip.ts";
import { readVariants, VARIANT_MODULES, type VariantModule } from "../known-bad/variant.ts";
import { wasmDirectory } from "../project.ts";
import { compileModule, type Entry } from "./compile.ts";
import { Patch } from "./patch.ts";
import { digestOf, sourceDigest } from "./source-digest.ts";

const PROCESSES = 2;
/** Argument of a process that compiles what it is sent. */
const COMPILE = "compile";

const SOURCES: Readonly<Record<VariantModule, string>> = {
  bootloader: "assembly/bootloader.ts",
  "firmware-1": "assembly/firmware/firmware-1.ts",
  "firmware-2": "assembly/firmware/firmware-2.ts",
  "firmware-failing": "assembly/firmware/firmware-failing.ts",
};

/** One module to compile. */
const Job = z.object({ output: z.string(), module: z.enum(VARIANT_MODULES), patches: z.array(Patch) });
type Job = z.infer<typeof Job>;

/** What became of it: the patches that it has, by number, or why there is no module. */
const Report = z.object({ applied: z.array(z.number()), error: z.string().optional() });
type Report = z.infer<typeof Report>;

const Digests = z.record(z.string(), z.string());

const outputDirectory = path.join(wasmDirectory, "known-bad");
const digestFile = path.join(outputDirectory, "inputs.json");

if (process.argv[2] === COMPILE) {
  process.on("message", (message) => {
    void compile(Job.parse(message)).then((report) => process.send?.(report));
  });
} else {
  await buildAll();
}

async function buildAll(): Promise<void> {
  await mkdir(outputDirectory, { recursive: true });
  const known = existsSync(digestFile) ? Digests.parse(JSON.parse(readFileSync(digestFile, "utf8"))) : {};
  const common = sourceDigest();
  const groups = readVariants().flatMap(({ name, modules, patches, repaired }) => [
    { name, modules, patches },
    ...(repaired === undefined ? [] : [{ name: `${name}/repaired`, modules, patches: repaired }]),
  ]);
  const digests: Record<string, string> = {};
  const stale = groups.filter((group) => {
    const digest = digestOf(common, JSON.stringify(group));
    digests[group.name] = digest;
    const isThere = group.modules.every((module) => existsSync(fileOf(group.name, module)));
    return !isThere || known[group.name] !== digest;
  });
  for (const name of readdirSync(outputDirectory, { withFileTypes: true })) {
    if (name.isDirectory() && !(name.name in digests))
      await rm(path.join(outputDirectory, name.name), { recursive: true });
  }
  const jobs = stale.flatMap(({ name, modules, patches }) =>
    modules.map((module): Job => ({ output: fileOf(name, module), module, patches: [...patches] })),
  );
  const reports = await compileInProcesses(jobs);
  for (const { name, modules, patches } of stale) {
    const applied = new Set(modules.flatMap((module) => reports.get(fileOf(name, module))?.applied ?? []));
    if (applied.size !== patches.length) throw new Error(`${name}: a patch names a file that is not compiled`);
  }
  await writeFile(digestFile, `${JSON.stringify(digests, undefined, 2)}\n`);
}

function fileOf(name: string, module: VariantModule): string {
  return path.join(outputDirectory, name, `${module}.wasm`);
}

/**
 * Has the jobs done, each process taking the next one when it is through with its last.
 *
 * @throws Error that names every module that does not compile
 */
async function compileInProcesses(jobs: readonly Job[]): Promise<Map<string, Report>> {
  const reports = new Map<string, Report>();
  const queue = [...jobs];
  await Promise.all(
    Array.from({ length: Math.min(PROCESSES, jobs.length) }, async () => {
      const child = fork(fileURLToPath(import.meta.url), [COMPILE]);
      try {
        for (let job = queue.shift(); job !== undefined; job = queue.shift()) {
          reports.set(job.output, await ask(child, job));
        }
      } finally {
        child.kill();
      }
    }),
  );
  const failed = [...reports].filter(([, { error }]) => error !== undefined);
  if (failed.length > 0) {
    const lines = failed.map(([output, { error }]) => `${path.relative(outputDirectory, output)}: ${error}`);
    throw new Error(lines.join("\n"));
  }
  return reports;
}

async function ask(child: ChildProcess, job: Job): Promise<Report> {
  return new Promise((resolve, reject) => {
    const lost = (code: number | null): void => {
      reject(new Error(`The compiler's process ended with ${code ?? "a signal"}.`));
    };
    child.once("exit", lost);
    child.once("message", (message) => {
      child.off("exit", lost);
      resolve(Report.parse(message));
    });
    child.send(job);
  });
}

async function compile({ output, module, patches }: Job): Promise<Report> {
  const entry: Entry = { name: module, source: SOURCES[module], target: "known-bad" };
  try {
    const { module: bytes, applied } = await compileModule(entry, patches, false);
    await mkdir(path.dirname(output), { recursive: true });
    await writeFile(output.replace(/\.wasm$/, ".symbols.wasm"), bytes);
    await writeFile(output, stripCustomSections(bytes));
    return { applied: patches.flatMap((patch, index) => (applied.has(patch) ? [index] : [])) };
  } catch (error) {
    return { applied: [], error: error instanceof Error ? error.message : String(error) };
  }
}
