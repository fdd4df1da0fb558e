/**
 * What a campaign found out, for people and for programs.
 */
import { formatCut, formatCuts } from "../../emulator/cut.ts";
import type { Exploration, Worst } from "../../emulator/explore/explore.ts";
import { ORACLES, type OracleId } from "../../emulator/explore/oracle.ts";
import { count, duration, energy, things } from "../report/quantity.ts";
import type { CampaignFinding, CampaignResult } from "./run.ts";

/** The verdict: nothing can go wrong, something can, or not everything was tried. */
export interface Verdict {
  readonly kind: "proved" | "broken" | "open";
  /** What was proved, or why not; complete sentences. */
  readonly sentence: string;
}

/** Says exactly what a campaign has shown. */
export function verdictOf({ exploration, findings, oracles }: CampaignResult): Verdict {
  const scope = scopeOf(exploration);
  const tried = triedOf(exploration);
  if (findings.length > 0) {
    const total = Object.values(exploration.findingCounts).reduce((sum, found) => sum + found, 0);
    const sentence = `Broken: ${things(total, "finding")}, the shortest with ${planOf(findings[0])}. ${scope}: ${tried}`;
    return { kind: "broken", sentence };
  }
  if (!exploration.closed) {
    return { kind: "open", sentence: `Nothing found so far, and nothing proved. ${scope}: ${tried}` };
  }
  const sentence = `Proved: none of the ${oracles.length} oracles objects, whatever is cut. ${scope}: ${tried}`;
  return { kind: "proved", sentence };
}

/** The report as text, without colours; lines of at most 110 characters where names allow. */
export function reportText(result: CampaignResult): string {
  return [
    ...headLines(result),
    "",
    ...uncutLines(result),
    "",
    ...explorationLines(result),
    "",
    ...oracleLines(result),
    ...findingLines(result),
    "",
    verdictOf(result).sentence,
    "",
  ].join("\n");
}

/** The report as data that JSON can hold. */
export function reportJson(result: CampaignResult): Record<string, unknown> {
  const { scenario, oracles, uncut, exploration, findings, seconds } = result;
  const { terminals, worstPowerOn, bootsToRunning, bootsToRest, ...figures } = exploration;
  const worst = (of: Worst | undefined) =>
    of === undefined ? null : { value: of.value, cuts: formatCuts(of.cuts) };
  return {
    verdict: verdictOf(result),
    scenario,
    uncut,
    exploration: {
      ...figures,
      findings: undefined,
      stoppedBy: exploration.stoppedBy ?? null,
      terminals: terminals.map(({ image, floor, ...rest }) => ({
        image: image ?? null,
        ...rest,
        floor: String(floor),
      })),
      bootsToRunning: worst(bootsToRunning),
      bootsToRest: worst(bootsToRest),
      worstPowerOn: {
        operations: worst(worstPowerOn.operations),
        fuel: worst(worstPowerOn.fuel),
        micros: worst(worstPowerOn.micros),
      },
    },
    oracles: oracles.map(({ id, sentence }) => ({
      id,
      sentence,
      findings: exploration.findingCounts[id] ?? 0,
    })),
    findings: findings.map(({ oracle, sentence, cuts, end, caseId }) => ({
      oracle,
      sentence,
      cuts: cuts.map(formatCut),
      end: end ?? null,
      caseId,
    })),
    seconds,
  };
}

function scopeOf({ tornBudget, tearClasses }: Exploration): string {
  const torn =
    tornBudget === 0
      ? "no torn operation"
      : `at most ${things(tornBudget, "torn operation")} among them (${tearClasses.join(", ")})`;
  return `Every sequence of power cuts of any length, clean cuts unlimited and ${torn}`;
}

function triedOf({ closed, states, transitions, frontier, stoppedBy }: Exploration): string {
  if (closed) return `${count(states)} states, ${count(transitions)} ways between them, nothing left to try.`;
  const why =
    stoppedBy === "max-states"
      ? "the limit of states was reached"
      : stoppedBy === "finding"
        ? "a finding was enough"
        : "time ran out";
  return `not all of them were tried, because ${why} with ${count(states)} states seen and ${count(frontier)} waiting.`;
}

function planOf(finding: CampaignFinding | undefined): string {
  return finding === undefined || finding.cuts.length === 0
    ? "no cut at all"
    : `the plan ${formatCuts(finding.cuts)}`;
}

function headLines({ scenario }: CampaignResult): string[] {
  const images = scenario.images.map(({ name, bytes }) => `${name} of ${count(bytes)} bytes`);
  return [
    `Campaign ${scenario.profile}/${scenario.name}`,
    `  ${scenario.title}`,
    `  Bootloader of ${count(scenario.bootloaderBytes)} bytes, ${images.join(", ")}.`,
    `  Digests: bootloader ${scenario.bootloaderDigest.slice(0, 8)}, inputs ${scenario.inputsDigest.slice(0, 8)}.`,
  ];
}

function uncutLines({ uncut }: CampaignResult): string[] {
  const lines = uncut.boots.map(({ image, end, operations, micros }, index) =>
    [
      `  ${String(index + 1).padStart(2)}`,
      (image ?? "bootloader").padEnd(12),
      things(operations, "operation").padStart(17),
      duration(micros).padStart(9),
      ` ${end}`,
    ].join(" "),
  );
  const wear = `no page erased more than ${things(uncut.mostErasesOfAPage, "time")}`;
  const rest = uncut.isAtRest
    ? `  At rest after ${things(uncut.boots.length, "power-on")}: ${things(uncut.operations, "operation")}, ` +
      `${duration(uncut.micros)}, ${energy(uncut.nanojoules)}, ${wear}.`
    : `  Not at rest after ${things(uncut.boots.length, "power-on")}.`;
  return ["Without a cut (checked build)", ...lines, rest];
}

function explorationLines({ scenario, exploration, seconds }: CampaignResult): string[] {
  const { states, transitions, boots, deepestNesting, longestChain, worstPowerOn } = exploration;
  const { terminals, bootsToRunning, bootsToRest, stateBytes, graphDigest } = exploration;
  const rate = count(Math.round(boots / Math.max(seconds, 0.001)));
  const lines = [
    "Every cut (fast build)",
    `  ${things(states, "state")}, ${things(transitions, "transition")}, ${things(boots, "boot")} ` +
      `in ${seconds.toFixed(1)} s: ${rate} per second, ${count(Math.round(stateBytes / states))} bytes per state.`,
    `  Deepest nesting: ${things(deepestNesting, "cut")}; longest chain: ${things(longestChain, "power-on")}.`,
    `  Worst power-on: ${things(worstPowerOn.operations.value, "operation")}, ` +
      `${count(worstPowerOn.fuel.value)} fuel, ${duration(worstPowerOn.micros.value)}.`,
  ];
  if (bootsToRunning !== undefined && bootsToRest !== undefined) {
    lines.push(
      bootsToRunning.value < 0
        ? "  Uninterrupted power reaches a running image from no state."
        : `  Uninterrupted power reaches a running image within ${things(bootsToRunning.value, "boot")} ` +
            `and rest within ${things(Math.max(0, bootsToRest.value), "boot")}, wherever it arrives at all.`,
    );
  }
  for (const { image, journal, floor, reachedFrom } of terminals) {
    lines.push(
      `  At rest: ${image ?? "nothing"} runs; ${scenario.hasJournal ? `${journal}; ` : ""}floor ${floor}. From ${things(reachedFrom, "state")}.`,
    );
  }
  lines.push(...growthLines(exploration));
  lines.push(`  Graph digest ${graphDigest.slice(0, 16)}.`);
  return lines;
}

/** What still waits, and what makes it different: nothing if the exploration is closed. */
function growthLines({ closed, frontier, depth, growth, registerContents }: Exploration): string[] {
  if (closed) return [];
  const areas = growth.map(
    ({ partition, address, bytes, words, contents }) =>
      `    0x${address.toString(16).padStart(5, "0")}, ${things(bytes, "byte")} of ${partition ?? "no partition"}, ` +
      `${things(words, "word")} of them: ${things(contents, "content")}`,
  );
  return [
    `  Not closed: ${things(frontier, "node")} waiting, the next after ${things(depth ?? 0, "cut")}.` +
      (areas.length === 0 ? "" : " What waits differs most here:"),
    ...areas,
    ...(registerContents > 1 ? [`    counters and device bits: ${things(registerContents, "value")}`] : []),
  ];
}

/** The oracles that have not spoken before the graph is closed. */
const CLOSED_GRAPH_ORACLES: readonly OracleId[] = ["alive", "quiet", "arrives"];

function oracleLines({ exploration, oracles }: CampaignResult): string[] {
  const lines = oracles.map(({ id, sentence }) => {
    const found = exploration.findingCounts[id] ?? 0;
    const isJudged = exploration.closed || found > 0 || !CLOSED_GRAPH_ORACLES.includes(id);
    const verdict = found > 0 ? things(found, "finding") : isJudged ? "ok" : "open";
    return `  ${id.padEnd(10)} ${verdict.padEnd(14)} ${sentence}`;
  });
  const unasked = ORACLES.map(({ id }) => id).filter((id) => !oracles.some((oracle) => oracle.id === id));
  return ["Oracles", ...lines, ...(unasked.length === 0 ? [] : [`  Not asked: ${unasked.join(", ")}.`])];
}

/** The command line that plays a case again. */
export function replayCommand({ replayOptions }: CampaignResult["scenario"], caseId: string): string {
  return `brownout replay '${caseId}'${replayOptions === "" ? "" : ` ${replayOptions}`}`;
}

function findingLines({ scenario, findings }: CampaignResult): string[] {
  if (findings.length === 0) return [];
  const lines = findings.flatMap(({ oracle, sentence, end, caseId }) => [
    `  ${oracle}: ${sentence}${end === undefined ? "" : ` (${end})`}`,
    `    ${replayCommand(scenario, caseId)}`,
  ]);
  return ["", "Findings, fewest cuts first", ...lines];
}
