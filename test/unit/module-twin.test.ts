/**
 * Names and source lines from what lies beside a module, if it belongs to it.
 */
import { describe, expect, it } from "vitest";
import { readFileSync } from "node:fs";
import path from "node:path";
import { BOOTLOADER, twinOf, withTwins } from "../../host/config/module-twin.ts";
import { wasmDirectory } from "../../host/project.ts";
import { readWasm } from "../wasm-file.ts";

const bootloader = readWasm("bootloader");
const symbols = readWasm("bootloader.symbols");
const map = Uint8Array.from(readFileSync(path.join(wasmDirectory, "bootloader.wasm.map")));

/** Looks at files that are only here. */
function look(files: Readonly<Record<string, Uint8Array>>, module = bootloader) {
  return twinOf("out/boot.wasm", module, (file) => files[file]);
}

describe("beside a module", () => {
  it("its twin gives names, and its source map lines", () => {
    const twin = look({ "out/boot.symbols.wasm": symbols, "out/boot.wasm.map": map });
    expect(twin).toMatchObject({ symbols, notes: [], nameless: undefined });
    expect(twin.sourceMap?.placeOf(bootloader.length - 100)?.file).toMatch(/^assembly\/.+\.ts$/);
    const other = look({ "out/boot.symbols.wasm": symbols, "out/boot.symbols.wasm.map": map });
    expect(other.sourceMap?.placeOf(5000)).toEqual(twin.sourceMap?.placeOf(5000));
  });

  it("a twin of another build is left out with its map, and a note says so", () => {
    const twin = look({ "out/boot.symbols.wasm": readWasm("firmware-1.symbols"), "out/boot.wasm.map": map });
    expect(twin).toMatchObject({ symbols: undefined, sourceMap: undefined });
    expect(twin.notes).toEqual([
      "out/boot.symbols.wasm is left out: its code is not that of out/boot.wasm, so it is of another build.",
    ]);
  });

  it("what is no module and what is no map is left out, and a note says so", () => {
    expect(look({ "out/boot.symbols.wasm": Uint8Array.of(1, 2) }).notes[0]).toContain("of another build");
    const twin = look({ "out/boot.symbols.wasm": symbols, "out/boot.wasm.map": Uint8Array.of(0x7b) });
    expect(twin.sourceMap).toBeUndefined();
    expect(twin.notes).toEqual(["out/boot.wasm.map is left out: it is no source map."]);
  });

  it("nothing is needed by a module with names; of any other a note says what is missing", () => {
    expect(look({}, symbols)).toMatchObject({ notes: [], nameless: undefined });
    const twin = look({});
    expect(withTwins([], new Map([[BOOTLOADER, twin]])).notes).toEqual([
      "Functions of out/boot.wasm have no names: there is no out/boot.symbols.wasm beside it.",
    ]);
    expect(withTwins([symbols], new Map([[BOOTLOADER, twin]])).notes).toEqual([]);
  });
});
