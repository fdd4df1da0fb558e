/**
 * How the demonstration's pages look: chapter titles, entries, paragraphs.
 */
import type { Colors } from "../../report/color.ts";

/** Columns that a page fills. */
export const PAGE_WIDTH = 80;
const LABEL_WIDTH = 12;

/** A chapter's title with a rule to the right margin. */
export function title(number: number, text: string, colors: Colors): string[] {
  const rule = "─".repeat(Math.max(0, PAGE_WIDTH - text.length - 4));
  return ["", `${colors.bold(colors.cyan(`${number}  ${text}`))} ${colors.dim(rule)}`, ""];
}

/** A label and what it is about; further lines stand below the first. */
export function entry(label: string, text: string | readonly string[], colors: Colors): string[] {
  const lines = typeof text === "string" ? [text] : text;
  return lines.map((line, index) => {
    const head = index === 0 ? label : "";
    return `  ${colors.dim(head.padEnd(LABEL_WIDTH))} ${line}`;
  });
}

/** Lines moved to the right. */
export function indent(lines: readonly string[], columns = 2): string[] {
  return lines.map((line) => (line === "" ? line : " ".repeat(columns) + line));
}

/** Words broken into lines that fit beside a label. */
export function wrap(text: string, width = PAGE_WIDTH - LABEL_WIDTH - 3): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (longer.length > width && line !== "") {
      lines.push(line);
      line = word;
    } else {
      line = longer;
    }
  }
  return [...lines, line];
}

/** A sentence behind a tick or a cross, as many lines as it takes. */
export function judged(isGood: boolean, sentence: string, colors: Colors): string[] {
  return wrap(sentence, PAGE_WIDTH - 4).map(
    (line, index) => `  ${index === 0 ? mark(isGood, colors) : " "} ${line}`,
  );
}

/** A tick, or a cross when something differed. */
export function mark(isGood: boolean, colors: Colors): string {
  return isGood ? colors.green("✓") : colors.red("✗");
}

/** What differed, if anything did. */
export function differenceLines(differences: readonly string[], colors: Colors): string[] {
  return differences.map((difference) => `  ${mark(false, colors)} ${colors.red(difference)}`);
}
