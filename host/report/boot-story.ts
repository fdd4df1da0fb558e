/**
 * A power-on as a short story for the terminal.
 */
import type { PowerCycle } from "../../emulator/device.ts";
import { slotName } from "../../emulator/explore/journal.ts";
import type { BootRecord } from "./boot-record.ts";
import { bootStatePhrase } from "./boot-state.ts";
import { PLAIN, type Colors } from "./color.ts";
import { drawSlots } from "./flash-map.ts";
import { count, duration, energy, things } from "./quantity.ts";

/** Where the right column of the headline ends. */
const WIDTH = 78;
const LABEL_WIDTH = 9;

/** Tells one power-on in a few lines, without indentation. */
export function bootStory(boot: BootRecord, number: number, colors: Colors = PLAIN): string[] {
  const { cycle, before, after } = boot;
  const entry = (label: string, text: string): string => `  ${colors.dim(label.padEnd(LABEL_WIDTH))}${text}`;
  const log = cycle.log.map(({ text }, index) => entry(index === 0 ? "log" : "", text));
  const lines = [headline(boot, number, colors), ...log];
  if (cycle.operations > 0) lines.push(entry("wrote", operationsPhrase(boot)));
  if (boot.datagramsSent > 0) lines.push(entry("link", linkPhrase(boot)));
  const [was, is] = [bootStatePhrase(before.journal), bootStatePhrase(after.journal)];
  if (was !== is) lines.push(entry("journal", `${was} ${colors.dim("→")} ${colors.bold(is)}`));
  if (after.radio !== undefined && before.radio !== after.radio)
    lines.push(entry("radio", `runs ${after.radio}`));
  const violation = cycle.violations[0];
  if (violation !== undefined) lines.push(entry("broke", colors.red(violation.rule)));
  lines.push(entry("ended", endPhrase(cycle, colors)));
  if (drawSlots(before.map) !== drawSlots(after.map)) {
    lines.push(entry("before", drawSlots(before.map, colors)), entry("after", drawSlots(after.map, colors)));
  }
  return lines;
}

/** What ran: "slot B booted", or that no image did. */
export function bootedPhrase({ booted }: PowerCycle): string {
  return booted === undefined ? "bootloader only" : `slot ${slotName(booted.slot)} booted`;
}

/** Operations by kind: "1 page erased, 1,263 words of 4 bytes programmed". */
export function operationsPhrase(boot: BootRecord): string {
  const { pagesErased, unitsProgrammed, counterAdvances } = boot;
  const unitBytes = boot.before.map.profile.unitBytes;
  const phrases: string[] = [];
  if (pagesErased > 0) phrases.push(`${things(pagesErased, "page")} erased`);
  if (unitsProgrammed > 0) {
    phrases.push(`${things(unitsProgrammed, "unit")} of ${unitBytes} bytes programmed`);
  }
  for (const { id, before, after } of counterAdvances) {
    phrases.push(`counter ${id} advanced from ${count(before)} to ${count(after)}`);
  }
  return phrases.join(", ");
}

/** How a power cycle ended, as a phrase. */
export function endPhrase(cycle: PowerCycle, colors: Colors = PLAIN): string {
  switch (cycle.end) {
    case "idle":
      return "asleep, nothing left to do";
    case "reset":
      return `the ${cycle.stage} requested a reset`;
    case "power-loss":
      return colors.yellow("power was lost");
    case "watchdog":
      return `${colors.red("the watchdog bit")}: ${cycle.fault?.message ?? ""}`;
    case "hard-fault":
      return `${colors.red("hard fault")}: ${cycle.fault?.message ?? ""}`;
    case "returned":
      return colors.red(`the ${cycle.stage} returned, which it never should`);
    case "refused":
      return `${colors.red("nothing to run")}: ${cycle.moduleError?.message ?? ""}`;
  }
}

function headline(boot: BootRecord, number: number, colors: Colors): string {
  const { cycle } = boot;
  const title = `power-on ${number}`;
  const what = bootedPhrase(cycle);
  const cost = `${duration(cycle.micros.total).padStart(8)}  ${energy(cycle.nanojoules.total).padStart(8)}`;
  const gap = " ".repeat(Math.max(1, WIDTH - title.length - 2 - what.length - cost.length));
  return `${colors.bold(title)}  ${colors.cyan(what)}${gap}${cost}`;
}

function linkPhrase({ datagramsSent, datagramsReceived }: BootRecord): string {
  return `${things(datagramsSent, "CoAP request")}, ${things(datagramsReceived, "answer")}`;
}
