/**
 * Coverage of crash sites, for people and for programs.
 */
import { shortName } from "../report/call-site.ts";
import { count, things } from "../report/quantity.ts";
import type { CrashCoverage, CutCounts, SiteCoverage } from "./coverage.ts";

/** The number that a tester looks at first. */
export function coverageSentence({ sites, watched, explored, unplaced }: CrashCoverage): string {
  const covered = (of: keyof CutCounts, among = sites): string =>
    `${among.filter((site) => site[of] > 0).length}/${among.length}`;
  const tearable = sites.filter(
    ({ kinds }) => kinds.some((kind) => kind !== "counter") || kinds.length === 0,
  );
  const sample =
    watched === explored
      ? `all ${things(watched, "power-on")} looked at`
      : `${count(watched)} of ${things(explored, "power-on")} looked at`;
  const lost = unplaced === 0 ? "" : `, ${things(unplaced, "operation")} not placed`;
  return (
    `Crash sites: ${covered("cut")} cut, ${covered("torn", tearable)} torn, ` +
    `${covered("recut")} cut during recovery, ${covered("retorn", tearable)} torn during recovery (${sample}${lost}).`
  );
}

/** The table as text. */
export function coverageText(coverage: CrashCoverage): string {
  const rows = coverage.sites.map((site) => [
    site.module,
    `${shortName(site.functionName)}+0x${site.offset.toString(16)}`,
    site.kinds.join(" ") || "never reached",
    ...(["cut", "torn", "recut", "retorn"] as const).map((of) => cellOf(site, of)),
    site.source === undefined ? "" : `${site.source.file}:${site.source.line}`,
  ]);
  const head = ["module", "call site", "operation", "cut", "torn", "recut", "retorn", "function declared at"];
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]): string =>
    `  ${row
      .map((cell, column) =>
        column >= 3 && column <= 6 ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join("  ")
      .trimEnd()}`;
  const fates = coverage.fates.map(({ label }, fate) => {
    const cuts = coverage.sites.reduce((sum, site) => sum + (site.fates[fate] ?? 0), 0);
    return `${label} after ${count(cuts)}`;
  });
  const became = fates.length === 0 ? [] : [`  In the end, of these cuts: ${fates.join(", ")}.`];
  return [coverageSentence(coverage), line(head), ...rows.map(line), ...became, ""].join("\n");
}

/** Coverage as data that JSON can hold. */
export function coverageJson(coverage: CrashCoverage): Record<string, unknown> {
  return {
    sentence: coverageSentence(coverage),
    ...coverage,
    sites: coverage.sites.map(({ source, ...site }) => ({ ...site, source: source ?? null })),
  };
}

function cellOf(site: SiteCoverage, of: keyof CutCounts): string {
  const isCounter = site.kinds.length > 0 && site.kinds.every((kind) => kind === "counter");
  if (isCounter && (of === "torn" || of === "retorn")) return "atomic";
  return site[of] === 0 ? "-" : count(site[of]);
}
