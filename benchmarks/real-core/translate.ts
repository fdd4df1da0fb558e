/**
 * Translates a Wasm module to C with wasm2c, for the runtime in runtime/wasm-rt.h.
 *
 * wasm2c's output begins with its own accesses to memory: addresses of 64 bits, pages of 64 KiB, a
 * copy per access. They make way for those of the runtime, and the calls are given base and offset
 * apart; and no instance keeps a pointer to the memory, which is in one place. Nothing else of the output is
 * changed.
 */
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { run } from "./toolchain.ts";

/** The first line of the output that is the module's. */
const MODULE_BEGINS = "static bool s_module_initialized = false;";
const MEMORY_IMPORT = /^ *instance->Z_envZ_memory = .*\n/m;
const ACCESS =
  /\b([if](?:32|64)_(?:load|store)\w*)\(instance->Z_envZ_memory, \(u64\)\((\w+)\)(?: \+ (\d+)u)?/g;

/**
 * Translates `wasm`, a file, to module.c and module.h in `folder`.
 *
 * @throws Error if wasm2c fails, or its output is not of the form that version 1.0.32 gives it
 */
export function translate(wasm: string, folder: string): void {
  const file = path.join(folder, "module.c");
  run("wasm2c", [wasm, "--module-name", "module", "--output", file]);
  writeFileSync(file, ownAccesses(readFileSync(file, "utf8")));
}

/** The text of module.c with the runtime's accesses in place of wasm2c's. */
export function ownAccesses(text: string): string {
  const start = text.indexOf(MODULE_BEGINS);
  if (start < 0) throw new Error(`wasm2c's output has no line "${MODULE_BEGINS}"`);
  const body = text
    .slice(start)
    .replace(MEMORY_IMPORT, "")
    .replace(ACCESS, (_match, name: string, base: string, offset = "0") => {
      return `${name}(${base}, ${String(offset)}u`;
    });
  const foreign = /\b\w+_(?:load|store)\w*\(instance->.*/.exec(body);
  if (foreign !== null) throw new Error(`wasm2c's output has an access of another form: ${foreign[0]}`);
  return `#include "module.h"\n\n${body}`;
}
