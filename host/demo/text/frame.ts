/**
 * How the demonstration begins and ends.
 */
import path from "node:path";
import type { Colors } from "../../report/color.ts";
import { things } from "../../report/quantity.ts";
import { projectRoot } from "../../project.ts";
import { differenceLines, mark, PAGE_WIDTH } from "./layout.ts";

/** What the last page says. */
export interface Closing {
  /** Where everything was left. */
  readonly folder: string;
  /** The case id of a finding to replay. */
  readonly replay: string | undefined;
  readonly differences: readonly string[];
  readonly seconds: number;
}

/** The first lines. */
export function openingPage(colors: Colors): string[] {
  return [
    "",
    `${colors.bold("Brownout")}  A secure firmware update on a device with 10 KiB of RAM and 100 KiB of flash,`,
    "          and every power cut on the way.",
  ];
}

/** The last lines: how it came out, and what to try next. */
export function closingPage(closing: Closing, colors: Colors): string[] {
  const { folder, differences, seconds } = closing;
  const isGood = differences.length === 0;
  const verdict = isGood
    ? "Everything came out as it must."
    : `${things(differences.length, "thing")} came out differently:`;
  return [
    "",
    colors.dim("─".repeat(PAGE_WIDTH)),
    "",
    `  ${mark(isGood, colors)} ${colors.bold(verdict)} ${colors.dim(`${seconds.toFixed(1)} s in all.`)}`,
    ...differenceLines(differences, colors),
    "",
    `  Keys, envelopes, firmware and devices are in ${colors.cyan(folder)}`,
    "  Try next:",
    "",
    ...nextCommands(closing).map((line) => `    ${line}`),
    "",
  ];
}

/** Commands that work on what was left, in an order that makes sense. */
function nextCommands({ folder, replay }: Closing): string[] {
  const program = path.join(projectRoot, "build", "host", "cli", "brownout.js");
  return [
    `cd ${folder}`,
    `alias brownout="node ${program}"`,
    "brownout manifest inspect envelope-2.suit",
    "brownout manifest verify envelope-2.suit refused-tampered.suit --key author-public.pem",
    "brownout device show sensor.device",
    "brownout campaign --device sensor.device --envelope envelope-2.suit --payload firmware-2.wasm",
    "brownout device update sensor.device --envelope envelope-2.suit --payload firmware-2.wasm",
    ...(replay === undefined ? [] : [`brownout replay '${replay}'`]),
  ];
}
