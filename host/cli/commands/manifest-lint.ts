/**
 * Finds mistakes in a manifest before a device does: a missing check of vendor or class, a condition
 * without its parameter, a fetch without a size, a payload that is not the one that was signed. It takes
 * envelopes, and the JSON that they are made of, with `--payload` where the JSON needs one. Paths are
 * those of the JSON form that `manifest inspect --source` prints.
 *
 * With `--device` the manifest is held against a real device as well: its vendor, class and components, its
 * anti-rollback floor, its slots, the keys that it trusts and what they may touch, and what it processes. For
 * the last, the bootloader in the device is known as one of ours, or asked. Of one that cannot be asked, what the
 * device reports counts: a copy of it is switched on and asked for its SUIT report, or `--report` gives one that
 * it sent. The output says which it was. `--report` alone lints against nothing else. docs/manifest.md lists the
 * rules.
 *
 * ```console
 * $ brownout manifest lint update.json --payload firmware-2.wasm
 * update.json: nothing to complain about
 * ```
 */
import path from "node:path";
import { z } from "zod";
import { factsOfReport, lintFacts, type CapabilitySource, type LintFacts } from "../../device/lint-facts.ts";
import { createEnvelope } from "../../manifest/create.ts";
import { isError, lintEnvelope } from "../../manifest/lint/lint.ts";
import type { Finding } from "../../manifest/lint/rule.ts";
import { visibleText } from "../../manifest/visible-text.ts";
import { openReport } from "../../suit-report/protection.ts";
import { readReport, type SuitReport } from "../../suit-report/report.ts";
import { writeJson, type CliCommand } from "../command.ts";
import { openDevice } from "../device.ts";
import { ExitCode } from "../exit-code.ts";
import { readInput, readJson } from "../file.ts";
import type { Io } from "../io.ts";

const Options = z.object({
  payload: z.string().optional(),
  device: z.string().optional(),
  report: z.string().optional(),
  json: z.boolean().optional(),
});

/** `brownout manifest lint`. */
export const manifestLint: CliCommand = {
  words: "manifest lint",
  summary: "find mistakes in a manifest before a device does",
  examples: [
    "manifest lint update.suit --device sensor.device",
    "manifest lint update.json --payload firmware-2.wasm",
    "manifest lint update.suit --report update.report",
  ],
  findings: "the manifest has an error; warnings alone do not count",
  declare: (command) => {
    command
      .argument("<manifest>", "an envelope, or the JSON of one")
      .option("-p, --payload <file>", "the payload, for JSON that takes values from it")
      .option("-d, --device <file>", "hold it against this device as well")
      .option(
        "--report <file>",
        "what the device processes by a report that it sent, where its bootloader cannot be asked",
      );
  },
  run: ({ io, operands, options }) => {
    const [file] = z.tuple([z.string()]).parse(operands);
    const { payload, device, report, json } = Options.parse(options);
    const held = heldAgainst(io, device, report);
    const findings = lintEnvelope(readManifest(io, file, payload), held?.facts);
    const errors = findings.filter(isError).length;
    if (json === true) {
      const capabilities = held?.source;
      writeJson(io, { file, errors, warnings: findings.length - errors, findings, capabilities });
    } else {
      io.out.write(`${visibleText(findingsText(io, file, findings))}\n`);
      if (held !== undefined) io.out.write(`${io.out.colors.dim(SOURCES[held.source])}\n`);
    }
    return errors > 0 ? ExitCode.Findings : ExitCode.Pass;
  },
};

/** The envelope, or the one that the JSON becomes. */
function readManifest(io: Io, file: string, payload: string | undefined): Uint8Array {
  const content = readInput(io, file, "manifest");
  const isJson = /^\s*\{/.test(Buffer.from(content.subarray(0, 256)).toString("latin1"));
  if (!isJson) return content;
  return createEnvelope(readJson(io, file, "manifest"), {
    payload: payload === undefined ? undefined : readInput(io, payload, "payload"),
    readFile: (name) => readInput(io, path.join(path.dirname(file), name), "file"),
  });
}

/** Where it was known from what the device processes. */
const SOURCES: Readonly<Record<CapabilitySource, string>> = {
  "own-bootloader": "The device's bootloader is ours, so what it processes is known.",
  asked: "The device's bootloader was asked what it processes.",
  report: "What the device processes is what it reports; there is no bootloader that could be asked.",
  unknown:
    "The device's bootloader cannot be asked what it processes, and the device does not report: at most its judgement on the whole manifest counts.",
};

/** What the manifest is held against beside the drafts. */
function heldAgainst(
  io: Io,
  device: string | undefined,
  reportFile: string | undefined,
): LintFacts | undefined {
  const report = reportFile === undefined ? undefined : readSavedReport(io, reportFile);
  if (device !== undefined) return lintFacts(openDevice(io, device), report);
  return report === undefined ? undefined : factsOfReport(report, reportFile ?? "");
}

function readSavedReport(io: Io, file: string): SuitReport {
  return readReport(openReport(readInput(io, file, "report"), undefined, file).content, file);
}

function findingsText(io: Io, file: string, findings: readonly Finding[]): string {
  const { bold } = io.out.colors;
  if (findings.length === 0) return `${bold(file)}: nothing to complain about`;
  const errors = findings.filter(isError).length;
  const title = `${bold(file)}: ${counted(errors, "error")}, ${counted(findings.length - errors, "warning")}`;
  return [title, ...findings.flatMap((finding) => findingLines(io, finding))].join("\n");
}

function findingLines(io: Io, { rule, severity, path: place, message, fix }: Finding): string[] {
  const { red, yellow, dim } = io.out.colors;
  const word = severity === "error" ? red(severity) : yellow(severity);
  const where = place === "" ? "" : ` at ${place}`;
  return [`  ${word} ${rule}${where}`, `    ${message}`, `    ${dim(fix)}`];
}

function counted(count: number, what: string): string {
  return `${count === 0 ? "no" : count} ${what}${count === 1 ? "" : "s"}`;
}
