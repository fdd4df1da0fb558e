/**
 * Tries every sequence of power cuts during an update: before, during and after every operation, and
 * again during the recovery from that, until no new state of the device is left. Nine oracles look on.
 * What the report then says is proved for this scenario and this class of faults, not sampled.
 *
 * Scenarios ship; or bring a device and an update of your own with `--device`, `--envelope` and
 * `--payload`. A finding comes with a case id that `replay` plays again, the shortest first.
 *
 * ```console
 * $ brownout campaign --scenario refused-update --torn 0
 * Campaign class1/refused-update
 *   Slot A runs confirmed firmware, slot B holds an older image; an update with a stranger's signature is offered and refused.
 * ...
 * ```
 */
import { InvalidArgumentError } from "commander";
import { z } from "zod";
import { reportJson, reportText, verdictOf } from "../../campaign/report.ts";
import { runCampaign } from "../../campaign/run.ts";
import { writeJson, type CliCommand } from "../command.ts";
import { ExitCode } from "../exit-code.ts";
import { ProgressLine, type Io } from "../io.ts";
import { declareParts, declareScenario, readScenario, ScenarioOptions } from "../scenario.ts";

/** The exploration keeps the budget in three bits. */
const TORN_MAX = 7;

const Options = ScenarioOptions.extend({
  scenario: z.string(),
  profile: z.string(),
  torn: z.number(),
  maxSeconds: z.number().optional(),
  json: z.boolean().optional(),
});

/** `brownout campaign`. */
export const campaign: CliCommand = {
  words: "campaign",
  summary: "try every sequence of power cuts during an update",
  examples: [
    "campaign",
    "campaign --scenario refused-update --torn 0",
    "campaign --device sensor.device --envelope update.suit --payload firmware-2.wasm",
  ],
  findings: "an oracle objects to something, or not everything could be tried",
  declare: (command) => {
    declareScenario(command);
    command
      .option("--torn <number>", "torn operations per sequence of cuts, 0 to 7", parseTorn, 1)
      .option("--max-seconds <number>", "give up after so many seconds", parseSeconds);
    declareParts(command);
  },
  run: ({ io, options }) => {
    const { scenario: name, profile, torn, maxSeconds, json, ...parts } = Options.parse(options);
    const scenario = readScenario(io, name, profile, parts);
    const progress = new ProgressLine(io);
    const result = runCampaign(scenario, {
      tornBudget: torn,
      ...(maxSeconds === undefined ? {} : { maxSeconds }),
      ...(progress.isShown
        ? {
            onProgress: ({ states, boots, queued, cuts, seconds }) =>
              progress.show(
                `${states} states, ${boots} boots, ${queued} waiting, ${cuts} cuts deep, ${seconds.toFixed(0)} s`,
              ),
          }
        : {}),
    });
    progress.clear();
    const verdict = verdictOf(result);
    if (json === true) writeJson(io, reportJson(result));
    else io.out.write(paintVerdict(io, reportText(result), verdict));
    return verdict.kind === "proved" ? ExitCode.Pass : ExitCode.Findings;
  },
};

function paintVerdict(io: Io, report: string, verdict: ReturnType<typeof verdictOf>): string {
  const { green, red, yellow, bold } = io.out.colors;
  const paint = { proved: green, broken: red, open: yellow }[verdict.kind];
  return report.replace(verdict.sentence, () => bold(paint(verdict.sentence)));
}

function parseTorn(text: string): number {
  const torn = Number(text);
  if (/^[0-9]$/.test(text) && torn <= TORN_MAX) return torn;
  throw new InvalidArgumentError(`Expected a number from 0 to ${TORN_MAX}.`);
}

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (/^[0-9]+(\.[0-9]+)?$/.test(text) && seconds > 0) return seconds;
  throw new InvalidArgumentError("Expected a number of seconds above 0.");
}
