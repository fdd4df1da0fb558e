/**
 * Function names from the custom section "name" (WebAssembly 1.0 §7.4.1).
 */
import { ByteReader } from "./byte-reader.ts";
import { ModuleError } from "./module-error.ts";
import { SectionId } from "./module.ts";
import type { Section } from "./module.ts";

const functionNames = 1;

/**
 * The names of functions by index; empty if the module has none. Errors in a custom section do not
 * make a module invalid (§7.4), so names are read as far as they go.
 */
export function readFunctionNames(
  bytes: Uint8Array,
  sections: readonly Section[],
  functionCount: number,
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
      if (id === functionNames)
        readNameMap(new ByteReader(bytes, start, start + length), functionCount, names);
    }
  } catch (error) {
    if (!(error instanceof ModuleError)) throw error;
  }
  return names;
}

function readNameMap(reader: ByteReader, functionCount: number, names: Map<number, string>): void {
  const count = reader.count();
  for (let entry = 0; entry < count; entry++) {
    const index = reader.u32();
    const name = reader.text();
    if (index < functionCount) names.set(index, name);
  }
}
