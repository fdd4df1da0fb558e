/**
 * What a campaign found out, for people and for programs.
 */
import { formatCut, formatCuts } from "../../emulator/cut.ts";
import type { Exploration, Worst } from "../../emulator/explore/explore.ts";
import { CLOSED_GRAPH_ORACLES, ORACLES } from "../../emulator/explore/oracle.ts";
import { count, duration, energy, things } from "../report/quantity.ts";
import { canaryJson, canarySentence } from "./canary-report.ts";
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
    const bounded = boundedSentence(exploration);
    if (bounded !== undefined) return { kind: "open", sentence: bounded };
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
    ...canaryLines(result),
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
  const { scenario, oracles, uncut, exploration, findings, seconds, canaries } = result;
  const { terminals, worstPowerOn, worstWear, bootsToRunning, bootsToRest, ...figures } = exploration;
  const worst = (of: Worst | undefined) =>
    of === undefined ? null : { value: of.value, cuts: formatCuts(of.cuts) };
  return {
    verdict: verdictOf(result),
    scenario,
    ...(canaries === undefined ? {} : { canaries: canaryJson(canaries) }),
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
      worstWear:
        worstWear === undefined
          ? null
          : { address: worstWear.address, erases: worstWear.erases, cuts: formatCuts(worstWear.cuts) },
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
      replay: replayCommand(scenario, caseId),
    })),
    seconds,
  };
}

/** What an exploration has shown that tried no sequence of more cuts than it was told to. */
function boundedSentence(exploration: Exploration): string | undefined {
  const { stoppedBy, depth = 0, states, frontier } = exploration;
  if (stoppedBy !== "max-cuts") return undefined;
  return (
    `Nothing found in any sequence of at most ${things(depth - 1, "power cut")}, ${tornOf(exploration)}: all of them were ` +
    `tried, with ${count(states)} states seen. Longer ones were not: ${count(frontier)} nodes wait.`
  );
}

function scopeOf(exploration: Exploration): string {
  return `Every sequence of power cuts of any length, clean cuts unlimited and ${tornOf(exploration)}`;
}

function tornOf({ tornBudget, tearClasses }: Exploration): string {
  return tornBudget === 0
    ? "no torn operation"
    : `at most ${things(tornBudget, "torn operation")} among them (${tearClasses.join(", ")})`;
}

function triedOf({ closed, states, transitions, frontier, stoppedBy }: Exploration): string {
  if (closed) return `${count(states)} states, ${count(transitions)} ways between them, nothing left to try.`;
  const why =
    stoppedBy === "max-states"
      ? "the limit of states was reached"
      : stoppedBy === "finding"
        ? "a finding was enough"
        : stoppedBy === "max-cuts"
          ? "longer sequences of cuts were not asked for"
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
    ...scenario.notes.map((note) => `  Note: ${note}`),
  ];
}

function canaryLines({ canaries }: CampaignResult): string[] {
  return canaries === undefined ? [] : ["Canaries", `  ${canarySentence(canaries)}`, ""];
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
  const { terminals, bootsToRunning, bootsToRest, worstWear, stateBytes, graphDigest } = exploration;
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
  if (worstWear !== undefined) {
    lines.push(
      `  On the way to rest it erases no page more than ${things(worstWear.erases, "time")}, from whatever state ` +
        `(0x${worstWear.address.toString(16).padStart(5, "0")} after ${formatCuts(worstWear.cuts) || "no cut"}).`,
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

function oracleLines({ exploration, oracles }: CampaignResult): string[] {
  const lines = oracles.map(({ id, sentence }) => {
    const found = exploration.findingCounts[id] ?? 0;
    const isJudged = exploration.closed || found > 0 || !CLOSED_GRAPH_ORACLES.includes(id);
    const verdict = found > 0 ? things(found, "finding") : isJudged ? "ok" : "open";
    return `  ${id.padEnd(16)} ${verdict.padEnd(14)} ${sentence}`;
  });
  const unasked = ORACLES.map(({ id }) => id).filter((id) => !oracles.some((oracle) => oracle.id === id));
  return ["Oracles", ...lines, ...(unasked.length === 0 ? [] : [`  Not asked: ${unasked.join(", ")}.`])];
}

/** The command line that plays a case again, in the folder where the campaign ran. */
export function replayCommand({ replayOptions }: { readonly replayOptions: string }, caseId: string): string {
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
