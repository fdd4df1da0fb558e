/**
 * Plays a case of a campaign again: each power-on with its cut, then uninterrupted power until the
 * device is at rest, told operation by operation, with every oracle looking on. The case id names the
 * scenario, the part, the cuts, and the digests of bootloader and inputs; if those are others here,
 * operation numbers may mean something else, so it is refused unless you say `--any-digest`.
 *
 * A case of your own device needs the same `--device`, `--envelope` and `--payload` as its campaign.
 * Quote the id: `#` and `~` mean something to shells.
 *
 * ```console
 * $ brownout replay 'bo1:class1/update#00000000#00000000@17t2,0a' --any-digest
 * Replay of bo1:class1/update#00000000#00000000@17t2,0a
 * ...
 * ```
 */
import { z } from "zod";
import { readCaseId, replayCase } from "../../campaign/replay.ts";
import { replayJson, replayText } from "../../campaign/replay-text.ts";
import { PROFILE_NAMES, TraceRecorder } from "../../../emulator/index.ts";
import { traceData, traceLine } from "../../device/story.ts";
import { UserError } from "../../user-error.ts";
import { writeJson, writeLines, type CliCommand } from "../command.ts";
import { ExitCode } from "../exit-code.ts";
import { declareParts, OWN_SCENARIO, readScenario, ScenarioOptions } from "../scenario.ts";

const Options = ScenarioOptions.extend({
  trace: z.boolean().optional(),
  anyDigest: z.boolean().optional(),
  json: z.boolean().optional(),
});

/** `brownout replay`. */
export const replay: CliCommand = {
  words: "replay",
  summary: "play a case of a campaign again",
  examples: [
    "replay 'bo1:class1/update#00000000#00000000@17t2,0a' --any-digest",
    "replay 'bo1:class1/update#00000000#00000000@17t2,0a' --any-digest --trace",
  ],
  findings: "an oracle objects to something",
  declare: (command) => {
    command
      .argument("<id>", "the case id, as `campaign` prints it")
      .option("--trace", "print every event of every power-on first")
      .option("--any-digest", "replay although bootloader or inputs are others than the case's");
    declareParts(command);
  },
  run: ({ io, operands, options }) => {
    const [text] = z.tuple([z.string()]).parse(operands);
    const { trace, anyDigest, json, ...parts } = Options.parse(options);
    const id = readCaseId(text);
    if (id.scenario === OWN_SCENARIO && parts.device === undefined) {
      throw new UserError(
        "device-missing",
        "This is a case of a device of your own.",
        "Add the --device, --envelope and --payload that the campaign had.",
      );
    }
    if (parts.device === undefined && !PROFILE_NAMES.includes(id.profile)) {
      const known = `There are ${PROFILE_NAMES.join(", ")}.`;
      throw new UserError("profile-unknown", `There is no profile "${id.profile}".`, known);
    }
    const scenario = readScenario(io, id.scenario, id.profile, parts);
    const recorder = new TraceRecorder();
    const result = replayCase(scenario, id, {
      anyDigest: anyDigest === true,
      ...(trace === true ? { trace: recorder } : {}),
    });
    if (json === true) {
      const events = trace === true ? { trace: recorder.events.map(traceData) } : {};
      writeJson(io, { ...replayJson(result), ...events });
    } else {
      writeLines(
        io,
        recorder.events.map((event) => traceLine(event, scenario.profile)),
      );
      io.out.write(replayText(result));
    }
    return result.isFinding ? ExitCode.Findings : ExitCode.Pass;
  },
};
