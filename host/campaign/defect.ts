/**
 * Campaigns on copies of a part with one defect each: a worn page, a unit that does not take, a bit
 * that is stuck or has rotted.
 *
 * A device with a defect may give an update up, refuse it or call for help; what it may never do is
 * run something that nobody signed, fall below the anti-rollback floor, fault, hang, break a rule of
 * the flash, or stop for ever. So only those oracles look on.
 */
import { formatDefect, type Defect } from "../../emulator/defect.ts";
import { ORACLES, type Oracle, type OracleId } from "../../emulator/explore/oracle.ts";
import type { FlashRange } from "../../emulator/memory-map.ts";
import { defectiveProfile, type Profile } from "../../emulator/profile.ts";
import { count, things } from "../report/quantity.ts";
import { replayCommand } from "./report.ts";
import { runCampaign, type CampaignOptions, type CampaignResult } from "./run.ts";
import { recoveryOracles, type Scenario } from "./scenario.ts";

const ASKED: readonly OracleId[] = ["authentic", "floor", "alive", "sound", "rules", "counted"];

/** What is demanded of a device with a defect. Of `alive` only that it comes to run in the end. */
export const DEFECT_ORACLES: readonly Oracle[] = recoveryOracles(ASKED);

/** The scenario with the oracles that a device with a defect has to satisfy, if it is one. */
export function withDefectOracles(scenario: Scenario): Scenario {
  if ((scenario.profile.defects ?? []).length === 0) return scenario;
  const oracles = DEFECT_ORACLES.filter(({ id }) =>
    (scenario.oracles ?? ORACLES).some((oracle) => oracle.id === id),
  );
  return { ...scenario, oracles };
}

/**
 * Defects to try: worn pages, failing units, stuck and rotten bits in slots and state, evenly spread
 * over all that there are to choose from.
 *
 * @param budget how many
 */
export function defectsOf(profile: Profile, budget: number): Defect[] {
  const { slotA, slotB, state } = profile.layout;
  const { pageBytes, unitBytes } = profile;
  const pages = [state, slotB, slotA].flatMap((range) => pagesOf(range, pageBytes));
  const places = pages.map((page, index) => ({
    page,
    inside: page + ((37 * index) % pageBytes),
    bit: index % 8,
  }));
  const hasState = state.bytes > 0;
  const records = Array.from({ length: hasState ? 16 : 0 }, (_, index) => state.address + index);
  const all: Defect[] = [
    ...pages.map((address): Defect => ({ kind: "worn", address })),
    ...pages.map((address): Defect => ({ kind: "failing", address })),
    ...Array.from({ length: hasState ? 8 : 0 }, (_, index): Defect => {
      return { kind: "failing", address: state.address + index * unitBytes };
    }),
    ...records.flatMap((address, index): Defect[] => [
      { kind: "rot", address, bit: index % 8 },
      { kind: "stuck", address, bit: (index + 3) % 8 },
    ]),
    ...places.map(({ inside, bit }): Defect => ({ kind: "rot", address: inside, bit })),
    ...places.map(({ inside, bit }): Defect => ({ kind: "stuck", address: inside, bit })),
  ];
  const chosen = Math.min(budget, all.length);
  return Array.from({ length: chosen }, (_, index) => all[Math.floor((index * all.length) / chosen)]).filter(
    (defect) => defect !== undefined,
  );
}

/** What a campaign on one defective copy found out. */
export interface DefectResult {
  readonly defect: Defect;
  readonly result: CampaignResult;
}

/**
 * Runs one campaign per defect.
 *
 * @param scenarioFor makes the scenario for a profile
 */
export function runDefects(
  profile: Profile,
  defects: readonly Defect[],
  scenarioFor: (profile: Profile) => Scenario,
  options: CampaignOptions = {},
): DefectResult[] {
  return defects.map((defect) => {
    const scenario = withDefectOracles(scenarioFor(defectiveProfile(profile, [defect])));
    return { defect, result: runCampaign(scenario, { tornBudget: 0, ...options }) };
  });
}

/** The results as text, one line per defect, findings below. */
export function defectText(results: readonly DefectResult[]): string {
  const lines = results.flatMap(({ defect, result: { scenario, exploration, findings, uncut } }) => {
    const last = uncut.boots.at(-1);
    const ends = exploration.terminals.map(({ image, floor }) => `${image ?? "nothing"} (floor ${floor})`);
    const verdict = findings.length > 0 ? "FOUND" : exploration.closed ? "ok" : "open";
    return [
      `  ${formatDefect(defect).padEnd(16)} ${verdict.padEnd(5)} ${count(exploration.states).padStart(6)} states; ` +
        `runs ${[...new Set(ends)].join(", ") || (last?.image ?? "nothing")}`,
      ...findings
        .slice(0, 2)
        .flatMap(({ oracle, sentence, caseId }) => [
          `    ${oracle}: ${sentence}`,
          `      ${replayCommand(scenario, caseId)}`,
        ]),
    ];
  });
  const found = results.filter(({ result }) => result.findings.length > 0).length;
  const open = results.filter(({ result }) => !result.exploration.closed).length;
  const tail = `${things(results.length, "defect")} tried: ${things(found, "copy of the part", "copies of the part")} with findings, ${open} not tried to the end.`;
  return `${["Defective copies, clean cuts", ...lines, "", tail].join("\n")}\n`;
}

function pagesOf({ address, bytes }: FlashRange, pageBytes: number): number[] {
  return Array.from({ length: bytes / pageBytes }, (_, index) => address + index * pageBytes);
}
