/**
 * Shows a device: its flash as a picture, what lies in each slot and whether the device's own keys
 * vouch for it, what the boot journal says, whom it trusts, how worn it is. Nothing is changed. A copy of the
 * bootloader says what it takes and by which numbers it keeps its journal, as bootloaders of earlier versions
 * had others; of one that is none of ours, the journal is not known.
 *
 * ```console
 * $ brownout device show sensor.device
 * class1  100 KiB flash, pages of 1024 B, units of 4 B
 *
 * 0x00000 boot   ███████████████████████████▒        28 of  28 pages
 * 0x07000 slot A ▓██████···························   7 of  34 pages
 * 0x0f800 slot B ··································   0 of  34 pages
 * 0x18000 state  ▚···                                 1 of   4 pages
 * █ code  ▒ device page  ▓ envelope  ▚ journal  · blank   one sign is 1 KiB
 *
 * bootloader 27,617 B
 * slot A     sequence 1 · app · envelope 295 B · signed by a trusted key · image 5,258 B, digest ok
 * slot B     blank
 * journal    slot A confirmed, 1 + 0 records in its two pages
 * floor      1: no manifest with a lower sequence number ever runs
 * identity   vendor 46b893bd-eae1-585c-867c-b09d25c99c49, class 996f7630-fe6d-5ad7-9180-74a42adb32c2
 *            device 00000000-0000-0000-0000-000000000000, component app
 * trusts     key 9c4bf00878364caf for ESP256 or ES256
 * wear       no page was ever erased
 * ```
 */
import { z } from "zod";
import type { Surroundings } from "../../../emulator/hal.ts";
import type { DeviceBits } from "../../../emulator/device-bits.ts";
import { surveyDevice } from "../../device/survey.ts";
import { surveyLines } from "../../device/survey-text.ts";
import { drawFlashMap, mapFlash } from "../../report/flash-map.ts";
import { count, things } from "../../report/quantity.ts";
import { writeJson, writeLines, type CliCommand } from "../command.ts";
import { deviceData, openDevice } from "../device.ts";
import { ExitCode } from "../exit-code.ts";

/** What flash remembers of torn operations beside its content. */
function rememberedLines(bits: DeviceBits): string[] {
  return bits.map(
    ({ kind, address, length }, index) =>
      `${index === 0 ? "remembers" : "         "}  ${kind}: ${things(length, "byte")} at ${address}`,
  );
}

/** What it can find out about the world, if anything. */
function surroundingsLines({
  timeSeconds,
  batteryMilliwattHours,
  authorizedPriority,
}: Surroundings = {}): string[] {
  const facts = [
    ...(timeSeconds === undefined ? [] : [`its clock says ${timeText(timeSeconds)}`]),
    ...(batteryMilliwattHours === undefined ? [] : [`its battery has ${count(batteryMilliwattHours)} mWh`]),
    ...(authorizedPriority === undefined ? [] : [`updates up to priority ${authorizedPriority} are allowed`]),
  ];
  return facts.length === 0 ? [] : [`around it  ${facts.join(", ")}`];
}

function timeText(seconds: bigint): string {
  const time = new Date(Number(seconds) * 1000);
  return Number.isNaN(time.getTime()) ? `${seconds} s since 1970` : time.toISOString().replace(".000Z", "Z");
}

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
      ...rememberedLines(state.bits ?? []),
      ...surroundingsLines(record.surroundings),
    ]);
    return ExitCode.Pass;
  },
};
