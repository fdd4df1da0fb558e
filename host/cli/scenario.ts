/**
 * Scenarios from the command line: one that ships, or a device and an update of the user's own.
 */
import { createHash } from "node:crypto";
import { Option, type Command } from "commander";
import { z } from "zod";
import { CANARY_PREFIX, canaryScenario } from "../campaign/canary-scenario.ts";
import { moduleNamesOf, SCENARIO_NAMES, scenarioNamed, type Scenario } from "../campaign/scenario.ts";
import { BOOTLOADER, twinOf, withTwins } from "../config/module-twin.ts";
import { surroundingsText } from "../campaign/scenario-device.ts";
import { loadScenarioFile } from "../config/scenario-file.ts";
import { CoapServer } from "../../emulator/coap-server.ts";
import type { Expectation, SubjectImage } from "../../emulator/explore/subject.ts";
import { defectiveContent } from "../../emulator/defect.ts";
import { PRESENT_FORM } from "../../emulator/explore/journal.ts";
import { NO_BITS, profileNamed, runningRadioImage } from "../../emulator/index.ts";
import { defectiveProfile, type Profile } from "../../emulator/profile.ts";
import type { DeviceRecord } from "../device/device-file.ts";
import { outcomeOf, powerUp, runUntilRest, type Offer } from "../device/session.ts";
import { ENVELOPE_PATH, PAYLOAD_PATH } from "../device/resource-path.ts";
import { bootloaderIn, journalFormOf, readOwnJournal } from "../device/journal-form.ts";
import { surveyDevice } from "../device/survey.ts";
import { ownModule, ownSymbols } from "../device/wasm-file.ts";
import { inspectEnvelope } from "../manifest/inspect.ts";
import { readEnvelope } from "../manifest/envelope.ts";
import { UserError } from "../user-error.ts";
import { openDevice, recordOf, readOffer } from "./device.ts";
import { readInput, readJson, readModule, readOptional } from "./file.ts";
import type { Io } from "./io.ts";
import { profileOption } from "./option.ts";

/** What a scenario of the user's own is called in case ids. */
export const OWN_SCENARIO = "own";

/** The options that say what a scenario is made of. */
export const ScenarioOptions = z.object({
  bootloader: z.string().optional(),
  layout: z.string().optional(),
  recording: z.string().optional(),
  device: z.string().optional(),
  envelope: z.string().optional(),
  payload: z.string().optional(),
});
/** The options that say what a scenario is made of. */
export type ScenarioOptions = z.infer<typeof ScenarioOptions>;

/** Declares the options that `campaign` and `replay` share. */
export function declareParts(command: Command): void {
  command
    .option("--bootloader <wasm>", "a bootloader instead of ours")
    .option("--layout <file>", "layout.json: its partitions; goes with a scenario.json")
    .option("--recording <file>", "recorded flash operations, which come first; goes with a scenario.json")
    .addOption(
      new Option("--device <file>", "a device of your own; goes with --envelope").conflicts(["bootloader"]),
    )
    .option("-e, --envelope <file>", "the update that your own device is offered")
    .option("-p, --payload <file>", "its payload, unless the envelope carries it");
}

/** Declares which scenario and which part. */
export function declareScenario(command: Command): void {
  command
    .addOption(
      new Option(
        "--scenario <name>",
        `what happens: ${SCENARIO_NAMES.join(", ")}, or a file scenario.json`,
      ).default("update"),
    )
    .addOption(profileOption());
}

/**
 * Makes the scenario.
 *
 * @param name one that ships, or a file that ends in `.json`; of no account if a device is given
 * @param profile the part; of a file that names its own and of a device, only its defects count
 * @throws UserError for files that do not make a scenario
 */
export function readScenario(io: Io, name: string, profile: string, options: ScenarioOptions): Scenario {
  const isFile = options.device === undefined && name.endsWith(".json");
  const replayOptions = optionsText({
    ...ScenarioOptions.parse(options),
    scenario: isFile ? name : undefined,
  });
  return { ...makeScenario(io, name, profile, options), replayOptions };
}

/** Options as they are written on a command line. */
function optionsText(options: Readonly<Record<string, string | undefined>>): string {
  return Object.entries(options)
    .flatMap(([name, value]) => (value === undefined ? [] : [`--${name} ${shellWord(value)}`]))
    .join(" ");
}

/** A word that a shell takes as it is. */
function shellWord(word: string): string {
  return /^[\w./@:=+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

function makeScenario(io: Io, name: string, profile: string, options: ScenarioOptions): Scenario {
  const { bootloader, layout, recording, device, envelope, payload } = options;
  if (device !== undefined) {
    const offer = readOffer(io, options);
    if (offer === undefined) {
      throw new UserError("usage", "--device needs something to offer.", "Add --envelope, and --payload.");
    }
    return ownScenario(defectiveRecord(openDevice(io, device), profileNamed(profile)), offer, device);
  }
  if (envelope !== undefined || payload !== undefined) {
    const given = envelope === undefined ? "--payload" : "--envelope";
    throw new UserError("usage", `${given} goes with --device.`, "Add --device, or leave it out.");
  }
  if (name.endsWith(".json")) {
    return loadScenarioFile(
      { scenario: name, layout, bootloader, recording, defects: profileNamed(profile).defects },
      {
        bytes: (file, what) => readInput(io, file, what),
        module: (file) => readModule(io, file, file),
        json: (file, what) => readJson(io, file, what),
        optional: (file) => readOptional(io, file),
      },
    );
  }
  if (layout !== undefined || recording !== undefined) {
    throw new UserError(
      "usage",
      `${layout === undefined ? "--recording" : "--layout"} goes with a scenario of your own.`,
      "Add --scenario scenario.json; `brownout init` writes one.",
    );
  }
  if (name.startsWith(CANARY_PREFIX)) {
    const own = bootloader === undefined ? undefined : readModule(io, bootloader, "bootloader");
    return canaryScenario(name.slice(CANARY_PREFIX.length), profileNamed(profile), own);
  }
  const own = moduleNamesOf(name);
  const scenario = scenarioNamed(name, profileNamed(profile), {
    bootloader: readModule(io, bootloader, own.bootloader),
    firmware1: ownModule(own.firmware1),
    firmware2: ownModule(own.firmware2),
    firmwareFailing: ownModule("firmware-failing"),
    firmwareHanging: ownModule("firmware-hanging"),
    symbols: ownSymbols(),
  });
  if (bootloader === undefined) return scenario;
  const twin = twinOf(bootloader, scenario.bootloader, (file) => readOptional(io, file));
  return { ...scenario, ...withTwins(scenario.symbols, new Map([[BOOTLOADER, twin]])) };
}

/** The device as it is if its copy of the part has the defects of `named` as well. */
function defectiveRecord(record: DeviceRecord, { defects = [] }: Profile): DeviceRecord {
  if (defects.length === 0) return record;
  const { profile, state } = record;
  const flash = state.flash.slice();
  defectiveContent(defects, flash, profile.erasedValue);
  return { ...record, profile: defectiveProfile(profile, defects), state: { ...state, flash } };
}

/** A scenario from a device and an offer; what becomes of it without cuts is what is expected. */
function ownScenario(record: DeviceRecord, offer: Offer, file: string): Scenario {
  const { profile, state, surroundings } = record;
  requirePresentForm(record, file);
  const old = runningImage(record, file);
  const rehearsal = rehearse(record, offer, file);
  const fresh: SubjectImage = {
    name: "the update",
    bytes: offeredImage(offer),
    sequenceNumber: sequenceOf(offer.envelope),
    role: "new",
    hangs: rehearsal.hangs,
    ...radioPartOf("the radio's new image", rehearsal.after),
  };
  const bootloader = state.flash.slice(0, surveyDevice(profile, state).bootloaderBytes);
  const resources = new Map([[ENVELOPE_PATH, offer.envelope]]);
  if (offer.payload !== undefined) resources.set(PAYLOAD_PATH, offer.payload);
  return {
    name: OWN_SCENARIO,
    title: `${file} is offered an update; without a cut it is ${rehearsal.expectation}.`,
    profile,
    bootloader,
    initial: state,
    link: new CoapServer(resources),
    subject: { images: [old, fresh], expectation: rehearsal.expectation },
    symbols: ownSymbols(),
    ...(surroundings === undefined ? {} : { surroundings }),
    bootloaderDigest: digestOf([bootloader]),
    inputsDigest: digestOf([
      state.flash.subarray(bootloader.length),
      new TextEncoder().encode([...state.counters].join()),
      ...(state.bits ?? []).map((bit) => new TextEncoder().encode(JSON.stringify(bit))),
      offer.envelope,
      offer.payload ?? new Uint8Array(),
      new TextEncoder().encode(JSON.stringify({ ...profile, figures: undefined, notes: undefined })),
      ...(surroundings === undefined ? [] : [new TextEncoder().encode(surroundingsText(surroundings))]),
    ]),
  };
}

/** A campaign follows the journal step by step, in the present form. */
function requirePresentForm({ profile, state }: DeviceRecord, file: string): void {
  const form = journalFormOf(bootloaderIn(state.flash, profile));
  if (form === undefined || form === PRESENT_FORM) return;
  throw new UserError(
    "device-bootloader-old",
    `The bootloader in ${file} is of an earlier version of Brownout, and numbers the steps of an update differently.`,
    "Create the device again, with the bootloader of this version.",
  );
}

function runningImage({ profile, state }: DeviceRecord, file: string): SubjectImage {
  const survey = surveyDevice(profile, state);
  const active = readOwnJournal(state.flash, profile)?.activeSlot;
  const slot = active === undefined ? undefined : survey.slots[active];
  if (slot?.image === undefined || slot.envelope === undefined || slot.image.matches === false) {
    throw new UserError(
      "device-not-running",
      `${file} has no confirmed firmware whose image could be followed.`,
      "Give a device that runs, as `device create --sign-key` makes one.",
    );
  }
  const { address, bytes } = slot.image;
  return {
    name: "the old firmware",
    bytes: state.flash.slice(address, address + bytes),
    sequenceNumber: BigInt(slot.envelope.sequenceNumber ?? 0),
    role: "old",
    ...radioPartOf("the radio's old image", { profile, state }),
  };
}

/** What the radio runs beside an image: what it runs in this state, if there is one. */
function radioPartOf(name: string, { state }: DeviceRecord): Pick<SubjectImage, "radioImage"> {
  const digest = runningRadioImage(state.flash, state.bits ?? NO_BITS)?.digest;
  return digest === undefined ? {} : { radioImage: { name, digest } };
}

/** Runs the update once without cuts. */
function rehearse(
  record: DeviceRecord,
  offer: Offer,
  file: string,
): { readonly expectation: Expectation; readonly hangs: boolean; readonly after: DeviceRecord } {
  const device = powerUp(record, offer);
  let hangs = false;
  const rest = runUntilRest(() => {
    const cycle = device.powerOn();
    hangs ||= cycle.end === "watchdog";
    return cycle;
  });
  const after = recordOf(device);
  const { result } = outcomeOf(record, after, offer.envelope);
  if (rest === "running" && result === "installed") return { expectation: "accepted", hangs, after };
  if (rest === "running" && (result === "refused" || result === "reverted")) {
    return { expectation: result, hangs, after };
  }
  throw new UserError(
    "offer-not-taken",
    `Without any cut, ${file} does not act on this offer at all.`,
    "Try it with `device update --dry-run` first; its log says why.",
  );
}

function offeredImage({ envelope, payload }: Offer): Uint8Array {
  if (payload !== undefined) return payload;
  const { description } = inspectEnvelope(envelope);
  const span = description.integratedPayloads.length === 0 ? undefined : readEnvelope(envelope).integrated[0];
  if (span !== undefined) return envelope.slice(span.content.from, span.content.to);
  throw new UserError(
    "payload-missing",
    "The envelope carries no payload, and none was given.",
    "Add --payload.",
  );
}

function sequenceOf(envelope: Uint8Array): bigint {
  return BigInt(inspectEnvelope(envelope).description.sequenceNumber ?? 0);
}

function digestOf(parts: readonly Uint8Array[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(`${part.length}:`).update(part);
  return hash.digest("hex");
}
