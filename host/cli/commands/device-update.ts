/**
 * Offers an update to a device and lets it run: the envelope and the payload stand ready at the far
 * end of the emulated link, the firmware finds and downloads them, the bootloader judges, tries and
 * confirms. Power-on follows power-on until nothing changes any more; each is told, and the device
 * file is written at the end. A device that refuses or reverts the update is a finding.
 *
 * Leave `--payload` out if the envelope carries the payload itself. With `--report` the far end asks the
 * firmware for reports of the update, and the last one is written to a file that `report inspect` explains.
 *
 * `--time`, `--battery` and `--authorize` say what the device can find out about the world, from now on; `none`
 * is that it cannot. A build with update management asks for them where a manifest does.
 *
 * ```console
 * $ brownout device update sensor.device --envelope update.suit --payload firmware-2.wasm
 * power-on 1  slot A booted                                     180 ms   2.37 mJ
 *   log      boot: slot A
 *            firmware 1: running from slot A
 *   wrote    1 page erased, 1,264 units of 4 bytes programmed
 *   link     23 CoAP requests, 23 answers
 *   journal  slot A confirmed → slot B staged
 *   ended    the firmware requested a reset
 * ...
 * installed: the update runs from slot B.
 * ```
 */
import { z } from "zod";
import type { PowerCycle } from "../../../emulator/index.ts";
import { slotName } from "../../../emulator/explore/journal.ts";
import {
  outcomeOf,
  powerUp,
  runUntilRest,
  type ReportWish,
  type Rest,
  type UpdateOutcome,
} from "../../device/session.ts";
import { recordBoot } from "../../report/boot-record.ts";
import { reasonCode } from "../../report/boot-state.ts";
import { drawFlashMap, mapFlash } from "../../report/flash-map.ts";
import { storyData, storyLines } from "../../device/story.ts";
import { UserError } from "../../user-error.ts";
import { writeJson, writeLines, type CliCommand } from "../command.ts";
import { openDevice, readOffer, recordOf, saveDevice } from "../device.ts";
import { ExitCode } from "../exit-code.ts";
import { readInput, replaceOutput } from "../file.ts";
import { ProgressLine, type Io } from "../io.ts";
import { declareSurroundings, inSurroundings, SurroundingsOptions } from "../surroundings-option.ts";

const Options = SurroundingsOptions.extend({
  envelope: z.string(),
  payload: z.string().optional(),
  report: z.string().optional(),
  reportNonce: z.string().optional(),
  dryRun: z.boolean().optional(),
  json: z.boolean().optional(),
});

/** `brownout device update`. */
export const deviceUpdate: CliCommand = {
  words: "device update",
  summary: "offer an update to a device and let it run",
  examples: [
    "device update sensor.device --envelope update.suit --payload firmware-2.wasm",
    "device update sensor.device --envelope update.suit --payload reporting-2.wasm --report update.report",
    "device update sensor.device --envelope update.suit --time 2030-01-31T12:00:00Z --battery 900 --authorize 2",
  ],
  findings: "the device does not run the update in the end",
  declare: (command) => {
    command
      .argument("<device>", "the device")
      .requiredOption("-e, --envelope <file>", "the signed envelope")
      .option("-p, --payload <file>", "the payload, unless the envelope carries it")
      .option("--report <file>", "write the last report that the device sends here, replacing a file")
      .option("--report-nonce <hex>", "nonce that its reports are to repeat, at most 64 bytes")
      .option("--dry-run", "leave the device file as it is");
    declareSurroundings(command);
  },
  run: ({ io, operands, options }) => {
    const [file] = z.tuple([z.string()]).parse(operands);
    const {
      envelope: envelopeFile,
      payload,
      dryRun,
      json,
      time,
      battery,
      authorize,
      ...asked
    } = Options.parse(options);
    const before = openDevice(io, file);
    const envelope = readInput(io, envelopeFile, "envelope");
    const reports: Uint8Array[] = [];
    const offer = readOffer(io, { envelope: envelopeFile, payload });
    const placed = inSurroundings(before, { time, battery, authorize });
    const device = powerUp(placed, offer, wishOf(asked, reports));
    const progress = new ProgressLine(io);
    progress.show("updating");
    const cycles: PowerCycle[] = [];
    const rest = runUntilRest(() => {
      const boot = recordBoot(device);
      cycles.push(boot.cycle);
      if (json !== true) {
        progress.clear();
        writeLines(io, storyLines(boot, cycles.length, io.out.colors));
      }
      progress.show(`updating, boot ${cycles.length + 1}`);
      return boot.cycle;
    });
    progress.clear();
    const after = recordOf(device);
    const outcome = outcomeOf(before, after, envelope);
    // The report first: where it cannot be written, nothing has happened to the device.
    if (asked.report !== undefined) {
      for (const last of reports.slice(-1)) replaceOutput(io, asked.report, last);
    }
    if (dryRun !== true) saveDevice(io, file, before, after);
    if (json === true) {
      const { result, reason, slot } = outcome;
      writeJson(io, {
        file,
        result,
        reason: reason === 0 ? null : reasonCode(reason),
        slot: slot === undefined ? null : slotName(slot),
        rest,
        ...(asked.report === undefined ? {} : { reports: reports.length }),
        boots: cycles.map(storyData),
      });
    } else {
      const map = drawFlashMap(mapFlash(after.state.flash, after.profile), io.out.colors);
      writeLines(io, ["", ...map, ""]);
      io.out.write(`${outcomeText(io, outcome, rest)}\n`);
      if (asked.report !== undefined) io.out.write(`${reportText(asked.report, reports.length)}\n`);
    }
    return rest === "running" && isInstalled(outcome) ? ExitCode.Pass : ExitCode.Findings;
  },
};

/** What the far end is to want of reports. */
function wishOf(
  {
    report,
    reportNonce = "",
  }: { readonly report?: string | undefined; readonly reportNonce?: string | undefined },
  reports: Uint8Array[],
): ReportWish | undefined {
  if (report === undefined) {
    if (reportNonce === "") return undefined;
    throw new UserError("usage", "--report-nonce goes with --report.", "Add --report with a file to write.");
  }
  if (!/^([0-9a-fA-F]{2}){0,64}$/.test(reportNonce)) {
    throw new UserError(
      "report-nonce",
      `"${reportNonce}" is no nonce.`,
      "Give at most 64 bytes in hexadecimal digits, as in 00ff10.",
    );
  }
  const nonce = Uint8Array.from(Buffer.from(reportNonce, "hex"));
  return { nonce, take: (content) => void reports.push(content) };
}

function reportText(file: string, count: number): string {
  return count === 0
    ? "No report came: neither the firmware of this device (see device create --reports) nor its bootloader reports."
    : `${file}: the last of ${count === 1 ? "one report" : `${count} reports`}; report inspect explains it.`;
}

const LOST = "nothing runs; the bootloader waits for an update that it accepts.";

function isInstalled({ result }: UpdateOutcome): boolean {
  return result === "installed" || result === "current";
}

function outcomeText(io: Io, { result, reason, slot }: UpdateOutcome, rest: Rest): string {
  const { green, red, bold } = io.out.colors;
  if (rest === "stuck") return red(`${bold("stuck:")} the device never comes to rest.`);
  const place = slot === undefined ? "no slot" : `slot ${slotName(slot)}`;
  const why = reason === 0 ? "" : ` (${reasonCode(reason)})`;
  const isLost = rest === "recovery";
  switch (result) {
    case "installed":
      return green(`${bold("installed:")} the update runs from ${place}.`);
    case "current":
      return green(`${bold("current:")} the update ran from ${place} already.`);
    case "refused":
      return red(
        `${bold("refused:")} the bootloader did not accept the update${why}; ${isLost ? LOST : `${place} runs as before.`}`,
      );
    case "reverted":
      return red(
        `${bold("reverted:")} the update was tried and taken back${why}; ${isLost ? LOST : `${place} runs again.`}`,
      );
    case "untouched":
      return red(
        isLost
          ? `${bold("recovery:")} ${LOST}`
          : `${bold("untouched:")} the firmware did not take the offer; its last log line says why.`,
      );
  }
}
