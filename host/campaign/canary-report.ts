/**
 * What became of the canaries, for people and for programs.
 */
import { formatCuts } from "../../emulator/cut.ts";
import type { Finding } from "../../emulator/explore/finding.ts";
import { things } from "../report/quantity.ts";
import type { Canary } from "./canary-file.ts";

/** What became of one canary. */
export interface CanaryOutcome {
  readonly canary: Canary;
  /** The first finding, which is a shortest one; undefined if there was none. */
  readonly finding: (Finding & { readonly caseId: string }) | undefined;
  /** Every oracle that objected before the search ended. */
  readonly oracles: readonly string[];
  /** The first finding is one of its own oracle. */
  readonly isCaught: boolean;
  readonly states: number;
  readonly boots: number;
}

/** What became of all canaries. */
export interface CanaryReport {
  readonly outcomes: readonly CanaryOutcome[];
  readonly seconds: number;
}

/** The canaries that were not caught. */
export function missedCanaries({ outcomes }: CanaryReport): CanaryOutcome[] {
  return outcomes.filter(({ isCaught }) => !isCaught);
}

/** Why nothing was campaigned against, if that is so; one sentence. */
export function missedSentence(report: CanaryReport | "skipped"): string | undefined {
  if (report === "skipped") return undefined;
  const missed = missedCanaries(report).map(({ canary: { name, oracle }, finding }) => {
    return `${name} by ${oracle} (${finding === undefined ? "nothing was found" : `${finding.oracle} spoke first`})`;
  });
  if (missed.length === 0) return undefined;
  return `Not caught: ${missed.join(", ")}. A campaign that misses what is known to be wrong proves nothing, so none was run.`;
}

/** What a report says of them, in one sentence. */
export function canarySentence(report: CanaryReport | "skipped"): string {
  if (report === "skipped")
    return "Canaries were not let out, so nothing shows that this campaign could fail.";
  const { outcomes, seconds } = report;
  const caught = outcomes.length - missedCanaries(report).length;
  const names = outcomes.map(({ canary }) => canary.oracle);
  return `${caught} of ${things(outcomes.length, "canary", "canaries")} caught in ${seconds.toFixed(1)} s, one for each oracle: ${names.join(", ")}.`;
}

/** The same as data that JSON can hold. */
export function canaryJson(report: CanaryReport | "skipped"): Record<string, unknown>[] | "skipped" {
  if (report === "skipped") return report;
  return report.outcomes.map(({ canary, finding, isCaught, states, boots }) => ({
    name: canary.name,
    title: canary.title,
    oracle: canary.oracle,
    caught: isCaught,
    sentence: finding?.sentence ?? null,
    cuts: finding === undefined ? null : formatCuts(finding.cuts),
    caseId: finding?.caseId ?? null,
    states,
    boots,
  }));
}
