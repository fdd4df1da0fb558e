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
}

/** One report to write. */
export interface PlannedReport {
  readonly file: string;
  readonly format: ReportFormat;
}

/**
 * Which reports to write where.
 *
 * @throws UserError `report-format` or `unwritable-file`, or `usage` when there will be nothing to report
 */
export function planReports(io: Io, options: ReportOptions): PlannedReport[] {
  const { report = [], reportFormat, coverage, operations } = options;
  if (operations !== undefined && (report.length > 0 || coverage === true)) {
    throw new UserError(
      "usage",
      "--operations tries one cut per power-on, which makes no report and covers nothing.",
      "Leave out --report and --coverage, or --operations.",
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
