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
  const head = ["module", "call site", "operation", "cut", "torn", "recut", "retorn", "source"];
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
  return [
    coverageSentence(coverage),
    line(head),
    ...rows.map(line),
    ...became,
    ...unreachedLines(coverage),
    "",
  ].join("\n");
}

/** Why sites were never reached or torn, those with one reason in one line. */
function unreachedLines({ sites }: CrashCoverage): string[] {
  const byReason = new Map<string, string[]>();
  for (const { cut, module, functionName, unreached } of sites) {
    if (cut > 0) continue;
    const reason = `${module}: ${unreached ?? "this scenario does not take that path, so no verdict covers it"}`;
    byReason.set(reason, [...(byReason.get(reason) ?? []), shortName(functionName)]);
  }
  const never = [...byReason].map(
    ([reason, names]) => `  Never reached: ${[...new Set(names)].join(", ")} of ${reason}.`,
  );
  const same = sites.filter((site) => site.cut > 0 && site.torn === 0 && site.unchanging === site.cut);
  return [
    ...never,
    ...same.map(
      ({ module, functionName, offset }) =>
        `  Never torn: ${shortName(functionName)}+0x${offset.toString(16)} of ${module}: ` +
        "its operations found what they were to leave, and so does a torn one.",
    ),
  ];
}

/** Coverage as data that JSON can hold. */
export function coverageJson(coverage: CrashCoverage): Record<string, unknown> {
  return {
    sentence: coverageSentence(coverage),
    ...coverage,
    sites: coverage.sites.map(({ source, unreached, ...site }) => ({
      ...site,
      source: source ?? null,
      unreached: unreached ?? null,
    })),
  };
}

function cellOf(site: SiteCoverage, of: keyof CutCounts): string {
  const isCounter = site.kinds.length > 0 && site.kinds.every((kind) => kind === "counter");
  if (isCounter && (of === "torn" || of === "retorn")) return "atomic";
  return site[of] === 0 ? "-" : count(site[of]);
}
