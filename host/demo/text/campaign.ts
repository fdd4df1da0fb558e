/**
 * The page of chapter 5.
 */
import { reasonCode } from "../../report/boot-state.ts";
import type { Colors } from "../../report/color.ts";
import { count, duration, energy, things } from "../../report/quantity.ts";
import type { CampaignFacts, CampaignProgress } from "../campaign.ts";
import type { CanaryFacts } from "../canary.ts";
import { differenceLines, entry, judged, mark, title, wrap } from "./layout.ts";

const BAR_WIDTH = 24;

/** What a proof of this kind says nothing about. */
const NOT_COVERED =
  "This holds for this update on this profile. Not covered: several torn operations in one chain, bits that read differently each time, bit rot, glitches, and updates other than this one.";

/** The chapter's title and what is about to happen. */
export function campaignTitle(colors: Colors): string[] {
  return [
    ...title(5, "Every power cut", colors),
    "  Bootloaders and firmware that are wrong on purpose come first, one for each oracle: a",
    "  campaign that cannot fail proves nothing. Each must be caught.",
    "",
  ];
}

/** What became of the canaries, one line each. */
export function canaryLines({ report, differences }: CanaryFacts, colors: Colors): string[] {
  const { outcomes, seconds } = report;
  const boots = outcomes.reduce((sum, outcome) => sum + outcome.boots, 0);
  return [
    ...outcomes.map(({ canary, isCaught }) => {
      return `  ${mark(isCaught, colors)} ${colors.yellow(canary.oracle.padEnd(15))} ${canary.title}`;
    }),
    "",
    `    ${colors.dim(`${things(outcomes.length, "canary", "canaries")}, found after ${things(boots, "boot")} in ${seconds.toFixed(1)} s`)}`,
    ...differenceLines(differences, colors),
    "",
  ];
}

/** One line while the campaign runs. */
export function progressText({ states, boots, queued, cuts, seconds }: CampaignProgress): string {
  const done = boots / Math.max(1, boots + queued);
  const filled = Math.round(done * BAR_WIDTH);
  const bar = "█".repeat(filled) + "░".repeat(BAR_WIDTH - filled);
  const depth = `after ${things(cuts, "cut")}`;
  return `  ${bar}  ${count(states)} states, ${count(boots)} booted, ${depth}, ${seconds.toFixed(0)} s`;
}

/** What the campaign found out. */
export function campaignLines({ result, verdict, differences }: CampaignFacts, colors: Colors): string[] {
  const { exploration, uncut, scenario, seconds } = result;
  const { states, transitions, boots, deepestNesting, terminals, bootsToRest, worstPowerOn } = exploration;
  const rate = count(Math.round(states / seconds));
  const uncutText = `${things(uncut.boots.length, "power-on")}, ${things(uncut.operations, "operation")}, ${duration(uncut.micros)}, ${energy(uncut.nanojoules)}`;
  const rest = terminals.map(
    ({ image, journal, floor, states: at, reachedFrom }) =>
      `${image ?? "nothing"} runs (${withReason(journal)}, floor ${floor}): ${things(at, "state")} at rest, reached from ${count(reachedFrom)}`,
  );
  return [
    ...entry("scenario", wrap(`${scenario.name} on ${scenario.profile}. ${scenario.title}`), colors),
    ...entry("without cuts", uncutText, colors),
    "",
    ...entry(
      "states",
      `${colors.bold(count(states))} distinct, ${count(transitions)} transitions between them`,
      colors,
    ),
    ...entry(
      "boots",
      `${count(boots)}, the longest with ${things(worstPowerOn.operations.value, "operation")}`,
      colors,
    ),
    ...entry(
      "cuts",
      `any number; the state hardest to reach takes ${colors.bold(String(deepestNesting))}`,
      colors,
    ),
    ...entry(
      "recovery",
      `at rest again after at most ${bootsToRest?.value ?? "?"} power-ons, from every state`,
      colors,
    ),
    ...entry(
      "came to rest",
      rest.flatMap((line) => wrap(line)),
      colors,
    ),
    ...entry("took", `${seconds.toFixed(1)} s, ${rate} states per second`, colors),
    "",
    ...judged(differences.length === 0, `${verdict.sentence} ${NOT_COVERED}`, colors),
    ...differenceLines(differences, colors),
  ];
}

/** The status of a refusal or a reversion by its name instead of its number. */
function withReason(journal: string): string {
  return journal.replace(/status 0x([0-9a-f]{4})/, (_, digits: string) =>
    reasonCode(Number.parseInt(digits, 16)),
  );
}
