/**
 * `brownout glitch` from the command line.
 */
import { afterAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { Workshop } from "../cli/workshop.ts";
import { readWasm } from "../wasm-file.ts";

const Report = z.object({
  controls: z.array(z.object({ name: z.string(), isFound: z.boolean() })),
  campaigns: z.array(
    z.looseObject({ faults: z.number(), findings: z.array(z.looseObject({ caseId: z.string() })) }),
  ),
});

const Sarif = z.object({
  runs: z.array(
    z.object({
      results: z.array(z.object({ ruleId: z.string(), message: z.object({ text: z.string() }) })),
    }),
  ),
});

const TIMEOUT_MILLIS = 300_000;
const workshop = new Workshop();
afterAll(() => workshop.remove());

describe("glitch", () => {
  it("passes our bootloader, after the control has found all canaries", async () => {
    const { controls, campaigns } = Report.parse(
      JSON.parse(await workshop.succeed("glitch --scenario unsigned --json")),
    );
    expect(controls.map(({ isFound }) => isFound)).toEqual([true, true, true]);
    expect(campaigns[0]?.faults).toBeGreaterThan(1000);
    expect(campaigns[0]?.findings).toEqual([]);
  });

  it("fails a canary, whose findings play again, but not on another bootloader", async () => {
    workshop.write("canary.wasm", readWasm("canary-witnesses-unasked"));
    const found = await workshop.run(
      "glitch --scenario unsigned --models invert --bootloader canary.wasm --sample 3000 --json --report found.sarif",
    );
    expect(found.exitCode).toBe(1);
    const [run] = Sarif.parse(JSON.parse(new TextDecoder().decode(workshop.read("found.sarif")))).runs;
    expect(run?.results.length).toBeGreaterThan(0);
    for (const { ruleId, message } of run?.results ?? []) {
      expect(ruleId).toBe("glitch-accepted");
      expect(message.text).toMatch(/inverted: A candidate .* Replay: brownout glitch --case 'bo1:/);
    }
    const id = Report.parse(JSON.parse(found.out)).campaigns[0]?.findings[0]?.caseId ?? "";
    const again = await workshop.run("glitch", "--bootloader", "canary.wasm", "--case", id);
    expect(again.exitCode).toBe(1);
    expect(again.out).toContain("accepted: A candidate that must be refused went on trial.");
    const other = await workshop.run("glitch", "--case", id);
    expect(other).toMatchObject({ exitCode: 2, out: "" });
    expect(other.err).toContain("--any-digest");
  });

  it("disturbs a bootloader of one's own with the keys that it verifies, and refuses one that boots nothing", async () => {
    workshop.write("own.wasm", readWasm("bootloader-ed25519"));
    workshop.write("own.symbols.wasm", readWasm("bootloader-ed25519.symbols"));
    const line = "glitch --scenario strange-signature --models invert --json --bootloader";
    const { campaigns } = Report.parse(JSON.parse(await workshop.succeed(`${line} own.wasm`)));
    expect(campaigns[0]?.faults).toBeGreaterThan(1000);
    workshop.write("other.wasm", readWasm("firmware-1"));
    const other = await workshop.run(`${line} other.wasm`);
    expect(other).toMatchObject({ exitCode: 2, out: "" });
    expect(other.err).toContain("boots no genuine image");
  });

  it(
    "goes on where it was stopped, and then says what one run says",
    async () => {
      const line = "glitch --scenario unsigned --json";
      const whole = await workshop.succeed(line);
      const part = await workshop.run(`${line} --state run.json --at-most 2500`);
      expect(part.exitCode).toBe(130);
      expect(part.err).toContain("The same command goes on from run.json.");
      const faults = (text: string): number => Report.parse(JSON.parse(text)).campaigns[0]?.faults ?? 0;
      expect(faults(part.out)).toBeGreaterThan(2499);
      expect(faults(part.out)).toBeLessThan(faults(whole));
      const state = workshop.read("run.json");
      expect(await workshop.succeed(`${line} --state run.json`)).toBe(whole);
      workshop.write("run.json", state);
      const other = await workshop.run(`${line} --models invert --state run.json`);
      expect(other).toMatchObject({ exitCode: 2, out: "" });
      expect(other.err).toContain("run.json is about another bootloader, other inputs or other options.");
      workshop.write("run.json", "{}");
      expect((await workshop.run(`${line} --state run.json`)).err).toContain("no progress file");
    },
    TIMEOUT_MILLIS,
  );

  it("refuses models, scenarios and cases that do not exist", async () => {
    for (const line of [
      "--models melt",
      "--scenario nothing",
      "--case g17",
      "--sample 0",
      "--order 3",
      "--image 33",
      "--at-most 5",
      "--order 2 --state run.json",
      "--report run.html",
    ]) {
      const { exitCode, err } = await workshop.run(`glitch ${line}`);
      expect(exitCode, line).toBe(2);
      expect(err, line).not.toBe("");
    }
  });
});
