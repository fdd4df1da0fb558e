/**
 * The report of glitch campaigns, in the manner of a compiler: where, what was done there, what came
 * of it, and what would prevent it.
 */
import { describeEffect, formatEffect, isConditional, GlitchCode } from "../../emulator/wasm/glitch-model.ts";
import { Opcode } from "../../emulator/wasm/opcode.ts";
import type { GlitchCampaign, GlitchFinding, Verdict } from "./campaign.ts";
import { caseOf, formatGlitchCase } from "./case-id.ts";
import type { SourcePlace } from "./source-map.ts";
import type { GlitchTarget } from "./target.ts";

/** What each verdict means, as one sentence. */
export const VERDICT_SENTENCES: Readonly<Record<Exclude<Verdict, "harmless">, string>> = {
  booted: "An image that must not run got control.",
  accepted: "A candidate that must be refused went on trial.",
  "booted-later": "An image that must not run gets control at a later boot.",
  bricked: "No later boot reaches the image that ran before.",
};

/** Glitches at one instruction that did the same; the first one stands for all. */
export interface GlitchDiagnostic {
  readonly verdict: GlitchFinding["verdict"];
  readonly place: SourcePlace | undefined;
  readonly functionName: string;
  /** Byte offset of the instruction in the module. */
  readonly offset: number;
  readonly instruction: string;
  readonly effect: string;
  /** The dynamic indices. */
  readonly indices: readonly number[];
  readonly why: string;
  readonly countermeasure: string;
  readonly caseId: string;
}

/** The findings of a campaign, one diagnostic per instruction and effect. */
export function diagnose(campaign: GlitchCampaign, target: GlitchTarget): GlitchDiagnostic[] {
  const groups = new Map<string, GlitchFinding[]>();
  for (const finding of campaign.findings) {
    const key = `${finding.site.offset} ${formatEffect(finding.effect)} ${finding.verdict}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [finding]);
    else group.push(finding);
  }
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const { verdict, site, effect, functionName, index } = first;
    const id = caseOf(campaign.scenario, campaign.window, target.bootloader, index, effect);
    return [
      {
        verdict,
        place: target.sourceMap?.placeOf(site.offset),
        functionName,
        offset: site.offset,
        instruction: site.text,
        effect: describeEffect(effect),
        indices: group.map((finding) => finding.index),
        why: VERDICT_SENTENCES[verdict],
        countermeasure: countermeasureFor(first),
        caseId: formatGlitchCase(id),
      },
    ];
  });
}

/** The campaign as text, a line break at the end. */
export function glitchReportText(campaign: GlitchCampaign, target: GlitchTarget): string {
  const { scenario, disturbed, instructions, faults, models } = campaign;
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
  for (const diagnostic of diagnose(campaign, target)) lines.push(...diagnosticLines(diagnostic));
  return `${lines.join("\n")}\n`;
}

/** The campaign as data. */
export function glitchReportJson(campaign: GlitchCampaign, target: GlitchTarget): object {
  const { scenario, models, instructions, disturbed, faults, tally, failsUndisturbed } = campaign;
  return {
    scenario: { name: scenario.name, title: scenario.title, profile: scenario.profile.name },
    window: campaign.window,
    models,
    instructions,
    disturbed,
    faults,
    failsUndisturbed,
    tally,
    findings: diagnose(campaign, target),
  };
}

function diagnosticLines(diagnostic: GlitchDiagnostic): string[] {
  const { place, functionName, offset, instruction, effect, indices } = diagnostic;
  const where = place === undefined ? `byte ${offset}` : `${place.file}:${place.line}:${place.column}`;
  const times = indices.length === 1 ? "" : `, and ${indices.length - 1} times more`;
  return [
    "",
    `  ${where}: ${diagnostic.verdict}: ${diagnostic.why}`,
    `    in ${functionName}, byte ${offset}: "${instruction}" ${effect}`,
    `    at dynamic index ${indices[0]}${times}`,
    `    help: ${diagnostic.countermeasure}`,
    `    case: ${diagnostic.caseId}`,
  ];
}

/** What would prevent it, by the kind of the instruction. */
function countermeasureFor({ site, effect }: GlitchFinding): string {
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
