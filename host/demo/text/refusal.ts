/**
 * The page of chapter 3.
 */
import type { Colors } from "../../report/color.ts";
import { STATUS_TEXT, type StatusText } from "../../status-text.ts";
import type { RefusalFacts } from "../refusal.ts";
import { differenceLines, indent, mark, PAGE_WIDTH, title, wrap } from "./layout.ts";

/** Chapter 3 as lines. */
export function refusalPage(refusals: readonly RefusalFacts[], colors: Colors): string[] {
  return [
    ...title(3, "Updates that must be refused", colors),
    ...refusals.flatMap((each) => lines(each, colors)),
  ];
}

function lines(refusal: RefusalFacts, colors: Colors): string[] {
  const { title: what, reason = "not refused", firmwareVersion, differences } = refusal;
  const sentence =
    Object.values(STATUS_TEXT).find((text: StatusText) => text.code === reason)?.sentence ?? "";
  const gap = " ".repeat(Math.max(2, PAGE_WIDTH - 4 - what.length - reason.length));
  return [
    `  ${mark(differences.length === 0, colors)} ${colors.bold(what)}${gap}${colors.yellow(reason)}`,
    ...indent(wrap(`${sentence} Firmware ${firmwareVersion} runs on.`, PAGE_WIDTH - 4), 4),
    ...differenceLines(differences, colors),
  ];
}
