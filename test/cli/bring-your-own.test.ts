/**
 * `init` and `lint` at the command line, and the mistakes that can be made with files of one's own.
 */
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { LANGUAGES, templateFiles } from "../../host/init/template.ts";
import { readWasm } from "../wasm-file.ts";
import { Workshop } from "./workshop.ts";

const workshop = new Workshop();
afterAll(() => workshop.remove());

describe("init", () => {
  it.each(LANGUAGES)("writes the whole project of %s, byte for byte", async (language) => {
    const out = await workshop.succeed(`init project-${language} --language ${language}`);
    const files = templateFiles(language);
    expect(readdirSync(workshop.path(`project-${language}`)).sort()).toEqual(
      files.map(({ name }) => name).sort(),
    );
    for (const { name, content } of files) {
      expect(workshop.read(`project-${language}/${name}`)).toEqual(content);
      expect(out).toContain(`project-${language}/${name}\n`);
    }
    const names = files.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining([".gitignore", "README.md", "layout.json", "scenario.json"]),
    );
  });

  it.each(LANGUAGES)("has a README for %s whose commands name files that are there", (language) => {
    const files = templateFiles(language);
    const readme = new TextDecoder().decode(files.find(({ name }) => name === "README.md")?.content);
    expect(readme).toContain("brownout campaign --bootloader build/bootloader.wasm --layout layout.json");
    for (const [, name] of readme.matchAll(/^\| `([^`]+)`/gm)) {
      expect(files.map((file) => file.name)).toContain(name);
    }
  });

  it("says in the template that CI does not build it, where that is so", () => {
    const read = (name: string): string =>
      readFileSync(new URL(`../../templates/${name}`, import.meta.url), "utf8");
    expect(read("zig/README.md")).toContain("CI does not build this template");
    expect(read("zig/Makefile")).toContain("NOT BUILT BY BROWNOUT'S CI");
  });

  it("overwrites nothing, and then writes nothing at all", async () => {
    mkdirSync(workshop.path("taken"));
    workshop.write("taken/scenario.json", "mine");
    const { exitCode, err } = await workshop.run("init taken --language c");
    expect(exitCode).toBe(2);
    expect(err).toContain("taken/scenario.json exists already, and nothing is overwritten.");
    expect(readdirSync(workshop.path("taken"))).toEqual(["scenario.json"]);
  });

  it("writes into a folder that is there already, beside what is in it", async () => {
    mkdirSync(workshop.path("beside"));
    workshop.write("beside/notes.txt", "mine");
    await workshop.succeed("init beside --language rust");
    expect(readdirSync(workshop.path("beside"))).toContain("bootloader.rs");
    expect(readFileSync(workshop.path("beside/notes.txt"), "utf8")).toBe("mine");
  });
});

describe("lint", () => {
  it("passes a module that may run, and fails one that may not or does not fit", async () => {
    workshop.write("good.wasm", readWasm("bootloader"));
    workshop.write("unstripped.wasm", readWasm("bootloader.symbols"));
    workshop.write("text", "hello");
    const good = await workshop.run("lint good.wasm --as bootloader");
    expect(good).toMatchObject({ exitCode: 0, err: "" });
    expect(good.out).toMatch(/^good\.wasm may run on the device\n/);
    expect(good.out).toMatch(/RAM {6}[\d,]+ of 10,240 B: static/);
    const unstripped = await workshop.run("lint unstripped.wasm --as bootloader");
    expect(unstripped.exitCode).toBe(1);
    expect(unstripped.out).toContain("too-large: The module has");
    const text = await workshop.run("lint text");
    expect(text).toMatchObject({ exitCode: 1, err: "" });
    expect(text.out).toContain("The file is no WebAssembly module: it begins with 68 65 6c 6c");
  });

  it("prints the same as JSON", async () => {
    const { exitCode, out } = await workshop.run("lint good.wasm --symbols unstripped.wasm --json");
    expect(exitCode).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      file: "good.wasm",
      mayRun: true,
      reasons: [],
      footprint: { ramBytes: 10240 },
      boot: { bytes: 27648, fits: true },
    });
  });
});

describe("a mistake with files of one's own", () => {
  const mistakes: readonly (readonly [line: string, code: string, part: string])[] = [
    ["init --language c", "usage", "missing required argument 'folder'"],
    ["init here", "usage", "--language"],
    ["init here --language ada", "usage", "ada"],
    ["init text/inside --language c", "unwritable-file", "text/inside"],
    ["init text --language c", "file-exists", "text exists already, and it is not a folder"],
    ["lint missing", "unreadable-file", "module missing cannot be read"],
    ["lint good.wasm --layout broken.json", "layout-json", '"slotC" is not known here'],
    ["campaign --layout project-c/layout.json", "usage", "--layout goes with a scenario of your own"],
    ["campaign --scenario updat", "scenario-unknown", 'There is no scenario "updat"'],
    ["campaign --scenario missing.json", "unreadable-file", "scenario missing.json cannot be read"],
    ["campaign --scenario project-c/layout.json", "scenario-json", "project-c/layout.json"],
    ["campaign --scenario project-c/scenario.json", "scenario-bootloader", "names no bootloader"],
    ["campaign --scenario project-c/scenario.json --bootloader text", "module-malformed", "text"],
    [
      "campaign --scenario project-c/scenario.json --bootloader good.wasm",
      "unreadable-file",
      "project-c/build/firmware-1.wasm cannot be read",
    ],
  ];

  it.each(mistakes)("%s → %s", async (line, code, part) => {
    workshop.write("broken.json", '{ "boot": { "address": 0, "bytes": 1024 }, "slotC": {} }');
    const { exitCode, out, err } = await workshop.run(`${line} --json`);
    expect(exitCode).toBe(2);
    expect(out).toBe("");
    expect(JSON.parse(err)).toMatchObject({ ok: false, error: { code } });
    expect(err).toContain(part.replaceAll('"', '\\"'));
    expect((await workshop.run(line)).err).toMatch(/^error: .+\nhint: .+\n$/);
  });
});
