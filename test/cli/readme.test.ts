/**
 * The README's commands, run as they are written.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { projectRoot } from "../../host/project.ts";

const readme = readFileSync(path.join(projectRoot, "README.md"), "utf8");
const blocks = [...readme.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, commands]) => commands ?? "");
const folder = mkdtempSync(path.join(tmpdir(), "brownout-readme-"));

afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe("the README", () => {
  it("has commands to run, and the two that do all set-up", () => {
    expect(blocks.length).toBeGreaterThan(3);
    expect(blocks).toContain("npm ci && npm start\n");
    expect(blocks).toContain("npm cit\n");
  });

  // What installs or builds is run by whoever runs this; "work" is a folder of the reader's.
  it.each(blocks.filter((block) => block.includes("npx brownout")))("runs %s", (block) => {
    const commands = block
      .replaceAll("npx brownout", `"${process.execPath}" build/host/cli/brownout.js`)
      .replaceAll(/\bwork\b/g, folder);
    const { status, stderr } = spawnSync("bash", ["--norc", "-euc", commands], {
      cwd: projectRoot,
      encoding: "utf8",
    });
    expect(stderr).toBe("");
    expect(status).toBe(0);
  });
});
