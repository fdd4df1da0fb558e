/**
 * The parts of the footprint bench: workloads that mean what they say, intervals, allowances.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { intervalOf, timeOf } from "../../host/footprint/call-time.ts";
import { ownFeatures } from "../../host/footprint/feature.ts";
import { compareGrowth, MEASURE_NAMES, parseAllowances } from "../../host/footprint/growth.ts";
import { plotSvg } from "../../host/footprint/footprint-plot.ts";
import { rowName, type FootprintRow } from "../../host/footprint/footprint-row.ts";
import { measureMatrix } from "../../host/footprint/matrix.ts";
import { WORKLOADS } from "../../host/footprint/workload.ts";

const ROW: FootprintRow = {
  feature: "a",
  build: "size",
  digest: "",
  moduleBytes: 200,
  codeBytes: 100,
  sections: [],
  functions: [],
  staticBytes: 30,
  globalBytes: 4,
  stackBytes: 40,
  ramBytes: 74,
  stackPath: [],
  staticRam: [],
  works: [{ title: "w", instructions: 1000, parts: [] }],
};

describe("the features of our build", () => {
  it("are every measured module twice, every bootloader and every variant of it, each once", () => {
    const names = ownFeatures().map(rowName);
    expect(new Set(names).size).toBe(names.length);
    for (const name of WORKLOADS.keys())
      expect(names).toEqual(expect.arrayContaining([`${name} (speed)`, `${name} (size)`]));
    expect(names).toEqual(
      expect.arrayContaining(["bootloader (default)", "bootloader (base)", "firmware-1 (default)"]),
    );
  });

  it("all have a workload if they are an algorithm alone, and do what it says", async () => {
    const features = ownFeatures().filter(({ kind }) => kind === "measured");
    const rows = await measureMatrix(features, { profiles: [], effort: undefined });
    expect(rows.map(({ works }) => works.length)).toEqual(features.map(() => 1));
  });

  it("boot and update if they are a bootloader, whatever signatures it verifies", async () => {
    const features = ownFeatures().filter(({ kind, build }) => kind === "bootloader" && build === "default");
    const rows = await measureMatrix(features, { profiles: ["class1"], effort: undefined });
    for (const { feature, works } of rows)
      expect({ feature, titles: works.map(({ title }) => title) }).toEqual({
        feature,
        titles: ["boot confirmed firmware", "a whole update"],
      });
  });
});

describe("the interval of a median", () => {
  it("holds it, and lies within the samples", () => {
    const samples = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(samples, (times) => {
        const { median, low, high } = intervalOf(times);
        expect(low).toBeGreaterThanOrEqual(Math.min(...times));
        expect(high).toBeLessThanOrEqual(Math.max(...times));
        expect(low).toBeLessThanOrEqual(median);
        expect(high).toBeGreaterThanOrEqual(median);
      }),
    );
  });

  it("holds the true median in at least 95 of 100 runs", () => {
    let [held, seed] = [0, 1];
    // A linear congruential generator (Numerical Recipes): uniform, so the true median is 1/2.
    const random = (): number => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) / 2 ** 32;
    for (let run = 0; run < 2000; run++) {
      const { low, high } = intervalOf(Array.from({ length: 41 }, random));
      held += low <= 0.5 && high >= 0.5 ? 1 : 0;
    }
    expect(held / 2000).toBeGreaterThan(0.94);
    expect(held / 2000).toBeLessThan(0.99);
  });

  it("is of CPU time: what does twice as much takes longer", () => {
    const spin = (turns: number) => (): void => {
      for (let turn = 0; turn < turns; turn++) Math.sqrt(turn);
    };
    const effort = { samples: 9, sampleMillis: 2 };
    expect(timeOf(spin(40_000), effort).median).toBeGreaterThan(timeOf(spin(4_000), effort).median);
  });
});

describe("an allowance", () => {
  it("is a number or a share", () => {
    expect([...parseAllowances("code=2%,ram=0,instructions=1.5%")]).toEqual([
      ["code", { amount: 2, isPercent: true }],
      ["ram", { amount: 0, isPercent: false }],
      ["instructions", { amount: 1.5, isPercent: true }],
    ]);
    for (const text of ["", "code", "code=", "code=-1", "rom=2%", "code=2%%", "toString=1"]) {
      expect(() => parseAllowances(text), text).toThrow("does not say how much");
    }
  });

  it("is kept to the byte by every measure", () => {
    const larger: FootprintRow = {
      ...ROW,
      moduleBytes: 210,
      codeBytes: 110,
      staticBytes: 40,
      stackBytes: 50,
      ramBytes: 84,
      works: [
        { title: "w", instructions: 1010, time: { median: 20, low: 1, high: 30, samples: 3 }, parts: [] },
      ],
    };
    const timed = {
      ...ROW,
      works: [
        { title: "w", instructions: 1000, time: { median: 10, low: 1, high: 30, samples: 3 }, parts: [] },
      ],
    };
    for (const name of MEASURE_NAMES) {
      expect(compareGrowth([timed], [larger], parseAllowances(`${name}=10`)).violations, name).toEqual([]);
      expect(compareGrowth([timed], [larger], parseAllowances(`${name}=9`)).violations, name).toHaveLength(1);
    }
    expect(compareGrowth([ROW], [larger], parseAllowances("code=10%")).violations).toEqual([]);
    expect(compareGrowth([ROW], [larger], parseAllowances("code=9.9%")).violations).toEqual([
      "a (size): code grew from 100 to 110 bytes, by 10 %; 9.9 % is allowed.",
    ]);
  });

  it("says nothing about another piece of work", () => {
    const other = { ...ROW, works: [{ title: "v", instructions: 9000, parts: [] }] };
    expect(compareGrowth([ROW], [other], parseAllowances("instructions=0"))).toEqual({
      violations: [],
      notes: ["a (size), v: the base has no executed instructions."],
    });
  });
});

describe("the picture", () => {
  it("is well-formed whatever a row is called and however small it is", () => {
    const odd = {
      ...ROW,
      feature: "<a & b>",
      codeBytes: 0,
      moduleBytes: 0,
      staticBytes: 0,
      stackBytes: 0,
      globalBytes: 0,
    };
    const svg = plotSvg([odd, { ...odd, works: [] }]);
    expect(svg).toContain("&lt;a &amp; b&gt;");
    expect(svg).not.toMatch(/NaN|undefined|Infinity|width="-/);
    expect(plotSvg([])).toMatch(/viewBox="0 0 \d+ 0"/);
  });
});
