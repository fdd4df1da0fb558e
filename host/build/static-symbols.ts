/**
 * What lies where in static RAM, by the names of the sources. The compiler knows it until it optimises:
 * constants that hold addresses are gone from the module afterwards. So it is read off before, and goes
 * into a custom section of the twin that has the names of functions.
 */
import { z } from "zod";
import { RAM_BASE } from "../../emulator/memory-map.ts";
import { ByteReader } from "../../emulator/wasm/byte-reader.ts";
import { ByteWriter } from "../../emulator/wasm/byte-writer.ts";
import { readSections } from "../../emulator/wasm/decode.ts";
import { SectionId } from "../../emulator/wasm/module.ts";

/** Where something in static RAM begins; it ends where the next one does. */
const StaticSymbol = z.strictObject({
  address: z.number().int().nonnegative(),
  /** As in `assembly/crypto/sha256/BUFFER`; empty where the sources have no name for it. */
  name: z.string(),
});
/** Where something in static RAM begins. */
export type StaticSymbol = z.infer<typeof StaticSymbol>;

const SECTION = "brownout.static-ram";

/** A constant that holds an address, and a data segment, as Binaryen writes them. */
const CONSTANT = /\(global \$(\S+) i32 \(i32\.const (\d+)\)\)/g;
const SEGMENT = /\(data (?:\$\S+ )?\(i32\.const (\d+)\) "((?:[^"\\]|\\.)*)"\)/g;

/**
 * Reads symbols off a module that is not optimised yet.
 *
 * @param text the module in the text format
 */
export function staticSymbolsOf(text: string): StaticSymbol[] {
  const names = new Map<number, string>();
  // The first constant with an address is the buffer's; more are names for the field at its start. Only
  // the end of what comes before may have been named earlier.
  for (const [, name = "", value] of text.matchAll(CONSTANT)) {
    const address = Number(value);
    if (address < RAM_BASE || name.endsWith("/__heap_base")) continue;
    const known = names.get(address);
    if (known === undefined || known.endsWith("_END")) names.set(address, name);
  }
  for (const [, start, escaped = ""] of text.matchAll(SEGMENT)) {
    const bytes = escaped.replace(/\\(?:[0-9a-f]{2}|.)/gi, ".").length;
    for (const address of [Number(start), Number(start) + bytes]) {
      if (!names.has(address)) names.set(address, "");
    }
  }
  return [...names]
    .map(([address, name]) => ({ address, name }))
    .sort((left, right) => left.address - right.address);
}

/** A copy of a module with its symbols in a custom section. */
export function withStaticSymbols(module: Uint8Array, symbols: readonly StaticSymbol[]): Uint8Array {
  const content = new TextEncoder().encode(JSON.stringify(symbols));
  const body = new ByteWriter(content.length + 64).text(SECTION).copy(content).finish();
  const writer = new ByteWriter(module.length + body.length + 8).copy(module);
  return writer.byte(SectionId.Custom).u32(body.length).copy(body).finish();
}

/** The symbols that a module brings, or undefined if it brings none that can be read. */
export function readStaticSymbols(module: Uint8Array): StaticSymbol[] | undefined {
  const section = readSections(module).find(({ id, name }) => id === SectionId.Custom && name === SECTION);
  if (section === undefined) return undefined;
  const reader = new ByteReader(module, section.bodyStart, section.end);
  reader.text();
  try {
    const text = new TextDecoder().decode(module.subarray(reader.position, section.end));
    return z.array(StaticSymbol).safeParse(JSON.parse(text)).data;
  } catch {
    // Errors in a custom section do not make a module invalid (WebAssembly 1.0 §7.4).
    return undefined;
  }
}
