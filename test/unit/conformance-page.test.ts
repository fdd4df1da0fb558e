/**
 * docs/conformance.md says what holds.
 */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { conformancePage, existingTest } from "../../host/build/conformance-page.ts";
import { COMMANDS, MANIFEST_MEMBERS, PARAMETERS } from "../../host/manifest/labels.ts";

const page = readFileSync(new URL("../../docs/conformance.md", import.meta.url), "utf8");

describe("docs/conformance.md", () => {
  it("is fresh: `npm run docs` would not change it", async () => {
    expect(await conformancePage()).toBe(page);
  });

  it("has a row for every member, command and parameter, which says whether it is processed", () => {
    const rows = page.split("\n").map((line) => line.split("|").map((cell) => cell.trim()));
    for (const { name, label, supported } of [...MANIFEST_MEMBERS, ...COMMANDS, ...PARAMETERS]) {
      const said = rows.filter((cells) => cells[2] === `\`${name}\`` && cells[3] === String(label));
      expect(
        said.map((cells) => cells[4] === "processed"),
        name,
      ).toContain(supported);
    }
  });

  it("cannot name a test that does not exist", () => {
    const file = "unit/conformance-page.test.ts";
    const name = "cannot name a test that does not exist";
    expect(existingTest({ file, name })).toEqual({ file, name });
    expect(() => existingTest({ file, name: ["cannot", "name"].join(" ") })).toThrow("has no test");
    expect(() => existingTest({ file: "unit/nowhere.test.ts", name })).toThrow("does not exist");
  });
});
