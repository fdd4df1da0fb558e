/**
 * A replay, told.
 */
import { formatCaseId } from "../../emulator/explore/case-id.ts";
import { pathText } from "../report/call-site.ts";
import { things } from "../report/quantity.ts";
import type { Objection, Replay, ReplayedPowerOn } from "./replay.ts";

/** The story of a replay as text, without colours. */
export function replayText(replay: Replay): string {
  const lines = [`Replay of ${formatCaseId(replay.id)}`];
  for (const powerOn of replay.powerOns) lines.push("", ...powerOnLines(powerOn));
  if (replay.stop !== undefined) {
    lines.push(
      "",
      `Stopped before power-on ${replay.stop.before}. The journal says: ${replay.stop.journal}.`,
    );
    return `${lines.join("\n")}\n`;
  }
  lines.push("", replay.isAtRest ? "The device is at rest." : "The device does not come to rest.");
  lines.push(...replay.objections.map(objectionLine));
  if (!replay.isFinding) lines.push("No oracle objects.");
  return `${lines.join("\n")}\n`;
}

/** A replay as data that JSON can hold. */
export function replayJson(replay: Replay): Record<string, unknown> {
  return {
    caseId: formatCaseId(replay.id),
    isFinding: replay.isFinding,
    isAtRest: replay.isAtRest,
    objections: replay.objections,
    ...(replay.stop === undefined
      ? {}
      : { stop: { before: replay.stop.before, journal: replay.stop.journal } }),
    powerOns: replay.powerOns.map(({ floorBefore, floorAfter, ...rest }) => ({
      ...rest,
      operationRuns: rest.operationRuns.map((run) => ({ ...run, site: run.site ?? null })),
      cutPath: rest.cutPath ?? null,
      cut: rest.cut ?? null,
      cutSentence: rest.cutSentence ?? null,
      image: rest.image ?? null,
      floorBefore: String(floorBefore),
      floorAfter: String(floorAfter),
    })),
  };
}

function powerOnLines(powerOn: ReplayedPowerOn): string[] {
  const { number, journalBefore, journalAfter, floorBefore, floorAfter, log } = powerOn;
  const lines = [
    `Power-on ${number}: ${planOf(powerOn)}`,
    `  journal   ${journalBefore}; floor ${floorBefore}`,
  ];
  lines.push(...log.map((line) => `  log       ${line}`));
  lines.push(...powerOn.operationRuns.map(({ sentence }) => `  flash     ${sentence}`));
  if (powerOn.operations === 0) lines.push("  flash     nothing is written");
  lines.push(`  end       ${powerOn.cutSentence ?? powerOn.end}`);
  if (powerOn.cutPath !== undefined) lines.push(`  in        ${pathText(powerOn.cutPath)}`);
  if (journalAfter !== journalBefore || floorAfter !== floorBefore) {
    lines.push(`  journal   ${journalAfter}; floor ${floorAfter}`);
  }
  lines.push(...powerOn.objections.map(objectionLine));
  return lines;
}

function planOf({ cut, fate, operations }: ReplayedPowerOn): string {
  switch (fate) {
    case "cut":
      return `cut ${cut}`;
    case "ended-there":
      return `${cut}, which is where it ends by itself`;
    case "ended-before":
      return `it ends by itself after ${things(operations, "operation")}, before ${cut}`;
    case "uncut":
      return "uninterrupted";
  }
}

function objectionLine({ oracle, sentence }: Objection): string {
  return `  >> ${oracle}: ${sentence}`;
}
