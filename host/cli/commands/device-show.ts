/**
 * Shows a device: its flash as a picture, what lies in each slot and whether the device's own keys
 * vouch for it, what the boot journal says, whom it trusts, how worn it is. Nothing is changed and
 * nothing is run.
 *
 * ```console
 * $ brownout device show sensor.device
 * class1  100 KiB flash, pages of 1024 B, erased 0xff   █ programmed  ▒ in part  · erased  1 KiB each
 * boot        0  ███████████████████········▒  bootloader 19345 B, device page
 * slot A  28672  ▒████·····························  ◀ runs
 * slot B  63488  ··································
 * state   98304  ▒···  journal: 1 + 0 records
 * ...
 * ```
 */
import { z } from "zod";
import { surveyDevice } from "../../device/survey.ts";
import { surveyLines } from "../../device/survey-text.ts";
import { drawFlashMap, mapFlash } from "../../report/flash-map.ts";
import { writeJson, writeLines, type CliCommand } from "../command.ts";
import { deviceData, openDevice } from "../device.ts";
import { ExitCode } from "../exit-code.ts";

const Options = z.object({ json: z.boolean().optional() });

/** `brownout device show`. */
export const deviceShow: CliCommand = {
  words: "device show",
  summary: "show what a device holds",
  examples: ["device show sensor.device"],
  declare: (command) => {
    command.argument("<device>", "the device");
  },
  run: ({ io, operands, options }) => {
    const [file] = z.tuple([z.string()]).parse(operands);
    const { json } = Options.parse(options);
    const record = openDevice(io, file);
    if (json === true) {
      writeJson(io, { file, ...deviceData(record) });
      return ExitCode.Pass;
    }
    const survey = surveyDevice(record.profile, record.state);
    const { profile, state } = record;
    const { colors } = io.out;
    const title = `${colors.bold(profile.name)}  100 KiB flash, pages of ${profile.pageBytes} B, units of ${profile.unitBytes} B`;
    writeLines(io, [
      title,
      "",
      ...drawFlashMap(mapFlash(state.flash, profile), colors),
      "",
      ...surveyLines(profile, survey, colors),
    ]);
    return ExitCode.Pass;
  },
};
