/**
 * What lies beside a module of the user's own: `x.symbols.wasm`, its unstripped twin, and `x.wasm.map`
 * or `x.symbols.wasm.map`, its source map. Names of functions and source lines come from there, if they belong to the module.
 */
import { decodeModule } from "../../emulator/wasm/decode.ts";
import { withSymbols } from "../../emulator/wasm/load.ts";
import { ModuleError } from "../../emulator/wasm/module-error.ts";
import { SectionId, type DecodedModule } from "../../emulator/wasm/module.ts";
import type { Scenario } from "../campaign/scenario.ts";
import { SourceMap } from "../glitch/source-map.ts";

/** What a bootloader is called among the modules of a scenario. */
export const BOOTLOADER = "bootloader";

/** What was found beside a module. */
export interface ModuleTwin {
  /** The same code with names; undefined where there is none. */
  readonly symbols: Uint8Array | undefined;
  /** From bytes of the module to source lines. */
  readonly sourceMap: SourceMap | undefined;
  /** What a reader of a report has to know of it, a sentence each. */
  readonly notes: readonly string[];
  /** Why its functions have no names, if they have none and nothing is wrong. */
  readonly nameless: string | undefined;
}

/**
 * Looks beside a module.
 *
 * @param file as the user named it
 * @param read gives the bytes of a file, or undefined: there is none
 */
export function twinOf(
  file: string,
  module: Uint8Array,
  read: (file: string) => Uint8Array | undefined,
): ModuleTwin {
  const base = file.replace(/\.wasm$/, "");
  const symbolsFile = `${base}.symbols.wasm`;
  const mapFile = `${base}.wasm.map`;
  const twin = read(symbolsFile);
  // Compilers name a map after the file that they wrote.
  const map = read(mapFile) ?? read(`${symbolsFile}.map`);
  if (twin === undefined) {
    // A map may belong to any build; without the twin there is nothing to tell.
    const isNamed = hasNames(module);
    return {
      symbols: undefined,
      sourceMap: map === undefined || !isNamed ? undefined : sourceMapOf(map),
      notes: [],
      nameless: isNamed
        ? undefined
        : `Functions of ${file} have no names: there is no ${symbolsFile} beside it.`,
    };
  }
  if (!isTwin(module, twin)) {
    return {
      symbols: undefined,
      sourceMap: undefined,
      notes: [`${symbolsFile} is left out: its code is not that of ${file}, so it is of another build.`],
      nameless: undefined,
    };
  }
  const sourceMap = map === undefined ? undefined : sourceMapOf(map);
  const isMapBroken = map !== undefined && sourceMap === undefined;
  return {
    symbols: twin,
    sourceMap,
    notes: isMapBroken ? [`${mapFile} is left out: it is no source map.`] : [],
    nameless: undefined,
  };
}

function isTwin(module: Uint8Array, twin: Uint8Array): boolean {
  try {
    const [own, other] = [decodeModule(module), decodeModule(twin)];
    withSymbols(own, other);
    // A source map counts bytes of the twin, so the code has to lie where it lies in the module.
    return codeStartOf(own) === codeStartOf(other);
  } catch (error) {
    if (error instanceof ModuleError) return false;
    throw error;
  }
}

function codeStartOf({ sections }: DecodedModule): number | undefined {
  return sections.find(({ id }) => id === SectionId.Code)?.bodyStart;
}

/** Whether any of its functions has a name of its own. */
function hasNames(module: Uint8Array): boolean {
  try {
    return decodeModule(module).sections.some(({ name }) => name === "name");
  } catch (error) {
    if (error instanceof ModuleError) return false;
    throw error;
  }
}

function sourceMapOf(bytes: Uint8Array): SourceMap | undefined {
  try {
    return new SourceMap(JSON.parse(new TextDecoder().decode(bytes)));
  } catch {
    // Neither JSON nor of that shape: a note says that it is left out.
    return undefined;
  }
}

/** What a scenario takes from the twins of its modules. @param given twins that the scenario names itself */
export function withTwins(
  given: readonly Uint8Array[],
  twins: ReadonlyMap<string, ModuleTwin>,
): Pick<Scenario, "symbols" | "sourceMaps" | "notes"> {
  const found = [...twins.values()];
  const sourceMaps = new Map<string, SourceMap>();
  for (const [name, { sourceMap }] of twins) if (sourceMap !== undefined) sourceMaps.set(name, sourceMap);
  return {
    symbols: [...given, ...found.flatMap(({ symbols }) => (symbols === undefined ? [] : [symbols]))],
    sourceMaps,
    notes: [
      ...found.flatMap(({ notes }) => notes),
      // Whoever names twins says where the names are; of images it is no news.
      ...(given.length > 0 ? [] : [twins.get(BOOTLOADER)?.nameless ?? []].flat()),
    ],
  };
}
