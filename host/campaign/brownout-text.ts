/**
 * What a weak supply does to an update, told.
 */
import { count, things } from "../report/quantity.ts";
import type { BrownoutLimit, BrownoutWalk } from "./brownout.ts";
import type { Scenario } from "./scenario.ts";

/** One walk as text, without colours. */
export function walkText(scenario: Scenario, walk: BrownoutWalk): string {
  return `${headOf(scenario)}\n  ${sentenceOf(walk)}\n`;
}

/** The limit as text, without colours. */
export function limitText(scenario: Scenario, limit: BrownoutLimit): string {
  const { smallest, tried, stuck, givenUp, largerThatFail, longestPowerOn, boots } = limit;
  const lines = [headOf(scenario)];
  if (smallest === undefined) {
    lines.push(`  It never finishes, not even if no power-on is cut (${things(tried, "operation")}).`);
  } else {
    lines.push(`  Smallest that finishes: ${sentenceOf(smallest)}`);
  }
  lines.push(
    `  Tried below: ${count(tried)}, of which ${count(stuck)} go round in a circle and ${count(givenUp)} come to rest otherwise.`,
    largerThatFail.length === 0
      ? "  Every larger number finishes as well."
      : `  Larger numbers that do not finish: ${largerThatFail.join(", ")}.`,
    `  The longest power-on has ${things(longestPowerOn, "operation")}; ${things(boots, "boot")} answered it all.`,
  );
  return `${lines.join("\n")}\n`;
}

function headOf({ profile, name, title }: Scenario): string {
  return `Brown-out of ${profile.name}/${name}: power goes after a number of operations of every power-on\n  ${title}`;
}

function sentenceOf({ operations, outcome, powerOns, end }: BrownoutWalk): string {
  const what = {
    finished: "finished and at rest",
    "given-up": "at rest, but not as expected,",
    stuck: "going round in a circle",
  }[outcome];
  return `${things(operations, "operation")} per power-on: ${what} after ${things(powerOns, "power-on")} (${end}).`;
}
