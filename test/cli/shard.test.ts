/**
 * Shards as processes of their own, merged; and certificates, from the command line.
 */
import { spawn } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { toyFiles } from "../toy-scenario.ts";
import { Workshop } from "./workshop.ts";

const ENTRY = fileURLToPath(new URL("../../build/host/cli/brownout.js", import.meta.url));
const COUNT = 4;

const Report = z.looseObject({
  exploration: z.looseObject({
    states: z.number(),
    graphDigest: z.string(),
    findingCounts: z.record(z.string(), z.number()),
  }),
  findings: z.array(z.looseObject({ caseId: z.string() })),
});
const Merged = z.looseObject({
  states: z.number(),
  open: z.array(z.number()),
  header: z.looseObject({ graphDigest: z.string() }),
  findings: z.array(z.looseObject({ oracle: z.string(), caseId: z.string() })),
  findingCounts: z.record(z.string(), z.number()),
});

const workshop = new Workshop();
beforeAll(() => {
  for (const [name, content] of toyFiles("data first")) workshop.write(name, content);
  for (const [name, content] of toyFiles("flag first")) {
    mkdirSync(workshop.path("broken"), { recursive: true });
    writeFileSync(workshop.path(`broken/${name}`), content);
  }
});
afterAll(() => workshop.remove());

/** Runs all shards at once, each as a process. @returns their exit codes */
async function runShards(scenario: string, out: string): Promise<(number | null)[]> {
  const shards = Array.from({ length: COUNT }, (_, index) => `${index + 1}/${COUNT}`);
  return Promise.all(
    shards.map((shard) => {
      const line = `campaign --no-canaries --all --workers 1 --torn 2 --scenario ${scenario} --shard ${shard} --out ${out}`;
      const child = spawn(process.execPath, [ENTRY, ...line.split(" ")], {
        cwd: workshop.folder,
        stdio: "ignore",
      });
      return new Promise<number | null>((resolve) => child.once("exit", resolve));
    }),
  );
}

describe("shards", () => {
  it("run as processes and merged give the graph digest of one process, and a certificate", async () => {
    expect(await runShards("toy.json", "shards")).toEqual([0, 0, 0, 0]);
    const whole = Report.parse(
      JSON.parse(await workshop.succeed("campaign --no-canaries --all --torn 2 --scenario toy.json --json")),
    );
    const merged = Merged.parse(
      JSON.parse(await workshop.succeed("merge shards --certificate whole.certificate --json")),
    );
    expect(merged.states).toBe(whole.exploration.states);
    expect(merged.header.graphDigest).toBe(whole.exploration.graphDigest);
    expect(await workshop.succeed("merge shards")).toContain("Proved: the union is closed.");
    expect(
      await workshop.succeed("certificate check whole.certificate --recheck 1000 --scenario toy.json"),
    ).toContain(`${merged.states} states executed on the device agree.`);
  });

  it("are refused when one is missing, twice there, cut short, or about something else", async () => {
    const part = (index: number, end: string): string => `shards/shard-${index}-of-${COUNT}.${end}`;
    const take = (folder: string, ...indexes: number[]): void => {
      mkdirSync(workshop.path(folder), { recursive: true });
      for (const index of indexes) {
        for (const end of ["json", "certificate"]) {
          copyFileSync(
            workshop.path(part(index, end)),
            workshop.path(part(index, end).replace("shards", folder)),
          );
        }
      }
    };
    take("three", 1, 2, 4);
    expect(await workshop.run("merge three")).toMatchObject({
      exitCode: 2,
      err: "error: Of 4 shards, 3 is missing.\nhint: Merge all shards of one campaign, each once.\n",
    });
    take("again", 2);
    expect((await workshop.run("merge shards again")).err).toContain("Shard 2 is there twice.");
    take("short", 3);
    const states = readFileSync(workshop.path("short/shard-3-of-4.certificate"));
    writeFileSync(workshop.path("short/shard-3-of-4.certificate"), states.subarray(0, states.length - 9));
    expect((await workshop.run("merge three short")).err).toContain("it was cut short or altered");
    rmSync(workshop.path("short"), { recursive: true });
    await workshop.run(
      "campaign --no-canaries --all --torn 2 --scenario broken/toy.json --shard 3/4 --out short",
    );
    expect((await workshop.run("merge three short")).err).toContain("is about another device");
  });

  it("that recorded findings exit with 42, and merge reports each finding once", async () => {
    const codes = await runShards("broken/toy.json", "found");
    expect(codes).toEqual([42, 42, 42, 42]);
    const whole = Report.parse(
      JSON.parse(
        (await workshop.run("campaign --no-canaries --all --torn 2 --scenario broken/toy.json --json")).out,
      ),
    );
    const { exitCode, out } = await workshop.run("merge found --json");
    expect(exitCode).toBe(1);
    const merged = Merged.parse(JSON.parse(out));
    expect(merged.findingCounts).toEqual(whole.exploration.findingCounts);
    expect(merged.header.graphDigest).toBe(whole.exploration.graphDigest);
    expect(merged.findings[0]?.caseId).toBe(whole.findings[0]?.caseId);
    expect((await workshop.run("merge found")).out).toContain("Broken: ");
  });

  it("that were given up leave the whole open", async () => {
    for (let index = 1; index <= 2; index += 1) {
      await workshop.run(`campaign --no-canaries --scenario broken/toy.json --shard ${index}/2 --out open`);
    }
    const { exitCode, out } = await workshop.run("merge open --json");
    expect(exitCode).toBe(1);
    expect(Merged.parse(JSON.parse(out)).open).toEqual([1, 2]);
  });

  it("need a folder, and leave certificates to merge", async () => {
    const line = "campaign --scenario toy.json --shard 1/4";
    expect((await workshop.run(line)).err).toContain("--shard and --out go together.");
    expect((await workshop.run(`${line} --out x --certificate y`)).err).toContain(
      "no certificate of its own",
    );
    expect((await workshop.run("campaign --shard 5/4 --out x")).exitCode).toBe(2);
  });
});

describe("certificate check", () => {
  it("accepts what a campaign wrote and refuses it when it was damaged", async () => {
    await workshop.succeed("campaign --no-canaries --scenario toy.json --certificate toy.certificate");
    const out = await workshop.succeed("certificate check toy.certificate");
    expect(out).toMatch(/^Holds: 15 states and 84 ways between them are closed and live\.$/m);
    const bytes = workshop.read("toy.certificate");
    workshop.write(
      "damaged.certificate",
      bytes.map((byte, index) => (index === 700 ? byte ^ 1 : byte)),
    );
    const damaged = await workshop.run("certificate check damaged.certificate");
    expect(damaged).toMatchObject({
      exitCode: 1,
      out: "Does not hold: The file is no certificate, or it was cut short or altered.\n",
    });
  });

  it("is not written by a campaign that left something out", async () => {
    const { err } = await workshop.run(
      "campaign --no-canaries --scenario broken/toy.json --certificate none.certificate",
    );
    expect(err).toContain("none.certificate is not written");
    expect((await workshop.run("certificate check none.certificate")).exitCode).toBe(2);
  });
});
