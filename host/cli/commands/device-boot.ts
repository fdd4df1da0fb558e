/**
 * Switches a device on, once for each cut, or once without any, and tells what happened. A cut takes
 * the power away in the middle: `17b` before operation 17 of that power-on, `17a` after it,
 * `17t2` during it, leaving torn variant 2. Operations are page erases, programmed units and counter
 * advances, numbered from 0 at each power-on; `--trace` shows them with their numbers.
 *
 * With only `--cut`, the device is left as the last cut left it; `--settle` goes on until nothing
 * changes any more. `--envelope` and `--payload` stand ready at the far end of the link.
 *
 * `--time`, `--battery` and `--authorize` are what the device can find out about the world, and stay with it:
 * a build with update management asks for them, and puts an update off that has to wait for a better moment.
 *
 * ```console
 * $ brownout device create fresh.device --sign-key author.key
 * fresh.device: class1, bootloader 22818 B, 1 trusted key, firmware 4765 B with sequence 1 in slot A
 * $ brownout device boot fresh.device --envelope update.suit --payload firmware-2.wasm --cut 17t2
 * power-on 1  slot A booted                                     117 ms   1.24 mJ
 *   log      boot: slot A
 *            firmware 1: running from slot A
 *   wrote    1 page erased, 17 units of 4 bytes programmed
 *   link     3 CoAP requests, 3 answers
 *   ended    power was lost
 *   before   A ▓█████···························· B ··································
 *   after    A ▓█████···························· B ?·································
 * $ brownout device boot fresh.device --envelope update.suit --payload firmware-2.wasm --settle
 * ...
 * at rest: firmware runs, and nothing changes any more.
 * ```
 */
import { z } from "zod";
import { formatCut, parseCuts, type Cut, type PowerCycle, type Profile } from "../../../emulator/index.ts";
import { powerOnOnce, powerUp, runUntilRest, type PowerOn, type Rest } from "../../device/session.ts";
import { isFinding, storyData, storyLines, traceData, traceLine } from "../../device/story.ts";
import { things } from "../../report/quantity.ts";
import { writeJson, writeLines, type CliCommand } from "../command.ts";
import { openDevice, readOffer, recordOf, saveDevice } from "../device.ts";
import { ExitCode } from "../exit-code.ts";
import type { Io } from "../io.ts";
import { declareSurroundings, inSurroundings, SurroundingsOptions } from "../surroundings-option.ts";

const Options = SurroundingsOptions.extend({
  cut: z.string(),
  settle: z.boolean().optional(),
  trace: z.boolean().optional(),
  envelope: z.string().optional(),
  payload: z.string().optional(),
  dryRun: z.boolean().optional(),
  json: z.boolean().optional(),
});

/** `brownout device boot`. */
export const deviceBoot: CliCommand = {
  words: "device boot",
  summary: "switch a device on, with power cuts if you like",
  examples: [
    "device boot sensor.device",
    "device boot sensor.device --envelope update.suit --payload firmware-2.wasm --cut 17t2,0a --settle",
    "device boot sensor.device --trace --dry-run",
  ],
  findings: "the device crashed, broke a rule of its part, or never came to rest",
  declare: (command) => {
    command
      .argument("<device>", "the device")
      .option("--cut <cuts>", "cuts joined by commas, one per power-on: 17b,3a,0t2", "")
      .option("--settle", "go on until nothing changes any more")
      .option("--trace", "print every event")
      .option("-e, --envelope <file>", "what the far end of the link offers")
      .option("-p, --payload <file>", "the payload that goes with it")
      .option("--dry-run", "leave the device file as it is");
    declareSurroundings(command);
  },
  run: ({ io, operands, options }) => {
    const [file] = z.tuple([z.string()]).parse(operands);
    const { cut, settle, trace, dryRun, json, time, battery, authorize, ...offer } = Options.parse(options);
    const cuts = parseCuts(cut);
    const before = openDevice(io, file);
    const device = powerUp(inSurroundings(before, { time, battery, authorize }), readOffer(io, offer));
    const boots: PowerOn[] = [];
    const powerOn = (at?: Cut): PowerCycle => {
      const boot = powerOnOnce(device, { cut: at, hasTrace: trace });
      boots.push(boot);
      if (json !== true) tellBoot(io, boot, boots.length, before.profile);
      return boot.record.cycle;
    };
    for (const each of cuts) powerOn(each);
    if (cuts.length === 0 && settle !== true) powerOn();
    const rest = settle === true ? runUntilRest(() => powerOn()) : undefined;
    if (dryRun !== true) saveDevice(io, file, before, recordOf(device));
    if (json === true) {
      writeJson(io, { file, rest: rest ?? null, boots: boots.map(bootData) });
    } else if (rest !== undefined) {
      io.out.write(`${REST_WORDS[rest]}\n`);
    }
    const isBad = rest === "stuck" || boots.some(({ record }) => isFinding(record.cycle));
    return isBad ? ExitCode.Findings : ExitCode.Pass;
  },
};

const REST_WORDS: Readonly<Record<Rest, string>> = {
  running: "at rest: firmware runs, and nothing changes any more.",
  recovery: "at rest: nothing runs; the bootloader waits for an update that it accepts.",
  stuck: "stuck: the device never comes to rest.",
};

function tellBoot(
  io: Io,
  { record, missedCut, events = [] }: PowerOn,
  number: number,
  profile: Profile,
): void {
  writeLines(
    io,
    events.map((event) => traceLine(event, profile)),
  );
  writeLines(io, storyLines(record, number, io.out.colors));
  if (missedCut === undefined) return;
  const count = things(record.cycle.operations, "operation");
  writeLines(io, [
    `  ${io.out.colors.yellow("note".padEnd(9))}it never came to cut ${formatCut(missedCut)}; this power-on has ${count}.`,
  ]);
}

function bootData({ record, missedCut, events }: PowerOn): Readonly<Record<string, unknown>> {
  return {
    ...storyData(record.cycle),
    missedCut: missedCut === undefined ? null : formatCut(missedCut),
    ...(events === undefined ? {} : { trace: events.map(traceData) }),
  };
}
