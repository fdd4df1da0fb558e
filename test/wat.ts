/**
 * Assembles WebAssembly for tests: from text, by the binaryen that ships with AssemblyScript, or
 * from raw sections where the exact bytes matter.
 */
import binaryen from "binaryen";

/** The binary of a module in the text format, all features allowed; with a name section if asked. */
export function assemble(text: string, options: { readonly names?: boolean } = {}): Uint8Array<ArrayBuffer> {
  const module = binaryen.parseText(text);
  try {
    module.setFeatures(binaryen.Features.All);
    binaryen.setDebugInfo(options.names ?? false);
    // The compiler turns this on for good, and then instructions of these modules are optimised away.
    binaryen.setGenerateStackIR(false);
    binaryen.setOptimizeStackIR(false);
    return new Uint8Array(module.emitBinary());
  } finally {
    binaryen.setDebugInfo(false);
    module.dispose();
  }
}

/** A module of raw sections, each `[id, ...body]` with a body below 128 bytes. */
export function rawModule(...sections: readonly (readonly number[])[]): Uint8Array<ArrayBuffer> {
  const bytes = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  for (const [id = 0, ...body] of sections) bytes.push(id, body.length, ...body);
  return Uint8Array.from(bytes);
}

/** A raw module with one function `() → ()` of this code, `end` included. */
export function rawFunction(...code: readonly number[]): Uint8Array<ArrayBuffer> {
  return rawModule([1, 1, 0x60, 0, 0], [3, 1, 0], [10, 1, code.length + 1, 0, ...code]);
}
