/**
 * The options of `campaign` that say which reports to write, checked before hours of work are done.
 */
import { statSync } from "node:fs";
import path from "node:path";
import { formatOfFile, type ReportFormat } from "../report/report-file.ts";
import { UserError } from "../user-error.ts";
import { resolvePath } from "./file.ts";
import type { Io } from "./io.ts";

/** What the command line says. */
export interface ReportOptions {
  readonly report?: readonly string[] | undefined;
  readonly reportFormat?: ReportFormat | undefined;
  readonly coverage?: boolean | undefined;
  readonly operations?: unknown;
  readonly defects?: unknown;
  readonly flaky?: unknown;
  readonly watchdog?: unknown;
  readonly certificate?: unknown;
  readonly shard?: unknown;
}

/** One report to write. */
export interface PlannedReport {
  readonly file: string;
  readonly format: ReportFormat;
}

/** Options that run something else instead of one campaign. */
const INSTEAD = ["operations", "defects", "flaky", "watchdog"] as const;
/** Options that need the graph of a campaign. */
const PRODUCTS = ["report", "coverage", "certificate", "shard"] as const;

/**
 * Which reports to write where.
 *
 * @throws UserError `report-format` or `unwritable-file`, or `usage` when there will be nothing to report
 */
export function planReports(io: Io, options: ReportOptions): PlannedReport[] {
  const { report = [], reportFormat } = options;
  const instead = INSTEAD.find((name) => options[name] !== undefined);
  const product = PRODUCTS.find((name) => options[name] !== undefined && options[name] !== false);
  if (instead !== undefined && product !== undefined) {
    throw new UserError(
      "usage",
      `--${instead} runs something else instead of one campaign, which leaves nothing for --${product}.`,
      `Leave out one of the two.`,
    );
  }
  if (reportFormat !== undefined && report.length !== 1) {
    throw new UserError(
      "usage",
      "--report-format goes with one --report.",
      "Name several reports by their formats: .html, .xml, .sarif, .json.",
    );
  }
  return report.map((file) => {
    const format = reportFormat ?? formatOfFile(file);
    const folder = path.dirname(resolvePath(io, file));
    if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
      throw new UserError(
        "unwritable-file",
        `${file} cannot be written: there is no folder ${folder}.`,
        "Make it first.",
      );
    }
    return { file, format };
  });
}
