/**
 * Coverage of crash sites, and what becomes of each cut, over a toy whose every operation is known.
 */
import { describe, expect, it } from "vitest";
import { coverageSentence, coverageText } from "../../host/campaign/coverage-text.ts";
import { measureCoverage, type CrashCoverage } from "../../host/campaign/coverage.ts";
import type { CallSite } from "../../host/report/call-site.ts";
import { cutStrips } from "../../host/report/cut-strip.ts";
import { profileNamed } from "../../emulator/profile.ts";
import { runCampaign } from "../../host/campaign/run.ts";
import { scenarioNamed } from "../../host/campaign/scenario.ts";
import { explored, toyScenario } from "../report-campaign.ts";
import { TOY_SUBJECT } from "../toy-bootloader.ts";
import { readWasm } from "../wasm-file.ts";

const CALL = 0x10;

describe("coverage of crash sites", () => {
  const scenario = toyScenario("data first");
  const { graph } = explored(scenario);
  const coverage = measureCoverage(scenario, graph);

  it("names each site by the byte offset of a call in the module as it lies in flash", () => {
    const { bootloader } = scenario;
    expect(coverage.sites.length).toBeGreaterThan(0);
    for (const { module, offset } of coverage.sites) {
      expect(module).toBe("bootloader");
      expect(bootloader[offset]).toBe(CALL);
    }
    expect(new Set(coverage.sites.map(({ offset }) => offset)).size).toBe(coverage.sites.length);
  });

  it("places every operation of every power-on, and counts no more than there were", () => {
    const operations = [...graph.states].reduce((sum, state) => sum + state.operations, 0);
    expect(coverage.unplaced).toBe(0);
    expect(coverage.watched).toBe(coverage.explored);
    expect(coverage.sites.reduce((sum, { cut }) => sum + cut, 0)).toBe(operations);
    for (const { cut, torn, recut, retorn } of coverage.sites) {
      expect(torn).toBeLessThanOrEqual(cut);
      expect(recut).toBeLessThanOrEqual(cut);
      expect(retorn).toBeLessThanOrEqual(Math.min(torn, recut));
    }
  });

  it("tells the erases that only a recovery does from the programs that the first power-on does", () => {
    const erases = coverage.sites.filter(({ kinds }) => kinds.includes("erase"));
    const programs = coverage.sites.filter(({ kinds }) => kinds.includes("program"));
    expect(erases.length).toBeGreaterThan(0);
    for (const { cut, recut } of erases) expect(recut).toBe(cut);
    expect(programs.some(({ cut, recut }) => cut > recut && recut > 0)).toBe(true);
    expect(programs.every(({ torn }) => torn > 0)).toBe(true);
  });

  it("says how much a sample has seen, and never more of a site than the whole has", () => {
    const sample = measureCoverage(scenario, graph, 3);
    expect(sample.watched).toBe(3);
    expect(coverageSentence(sample)).toContain(`3 of ${coverage.explored} power-ons looked at`);
    for (const { offset, cut } of sample.sites) {
      expect(cut).toBeLessThanOrEqual(coverage.sites.find((site) => site.offset === offset)?.cut ?? -1);
    }
  });

  it("is drawn as a table with one row per site", () => {
    const lines = coverageText(coverage).trimEnd().split("\n");
    expect(lines).toHaveLength(3 + coverage.sites.length);
    const cuts = coverage.sites.reduce((sum, { cut }) => sum + cut, 0);
    expect(lines.at(-1)).toBe(`  In the end, of these cuts: new runs after ${cuts}.`);
    expect(lines[1]).toMatch(/module +call site +operation +cut +torn +recut +retorn/);
  });
});

describe("what becomes of each cut", () => {
  it("has one place per operation, and the right image in the end for the toy that is correct", () => {
    const { graph } = explored(toyScenario("data first"));
    const { fates, strips } = cutStrips(graph, TOY_SUBJECT.images);
    expect(strips).toHaveLength(1);
    expect(strips[0]).toMatchObject({ operations: 4 });
    expect(strips[0]?.after).toHaveLength(4);
    expect(fates).toEqual([{ label: "new runs", tone: "new" }]);
    expect(strips[0]?.toRest.at(-1)).toBe(0);
    expect(strips[0]?.again.at(-1)).toBe(0);
  });

  it("shows where the toy breaks that writes its flag first", () => {
    const { graph } = explored(toyScenario("flag first"));
    const { fates, strips } = cutStrips(graph, TOY_SUBJECT.images);
    const tones = strips[0]?.after.map((fate) => fates[fate]?.tone);
    expect(tones).toContain("bad");
    expect(tones?.at(-1)).toBe("new");
  });
});

describe("the bootloader's own download", () => {
  const modules = {
    bootloader: readWasm("bootloader"),
    firmware1: readWasm("firmware-1"),
    firmware2: readWasm("firmware-2"),
    firmwareFailing: readWasm("firmware-failing"),
    firmwareHanging: readWasm("firmware-hanging"),
    symbols: [readWasm("bootloader.symbols"), readWasm("firmware-1.symbols")],
  };
  const isDownload = ({ module, functionName }: CallSite): boolean =>
    module === "bootloader" && functionName.includes("/link/");

  /** What at most one cut covers. */
  function coverageOf(name: string): CrashCoverage {
    const scenario = scenarioNamed(name, profileNamed("class1"), modules);
    const measured: CrashCoverage[] = [];
    const { findings } = runCampaign(scenario, {
      maxCuts: 0,
      onGraph: (graph) => measured.push(measureCoverage(scenario, graph)),
    });
    const [coverage] = measured;
    if (coverage === undefined) throw new Error("There is no coverage.");
    expect(findings).toEqual([]);
    return coverage;
  }

  it("is cut and torn at every call where nothing boots", () => {
    const sites = coverageOf("recovery").sites.filter(isDownload);
    expect(sites.length).toBeGreaterThan(2);
    for (const { functionName, cut, torn, unchanging } of sites) {
      // Torn, an erase of a blank page leaves a blank page.
      expect([functionName, cut > 0, torn > 0 || unchanging === cut]).toEqual([functionName, true, true]);
    }
    expect(sites.filter(({ torn }) => torn > 0).length).toBeGreaterThan(1);
  });

  it("is never reached where something does, and the table says why and where it is", () => {
    const coverage = coverageOf("update");
    const sites = coverage.sites.filter(isDownload);
    expect(sites.map(({ cut }) => cut)).toEqual(sites.map(() => 0));
    expect(coverageText(coverage)).toMatch(
      /^ {2}Never reached: downloadToFlash.* of bootloader: .+ as in the scenario recovery\.$/m,
    );
    for (const { cut, module, functionName, unreached } of coverage.sites) {
      if (cut === 0 && functionName.includes("/link/"))
        expect([module, unreached]).toEqual([module, expect.any(String)]);
    }
  });
});
