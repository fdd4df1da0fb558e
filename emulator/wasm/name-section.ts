/**
 * Names of functions and data segments from the custom section "name" (WebAssembly 1.0 §7.4.1; data
 * segments: extended name section proposal).
 */
import { ByteReader } from "./byte-reader.ts";
import { ModuleError } from "./module-error.ts";
import { SectionId } from "./module.ts";
import type { Section } from "./module.ts";

const functionNames = 1;
const dataNames = 9;

/** The names of functions by index; empty if the module has none. */
export function readFunctionNames(
  bytes: Uint8Array,
  sections: readonly Section[],
  functionCount: number,
): Map<number, string> {
  return readNames(bytes, sections, functionNames, functionCount);
}

/** The names of data segments by index; empty if the module has none. */
export function readDataNames(bytes: Uint8Array, sections: readonly Section[]): Map<number, string> {
  return readNames(bytes, sections, dataNames, Infinity);
}

/**
 * The names of one subsection. Errors in a custom section do not make a module invalid (§7.4), so
 * names are read as far as they go.
 */
function readNames(
  bytes: Uint8Array,
  sections: readonly Section[],
  subsection: number,
  indexEnd: number,
): Map<number, string> {
  const names = new Map<number, string>();
  const section = sections.find((entry) => entry.id === SectionId.Custom && entry.name === "name");
  if (section === undefined) return names;
  try {
    const reader = new ByteReader(bytes, section.bodyStart, section.end);
    reader.text();
    while (!reader.atEnd) {
      const id = reader.byte();
      const length = reader.u32();
      const start = reader.skip(length);
      if (id === subsection) readNameMap(new ByteReader(bytes, start, start + length), indexEnd, names);
    }
  } catch (error) {
    if (!(error instanceof ModuleError)) throw error;
  }
  return names;
}

function readNameMap(reader: ByteReader, indexEnd: number, names: Map<number, string>): void {
  const count = reader.count();
  for (let entry = 0; entry < count; entry++) {
    const index = reader.u32();
    const name = reader.text();
    if (index < indexEnd) names.set(index, name);
  }
}
