/**
 * Reads the report that a device sent of its last update, a SUIT_Report (draft-ietf-suit-report-20),
 * and says in plain words what came of the update, why, and where in the manifest. With `--key` it
 * checks that the device wrote it, and with `--nonce` that it wrote it just now.
 *
 * ```console
 * $ brownout report inspect update.report --key report.key
 * result       ok: the update is installed and confirmed
 * ...
 * trust        authentic: its tag is right under the key
 * ```
 */
import { z } from "zod";
import { openReport, readReportKey } from "../../suit-report/protection.ts";
import { readReport } from "../../suit-report/report.ts";
import { reportData, reportLines } from "../../suit-report/text.ts";
import { writeJson, writeLines, type CliCommand } from "../command.ts";
import { ExitCode } from "../exit-code.ts";
import { readInput } from "../file.ts";

const Options = z.object({
  key: z.string().optional(),
  nonce: z.string().optional(),
  json: z.boolean().optional(),
});

/** `brownout report inspect`. */
export const reportInspect: CliCommand = {
  words: "report inspect",
  summary: "explain and check the report of an update that a device sent",
  examples: [
    "report inspect update.report",
    "report inspect update.report --key report.key",
    "report inspect update.report --key report.key --nonce 00ff10 --json",
  ],
  findings: "the report tells of a failure, is not authentic, or has another nonce",
  declare: (command) => {
    command
      .argument("<report>", "the report")
      .option("-k, --key <file>", "the device's report key: 32 bytes, or 64 hexadecimal digits")
      .option("--nonce <hex>", "the nonce that the report must repeat");
  },
  run: ({ io, operands, options }) => {
    const [file] = z.tuple([z.string()]).parse(operands);
    const { key: keyFile, nonce, json } = Options.parse(options);
    const key = keyFile === undefined ? undefined : readReportKey(readInput(io, keyFile, "key"), keyFile);
    const { content, trust } = openReport(readInput(io, file, "report"), key, file);
    const report = readReport(content, file);
    const isFresh = nonce === undefined || report.nonce === nonce.toLowerCase();
    const isTrusted = key === undefined || trust === "authentic";
    if (json === true) {
      writeJson(io, { file, ...reportData(report, trust), ...(nonce === undefined ? {} : { isFresh }) });
    } else {
      writeLines(io, reportLines(report, trust));
      if (!isTrusted) io.err.write(`${io.err.colors.red(untrusted(trust))}\n`);
      if (!isFresh)
        io.err.write(`${io.err.colors.red("The report does not repeat the nonce: it may be an old one.")}\n`);
    }
    return report.failure === undefined && isTrusted && isFresh ? ExitCode.Pass : ExitCode.Findings;
  },
};

function untrusted(trust: string): string {
  return trust === "plain"
    ? "The report is not authenticated at all, although a key was given."
    : "The report was not written under this key: it is another device's, was changed, or is forged.";
}
