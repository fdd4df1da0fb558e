/**
 * Every oracle has a canary, which it catches first and alone. That no oracle objects to the same situations
 * without a canary, test/exhaustive/canary-situation.test.ts shows.
 */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { formatCuts } from "../../emulator/cut.ts";
import { ORACLES } from "../../emulator/explore/oracle.ts";
import { oraclesPage } from "../../host/build/oracles-page.ts";
import { tryCanaries, tryCanary } from "../../host/campaign/canary.ts";
import { readCanaries } from "../../host/campaign/canary-file.ts";
import { canarySentence, missedSentence } from "../../host/campaign/canary-report.ts";
import { canaryScenario } from "../../host/campaign/canary-scenario.ts";
import { readCaseId, replayCase } from "../../host/campaign/replay.ts";

const canaries = readCanaries();

describe("a canary", () => {
  it("is there for every oracle, in their order", () => {
    expect(canaries.map(({ oracle }) => oracle)).toEqual(ORACLES.map(({ id }) => id));
  });

  it.each(canaries)(
    "$name is caught by $oracle first and by no other oracle, and its replay shows the same",
    (canary) => {
      const outcome = tryCanaries().outcomes.find((candidate) => candidate.canary.name === canary.name);
      const { finding, oracles, isCaught } = outcome ?? tryCanary(canary);
      expect({ isCaught, oracles }).toEqual({ isCaught: true, oracles: [canary.oracle] });
      const id = readCaseId(finding?.caseId ?? "");
      expect(formatCuts(id.cuts)).toBe(formatCuts(finding?.cuts ?? []));
      const { powerOns, objections } = replayCase(canaryScenario(canary.name), id);
      const said = [...powerOns.flatMap((powerOn) => powerOn.objections), ...objections];
      expect([...new Set(said.map(({ oracle }) => oracle))]).toEqual([canary.oracle]);
      expect(said.map(({ sentence }) => sentence)).toContain(finding?.sentence);
    },
  );

  it("that another oracle should have caught counts as missed, and then nothing is campaigned against", () => {
    const [canary] = canaries;
    if (canary === undefined) throw new Error("There is no canary.");
    const outcome = tryCanary({ ...canary, oracle: "quiet" });
    const report = { outcomes: [outcome], seconds: 0 };
    expect(missedSentence(report)).toBe(
      `Not caught: ${canary.name} by quiet (${canary.oracle} spoke first). A campaign that misses what is known to be wrong proves nothing, so none was run.`,
    );
    expect(canarySentence(report)).toMatch(/^0 of 1 canary caught/);
    expect(missedSentence({ outcomes: [], seconds: 0 })).toBeUndefined();
    expect(missedSentence("skipped")).toBeUndefined();
  });
});

describe("the documentation", () => {
  const page = (name: string): string => readFileSync(new URL(`../../docs/${name}`, import.meta.url), "utf8");

  it("has a table of all oracles, with the sentences that reports carry", () => {
    const rows = page("fault-model.md").matchAll(/^\| `([a-z-]+)` +\| (.+?) +\| (?:every|closed) .*\|$/gm);
    expect([...rows].map(([, id, sentence]) => [id, sentence])).toEqual(
      ORACLES.map(({ id, sentence }) => [id, sentence]),
    );
  });

  it("tells of the canaries of this build: `npm run docs` would not change it", async () => {
    expect(page("oracles.md")).toBe(await oraclesPage());
  });
});
