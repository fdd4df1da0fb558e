/**
 * Compiles one module with the AssemblyScript compiler, from sources as they are or patched.
 */
import { readFile } from "node:fs/promises";
import path from "node:path";
import asc from "assemblyscript/asc";
import { Transform } from "assemblyscript/transform";
import { projectRoot } from "../project.ts";
import { applyPatches, type Patch } from "./patch.ts";
import type { Entry } from "./recipe.ts";
import { staticSymbolsOf, withStaticSymbols } from "./static-symbols.ts";

/** What the compiler made. */
export interface Compiled {
  /** The module with its custom sections: names of functions, and of what is in static RAM. */
  readonly module: Uint8Array;
  /** JSON, or empty if none was asked for. */
  readonly sourceMap: string;
  /** Patches that name a file of this module. */
  readonly applied: ReadonlySet<Patch>;
}

/**
 * Compiles.
 *
 * @throws Error for sources that do not compile, and for a patch whose text is not in its file exactly once
 */
export async function compileModule(
  entry: Entry,
  patches: readonly Patch[],
  withSourceMap: boolean,
): Promise<Compiled> {
  const applied = new Set<Patch>();
  let module: Uint8Array | undefined;
  let sourceMap = "";
  const unoptimised = new UnoptimisedText();
  const stderr = asc.createMemoryStream();
  const options = ["--config", "asconfig.json", "--target", entry.target, "--outFile", "module.wasm"];
  const { error } = await asc.main([entry.source, ...options, ...(withSourceMap ? ["--sourceMap"] : [])], {
    readFile: async (name, baseDirectory) => {
      const text = await readSource(path.resolve(projectRoot, baseDirectory, name));
      return text === null ? null : applyPatches(text, path.normalize(name), patches, applied);
    },
    writeFile: (name, contents) => {
      if (name.endsWith(".map")) sourceMap = contents.toString();
      else module = typeof contents === "string" ? Buffer.from(contents) : contents;
    },
    listFiles: () => [],
    stderr,
    transforms: [unoptimised],
  });
  if (error !== null || module === undefined)
    throw new Error(`${entry.name}: ${error?.message}\n${stderr.toString()}`);
  return { module: withStaticSymbols(module, staticSymbolsOf(unoptimised.text)), sourceMap, applied };
}

async function readSource(file: string): Promise<string | null> {
  try {
    return await readFile(file, "utf8");
  } catch {
    // The compiler probes several places for each import, and expects null where nothing is.
    return null;
  }
}

/** Keeps the text of the module as it is before the optimiser sees it. */
class UnoptimisedText extends Transform {
  text = "";

  override afterCompile(module: { emitText(): string }): void {
    this.text = module.emitText();
  }
}
