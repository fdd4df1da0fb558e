/**
 * The corpus of known-bad variants: each is found with the plan that its file states, and what is right
 * passes where they are found.
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { parseCaseId } from "../../emulator/explore/case-id.ts";
import { knownBadPage } from "../../host/build/known-bad-page.ts";
import { replayCase } from "../../host/campaign/replay.ts";
import { KnownBadRun } from "../../host/known-bad/run.ts";
import { scenarioOf } from "../../host/known-bad/scenario.ts";
import { chooseVariants, readVariants } from "../../host/known-bad/variant.ts";
import { projectRoot } from "../../host/project.ts";

const TIMEOUT_MILLIS = 300_000;
const run = new KnownBadRun();
const variants = readVariants();

describe("the known-bad corpus", () => {
  it.each(variants)(
    "finds $name by $oracle with the plan that its file states, and what is right passes",
    (variant) => {
      const { found, fixed, repaired } = run.run(variant);
      expect([found?.oracle, found?.plan]).toEqual([variant.oracle, variant.plan]);
      expect([fixed.passes, fixed.objection]).toEqual([true, undefined]);
      if (variant.repaired !== undefined)
        expect([repaired?.passes, repaired?.objection]).toEqual([true, undefined]);

      const replay = replayCase(scenarioOf(variant.trial, variant), parseCaseId(found?.caseId ?? ""));
      const objections = [...replay.powerOns.flatMap((powerOn) => powerOn.objections), ...replay.objections];
      expect(objections.map(({ oracle }) => oracle)).toContain(variant.oracle);
    },
    TIMEOUT_MILLIS,
  );

  it("re-creates the mechanisms of at least 12 published bugs, each variant with its own patches", () => {
    expect(variants.length).toBeGreaterThanOrEqual(12);
    expect(new Set(variants.flatMap(({ bugs }) => bugs)).size).toBeGreaterThanOrEqual(variants.length);
    expect(new Set(variants.map(({ patches }) => JSON.stringify(patches))).size).toBe(variants.length);
  });

  it("is described in docs/known-bad.md as its files state", async () => {
    const page = readFileSync(path.join(projectRoot, "docs", "known-bad.md"), "utf8");
    expect(page).toBe(await knownBadPage());
  });

  it("names the nearest variant to one that there is not", () => {
    expect(() => chooseVariants(["stuck-rever"])).toThrow('There is no known-bad variant "stuck-rever".');
  });
});
