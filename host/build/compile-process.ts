/**
 * A process that compiles what it is sent; compile-pool.ts starts it.
 */
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { stripCustomSections } from "../../emulator/wasm/strip.ts";
import { compileModule } from "./compile.ts";
import { Job, type Report } from "./compile-pool.ts";

const SourceMap = z.object({ version: z.literal(3), sources: z.array(z.string()), mappings: z.string() });

process.on("message", (message) => {
  void compile(Job.parse(message)).then((report) => process.send?.(report));
});

async function compile({ entry, patches, output, withSourceMap }: Job): Promise<Report> {
  try {
    const { module, sourceMap, applied } = await compileModule(entry, patches, withSourceMap);
    await mkdir(path.dirname(output), { recursive: true });
    await writeFile(`${output}.symbols.wasm`, module);
    await writeFile(`${output}.wasm`, stripCustomSections(module));
    if (withSourceMap) await writeFile(`${output}.wasm.map`, withoutSources(sourceMap));
    return { applied: patches.flatMap((patch, index) => (applied.has(patch) ? [index] : [])) };
  } catch (error) {
    return { applied: [], error: error instanceof Error ? error.message : String(error) };
  }
}

/** The source map without the text of the sources, which are at hand. */
function withoutSources(text: string): string {
  const { version, sources, mappings } = SourceMap.parse(JSON.parse(text));
  return JSON.stringify({ version, sources, names: [], mappings });
}
