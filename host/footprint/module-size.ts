/**
 * What a module takes of flash and RAM, as far as its bytes tell.
 */
import { createHash } from "node:crypto";
import { decodeModule } from "../../emulator/wasm/decode.ts";
import { computeFootprint } from "../../emulator/wasm/footprint.ts";
import { entryPoints, withSymbols } from "../../emulator/wasm/load.ts";
import { findExport, type DecodedModule } from "../../emulator/wasm/module.ts";
import { readDataNames } from "../../emulator/wasm/name-section.ts";
import { computeStack } from "../../emulator/wasm/stack.ts";
import { readStaticSymbols, type StaticSymbol } from "../build/static-symbols.ts";
import { UserError } from "../user-error.ts";
import type { FootprintRow } from "./footprint-row.ts";
import { placedSegments, staticRange, type StaticRange } from "./static-range.ts";

/** The part of a row that needs nothing to run. */
export type ModuleSize = Omit<FootprintRow, "feature" | "build" | "works">;

/** How a module is read. */
export interface SizeOptions {
  /** An unstripped twin, for names. */
  readonly symbols?: Uint8Array | undefined;
  /** The exported function that the stack is measured from; those that the device calls unless given. */
  readonly entry?: string | undefined;
}

/**
 * Measures a module.
 *
 * @throws ModuleError for bytes that are no module, and for recursion
 * @throws UserError `no-entry`
 */
export function measureSize(bytes: Uint8Array, { symbols, entry }: SizeOptions = {}): ModuleSize {
  const stripped = decodeModule(bytes);
  const twin = symbols === undefined ? undefined : decodeModule(symbols);
  const module = twin === undefined ? stripped : withSymbols(stripped, twin);
  const range = staticRange(module);
  const stack = computeStack(module, { roots: rootsOf(module, entry), indirectTargets: tableNames(module) });
  const footprint = computeFootprint(module, stack, {
    ramBase: range.start,
    ramBytes: Infinity,
    staticBytes: range.end - range.start,
  });
  const { moduleBytes, codeBytes, staticBytes, globalBytes, stackBytes, totalBytes } = footprint;
  return {
    digest: createHash("sha256").update(bytes).digest("hex"),
    moduleBytes,
    codeBytes,
    sections: [{ name: "header", bytes: 8 }, ...footprint.sections],
    functions: footprint.functions
      .map(({ name, bytes: size }) => ({ name, bytes: size }))
      .sort((left, right) => right.bytes - left.bytes),
    staticBytes,
    globalBytes,
    stackBytes,
    ramBytes: totalBytes,
    stackPath: footprint.deepestPath.map((name, index) => ({
      name,
      bytes: footprint.deepestPathBytes[index] ?? 0,
    })),
    staticRam: staticRam(module, twin ?? stripped, range),
    ...(range.isOfDevice ? {} : { isLinkedElsewhere: true }),
  };
}

/** Where the stack begins: the given export, else what the device calls, else everything exported. */
function rootsOf(module: DecodedModule, entry: string | undefined): number[] {
  const functions = module.exports.filter(({ kind }) => kind === "function");
  if (entry !== undefined) {
    const found = findExport(module, entry);
    if (found?.kind === "function") return [found.index];
    throw new UserError(
      "no-entry",
      `The module exports no function ${entry}.`,
      `It exports ${functions.map(({ name }) => name).join(", ") || "no function at all"}.`,
    );
  }
  const called = entryPoints(module, {});
  return called.length > 0 ? called : functions.map(({ index }) => index);
}

/** Everything in the table: more than an indirect call can reach, so the bound holds. */
function tableNames(module: DecodedModule): string[] {
  return module.elements.flatMap(({ functions }) =>
    functions.map((index) => module.functions[index]?.name ?? ""),
  );
}

/** Static RAM by the names of the sources if the twin brings them, else by data segment. */
function staticRam(
  module: DecodedModule,
  twin: DecodedModule,
  range: StaticRange,
): FootprintRow["staticRam"] {
  const symbols = readStaticSymbols(twin.bytes);
  return symbols === undefined
    ? segmentParts(module, readDataNames(twin.bytes, twin.sections), range)
    : symbolParts(symbols, range);
}

/** From each symbol to the next; what has no name may be padding as well. */
function symbolParts(
  symbols: readonly StaticSymbol[],
  { start, end }: StaticRange,
): FootprintRow["staticRam"] {
  const inRam = symbols.filter(({ address }) => address < end);
  const first = inRam[0]?.address ?? end;
  const starts = first > start ? [{ address: start, name: "" }, ...inRam] : inRam;
  return starts.map(({ address, name }, index) => ({
    name: name === "" ? "no name" : name,
    address,
    bytes: (starts[index + 1]?.address ?? end) - address,
  }));
}

/** Data segments, and between and behind them what begins as zeros: the binary does not say what that is. */
function segmentParts(
  module: DecodedModule,
  names: ReadonlyMap<number, string>,
  range: StaticRange,
): FootprintRow["staticRam"] {
  const segments = placedSegments(module)
    .map(({ index, ...segment }) => ({ name: names.get(index) ?? `data segment ${index}`, ...segment }))
    .sort((left, right) => left.address - right.address);
  const parts: FootprintRow["staticRam"] = [];
  let end = range.start;
  for (const segment of [...segments, { name: "", address: range.end, bytes: 0 }]) {
    if (segment.address > end) parts.push({ name: "zeros", address: end, bytes: segment.address - end });
    if (segment.bytes > 0) parts.push(segment);
    end = Math.max(end, segment.address + segment.bytes);
  }
  return parts;
}
