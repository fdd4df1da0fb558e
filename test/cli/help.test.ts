/**
 * Help, as golden transcripts, and the promise that every command's help keeps.
 */
import { afterAll, describe, expect, it } from "vitest";
import { COMMANDS, GROUPS } from "../../host/cli/program.ts";
import { VERSION } from "../../host/cli/version.ts";
import { Workshop } from "./workshop.ts";

const workshop = new Workshop();
afterAll(() => workshop.remove());

const PAGES = ["", ...GROUPS.keys(), ...COMMANDS.map(({ words }) => words)];

describe("help", () => {
  it.each(PAGES)('of "brownout %s" is what the golden transcript says', async (words) => {
    const { exitCode, out, err } = await workshop.run(...(words === "" ? [] : [words]), "--help");
    expect(exitCode).toBe(0);
    expect(err).toBe("");
    await expect(out).toMatchFileSnapshot(
      `golden/${words === "" ? "brownout" : words.replace(" ", "-")}.txt`,
    );
  });

  it.each(COMMANDS)("of $words has an example, the exit codes and --json", async ({ words, examples }) => {
    const help = await workshop.succeed(words, "--help");
    expect(examples.length).toBeGreaterThan(0);
    for (const example of examples) expect(help).toContain(`  brownout ${example}\n`);
    expect(help).toMatch(/Exit codes:\n {2}0 /);
    expect(help).toContain("--json");
  });

  it("is the same by `help` as by `--help`", async () => {
    expect(await workshop.succeed("help campaign")).toBe(await workshop.succeed("campaign --help"));
  });

  it("has the version", async () => {
    expect(await workshop.succeed("--version")).toBe(`${VERSION}\n`);
  });
});
