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
import asc from "assemblyscript/asc";
import { z } from "zod";
import { stripCustomSections } from "../../emulator/wasm/strip.ts";
import { projectRoot, wasmDirectory } from "../project.ts";

/** One module: an entry file and the asconfig.json target it is built with. */
interface Entry {
  readonly name: string;
  readonly source: string;
  readonly target: "release" | "testing";
}

const ENTRIES: readonly Entry[] = [
  { name: "bootloader", source: "assembly/bootloader.ts", target: "release" },
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

const Canary = z.strictObject({
  title: z.string(),
  story: z.string(),
  entry: z.string(),
  patches: z.array(z.strictObject({ file: z.string(), find: z.string(), replace: z.string() })).min(1),
});

const SourceMap = z.object({ version: z.literal(3), sources: z.array(z.string()), mappings: z.string() });

type Patch = z.infer<typeof Canary>["patches"][number];

await mkdir(path.join(wasmDirectory, "testing"), { recursive: true });
for (const entry of ENTRIES) await build(entry, []);
for (const file of (await readdir(path.join(projectRoot, "assembly/canary"))).sort()) {
  const text = await readFile(path.join(projectRoot, "assembly/canary", file), "utf8");
  const canary = Canary.parse(JSON.parse(text));
  const name = `canary-${path.basename(file, ".json")}`;
  await build({ name, source: canary.entry, target: "release" }, canary.patches);
}

async function build(entry: Entry, patches: readonly Patch[]): Promise<void> {
  const applied = new Set<Patch>();
  let module: Uint8Array | undefined;
  let sourceMap = "";
  const stderr = asc.createMemoryStream();
  const { error } = await asc.main(
    [entry.source, "--config", "asconfig.json", "--target", entry.target, "--outFile", "module.wasm", "--sourceMap"],
    {
      readFile: async (name, baseDirectory) => {
        const text = await readSource(path.resolve(projectRoot, baseDirectory, name));
        return text === null ? null : patch(text, path.normalize(name), patches, applied);
      },
      writeFile: (name, contents) => {
        if (name.endsWith(".map")) sourceMap = contents.toString();
        else module = typeof contents === "string" ? Buffer.from(contents) : contents;
      },
      listFiles: () => [],
      stderr,
    },
  );
  if (error !== null || module === undefined)
    throw new Error(`${entry.name}: ${error?.message}\n${stderr.toString()}`);
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

async function readSource(file: string): Promise<string | null> {
  try {
    return await readFile(file, "utf8");
  } catch {
    // The compiler probes several places for each import, and expects null where nothing is.
    return null;
  }
}

function patch(text: string, name: string, patches: readonly Patch[], applied: Set<Patch>): string {
  let patched = text;
  for (const each of patches) {
    if (each.file !== name) continue;
    if (patched.split(each.find).length !== 2)
      throw new Error(`${name}: not exactly once in it: ${each.find}`);
    patched = patched.replace(each.find, () => each.replace);
    applied.add(each);
  }
  return patched;
}
