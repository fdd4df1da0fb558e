/**
 * Checks the certificate of a campaign: that every state it leads to is in it, with the torn operations
 * that were left, and that uninterrupted power comes to a running image from each of them. The checker
 * is a page of code that shares nothing with the engine; read it in
 * host/campaign/certificate-check.ts.
 *
 * With `--recheck` a sample of states is executed as well: the device goes the way to each of them and
 * is powered on, and what this leads to is compared with the certificate. That needs the scenario that
 * the certificate is about; the options are those of `campaign`.
 *
 * ```console
 * $ brownout certificate check whole.certificate --scenario refused-update --recheck 20
 * Holds: 3,818 states and 21,651 ways between them are closed and live.
 * ...
 *   20 states executed on the device agree.
 * ...
 * ```
 */
import { InvalidArgumentError } from "commander";
import { z } from "zod";
import { CertificateError, checkCertificate, readCertificate } from "../../campaign/certificate-check.ts";
import { recheckCertificate } from "../../campaign/certificate-recheck.ts";
import { count, things } from "../../report/quantity.ts";
import { writeJson, writeLines, type CliCommand, type Invocation } from "../command.ts";
import { ExitCode } from "../exit-code.ts";
import { CAMPAIGN_BYTES_MAX, readInput } from "../file.ts";
import { declareParts, declareScenario, readScenario, ScenarioOptions } from "../scenario.ts";

const Options = ScenarioOptions.extend({
  scenario: z.string(),
  profile: z.string(),
  recheck: z.number().optional(),
  json: z.boolean().optional(),
});

/** `brownout certificate check`. */
export const certificateCheck: CliCommand = {
  words: "certificate check",
  summary: "check that a certificate is closed and live",
  examples: ["certificate check update.certificate", "certificate check update.certificate --recheck 200"],
  findings: "the certificate does not hold",
  declare: (command) => {
    command
      .argument("<file>", "the certificate")
      .option("--recheck <number>", "execute so many of its states on the device", parseCount);
    declareScenario(command);
    declareParts(command);
  },
  run: (invocation) => {
    const { json } = Options.parse(invocation.options);
    try {
      const { lines, ...facts } = examine(invocation);
      if (json === true) writeJson(invocation.io, { holds: true, ...facts });
      else writeLines(invocation.io, lines);
      return ExitCode.Pass;
    } catch (error) {
      if (!(error instanceof CertificateError)) throw error;
      if (json === true) writeJson(invocation.io, { holds: false, sentence: error.message });
      else invocation.io.out.write(`Does not hold: ${error.message}\n`);
      return ExitCode.Findings;
    }
  },
};

function examine({ io, operands, options }: Invocation) {
  const { scenario: name, profile, recheck, ...parts } = Options.parse(options);
  const bytes = readInput(io, operands[0] ?? "", "certificate", CAMPAIGN_BYTES_MAX);
  const { header, states, transitions, boots } = checkCertificate(bytes);
  const rechecked =
    recheck === undefined
      ? 0
      : recheckCertificate(readCertificate(bytes), readScenario(io, name, profile, parts), recheck);
  const findings = Object.entries(header.findings);
  const torn = header.tornBudget === 0 ? "" : ` (${header.tearClasses.join(", ")})`;
  const lines = [
    `Holds: ${things(states, "state")} and ${count(transitions)} ways between them are closed and live.`,
    `  Clean cuts are unlimited, with at most ${things(header.tornBudget, "torn operation")}${torn}.`,
    `  Uninterrupted power comes to a running image within ${things(boots, "boot")} from each state.`,
    ...(rechecked === 0 ? [] : [`  ${things(rechecked, "state")} executed on the device agree.`]),
    `  ${header.profile}/${header.scenario}: bootloader ${header.bootloaderDigest.slice(0, 8)},` +
      ` inputs ${header.inputsDigest.slice(0, 8)}, graph ${header.graphDigest.slice(0, 16)}.`,
    findings.length === 0
      ? `  No finding by ${header.oracles.join(", ")}.`
      : `  Findings: ${findings.map(([id, found]) => `${found} ${id}`).join(", ")}.`,
  ];
  return { lines, header, states, transitions, bootsToRunning: boots, rechecked };
}

function parseCount(text: string): number {
  if (/^[1-9][0-9]{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("Expected a number of states.");
}
