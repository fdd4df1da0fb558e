/**
 * Plays a case of a campaign again: each power-on with its cut, then uninterrupted power until the
 * device is at rest, told operation by operation, with every oracle looking on. The case id names the
 * scenario, the part, the cuts, and the digests of bootloader and inputs; if those are others here,
 * operation numbers may mean something else, so it is refused unless you say `--any-digest`.
 *
 * A case of your own device needs the same `--device`, `--envelope` and `--payload` as its campaign, a
 * case of your own bootloader the same `--bootloader`, `--layout` and `--scenario`.
 * Quote the id: `#` and `~` mean something to shells.
 *
 * `--at 3` stops before the third power-on and shows the flash as it is then. `--bundle` puts all that
 * goes in and comes out into a new folder, the device before and after each power-on among it.
 * `--trace-format jsonl` or `vcd` prints the trace alone, for programs and waveform viewers. `--corpus`
 * replays a file of case ids, one per line, and fails if an oracle objects to any.
 *
 * ```console
 * $ brownout replay 'bo1:class1/update#00000000#00000000@17t2,0a' --any-digest
 * Replay of bo1:class1/update#00000000#00000000@17t2,0a
 *
 * Power-on 1: it ends by itself after 7 operations, before 17t2
 *   journal   Confirmed, slot A is active; floor 1
 *   log       boot: slot A
 *   log       firmware 1: running from slot A
 * ...
 * The device is at rest.
 * No oracle objects.
 * ```
 */
import { existsSync, mkdirSync } from "node:fs";
import path from "node:path";
import { InvalidArgumentError, Option } from "commander";
import { z } from "zod";
import { bundleFiles } from "../../campaign/bundle.ts";
import { corpusText, playCorpus, readCorpus, type CorpusOutcome } from "../../campaign/corpus.ts";
import { withDefectOracles } from "../../campaign/defect.ts";
import { readCaseId, replayCase, type ReplayMoment } from "../../campaign/replay.ts";
import { replayJson, replayText } from "../../campaign/replay-text.ts";
import type { Scenario } from "../../campaign/scenario.ts";
import { formatCaseId, type CaseId } from "../../../emulator/explore/case-id.ts";
import { PROFILE_NAMES, ProfileError, profileNamed, TraceRecorder } from "../../../emulator/index.ts";
import { traceData, traceLine } from "../../device/story.ts";
import { drawFlashMap, mapFlash } from "../../report/flash-map.ts";
import { TRACE_FORMATS, traceJsonLines, traceVcd } from "../../report/trace-file.ts";
import { UserError } from "../../user-error.ts";
import { writeJson, writeLines, type CliCommand } from "../command.ts";
import { ExitCode } from "../exit-code.ts";
import { CAMPAIGN_BYTES_MAX, readInput, resolvePath, writeOutput } from "../file.ts";
import type { Io } from "../io.ts";
import { declareParts, OWN_SCENARIO, readScenario, ScenarioOptions } from "../scenario.ts";

const Options = ScenarioOptions.extend({
  scenario: z.string().optional(),
  trace: z.boolean().optional(),
  traceFormat: z.enum(TRACE_FORMATS).optional(),
  at: z.number().optional(),
  bundle: z.string().optional(),
  corpus: z.string().optional(),
  anyDigest: z.boolean().optional(),
  json: z.boolean().optional(),
});

type Options = z.infer<typeof Options>;

/** `brownout replay`. */
export const replay: CliCommand = {
  words: "replay",
  summary: "play a case of a campaign again",
  examples: [
    "replay 'bo1:class1/update#00000000#00000000@17t2,0a' --any-digest",
    "replay 'bo1:class1/update#00000000#00000000@17t2,0a' --any-digest --trace",
    "replay 'bo1:class1/update#00000000#00000000@17t2,0a' --any-digest --at 2",
    "replay --corpus regressions.txt --any-digest",
  ],
  findings: "an oracle objects to something",
  declare: (command) => {
    command
      .argument("[id]", "the case id, as `campaign` prints it")
      .option("--trace", "print every event of every power-on first")
      .addOption(
        new Option("--trace-format <name>", "print the trace alone, in this format").choices(TRACE_FORMATS),
      )
      .option("--at <number>", "stop before this power-on and show the device", parseNumber)
      .option("--bundle <folder>", "put everything about the case into a new folder")
      .addOption(
        new Option("--corpus <file>", "replay all the cases of a file, one id per line").conflicts([
          "trace",
          "traceFormat",
          "at",
          "bundle",
        ]),
      )
      .option("--any-digest", "replay although bootloader or inputs are others than the case's");
    command.option("--scenario <file>", "the scenario.json of the campaign");
    declareParts(command);
  },
  run: ({ io, operands, options }) => {
    const [text] = z.array(z.string()).max(1).parse(operands);
    const given = Options.parse(options);
    if (given.corpus !== undefined) return runCorpus(io, text, given.corpus, given);
    if (text === undefined) {
      throw new UserError(
        "usage",
        "There is nothing to replay.",
        "Give a case id, or --corpus with a file of them.",
      );
    }
    return runCase(io, readCaseId(text), given);
  },
};

function runCase(io: Io, id: CaseId, options: Options): ExitCode {
  const { trace, traceFormat, at, bundle, anyDigest, json } = options;
  if (json === true && traceFormat !== undefined) {
    throw new UserError(
      "usage",
      "--json and --trace-format both want the output.",
      "Give --json --trace instead.",
    );
  }
  if (bundle !== undefined && existsSync(resolvePath(io, bundle))) {
    throw new UserError("file-exists", `${bundle} exists already.`, "Give the name of a new folder.");
  }
  const scenario = scenarioOf(io, id, options);
  const recorder = new TraceRecorder();
  const moments: ReplayMoment[] = [];
  const isTraced = trace === true || traceFormat !== undefined || bundle !== undefined;
  const result = replayCase(scenario, id, {
    anyDigest: anyDigest === true,
    ...(at === undefined ? {} : { at }),
    ...(isTraced ? { trace: recorder } : {}),
    ...(bundle === undefined ? {} : { onPowerOn: (moment: ReplayMoment) => moments.push(moment) }),
  });
  const { events } = recorder;
  if (bundle !== undefined) {
    const files = bundleFiles({ scenario, replay: result, moments, events });
    for (const [name, content] of files) {
      const file = path.join(bundle, name);
      mkdirSync(path.dirname(resolvePath(io, file)), { recursive: true });
      writeOutput(io, file, content);
    }
  }
  if (json === true) {
    writeJson(io, { ...replayJson(result), ...(trace === true ? { trace: events.map(traceData) } : {}) });
  } else if (traceFormat === "jsonl") io.out.write(traceJsonLines(events));
  else if (traceFormat === "vcd") io.out.write(traceVcd(events, formatCaseId(id)));
  else {
    if (trace === true || traceFormat === "text") {
      writeLines(
        io,
        events.map((event) => traceLine(event, scenario.profile)),
      );
    }
    if (traceFormat === undefined) io.out.write(replayText(result));
    if (traceFormat === undefined && result.stop !== undefined) {
      const { flash, counters } = result.stop.state;
      writeLines(io, [
        "",
        ...drawFlashMap(mapFlash(flash, scenario.profile), io.out.colors),
        `counters ${counters.join(", ")}`,
      ]);
    }
  }
  return result.isFinding ? ExitCode.Findings : ExitCode.Pass;
}

function runCorpus(io: Io, id: string | undefined, file: string, options: Options): ExitCode {
  if (id !== undefined) {
    throw new UserError("usage", "--corpus goes without a case id.", "Leave one of the two out.");
  }
  const cases = readCorpus(new TextDecoder().decode(readInput(io, file, "corpus", CAMPAIGN_BYTES_MAX)), file);
  const result = playCorpus(cases, (caseId) => scenarioOf(io, caseId, options), {
    anyDigest: options.anyDigest === true,
  });
  if (options.json === true) writeJson(io, { ...result, outcomes: result.outcomes.map(withoutUndefined) });
  else io.out.write(corpusText(result, file));
  if (result.findings > 0) return ExitCode.Findings;
  return result.notPlayed > 0 ? ExitCode.Usage : ExitCode.Pass;
}

function withoutUndefined({ reason, ...outcome }: CorpusOutcome): Record<string, unknown> {
  return { ...outcome, reason: reason ?? null };
}

/** The scenario that a case is of. */
function scenarioOf(io: Io, id: CaseId, options: Options): Scenario {
  const { scenario: scenarioFile, device } = options;
  if (id.scenario === OWN_SCENARIO && device === undefined) {
    throw new UserError(
      "device-missing",
      "This is a case of a device of your own.",
      "Add the --device, --envelope and --payload that the campaign had.",
    );
  }
  if (device === undefined && !isProfile(id.profile)) {
    const known = `There are ${PROFILE_NAMES.join(", ")}.`;
    throw new UserError("profile-unknown", `There is no profile "${id.profile}".`, known);
  }
  return withDefectOracles(readScenario(io, scenarioFile ?? id.scenario, id.profile, options));
}

function parseNumber(text: string): number {
  if (/^[1-9][0-9]{0,4}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("Expected the number of a power-on, from 1 upward.");
}

/** Whether there is such a part, defects included. */
function isProfile(name: string): boolean {
  try {
    return profileNamed(name).name === name;
  } catch (error) {
    if (error instanceof ProfileError) return false;
    throw error;
  }
}
