/**
 * The device code that tests run: compiled modules under build/wasm.
 */
import { readFileSync } from "node:fs";

/**
 * Reads a compiled module.
 *
 * @param name as in `firmware-1` or `testing/link`
 * @throws Error saying what to run, if it was not built
 */
export function readWasm(name: string): Uint8Array<ArrayBuffer> {
  const url = new URL(`../build/wasm/${name}.wasm`, import.meta.url);
  try {
    return Uint8Array.from(readFileSync(url));
  } catch (cause) {
    throw new Error(`${url.pathname} is missing: run "npm run build:wasm" first`, { cause });
  }
}
