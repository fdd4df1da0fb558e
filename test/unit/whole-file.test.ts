/**
 * Files that belong together: an author who finds one of them finds the others.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { writeFilesWhole } from "../../host/device/whole-file.ts";
import { writeTemplate } from "../../host/init/template.ts";

const folder = mkdtempSync(path.join(tmpdir(), "brownout-whole-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(() => {
  for (const name of readdirSync(folder)) rmSync(path.join(folder, name), { recursive: true });
});
const at = (name: string): string => path.join(folder, name);

/** As long as a path may be: the folder can be made, and no file in it. */
const deep = path.join(folder, `${"d".repeat(200)}/`.repeat(21)).slice(0, 4090);

describe("files that are written together", () => {
  it("are all there, with their contents", () => {
    writeFilesWhole([
      { file: at("one"), content: "1" },
      { file: at("two"), content: Uint8Array.of(50) },
    ]);
    expect(readdirSync(folder)).toEqual(["one", "two"]);
    expect(readFileSync(at("one"), "utf8") + readFileSync(at("two"), "utf8")).toBe("12");
  });

  it("are none of them there if one cannot be written, and what was there stays", () => {
    writeFileSync(at("one"), "old");
    const files = [
      { file: at("one"), content: "new" },
      { file: at("two"), content: "2" },
      { file: at("nowhere/three"), content: "3" },
    ];
    expect(() => writeFilesWhole(files)).toThrow(/nowhere\/three cannot be written: there is no such folder/);
    expect(readdirSync(folder)).toEqual(["one"]);
    expect(readFileSync(at("one"), "utf8")).toBe("old");
  });

  it("are not one file under two names", () => {
    const files = ["one", "./one"].map((name) => ({ file: at(name), content: name, name }));
    expect(() => writeFilesWhole(files)).toThrow("./one is to be written twice");
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe("a project whose files cannot be written", () => {
  it("leaves no folder behind that was not there", () => {
    expect(() => writeTemplate("c", deep, "deep")).toThrow("cannot be written: its name is too long");
    expect(readdirSync(folder)).toEqual([]);
  });
});
