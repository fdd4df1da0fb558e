/**
 * Names of what lies in static RAM: read off a module that is not optimised yet, kept in its twin.
 */
import { describe, expect, it } from "vitest";
import { RAM_BASE } from "../../emulator/memory-map.ts";
import { stripCustomSections } from "../../emulator/wasm/strip.ts";
import { readStaticSymbols, staticSymbolsOf, withStaticSymbols } from "../../host/build/static-symbols.ts";
import { measureSize } from "../../host/footprint/module-size.ts";
import { readWasm } from "../wasm-file.ts";
import { assemble } from "../wat.ts";

const TEXT = `(module
  (global $a/COUNT i32 (i32.const 64))
  (global $a/TABLE i32 (i32.const ${RAM_BASE}))
  (global $a/TABLE_END i32 (i32.const ${RAM_BASE + 4}))
  (global $a/STATE i32 (i32.const ${RAM_BASE + 4}))
  (global $a/FIRST_FIELD i32 (i32.const ${RAM_BASE + 4}))
  (global $a/variable (mut i32) (i32.const ${RAM_BASE + 9}))
  (global $~lib/memory/__heap_base i32 (i32.const ${RAM_BASE + 40}))
  (data $0 (i32.const ${RAM_BASE}) "\\01\\"b\\\\")
  (data $1 (i32.const ${RAM_BASE + 16}) "boot"))`;

describe("the symbols of static RAM", () => {
  const symbols = staticSymbolsOf(TEXT);

  it("are the constants that hold addresses, and data that has no name", () => {
    expect(symbols).toEqual([
      { address: RAM_BASE, name: "a/TABLE" },
      { address: RAM_BASE + 4, name: "a/STATE" },
      { address: RAM_BASE + 16, name: "" },
      { address: RAM_BASE + 20, name: "" },
    ]);
  });

  it("come back out of the module that they are put into, and go when it is stripped", () => {
    const module = assemble('(module (import "env" "memory" (memory 2 2)))');
    const twin = withStaticSymbols(module, symbols);
    expect(readStaticSymbols(twin)).toEqual(symbols);
    expect(stripCustomSections(twin)).toEqual(stripCustomSections(module));
    expect(readStaticSymbols(module)).toBeUndefined();
    const broken = twin.slice();
    broken[broken.length - 1] = 0;
    expect(readStaticSymbols(broken)).toBeUndefined();
  });

  it("share out all static RAM of our modules, by the names of the sources", () => {
    for (const [name, expected] of [
      ["bootloader", "assembly/crypto/sha256/BUFFER"],
      ["measured/p256-size", "assembly/crypto/p256-odd-multiples/ODD_MULTIPLES"],
      ["firmware-1", "assembly/link/download/DATAGRAM"],
    ] as const) {
      const { staticRam, staticBytes } = measureSize(readWasm(name), {
        symbols: readWasm(`${name}.symbols`),
      });
      expect(staticRam.map((part) => part.name)).toContain(expected);
      expect(staticRam.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(staticBytes);
      expect(staticRam.every(({ bytes }) => bytes > 0)).toBe(true);
      const unnamed = staticRam.filter((part) => part.name === "no name");
      expect(unnamed.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(staticBytes / 4);
    }
  });
});
