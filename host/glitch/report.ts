/**
 * The report of glitch campaigns, in the manner of a compiler: where, what was done there, what came
 * of it, and what would prevent it.
 */
import { describeEffect, formatEffect, isConditional, GlitchCode } from "../../emulator/wasm/glitch-model.ts";
import { Opcode } from "../../emulator/wasm/opcode.ts";
import type { GlitchCampaign, GlitchFinding, PairTally } from "./campaign.ts";
import { caseOf, formatGlitchCase } from "./case-id.ts";
import type { GlitchCut, Verdict } from "./judge.ts";
import type { SourcePlace } from "./source-map.ts";
import type { GlitchTarget } from "./target.ts";

/** What each verdict means, as one sentence. */
export const VERDICT_SENTENCES: Readonly<Record<Exclude<Verdict, "harmless">, string>> = {
  booted: "An image that must not run got control.",
  accepted: "A candidate that must be refused went on trial.",
  "booted-later": "An image that must not run gets control at a later boot.",
  bricked: "No later boot reaches the image that ran before.",
};

/** An instruction and what was done to it. */
export interface GlitchedInstruction {
  readonly place: SourcePlace | undefined;
  readonly functionName: string;
  /** Byte offset of the instruction in the module. */
  readonly offset: number;
  readonly instruction: string;
  readonly effect: string;
}

/**
 * Glitches at one instruction that did the same; the first one stands for all. Of pairs, the instruction
 * is the second one, which decided.
 */
export interface GlitchDiagnostic extends GlitchedInstruction {
  readonly verdict: GlitchFinding["verdict"];
  /** The dynamic indices. */
  readonly indices: readonly number[];
  /** Of pairs: the first glitches, no two alike. */
  readonly after: readonly GlitchedInstruction[];
  /** The power cut that it takes. */
  readonly cut: GlitchCut | undefined;
  readonly why: string;
  readonly countermeasure: string;
  readonly caseId: string;
}

/** The findings of a campaign, one diagnostic per instruction, effect and cut. */
export function diagnose(campaign: GlitchCampaign, target: GlitchTarget): GlitchDiagnostic[] {
  const groups = new Map<string, GlitchFinding[]>();
  for (const finding of campaign.findings) {
    const { verdict, cut, second } = finding;
    const { site, effect } = second ?? finding;
    const order = second === undefined ? 1 : 2;
    const where = cut === undefined ? "" : `${cut.operation}t${cut.torn ?? ""}`;
    const key = `${order} ${site.offset} ${formatEffect(effect)} ${verdict} ${where}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [finding]);
    else group.push(finding);
  }
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const { verdict, cut, second } = first;
    const id = caseOf(campaign.scenario, campaign.window, target.bootloader, first);
    const indices = new Set(group.map((finding) => (finding.second ?? finding).index));
    return [
      {
        verdict,
        ...describeInstruction(second ?? first, target),
        indices: [...indices],
        after: second === undefined ? [] : firstsOf(group, target),
        cut,
        why: VERDICT_SENTENCES[verdict],
        countermeasure:
          cut === undefined || verdict !== "bricked"
            ? countermeasureFor(second ?? first)
            : "Between this operation and the next one, nothing that boots is left: write what replaces it first, and read it back.",
        caseId: formatGlitchCase(id),
      },
    ];
  });
}

/** The campaign as text, a line break at the end. */
export function glitchReportText(campaign: GlitchCampaign, target: GlitchTarget): string {
  const { scenario, disturbed, planned, instructions, faults, models, pairs } = campaign;
  const lines = [`${scenario.name}: ${scenario.title}`];
  if (campaign.failsUndisturbed) {
    return `${lines.join("\n")}\n  The boot does not refuse even without a glitch.\n`;
  }
  const bad = faults - campaign.tally.harmless;
  const part = disturbed === instructions ? `${disturbed}` : `${disturbed} of ${instructions}`;
  lines.push(
    `  ${part} executed instructions disturbed, ${faults} glitches (${models.join(", ")}): ` +
      (bad === 0 ? "none gets through" : `${bad} get through or brick the device`),
  );
  if (disturbed < planned) lines.push(`  not done: ${planned - disturbed} instructions`);
  if (pairs !== undefined) lines.push(...pairLines(campaign, pairs));
  for (const diagnostic of diagnose(campaign, target)) lines.push(...diagnosticLines(diagnostic));
  return `${lines.join("\n")}\n`;
}

function pairLines({ faults }: GlitchCampaign, pairs: PairTally): string[] {
  const bad = pairs.tried - pairs.tally.harmless;
  const left = pairs.pairs - pairs.tried;
  return [
    `  of these ${faults}, ${pairs.withoutEffect} had no effect and ${pairs.survivors} survived, ` +
      `${pairs.unlike} of them unlike each other; ${pairs.elsewhere} of those went elsewhere`,
    `  ${pairs.tried} of ${pairs.pairs} pairs around those: ` +
      (bad === 0 ? "none gets through" : `${bad} get through or brick the device`),
    ...(left === 0 ? [] : [`  not done: ${left} pairs; a higher --pairs tries more`]),
  ];
}

/** The campaign as data. */
export function glitchReportJson(campaign: GlitchCampaign, target: GlitchTarget): object {
  const { scenario, models, instructions, disturbed, planned, faults, tally, failsUndisturbed, pairs } =
    campaign;
  return {
    scenario: { name: scenario.name, title: scenario.title, profile: scenario.profile.name },
    window: campaign.window,
    models,
    instructions,
    disturbed,
    planned,
    faults,
    failsUndisturbed,
    tally,
    ...(pairs === undefined ? {} : { pairs }),
    findings: diagnose(campaign, target),
  };
}

/** A cut in words. */
export function describeCut({ operation, operations, torn, what }: GlitchCut): string {
  const how = torn === undefined ? "behind" : `in the middle (variant ${torn}) of`;
  return `the power goes ${how} operation ${operation + 1} of ${operations}, ${what}`;
}

/** Where an instruction is: its source line, or its byte where no source map says more. */
export function describePlace({ place, offset }: GlitchedInstruction): string {
  return place === undefined ? `byte ${offset}` : `${place.file}:${place.line}:${place.column}`;
}

function describeInstruction(
  { site, effect, functionName }: Pick<GlitchFinding, "site" | "effect" | "functionName">,
  target: GlitchTarget,
): GlitchedInstruction {
  return {
    place: target.sourceMap?.placeOf(site.offset),
    functionName,
    offset: site.offset,
    instruction: site.text,
    effect: describeEffect(effect),
  };
}

/** The first glitches of pairs, no two alike. */
function firstsOf(group: readonly GlitchFinding[], target: GlitchTarget): GlitchedInstruction[] {
  const firsts = new Map(group.map((each) => [`${each.site.offset} ${formatEffect(each.effect)}`, each]));
  return [...firsts.values()].map((each) => describeInstruction(each, target));
}

function diagnosticLines(diagnostic: GlitchDiagnostic): string[] {
  const { functionName, offset, instruction, effect, indices, after, cut } = diagnostic;
  const times = indices.length === 1 ? "" : `, and ${indices.length - 1} times more`;
  return [
    "",
    `  ${describePlace(diagnostic)}: ${diagnostic.verdict}: ${diagnostic.why}`,
    `    in ${functionName}, byte ${offset}: "${instruction}" ${effect}`,
    `    at dynamic index ${indices[0]}${times}`,
    ...after.map((first) => `    after ${describePlace(first)}: "${first.instruction}" ${first.effect}`),
    ...(cut === undefined ? [] : [`    if ${describeCut(cut)}`]),
    `    help: ${diagnostic.countermeasure}`,
    `    case: ${diagnostic.caseId}`,
  ];
}

/** What would prevent it, by the kind of the instruction. */
function countermeasureFor({ site, effect }: Pick<GlitchFinding, "site" | "effect">): string {
  const { opcode } = site;
  if (opcode === Opcode.Call || opcode === Opcode.CallIndirect) {
    return "A call that is not made must not look like success: let the callee leave a witness that is no 0, and ask for it before acting.";
  }
  if (effect.code === GlitchCode.Invert || isConditional(opcode)) {
    return "One branch is one chance: decide a second time, in a branch of its own, on data that the first decision did not compute.";
  }
  if (opcode === Opcode.Return || opcode === Opcode.Br || opcode === Opcode.Unreachable) {
    return "What lies behind this jump runs if it is skipped: have it ask again whether it may.";
  }
  if (opcode === Opcode.LocalSet || opcode === Opcode.LocalTee || opcode === Opcode.GlobalSet) {
    return "A stale value passes for a good one: start from a value that refuses, or derive it a second time and compare.";
  }
  return "This value decides alone: derive it a second time from where it came from, and compare before acting.";
}
