/**
 * The examples in deploy/: well-formed YAML whose numbers agree and whose command lines exist.
 */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { check } from "prettier";
import { describe, expect, it } from "vitest";
import { missingPrograms } from "../../benchmarks/real-core/toolchain.ts";
import { campaign } from "../../host/cli/commands/campaign.ts";
import { createProgram } from "../../host/cli/program.ts";
import { processIo } from "../../host/cli/io.ts";
import { projectRoot } from "../../host/project.ts";

const FOLDER = path.join(projectRoot, "deploy");
const read = (name: string): string => readFileSync(path.join(FOLDER, name), "utf8");
const { command } = createProgram(processIo(), () => undefined);

function optionsOf(words: string): (string | undefined)[] {
  return command.commands.find((each) => each.name() === words)?.options.map(({ long }) => long) ?? [];
}

describe("an example in deploy/", () => {
  it.each(readdirSync(FOLDER).filter((name) => name.endsWith(".yaml")))("is YAML: %s", async (name) => {
    await expect(check(read(name), { parser: "yaml", printWidth: 110 })).resolves.toBe(true);
  });

  it("has every compiler that a template of a required language needs", () => {
    const workflow = read("github-ci.yaml");
    const required = /BROWNOUT_TEMPLATES: (.+)/.exec(workflow)?.[1]?.split(" ") ?? [];
    expect(required).toEqual(["c", "rust"]);
    const packages = /apt-get install .*/.exec(workflow)?.[0] ?? "";
    for (const language of required) {
      const readme = readFileSync(path.join(projectRoot, "templates", language, "README.md"), "utf8");
      const [, needed = ""] = /Debian: `apt install ([^`]+)`/.exec(readme) ?? [];
      expect(needed).not.toBe("");
      for (const name of needed.split(" ")) expect(packages).toContain(` ${name}`);
    }
  });

  it("has every program that real cores are measured with", () => {
    const packages = /apt-get install .*/.exec(read("github-real-core.yaml"))?.[0] ?? "";
    const needed =
      missingPrograms(() => false)
        ?.split("apt install ")[1]
        ?.split(" ") ?? [];
    expect(needed.length).toBeGreaterThan(4);
    // gcc brings its binutils.
    for (const name of needed) if (name !== "binutils-arm-none-eabi") expect(packages).toContain(` ${name}`);
    const script = /npm run --silent (\S+)/.exec(read("github-real-core.yaml"))?.[1];
    expect(readFileSync(path.join(projectRoot, "package.json"), "utf8")).toContain(`"${script}": `);
  });

  it("runs as many shards as it says there are", () => {
    const job = read("kubernetes-job.yaml");
    const [completions, parallelism, shards] = ["completions: ", "parallelism: ", 'value: "'].map((key) =>
      Number(job.split(key)[1]?.match(/^\d+/)?.[0]),
    );
    expect([parallelism, shards]).toEqual([completions, completions]);
    const matrix = read("github-matrix.yaml");
    const listed =
      matrix
        .match(/shard: \[([\d, ]+)\]/)?.[1]
        ?.split(", ")
        .map(Number) ?? [];
    const count = Number(matrix.match(/matrix\.shard \}\}\/(\d+)/)?.[1]);
    expect(listed).toEqual(Array.from({ length: count }, (_, index) => index + 1));
  });

  it("uses options that there are", () => {
    const lines = readdirSync(FOLDER).flatMap((name) =>
      read(name)
        .replace(/\n\s+--/g, " --")
        .split("\n"),
    );
    const campaigns = lines.filter((line) => line.includes(" campaign --"));
    expect(campaigns.length).toBeGreaterThan(3);
    for (const option of campaigns.join(" ").match(/--[a-z]+/g) ?? []) {
      expect(optionsOf(campaign.words)).toContain(option);
    }
    for (const option of lines
      .filter((line) => line.includes(" merge "))
      .join(" ")
      .match(/--[a-z]+/g) ?? []) {
      expect(optionsOf("merge")).toContain(option);
    }
  });
});
