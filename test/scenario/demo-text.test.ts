/**
 * The demonstration's text: quantities, wrapped lines, how a difference is shown, what a canary's
 * lines say.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { playCanaries } from "../../host/demo/canary.ts";
import { canaryLines, progressText } from "../../host/demo/text/campaign.ts";
import { closingPage } from "../../host/demo/text/frame.ts";
import { wrap } from "../../host/demo/text/layout.ts";
import { PLAIN } from "../../host/report/color.ts";
import { address, count, duration, energy, things } from "../../host/report/quantity.ts";

describe("quantities", () => {
  it("carry the unit that keeps three digits readable", () => {
    expect([0, 84, 999, 1000, 431_200, 999_499, 999_500, 6_350_000, 120e6].map(duration)).toEqual([
      "0 µs",
      "84 µs",
      "999 µs",
      "1.00 ms",
      "431 ms",
      "999 ms",
      "1.00 s",
      "6.35 s",
      "120 s",
    ]);
    expect([910, 34_100, 1_630_000].map(energy)).toEqual(["910 nJ", "34.1 µJ", "1.63 mJ"]);
  });

  it("agree with their number", () => {
    expect([things(0, "page"), things(1, "page"), things(1264, "page")]).toEqual([
      "0 pages",
      "1 page",
      "1,264 pages",
    ]);
    expect([count(102_400), count(2n ** 64n), address(63_488)]).toEqual([
      "102,400",
      "18,446,744,073,709,551,616",
      "0x0f800",
    ]);
  });
});

describe("wrap", () => {
  it("keeps every word in order and breaks only lines that would be too long", () => {
    const words = fc.array(fc.stringMatching(/^[a-z]{1,12}$/), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(words, fc.integer({ min: 12, max: 80 }), (list, width) => {
        const lines = wrap(list.join(" "), width);
        expect(lines.join(" ")).toBe(list.join(" "));
        for (const line of lines) expect(line.length).toBeLessThanOrEqual(width);
        lines.slice(1).forEach((line, index) => {
          const [first = ""] = line.split(" ");
          expect(`${lines[index] ?? ""} ${first}`.length).toBeGreaterThan(width);
        });
      }),
    );
  });
});

describe("the last page", () => {
  it("names everything that came out differently", () => {
    const differences = ["The update: one.", "The campaign: two."];
    const page = closingPage({ folder: "/tmp/x", replay: undefined, differences, seconds: 1 }, PLAIN).join(
      "\n",
    );
    for (const difference of differences) expect(page).toContain(`✗ ${difference}`);
    expect(page).not.toContain("as it must");
  });
});

describe("the line of progress", () => {
  it("is full when nothing waits, and never divides by nothing", () => {
    expect(progressText({ states: 9, boots: 9, queued: 0, cuts: 2, seconds: 1 })).not.toContain("░");
    expect(progressText({ states: 1, boots: 0, queued: 0, cuts: 0, seconds: 0 })).not.toContain("█");
  });
});

describe("the canaries", () => {
  it("are caught, their replays show the same, and each has a line with its oracle", () => {
    const facts = playCanaries();
    expect(facts.differences).toEqual([]);
    const lines = canaryLines(facts, PLAIN);
    for (const { canary } of facts.report.outcomes) {
      const own = lines.filter((line) => line.includes(canary.title));
      expect(own).toEqual([expect.stringMatching(new RegExp(`^  ✓ ${canary.oracle} `))]);
      expect(own.join().length).toBeLessThanOrEqual(100);
    }
  });
});
