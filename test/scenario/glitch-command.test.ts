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

const workshop = new Workshop();
afterAll(() => workshop.remove());

describe("glitch", () => {
  it("passes our bootloader, after the control has found both canaries", async () => {
    const { controls, campaigns } = Report.parse(
      JSON.parse(await workshop.succeed("glitch --scenario unsigned --json")),
    );
    expect(controls.map(({ isFound }) => isFound)).toEqual([true, true]);
    expect(campaigns[0]?.faults).toBeGreaterThan(1000);
    expect(campaigns[0]?.findings).toEqual([]);
  });

  it("fails a canary, whose findings play again, but not on another bootloader", async () => {
    workshop.write("canary.wasm", readWasm("canary-witnesses-unasked"));
    const found = await workshop.run(
      "glitch --scenario unsigned --models invert --bootloader canary.wasm --sample 3000 --json",
    );
    expect(found.exitCode).toBe(1);
    const id = Report.parse(JSON.parse(found.out)).campaigns[0]?.findings[0]?.caseId ?? "";
    const again = await workshop.run("glitch", "--bootloader", "canary.wasm", "--case", id);
    expect(again.exitCode).toBe(1);
    expect(again.out).toContain("accepted: A candidate that must be refused went on trial.");
    const other = await workshop.run("glitch", "--case", id);
    expect(other).toMatchObject({ exitCode: 2, out: "" });
    expect(other.err).toContain("--any-digest");
  });

  it("refuses models, scenarios and cases that do not exist", async () => {
    for (const line of ["--models melt", "--scenario nothing", "--case g17", "--sample 0"]) {
      const { exitCode, err } = await workshop.run(`glitch ${line}`);
      expect(exitCode, line).toBe(2);
      expect(err, line).not.toBe("");
    }
  });
});
