/**
 * Report files of campaigns: which formats there are, and what each holds.
 */
import path from "node:path";
import { coverageJson } from "../campaign/coverage-text.ts";
import { reportJson } from "../campaign/report.ts";
import { UserError } from "../user-error.ts";
import type { CampaignView } from "./campaign-view.ts";
import { reportHtml } from "./html.ts";
import { junitXml } from "./junit.ts";
import { sarifLog } from "./sarif.ts";

/** The formats, and the extension that each is known by. */
export const REPORT_FORMATS = ["junit", "sarif", "json", "html"] as const;
/** One of them. */
export type ReportFormat = (typeof REPORT_FORMATS)[number];

const EXTENSIONS: ReadonlyMap<string, ReportFormat> = new Map([
  [".xml", "junit"],
  [".sarif", "sarif"],
  [".json", "json"],
  [".html", "html"],
  [".htm", "html"],
]);

/**
 * The format of a file by its name.
 *
 * @throws UserError `report-format`
 */
export function formatOfFile(file: string): ReportFormat {
  const name = file.toLowerCase();
  const format = name.endsWith(".sarif.json") ? "sarif" : EXTENSIONS.get(path.extname(name));
  if (format !== undefined) return format;
  throw new UserError(
    "report-format",
    `${file} does not say which format it is to have.`,
    `Name it .xml, .sarif, .json or .html, or add --report-format: ${REPORT_FORMATS.join(", ")}.`,
  );
}

/** The text of a report. */
export function reportFile(view: CampaignView, format: ReportFormat): string {
  switch (format) {
    case "junit":
      return junitXml(view);
    case "sarif":
      return jsonFile(sarifLog(view));
    case "json":
      return jsonFile({
        ...reportJson(view.result),
        coverage: coverageJson(view.coverage),
        cutOutcomes: view.strips,
        wear: view.history.wear,
      });
    case "html":
      return reportHtml(view);
  }
}

function jsonFile(value: unknown): string {
  const text = JSON.stringify(
    value,
    (_key, member: unknown) => (typeof member === "bigint" ? String(member) : member),
    1,
  );
  return `${text}\n`;
}
