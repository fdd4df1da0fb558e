/**
 * Lets the canaries out: a campaign that cannot fail proves nothing, so before it looks for what is
 * wrong with a bootloader, it shows that every oracle finds what is known to be wrong.
 */
import { setImmediate } from "node:timers/promises";
import { explore } from "../../emulator/explore/explore.ts";
import { readCanaries, type Canary } from "./canary-file.ts";
import { canaryScenario } from "./canary-scenario.ts";
import { askedOracles } from "./asked.ts";
import type { CanaryOutcome, CanaryReport } from "./canary-report.ts";
import { caseIdOf } from "./run.ts";

/** Explores a canary until nothing with fewer cuts than its first finding can be found. */
export function tryCanary(canary: Canary): CanaryOutcome {
  const scenario = canaryScenario(canary.name);
  const { findings, findingCounts, states, boots } = explore({
    device: { profile: scenario.profile, link: scenario.link },
    initial: scenario.initial,
    subject: scenario.subject,
    oracles: askedOracles(scenario),
    stopAtFinding: true,
    findingsPerOracle: 1,
  });
  const [first] = findings;
  return {
    canary,
    finding: first === undefined ? undefined : { ...first, caseId: caseIdOf(scenario, first) },
    oracles: Object.keys(findingCounts),
    isCaught: first?.oracle === canary.oracle,
    states,
    boots,
  };
}

/** Of this process: the same modules give the same report. */
let known: CanaryReport | undefined;

/**
 * As {@link tryCanaries}, but lets other things happen in between, a key pressed among them.
 *
 * @param onNext told how many are through, and of how many
 */
export async function tryCanariesInTurn(onNext: (done: number, all: number) => void): Promise<CanaryReport> {
  if (known !== undefined) return known;
  const start = performance.now();
  const canaries = readCanaries();
  const outcomes: CanaryOutcome[] = [];
  for (const canary of canaries) {
    onNext(outcomes.length, canaries.length);
    await setImmediate();
    outcomes.push(tryCanary(canary));
  }
  known = { outcomes, seconds: (performance.now() - start) / 1000 };
  return known;
}

/**
 * Lets every canary out, once in a process.
 *
 * @throws UserError `not-built` when a module is missing
 */
export function tryCanaries(): CanaryReport {
  if (known !== undefined) return known;
  const start = performance.now();
  const outcomes = readCanaries().map(tryCanary);
  known = { outcomes, seconds: (performance.now() - start) / 1000 };
  return known;
}
