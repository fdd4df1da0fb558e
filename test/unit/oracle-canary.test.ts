/**
 * Every oracle has a canary, which it catches first and alone; the same situation without the canary
 * is a device that no oracle objects to.
 */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { formatCuts } from "../../emulator/cut.ts";
import { explore } from "../../emulator/explore/explore.ts";
import { ORACLES, type Oracle } from "../../emulator/explore/oracle.ts";
import { oraclesPage } from "../../host/build/oracles-page.ts";
import { askedOracles } from "../../host/campaign/asked.ts";
import { tryCanaries, tryCanary } from "../../host/campaign/canary.ts";
import { readCanaries, SITUATIONS } from "../../host/campaign/canary-file.ts";
import { canarySentence, missedSentence } from "../../host/campaign/canary-report.ts";
import { CANDIDATES, canaryScenario, situate } from "../../host/campaign/canary-scenario.ts";
import { readCaseId, replayCase } from "../../host/campaign/replay.ts";
import { profileNamed } from "../../emulator/profile.ts";
import { readWasm } from "../wasm-file.ts";

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

describe("the unpatched bootloader and firmware", () => {
  it.each(SITUATIONS)("satisfy every oracle where canaries are let out: %s", (situation) => {
    const scenario = situate({ name: "none", situation }, profileNamed("class1"), {
      bootloader: readWasm("bootloader"),
      candidate: readWasm(CANDIDATES[situation]),
    });
    const oracles = askedOracles(scenario);
    const isAboutRadio = ({ id }: Oracle): boolean => id === "radio-alive" || id === "radio-follows";
    expect(oracles).toEqual(
      situation === "radio" ? ORACLES : ORACLES.filter((oracle) => !isAboutRadio(oracle)),
    );
    const { closed, findings } = explore({
      device: { profile: scenario.profile, link: scenario.link },
      initial: scenario.initial,
      subject: scenario.subject,
      oracles,
    });
    expect({ closed, findings }).toEqual({ closed: true, findings: [] });
  });
});
