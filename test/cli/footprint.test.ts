/**
 * `brownout footprint`: what it prints of our build and of anybody's module, what it compares, and
 * what it says of mistakes.
 */
import { createColors } from "picocolors";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { RAM_BASE } from "../../emulator/memory-map.ts";
import { PROFILE_NAMES } from "../../emulator/profile.ts";
import { main } from "../../host/cli/main.ts";
import { readFootprints } from "../../host/footprint/footprint-file.ts";
import type { FootprintRow } from "../../host/footprint/footprint-row.ts";
import { buildTemplate } from "../template-project.ts";
import { readWasm } from "../wasm-file.ts";
import { assemble } from "../wat.ts";
import { Workshop } from "./workshop.ts";

/** Adds up `count` words at `at`: 14 instructions a turn, and 2 of the function that reads the word. */
const SUM = `(module
  (import "env" "memory" (memory 2 2))
  (global (export "__heap_base") i32 (i32.const ${RAM_BASE + 24}))
  (data $words (i32.const ${RAM_BASE + 8}) "\\01\\00\\00\\00\\02\\00\\00\\00")
  (func $word (param i32) (result i32) (i32.load (local.get 0)))
  (func $sum (export "sum") (param $at i32) (param $count i32) (result i32)
    (local $total i32)
    (loop $next
      (local.set $total (i32.add (local.get $total) (call $word (local.get $at))))
      (local.set $at (i32.add (local.get $at) (i32.const 4)))
      (br_if $next (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
    (local.get $total)))`;

/** The same, linked for no device: a memory of its own that grows, and data where a linker would put it. */
const ELSEWHERE = SUM.replace('(import "env" "memory" (memory 2 2))', "(memory 1 4)")
  .replace(`i32.const ${RAM_BASE + 24}`, "i32.const 1056")
  .replace(`i32.const ${RAM_BASE + 8}`, "i32.const 1024")
  .replace("(func $word", '(func (export "grow") (result i32) (memory.grow (i32.const 1))) (func $word');

/** The same name, with an argument that JavaScript does not make of a number. */
const WIDE = `(module
  (import "env" "memory" (memory 2 2))
  (global (export "__heap_base") i32 (i32.const ${RAM_BASE}))
  (func (export "sum") (param i32 i64)))`;

const workshop = new Workshop();
beforeAll(() => {
  workshop.write("sum.wasm", assemble(SUM, { names: true }));
  workshop.write("bootloader.wasm", readWasm("bootloader"));
  workshop.write("bootloader.symbols.wasm", readWasm("bootloader.symbols"));
  workshop.write("wide.wasm", assemble(WIDE));
  workshop.write("text.wasm", "(module)");
  workshop.write("no-memory.wasm", assemble('(module (func (export "f") (result i32) (i32.const 7)))'));
  workshop.write("elsewhere.wasm", assemble(ELSEWHERE, { names: true }));
  workshop.write(
    "borrowing.wasm",
    assemble(ELSEWHERE.replace("(memory 1 4)", '(import "js" "mem" (memory 1 4))')),
  );
  workshop.write("start.wasm", assemble('(module (func $f (export "f")) (start $f))'));
  workshop.write(
    "enormous.wasm",
    assemble('(module (memory 1) (data (i32.const 70000) "a") (func (export "f")))'),
  );
  workshop.write(
    "calling.wasm",
    assemble('(module (import "console" "log" (func $log)) (func (export "f") (call $log)))'),
  );
  workshop.write(
    "recursive.wasm",
    assemble(SUM.replace("(i32.load (local.get 0))", "(call $sum (i32.const 0) (i32.const 1))")),
  );
  workshop.write(
    "foreign.wasm",
    assemble(SUM.replace("(global (", '(import "hal" "reset" (func (result i32))) (global (')),
  );
  workshop.write("broken.json", '{ "format": ');
  workshop.write("other.json", '{ "format": "brownout-footprint-1", "rows": [{ "feature": 7 }] }');
});
afterAll(() => workshop.remove());

async function rowsOf(...words: readonly string[]): Promise<FootprintRow[]> {
  return readFootprints(JSON.parse(await workshop.succeed(...words, "--json")), "output");
}

/** Writes a base in which the sizes of every row are so many bytes smaller than they are. */
async function writeBase(name: string, smaller: number): Promise<void> {
  const base = z.looseObject({ rows: z.array(z.looseObject({ codeBytes: z.number() })) });
  const document = base.parse(JSON.parse(await workshop.succeed("footprint --only sha512 --no-time --json")));
  const rows = document.rows.map((row) => ({ ...row, codeBytes: row.codeBytes - smaller }));
  workshop.write(name, JSON.stringify({ ...document, rows }));
}

describe("the matrix of our own build", () => {
  it("has each algorithm for speed and for size, with time, and time and energy on every part", async () => {
    const rows = await rowsOf("footprint --only p256");
    expect(rows.map(({ feature, build }) => [feature, build])).toEqual([
      ["p256", "size"],
      ["p256", "speed"],
    ]);
    for (const { works, stackPath, functions, sections, moduleBytes, codeBytes, ...row } of rows) {
      const [work] = works;
      expect(work?.instructions).toBeGreaterThan(1_000_000);
      expect(work?.time?.low).toBeLessThanOrEqual(work?.time?.median ?? 0);
      expect(work?.time?.high).toBeGreaterThanOrEqual(work?.time?.median ?? Infinity);
      expect(work?.parts.map(({ profile }) => profile)).toEqual(PROFILE_NAMES);
      for (const { micros, nanojoules } of work?.parts ?? []) {
        expect(micros).toBeGreaterThan(1000);
        expect(nanojoules).toBeGreaterThan(1000);
      }
      expect(sections.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(moduleBytes);
      expect(functions.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(codeBytes);
      expect(functions.map(({ name }) => name)).toContainEqual(
        expect.stringContaining("assembly/crypto/p256-field/fieldMultiply"),
      );
      expect(stackPath[0]?.name).toBe("assembly/crypto/ecdsa-p256/ecdsaP256Verify");
      expect(stackPath.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(row.stackBytes);
      expect(row.staticRam.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(row.staticBytes);
      expect(row.ramBytes).toBe(row.staticBytes + row.globalBytes + row.stackBytes);
    }
  });

  it("boots each bootloader, and lets it make an update", async () => {
    const words = "footprint --only bootloader-ed25519 --profiles class1,stm32l0 --no-time";
    const [row, ...more] = await rowsOf(words);
    expect(more).toEqual([]);
    const [boot, update] = row?.works ?? [];
    expect(boot?.title).toBe("boot confirmed firmware");
    expect(update?.title).toBe("a whole update");
    expect(update?.instructions).toBeGreaterThan(2 * (boot?.instructions ?? Infinity));
    const [class1, stm32l0] = update?.parts ?? [];
    // Its flash takes 3.2 ms for a word, and class1's is a byte of memory in comparison.
    expect(stm32l0?.micros).toBeGreaterThan(5 * (class1?.micros ?? Infinity));
  });

  it("is printed as text, as Markdown, as CSV and as a picture", async () => {
    const words = "footprint --only sha512 --no-time --profiles class1";
    const text = await workshop.succeed(words, "--plot plot.svg");
    expect(text).toMatch(/^ +flash +code +static +globals +stack +RAM +work +instructions/m);
    expect(text).toMatch(/^sha512 \(speed\) +4 KiB +[\d.]+ ms, [\d.]+ µJ$/m);
    const markdown = (await workshop.succeed(words, "--markdown")).trimEnd().split("\n");
    expect(markdown.filter((line) => line.startsWith("| sha512 (size) |"))).toHaveLength(2);
    const [header = "", ...lines] = (await workshop.succeed(words, "--csv")).trimEnd().split("\n");
    expect(header.split(",").slice(-2)).toEqual(["class1_micros", "class1_nanojoules"]);
    expect(lines.map((line) => line.split(",").length)).toEqual(lines.map(() => header.split(",").length));
    const svg = Buffer.from(workshop.read("plot.svg")).toString();
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" viewBox="0 0 \d+ \d+"/);
    expect(svg.match(/<rect /g)).toHaveLength(2 * (2 + 3 + 1));
    expect(svg).not.toMatch(/NaN|undefined|Infinity|width="-/);
  });

  it("goes on from the rows that a state file has, and refuses those of other options", async () => {
    const words = "footprint --only sha512 --no-time --state run.json";
    const first = await rowsOf(words);
    const state = Buffer.from(workshop.read("run.json")).toString();
    // A row that is taken from the file is not measured again: a figure that is changed there stays.
    workshop.write("run.json", state.replace(/"instructions":\d+/, '"instructions":7'));
    const second = await rowsOf(words);
    expect(first.flatMap(({ works }) => works.map(({ instructions }) => instructions))).not.toContain(7);
    expect(second.flatMap(({ works }) => works.map(({ instructions }) => instructions))).toContain(7);
    const { exitCode, err } = await workshop.run(`${words} --profiles class1`);
    expect(exitCode).toBe(2);
    expect(err).toContain("run.json is not the state of this run");
  });

  it("shows progress to a person, and to nobody else", async () => {
    const shown: string[] = [];
    const output = (isTerminal: boolean, text: string[]) => ({
      isTerminal,
      colors: createColors(false),
      write: (more: string) => void text.push(more),
    });
    const words = ["footprint", "--only", "sha512", "--no-time", "--csv"];
    await main(words, { out: output(false, []), err: output(true, shown), directory: workshop.folder });
    expect(shown.join("")).toContain("1 of 2: sha512 (speed)");
    expect((await workshop.run(words.join(" "))).err).toBe("");
  });
});

describe("a comparison with a base", () => {
  it("passes while nothing grows more than is allowed", async () => {
    await writeBase("same.json", 0);
    await writeBase("smaller.json", 19);
    const words = "footprint --only sha512 --no-time --compare";
    expect(await workshop.succeed(words, "same.json")).toContain(
      "Nothing has grown more than is allowed, in 2 rows.",
    );
    await workshop.succeed(words, "smaller.json --max-growth code=1%,ram=0,instructions=5%");
    await workshop.succeed(words, "smaller.json --max-growth code=20");
  });

  it("fails with a sentence for each figure that does, under --json as well", async () => {
    await writeBase("smaller.json", 20);
    const words = "footprint --only sha512 --no-time --compare smaller.json";
    const { exitCode, out } = await workshop.run(words);
    expect(exitCode).toBe(1);
    expect(out).toMatch(
      /^sha512 \(size\): code grew from [\d,]+ to [\d,]+ bytes, by [\d.]+ %; 0 is allowed\.$/m,
    );
    const json = await workshop.run(`${words} --max-growth code=0.5% --json`);
    expect(json.exitCode).toBe(1);
    const { growth } = z
      .object({ growth: z.object({ violations: z.array(z.string()) }) })
      .parse(JSON.parse(json.out));
    expect(growth.violations).toHaveLength(2);
    const csv = await workshop.run(`${words} --csv`);
    expect(csv.exitCode).toBe(1);
    expect(csv.out).not.toContain("grew");
    expect(csv.err).toContain("grew");
  });

  it("says what could not be compared", async () => {
    await writeBase("base.json", 0);
    const out = await workshop.succeed("footprint --only hmac-sha256 --no-time --compare base.json");
    expect(out).toContain("note: sha512 (size) is in the base and was not measured now.");
    expect(out).toContain("note: hmac-sha256 (speed) is not in the base.");
  });
});

describe("anybody's module", () => {
  it("is measured with the names that it has, and called", async () => {
    const call = `sum(${RAM_BASE + 8},2)`;
    const [row] = await rowsOf("footprint sum.wasm --profiles class1 --call", call);
    expect(row?.feature).toBe("sum");
    expect(row?.stackPath.map(({ name }) => name)).toEqual(["sum", "word"]);
    expect(row?.staticRam).toEqual([
      { name: "zeros", address: RAM_BASE, bytes: 8 },
      { name: "words", address: RAM_BASE + 8, bytes: 8 },
      { name: "zeros", address: RAM_BASE + 16, bytes: 8 },
    ]);
    const [work] = row?.works ?? [];
    expect(work?.title).toBe(`sum(${RAM_BASE + 8}, 2) = 3`);
    expect(work?.time?.median).toBeGreaterThan(0);
    const [longer] = await rowsOf("footprint sum.wasm --no-time --call", `sum(${RAM_BASE},100)`);
    const perTurn = ((longer?.works[0]?.instructions ?? 0) - (work?.instructions ?? 0)) / 98;
    expect(perTurn).toBe(16);
    const text = await workshop.succeed("footprint sum.wasm");
    expect(text).toContain("Code by function");
    expect(text).toContain("words");
  });

  it.each(["elsewhere.wasm", "borrowing.wasm"])(
    "is measured and called as it was linked, and the RAM of a device is not claimed: %s",
    async (file) => {
      const words = `footprint ${file} --profiles class1 --call`;
      const [row] = await rowsOf(words, "sum(1024,2)");
      expect(row).toMatchObject({ staticBytes: 32, globalBytes: 0, isLinkedElsewhere: true });
      expect(row?.staticRam.map(({ address, bytes }) => [address, bytes])).toEqual([
        [1024, 8],
        [1032, 24],
      ]);
      expect(row?.works[0]?.title).toBe("sum(1024, 2) = 3");
      const [same] = await rowsOf("footprint sum.wasm --no-time --call", `sum(${RAM_BASE + 8},2)`);
      expect(row?.works[0]?.instructions).toBe(same?.works[0]?.instructions);
      expect(row?.stackBytes).toBe(same?.stackBytes);
      const [grown] = await rowsOf(`footprint ${file} --no-time --call`, "grow()");
      expect(grown?.works[0]?.title).toBe("grow() = 1");
      expect(await workshop.succeed(`footprint ${file}`)).toContain("not linked for a device");
    },
  );

  it("takes no static RAM without a memory, and is called all the same", async () => {
    const [row] = await rowsOf("footprint no-memory.wasm --no-time --call", "f()");
    expect(row).toMatchObject({ staticBytes: 0, staticRam: [], isLinkedElsewhere: true });
    expect(row?.works[0]?.title).toBe("f() = 7");
  });

  it("is booted as a bootloader, with the names of the twin beside it", async () => {
    const words = "footprint bootloader.wasm --scenario update --profiles class1";
    const [row] = await rowsOf(words);
    expect(row?.works.map(({ title }) => title)).toEqual(["boot confirmed firmware", "a whole update"]);
    expect(row?.functions.map(({ name }) => name)).toContain("assembly/bootloader/reset");
    expect(await workshop.succeed(words)).toContain("a whole update");
  });

  it("is booted in a scenario of its own, on the part that this names", async () => {
    const project = new Workshop();
    try {
      await buildTemplate("assemblyscript", project.folder);
      const words = "footprint build/bootloader.wasm --scenario scenario.json --layout layout.json --json";
      const [row] = readFootprints(JSON.parse(await project.succeed(words)), "output");
      expect(row?.moduleBytes).toBeLessThan(2048);
      // What is staged must be copied before anything boots.
      expect(row?.works.map(({ title }) => title)).toEqual(["a whole update"]);
      expect(row?.works[0]?.instructions).toBeGreaterThan(1000);
      expect(row?.works[0]?.parts.map(({ profile }) => profile)).toEqual(["class1"]);
    } finally {
      project.remove();
    }
  });

  it.each([
    ["text.wasm", "module-malformed", "text.wasm: The module is malformed"],
    ["missing.wasm", "unreadable-file", "module missing.wasm cannot be read: there is no such file"],
    ["start.wasm --call f()", "module-start-function", "The module has a start function"],
    ["elsewhere.wasm --call sum(262144,1)", "call-fault", "trapped in word"],
    ["enormous.wasm --call f()", "module-memory-size", "cannot be started with its memory of 1 pages"],
    ["calling.wasm --call f()", "module-foreign-import", "imports the function console.log"],
    ["recursive.wasm", "module-recursion", "call each other without a bound"],
    ["sum.wasm --call product(1)", "no-entry", "The module exports no function product"],
    ["sum.wasm --call sum(1", "usage", '"sum(1" is no call of a function'],
    ["sum.wasm --call sum(1,,2)", "usage", "is no call of a function"],
    ["sum.wasm --call sum(1)", "usage", "sum takes 2 arguments, not 1"],
    ["sum.wasm --call sum(1,4294967296)", "usage", "Argument 2 of sum does not fit into 32 bits"],
    ["wide.wasm --call sum(0,1)", "usage", "Argument 2 of sum has 64 bits"],
    ["sum.wasm --call sum(200000,1)", "call-fault", "The module trapped in word"],
    ["foreign.wasm --call sum(0,1)", "module-foreign-import", "imports the function hal.reset"],
    ["sum.wasm --scenario update", "module-missing-export", "does not export reset"],
    ["sum.wasm --call sum(0,1) --scenario update", "usage", "called or booted, not both"],
    ["sum.wasm --only p256", "usage", "--only goes with our own build"],
    ["--call sum(0,1)", "usage", "--call goes with a module"],
    ["--only sha1", "feature-unknown", 'There is no feature "sha1"'],
    ["--profiles class2", "profile-unknown", "no such profile"],
    ["--compare broken.json", "json-syntax", "broken.json is not JSON"],
    ["--compare other.json", "footprint-file", "other.json holds no footprints"],
    ["--compare nowhere.json", "unreadable-file", "base nowhere.json cannot be read"],
    ["--max-growth code=2%", "usage", "--max-growth goes with --compare"],
    ["--compare other.json --max-growth code", "usage", '"code" does not say how much'],
    ["--only sha512 --no-time --state broken.json", "json-syntax", "broken.json is not JSON"],
    ["--only sha512 --no-time --plot nowhere/x.svg", "unwritable-file", "no such folder"],
  ])("footprint %s is a mistake that is told in one sentence", async (words, code, message) => {
    const { exitCode, err } = await workshop.run(`footprint ${words} --json`);
    const { error } = z
      .object({ error: z.object({ code: z.string(), message: z.string(), hint: z.string() }) })
      .parse(JSON.parse(err));
    expect([exitCode, error.code]).toEqual([2, code]);
    expect(error.message).toContain(message);
  });
});
