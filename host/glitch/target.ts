/**
 * What a glitch campaign is about: a bootloader, the names of its functions, and its source map.
 */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { decodeModule } from "../../emulator/wasm/decode.ts";
import { wasmDirectory } from "../project.ts";
import { KERNELS } from "./window.ts";
import { SourceMap } from "./source-map.ts";

/** A bootloader to be disturbed. */
export interface GlitchTarget {
  /** As it lies in flash. */
  readonly bootloader: Uint8Array;
  /** The same code with names. */
  readonly symbols: Uint8Array;
  readonly sourceMap: SourceMap | undefined;
  /** Those of {@link KERNELS} that it has. */
  readonly kernels: readonly string[];
}

/** A bootloader whose parts are at hand. */
export function targetOf(bootloader: Uint8Array, symbols: Uint8Array, sourceMap?: SourceMap): GlitchTarget {
  const names = new Set(decodeModule(symbols).functions.map((entry) => entry.name));
  return { bootloader, symbols, sourceMap, kernels: KERNELS.filter((name) => names.has(name)) };
}

/** One of our own modules, by name, with what lies beside it; undefined if it is not built. */
export function ownTarget(name: string): GlitchTarget | undefined {
  const base = path.join(wasmDirectory, name);
  const bootloader = readIfThere(`${base}.wasm`);
  if (bootloader === undefined) return undefined;
  const symbols = readIfThere(`${base}.symbols.wasm`) ?? bootloader;
  const map = readIfThere(`${base}.wasm.map`);
  return targetOf(bootloader, symbols, map && new SourceMap(JSON.parse(new TextDecoder().decode(map))));
}

function readIfThere(file: string): Uint8Array | undefined {
  return existsSync(file) ? Uint8Array.from(readFileSync(file)) : undefined;
}
