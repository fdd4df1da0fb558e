/**
 * The line that every report prints to replay a finding: it is pasted as it stands, and must do so.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { profileNamed } from "../../emulator/profile.ts";
import { toyFiles } from "../toy-scenario.ts";
import { Workshop, type Ran } from "./workshop.ts";

const workshop = new Workshop();
const { slotB } = profileNamed("class1").layout;

const FILES = "--scenario toy.json --layout layout.json --bootloader toy.wasm --recording ops.jsonl";
const REPORTS = ["xml", "sarif", "html", "json"].map((end) => `--report r.${end}`).join(" ");

beforeAll(async () => {
  for (const [name, content] of toyFiles("flag first")) workshop.write(name, content);
  const { boot, slotA, state } = profileNamed("class1").layout;
  workshop.write("layout.json", JSON.stringify({ boot, slotA, slotB, state }));
  workshop.write(
    "ops.jsonl",
    `{ "op": "program", "address": ${slotB.address + slotB.bytes - 4}, "data": "00000000" }\n`,
  );
  const { exitCode } = await workshop.run(
    `campaign --no-canaries ${FILES} --defect rot-40000-3 --all --torn 0 ${REPORTS}`,
  );
  expect(exitCode).toBe(1);
}, 60_000);
afterAll(() => workshop.remove());

const text = (name: string): string => new TextDecoder().decode(workshop.read(name));

/** Every line of a text that replays something. */
function linesIn(report: string): string[] {
  return [...report.matchAll(/brownout replay (?:'[^']+'|\S+)(?: --[a-z]+ [\w./-]+)*/g)].map(
    ([line]) => line,
  );
}

/** Runs a line as a shell would. */
async function paste(line: string): Promise<Ran> {
  const [, ...words] = line.replaceAll("'", "").split(" ");
  return workshop.run(...words);
}

async function expectReplay(lines: readonly string[]): Promise<void> {
  expect(lines.length).toBeGreaterThan(0);
  for (const line of lines.slice(0, 2)) {
    const { exitCode, out, err } = await paste(line);
    expect([line, exitCode, err]).toEqual([line, 1, ""]);
    expect(out).toContain(">> ");
  }
}

const Report = z.object({ findings: z.array(z.object({ replay: z.string() })) });
const Log = z.object({
  runs: z.array(z.object({ results: z.array(z.object({ properties: z.object({ replay: z.string() }) })) })),
});

describe("the replay line", () => {
  it("of the terminal replays the finding with every file and defect that the campaign had", async () => {
    const { out } = await workshop.run(`campaign --no-canaries ${FILES} --defect rot-40000-3 --torn 0`);
    const lines = linesIn(out);
    expect(lines[0]).toMatch(
      /^brownout replay 'bo1:class1-with-rot-40000-3\/toy#.+' --bootloader toy.wasm --layout layout.json --recording ops.jsonl --scenario toy.json$/,
    );
    await expectReplay(lines);
  });

  it("of the JUnit report replays it", async () => {
    await expectReplay(linesIn(text("r.xml").replaceAll("&apos;", "'")));
  });

  it("of the SARIF report replays it", async () => {
    await expectReplay(linesIn(text("r.sarif")));
    const { runs } = Log.parse(JSON.parse(text("r.sarif")));
    await expectReplay(runs.flatMap(({ results }) => results.map(({ properties }) => properties.replay)));
  });

  it("of the HTML report and of the JSON replays it", async () => {
    await expectReplay(linesIn(text("r.html")));
    await expectReplay(Report.parse(JSON.parse(text("r.json"))).findings.map(({ replay }) => replay));
  });

  it("of merged shards replays it", async () => {
    for (const shard of ["1/2", "2/2"]) {
      const line = `campaign --no-canaries ${FILES} --all --torn 1 --shard ${shard} --out shards`;
      expect((await workshop.run(line)).exitCode).toBe(42);
    }
    await expectReplay(linesIn((await workshop.run("merge shards")).out));
  });

  it("of campaigns on defective copies and of flaky flash replays it, with the layout that was given", async () => {
    const small = { boot: { address: 0, bytes: 28672 }, slotA: { address: 28672, bytes: 34816 } };
    workshop.write("small.json", JSON.stringify({ ...small, slotB, state: { address: 98304, bytes: 4096 } }));
    const files = FILES.replace("layout.json", "small.json");
    const defects = await workshop.run(`campaign --no-canaries ${files} --defects 4`);
    await expectReplay(linesIn(defects.out));
    const flaky = await workshop.run(`campaign --no-canaries ${files} --flaky`);
    expect(flaky.out).toContain("--layout small.json");
    await expectReplay(linesIn(flaky.out));
  });
});

describe("campaigns on defective copies", () => {
  it("spread the defects over the partitions that there are, not over those of the profile", async () => {
    const page = 1024;
    const layout = { boot: { address: 0, bytes: 28672 }, slotA: { address: 28672, bytes: page } };
    workshop.write(
      "tiny.json",
      JSON.stringify({ ...layout, slotB: { address: slotB.address, bytes: page } }),
    );
    const line = `campaign --no-canaries ${FILES.replace("layout.json", "tiny.json")} --defects 9999 --max-seconds 1 --json`;
    const results = z
      .array(z.object({ defect: z.string() }))
      .parse(JSON.parse((await workshop.run(line)).out));
    const addresses = results.map(({ defect }) => Number(defect.split("-")[1]));
    expect(addresses).toHaveLength(8);
    for (const address of addresses) {
      const isInside = [28672, slotB.address].some((start) => address >= start && address < start + page);
      expect([address, isInside]).toEqual([address, true]);
    }
  });

  it("and everything else that runs instead of one campaign refuse what they would not write", async () => {
    for (const option of ["--defects 3", "--flaky", "--watchdog 100", "--operations 9"]) {
      const { exitCode, err } = await workshop.run(`campaign ${FILES} ${option} --report x.html`);
      expect([option, exitCode]).toEqual([option, 2]);
      expect(err).toContain("runs something else instead of one campaign");
    }
  });
});
