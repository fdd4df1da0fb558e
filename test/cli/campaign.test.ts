/**
 * Campaigns and replays from the command line.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { readWasm } from "../wasm-file.ts";
import { Workshop } from "./workshop.ts";

const Report = z.looseObject({
  verdict: z.object({ kind: z.enum(["proved", "broken", "open"]), sentence: z.string() }),
  exploration: z.looseObject({ closed: z.boolean(), states: z.number() }),
  findings: z.array(z.looseObject({ oracle: z.string(), caseId: z.string() })),
});

const workshop = new Workshop();
beforeAll(async () => {
  await workshop.prepareUpdate();
  await workshop.succeed("device create sensor.device --sign-key author.key");
  workshop.write("canary.wasm", readWasm("canary-journal-erased-first"));
});
afterAll(() => workshop.remove());

describe("campaign", () => {
  it("proves an update of the user's own, and leaves the device file alone", async () => {
    const before = workshop.read("sensor.device");
    const line = "campaign --device sensor.device -e update.suit -p firmware-2.wasm --torn 0 --json";
    const report = Report.parse(JSON.parse(await workshop.succeed(line)));
    expect(report).toMatchObject({
      verdict: { kind: "proved" },
      exploration: { closed: true },
      findings: [],
    });
    expect(report.exploration.states).toBeGreaterThan(1000);
    expect(workshop.read("sensor.device")).toEqual(before);
  });

  it("finds what is wrong with a canary, and replay shows it again", async () => {
    const { exitCode, out } = await workshop.run("campaign --bootloader canary.wasm --torn 0 --json");
    expect(exitCode).toBe(1);
    const { verdict, findings } = Report.parse(JSON.parse(out));
    expect(verdict.kind).toBe("broken");
    const id = findings[0]?.caseId ?? "";
    const again = await workshop.run(`replay ${id} --bootloader canary.wasm`);
    expect(again.exitCode).toBe(1);
    expect(again.out).toContain(`>> ${findings[0]?.oracle}:`);
    const other = await workshop.run(`replay ${id}`);
    expect(other).toMatchObject({ exitCode: 2, out: "" });
    expect(other.err).toContain("--any-digest");
    const healthy = await workshop.run(`replay ${id} --any-digest --trace`);
    expect(healthy.exitCode).toBe(0);
    expect(healthy.out).toMatch(/^ +0\.000000 s {2}power on$/m);
    expect(healthy.out).toContain("No oracle objects.");
  });

  it("shows first that every canary is caught, or says that it did not", async () => {
    const line = "campaign --max-seconds 0.1";
    expect((await workshop.run(line)).out).toMatch(
      /^ {2}(\d+) of \1 canaries caught in .*: authentic, floor, /m,
    );
    const Canaries = z.object({
      canaries: z.array(z.looseObject({ caught: z.boolean(), caseId: z.string() })),
    });
    const { canaries } = Canaries.parse(JSON.parse((await workshop.run(`${line} --json`)).out));
    expect(canaries.map(({ caught }) => caught)).toEqual(canaries.map(() => true));
    const replay = await workshop.run(`replay ${canaries[0]?.caseId ?? ""}`);
    expect(replay).toMatchObject({ exitCode: 1, err: "" });
    expect(replay.out).toContain(">> authentic:");
    const without = await workshop.run(`${line} --no-canaries`);
    expect(without.out).toContain(
      "Canaries were not let out, so nothing shows that this campaign could fail.",
    );
  });

  it("does not call it proved when time runs out", async () => {
    const { exitCode, out } = await workshop.run("campaign --max-seconds 0.2 --json");
    expect(exitCode).toBe(1);
    expect(Report.parse(JSON.parse(out)).verdict.kind).toBe("open");
  });

  it.each([
    ["campaign --scenario updat", "updat"],
    ["campaign --torn 8", "Expected a number from 0 to 7"],
    ["campaign --device sensor.device", "--device needs something to offer"],
    ["campaign --envelope update.suit", "--envelope goes with --device"],
    ["campaign --device sensor.device -e update.unsigned -p author.key --max-seconds x", "number of seconds"],
    ["campaign --bootloader canary.wasm --device sensor.device", "cannot be used with"],
    ["campaign --bootloader update.suit", "module"],
    ["replay bo1:class1/update", 'expected "#"'],
    ["replay bo1:class9/update#00000000#00000000@1a", 'no profile "class9"'],
    ["replay bo1:class1/updat#00000000#00000000@1a", 'no scenario "updat"'],
    ["replay bo1:class1/own#00000000#00000000@1a", "a device of your own"],
    ["replay bo1:class1/update#00000000#00000000@1a", "was found with bootloader 00000000"],
  ])("%s is a mistake", async (line, part) => {
    const { exitCode, out, err } = await workshop.run(line);
    expect(exitCode).toBe(2);
    expect(out).toBe("");
    expect(err).toMatch(/^error: .+\nhint: .+\n$/);
    expect(err).toContain(part);
  });
});
