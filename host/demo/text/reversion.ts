/**
 * The page of chapter 4.
 */
import { bootedPhrase, endPhrase, operationsPhrase } from "../../report/boot-story.ts";
import { bootStatePhrase } from "../../report/boot-state.ts";
import type { BootRecord } from "../../report/boot-record.ts";
import type { Colors } from "../../report/color.ts";
import { drawSlots } from "../../report/flash-map.ts";
import { duration } from "../../report/quantity.ts";
import type { ReversionFacts } from "../reversion.ts";
import { differenceLines, mark, title } from "./layout.ts";

/** Chapter 4 as lines. */
export function reversionPage(reversions: readonly ReversionFacts[], colors: Colors): string[] {
  return [
    ...title(4, "Updates that turn out bad", colors),
    ...reversions.flatMap((each, index) => [...(index === 0 ? [] : [""]), ...lines(each, colors)]),
  ];
}

function lines({ title: what, history, trials, differences }: ReversionFacts, colors: Colors): string[] {
  const last = history.boots.at(-1);
  return [
    `  ${mark(differences.length === 0, colors)} ${colors.bold(what)}, properly signed`,
    ...history.boots.flatMap((boot, index) => bootLines(boot, index + 1, trials.includes(boot), colors)),
    ...(last === undefined ? [] : [`    ${drawSlots(last.after.map, colors)}`]),
    ...differenceLines(differences, colors),
  ];
}

/** One power-on on one line, and for a trial boot what went wrong in it. */
function bootLines(boot: BootRecord, number: number, isTrial: boolean, colors: Colors): string[] {
  const head = `    ${String(number).padStart(2)}  ${bootedPhrase(boot.cycle).padEnd(16)}${eventPhrase(boot)}`;
  if (!isTrial) return [head];
  return [head, `${" ".repeat(24)}${trialDetail(boot, colors)}`];
}

/** Why the trial failed: in the firmware's words, or in the watchdog's place. */
function trialDetail(boot: BootRecord, colors: Colors): string {
  const { end, fault, micros } = boot.cycle;
  if (end === "reset") return lastWords(boot);
  if (end !== "watchdog") return endPhrase(boot.cycle, colors);
  const name = fault?.functionName ?? "an unknown function";
  const place = name.slice(name.lastIndexOf("/") + 1);
  return `${colors.red("the watchdog bit")} after ${duration(micros.total)}, in ${place}`;
}

/** What the power-on changed: the journal, or other flash, or nothing. */
function eventPhrase(boot: BootRecord): string {
  const [was, is] = [bootStatePhrase(boot.before.journal), bootStatePhrase(boot.after.journal)];
  if (was !== is) return `→ ${is}`;
  return boot.cycle.operations > 0 ? operationsPhrase(boot) : lastWords(boot);
}

/** The last line of the log. */
function lastWords({ cycle }: BootRecord): string {
  return cycle.log.at(-1)?.text ?? "";
}
