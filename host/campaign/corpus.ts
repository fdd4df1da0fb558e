/**
 * A regression corpus: a file of case ids, one per line. Empty lines and lines that begin with `#` do
 * not count. Every case is replayed; none may have an oracle object.
 */
import type { CaseId } from "../../emulator/explore/case-id.ts";
import { things } from "../report/quantity.ts";
import { UserError } from "../user-error.ts";
import { readCaseId, replayCase, type Objection, type ReplayOptions } from "./replay.ts";
import type { Scenario } from "./scenario.ts";

/** One case of a corpus. */
export interface CorpusCase {
  /** Number of its line, from 1. */
  readonly line: number;
  readonly caseId: string;
}

/** What became of one case. */
export interface CorpusOutcome extends CorpusCase {
  readonly verdict: "pass" | "finding" | "not-played";
  /** What the oracles said. */
  readonly objections: readonly Objection[];
  /** Why it was not played. */
  readonly reason: string | undefined;
}

/** What became of a corpus. */
export interface CorpusResult {
  readonly outcomes: readonly CorpusOutcome[];
  readonly findings: number;
  readonly notPlayed: number;
}

/**
 * Reads the text of a corpus.
 *
 * @param file what to call it in errors
 * @throws UserError `corpus-empty`
 */
export function readCorpus(text: string, file: string): CorpusCase[] {
  const cases = text.split(/\r?\n/).flatMap((content, index): CorpusCase[] => {
    const caseId = content.trim();
    return caseId === "" || caseId.startsWith("#") ? [] : [{ line: index + 1, caseId }];
  });
  if (cases.length > 0) return cases;
  throw new UserError("corpus-empty", `${file} has no case in it.`, "Put one case id on each line.");
}

/**
 * Replays all cases. One that cannot be played does not stop the others.
 *
 * @param scenarioOf makes the scenario that a case is of; throws UserError where there is none
 */
export function playCorpus(
  cases: readonly CorpusCase[],
  scenarioOf: (id: CaseId) => Scenario,
  options: Pick<ReplayOptions, "anyDigest"> = {},
): CorpusResult {
  const scenarios = new Map<string, Scenario>();
  const outcomes = cases.map((entry): CorpusOutcome => {
    try {
      const id = readCaseId(entry.caseId);
      const key = `${id.profile}/${id.scenario}`;
      const scenario = scenarios.get(key) ?? scenarioOf(id);
      scenarios.set(key, scenario);
      const { isFinding, powerOns, objections } = replayCase(scenario, id, options);
      const all = [...powerOns.flatMap((powerOn) => powerOn.objections), ...objections];
      return { ...entry, verdict: isFinding ? "finding" : "pass", objections: all, reason: undefined };
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      const reason = `${error.message} ${error.hint}`;
      return { ...entry, verdict: "not-played", objections: [], reason };
    }
  });
  const numberOf = (verdict: CorpusOutcome["verdict"]): number =>
    outcomes.filter((outcome) => outcome.verdict === verdict).length;
  return { outcomes, findings: numberOf("finding"), notPlayed: numberOf("not-played") };
}

/** What became of a corpus, as text. @param file what to call it */
export function corpusText({ outcomes, findings, notPlayed }: CorpusResult, file: string): string {
  const words = { pass: "ok", finding: "FINDING", "not-played": "NOT PLAYED" };
  const lines = outcomes.flatMap(({ line, caseId, verdict, objections, reason }) => [
    `${file}:${line}: ${words[verdict].padEnd(10)} ${caseId}`,
    ...objections.map(({ oracle, sentence }) => `    >> ${oracle}: ${sentence}`),
    ...(reason === undefined ? [] : [`    ${reason}`]),
  ]);
  const rest = notPlayed === 0 ? "" : `, ${notPlayed} not played`;
  return [...lines, `${things(outcomes.length, "case")}: ${things(findings, "finding")}${rest}.`, ""].join(
    "\n",
  );
}
