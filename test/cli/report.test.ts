/**
 * Reports, coverage, and what `replay` can do with a finding, from the command line.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { decodeDeviceFile } from "../../host/device/device-file.ts";
import { readWasm } from "../wasm-file.ts";
import { Workshop } from "./workshop.ts";

const Report = z.looseObject({
  coverage: z.looseObject({ sites: z.array(z.looseObject({ functionName: z.string(), cut: z.number() })) }),
  findings: z.array(z.looseObject({ caseId: z.string() })),
});

const workshop = new Workshop();
let caseId = "";
beforeAll(async () => {
  workshop.write("canary.wasm", readWasm("canary-journal-erased-first"));
  const line = "campaign --no-canaries --bootloader canary.wasm --torn 0 --coverage --json";
  const { exitCode, out } = await workshop.run(
    `${line} --report r.html --report r.xml --report r.sarif --report r.json`,
  );
  expect(exitCode).toBe(1);
  const report = Report.parse(JSON.parse(out));
  caseId = report.findings[0]?.caseId ?? "";
  expect(report.coverage.sites.some(({ cut }) => cut > 0)).toBe(true);
}, 120_000);
afterAll(() => workshop.remove());

const text = (name: string): string => new TextDecoder().decode(workshop.read(name));

describe("campaign --report", () => {
  it("writes every format that the names ask for, each with the case id", () => {
    for (const name of ["r.html", "r.xml", "r.sarif", "r.json"]) expect(text(name)).toContain(caseId);
    expect(text("r.html")).toMatch(/^<!doctype html>/);
    expect(text("r.xml")).toMatch(/^<\?xml/);
    expect(JSON.parse(text("r.sarif"))).toMatchObject({ version: "2.1.0" });
  });

  it("refuses before it begins what it could not do in the end", async () => {
    const lines = [
      "campaign --report r.txt",
      "campaign --report nowhere/r.html",
      "campaign --report a.xml --report b.xml --report-format junit",
      "campaign --coverage --operations 20",
    ];
    for (const line of lines) expect(await workshop.run(line)).toMatchObject({ exitCode: 2, out: "" });
  });
});

describe("replay", () => {
  it("stops before a power-on and shows the device as it is then", async () => {
    const { exitCode, out } = await workshop.run(`replay ${caseId} --bootloader canary.wasm --at 2`);
    expect(exitCode).toBe(0);
    expect(out).toContain("Power-on 1:");
    expect(out).not.toContain("Power-on 2:");
    expect(out).toContain("Stopped before power-on 2.");
    expect(out).toMatch(/slot A ▓█+/);
    const late = await workshop.run(`replay ${caseId} --bootloader canary.wasm --at 999`);
    expect(late).toMatchObject({ exitCode: 2, out: "" });
  });

  it("says in which call of a flash operation the power was cut", async () => {
    const { out } = await workshop.run(`replay ${caseId} --bootloader canary.wasm`);
    expect(out).toMatch(/^ {2}in {8}\S+ at byte 0x[0-9a-f]+ of the bootloader/m);
  });

  it("packs everything into a new folder, the device before and after each power-on", async () => {
    const line = `replay ${caseId} --bootloader canary.wasm --bundle bundle`;
    const { out } = await workshop.run(line);
    expect(text("bundle/case.txt")).toBe(`${caseId}\n`);
    expect(text("bundle/story.txt")).toBe(out);
    expect(workshop.read("bundle/inputs/bootloader.wasm")).toEqual(readWasm("canary-journal-erased-first"));
    const powerOns = out.match(/^Power-on /gm)?.length ?? 0;
    expect(readdirSync(workshop.path("bundle/power-ons"))).toHaveLength(2 * powerOns);
    const after = decodeDeviceFile(text("bundle/power-ons/01-after.device"), "after");
    const before = decodeDeviceFile(text("bundle/power-ons/02-before.device"), "before");
    expect(before.state).toEqual(after.state);
    expect(existsSync(workshop.path("bundle/inputs/link/suit-envelope"))).toBe(true);
    expect(await workshop.run(line)).toMatchObject({ exitCode: 2, out: "" });
  });

  it("prints its trace alone, as JSON Lines or as a value change dump", async () => {
    const line = `replay ${caseId} --bootloader canary.wasm --trace-format`;
    const lines = (await workshop.run(`${line} jsonl`)).out.trimEnd().split("\n");
    const Event = z.looseObject({ powerOn: z.int().min(1), kind: z.string(), micros: z.number() });
    const events = lines.map((content) => Event.parse(JSON.parse(content)));
    expect(events[0]).toMatchObject({ powerOn: 1, kind: "power-on" });
    const operations = events.filter(({ kind }) => ["erase", "program", "counter"].includes(kind)).length;

    const dump = (await workshop.run(`${line} vcd`)).out;
    const [head = "", body = ""] = dump.split("$enddefinitions $end\n");
    const codes = [...head.matchAll(/^\$var (?:wire|reg) \d+ (\S) (\S+) \$end$/gm)].map((match) => match[1]);
    expect(codes).toHaveLength(8);
    let time = -1;
    for (const content of body.trimEnd().split("\n")) {
      const match = /^(?:#(\d+)|[01](\S)|b[01]+ (\S))$/.exec(content);
      expect(match).not.toBeNull();
      if (match?.[1] === undefined) expect(codes).toContain(match?.[2] ?? match?.[3]);
      else {
        expect(Number(match[1])).toBeGreaterThan(time);
        time = Number(match[1]);
      }
    }
    expect(operations).toBeGreaterThan(1000);
    expect(body.match(/^b[01]+ \$$/gm)?.length).toBeGreaterThan(1000);
  });

  it("replays a file of cases, and fails if an oracle objects to any", async () => {
    workshop.write(
      "corpus.txt",
      `# found by a canary\n${caseId}\n\nbo1:class1/update#00000000#00000000@6a\n`,
    );
    const broken = await workshop.run("replay --corpus corpus.txt --any-digest --bootloader canary.wasm");
    expect(broken.exitCode).toBe(1);
    expect(broken.out).toContain("corpus.txt:2: FINDING");
    expect(broken.out).toContain("corpus.txt:4: ok");
    const fixed = await workshop.run("replay --corpus corpus.txt --any-digest");
    expect(fixed.exitCode).toBe(0);
    expect(fixed.out).toContain("2 cases: 0 findings.");
    const stale = await workshop.run("replay --corpus corpus.txt");
    expect(stale.exitCode).toBe(2);
    expect(stale.out).toContain("0 findings, 2 not played.");
  });
});

describe("the manual of reports", () => {
  it("is there and names every format", () => {
    const manual = readFileSync(new URL("../../docs/reports.md", import.meta.url), "utf8");
    for (const word of ["JUnit", "SARIF", ".html", "--coverage", "--bundle", "--corpus", "vcd"]) {
      expect(manual).toContain(word);
    }
  });
});
