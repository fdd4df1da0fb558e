/**
 * The budgets of SUIT, CBOR and COSE in every build, as `npm run bench` prints them.
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { formatSuitSizes, measureSuitSizes } from "../../benchmarks/suit-size.ts";
import { projectRoot } from "../../host/project.ts";

it("keeps code and RAM of every build within its budget, and the documented figures are these", async () => {
  const sizes = await measureSuitSizes();
  const [base, ...extended] = sizes;
  expect(base?.codeBytes).toBeLessThanOrEqual(7 * 1024);
  for (const { name, codeBytes } of extended) expect(codeBytes, name).toBeLessThanOrEqual(12 * 1024);
  for (const { name, ramBytes, fits } of sizes) {
    expect(ramBytes, name).toBeLessThanOrEqual(1536);
    expect(fits, name).toBe(true);
  }
  expect(sizes.map(({ isDefault }) => isDefault)).toEqual([false, true, false, false, false]);
  const page = readFileSync(path.join(projectRoot, "docs/suit.md"), "utf8");
  expect(page).toContain(formatSuitSizes(sizes).split("\n").slice(1).join("\n"));
}, 120_000);
