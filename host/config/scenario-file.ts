/**
 * From scenario.json, layout.json and a bootloader to a scenario that can be explored.
 */
import { createHash } from "node:crypto";
import path from "node:path";
import { CoapServer } from "../../emulator/coap-server.ts";
import { COUNTER_COUNT } from "../../emulator/counters.ts";
import type { DeviceState } from "../../emulator/device.ts";
import { arrivesOracle, ORACLES, type Oracle } from "../../emulator/explore/oracle.ts";
import { defectiveContent, type Defect } from "../../emulator/defect.ts";
import type { Secret } from "../../emulator/explore/secret.ts";
import { FLASH_BYTES, type FlashRange } from "../../emulator/memory-map.ts";
import { defectiveProfile, profileNamed, type Profile } from "../../emulator/profile.ts";
import { RECORDING_COUNTER, type RecordedOperation } from "../../emulator/recording.ts";
import { surroundingsText } from "../campaign/scenario-device.ts";
import type { Scenario } from "../campaign/scenario.ts";
import { UserError } from "../user-error.ts";
import { checkedConfig } from "./config-error.ts";
import { crc32 } from "./crc32.ts";
import { BOOTLOADER, twinOf, withTwins, type ModuleTwin } from "./module-twin.ts";
import { applyLayout } from "./layout-json.ts";
import { parseRecording } from "./recording-file.ts";
import { knownSurroundings } from "./surroundings-json.ts";
import { GENERIC_ORACLES, JOURNAL_ORACLES, ScenarioJson } from "./scenario-json.ts";

/** Where the files are. */
export interface ScenarioFiles {
  /** scenario.json. */
  readonly scenario: string;
  /** layout.json; what the scenario names, or the profile's own, unless given. */
  readonly layout?: string | undefined;
  /** The bootloader's Wasm; what the scenario names unless given. */
  readonly bootloader?: string | undefined;
  /** A recording of flash operations, which precedes the first boot. */
  readonly recording?: string | undefined;
  /** Defects of this copy of the part. */
  readonly defects?: readonly Defect[] | undefined;
}

/** Reads files that the user named; all throw UserError, naming the file. */
export interface FileReader {
  bytes(file: string, what: string): Uint8Array;
  /** A Wasm module that a device could run. */
  module(file: string): Uint8Array;
  json(file: string, what: string): unknown;
  /** The bytes of a file that may be there, or undefined: it is not. */
  optional(file: string): Uint8Array | undefined;
}

/** The image of a scenario with its bytes. */
interface LoadedImage {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly sequenceNumber: bigint;
  readonly role: "old" | "new";
  readonly hangs?: boolean;
}

/**
 * Loads a scenario.
 *
 * @throws UserError `scenario-json` or `layout-json` for JSON of another shape, `layout-range`,
 *   `scenario-image` for a name that is no image, `scenario-content` for content that does not fit or
 *   overlaps, `scenario-bootloader` without a bootloader or for one that does not fit,
 *   `scenario-oracle` for an oracle that this bootloader gives nothing to look at, `recording-json` and
 *   `scenario-counter` for a recording that cannot be played, `scenario-secret` for a place that is none
 */
export function loadScenarioFile(files: ScenarioFiles, reader: FileReader): Scenario {
  const source = { code: "scenario-json", file: files.scenario };
  const json = checkedConfig(ScenarioJson, reader.json(files.scenario, "scenario"), source);
  const beside = (file: string): string => path.join(path.dirname(files.scenario), file);
  const named = (file: string | undefined): string | undefined =>
    file === undefined ? undefined : beside(file);

  const sound = profileOf(json.profile, files.layout ?? named(json.layout), reader);
  const { defects = [] } = files;
  const profile = defects.length === 0 ? sound : defectiveProfile(sound, defects);
  const bootloader = bootloaderOf(
    files.bootloader ?? named(json.bootloader),
    profile,
    files.scenario,
    reader,
  );
  const images = json.images.map(({ name, file, version, role, hangs }): LoadedImage => ({
    name,
    bytes: reader.module(beside(file)),
    sequenceNumber: version,
    role,
    ...(hangs === undefined ? {} : { hangs }),
  }));
  const optional = (file: string): Uint8Array | undefined => reader.optional(file);
  const twins = new Map([
    [BOOTLOADER, twinOf(bootloader.file, bootloader.bytes, optional)],
    ...json.images.map(({ name, file }, index): [string, ModuleTwin] => [
      name,
      twinOf(beside(file), images[index]?.bytes ?? new Uint8Array(), optional),
    ]),
  ]);
  const flash = new FlashContent(profile, files.scenario);
  flash.put(profile.layout.boot.address, bootloader.bytes, "the bootloader");
  for (const [index, content] of json.flash.entries()) {
    const start = typeof content.at === "number" ? content.at : profile.layout[content.at].address;
    const bytes = contentBytes(content, images, files.scenario, (file) =>
      reader.bytes(beside(file), "content"),
    );
    flash.put(start + content.offset, bytes, `flash[${index}]`);
  }
  const resources = new Map(
    Object.entries(json.link).map(([at, file]) => [at, reader.bytes(beside(file), "resource")]),
  );
  defectiveContent(defects, flash.bytes, profile.erasedValue);
  const counters = new BigUint64Array(COUNTER_COUNT);
  counters.set(json.counters);
  const oracles = oraclesOf(json, files.scenario);
  const secrets = json.secrets.map(({ name, mayLieIn, ...content }): Secret => ({
    name,
    bytes: contentBytes(content, images, files.scenario, (file) => reader.bytes(beside(file), "secret")),
    mayLieIn: mayLieIn.map((place) => rangeOf(place, profile, files.scenario)),
  }));
  const surroundings = knownSurroundings(json.surroundings);
  const { erasesPerPage, ...limits } = json.limits;
  const recording = recordingOf(files.recording, counters, reader);
  const initial: Required<DeviceState> = {
    flash: flash.bytes,
    counters,
    wear: new Uint32Array(FLASH_BYTES / profile.pageBytes),
  };
  return {
    name: json.name,
    title: json.title,
    profile,
    bootloader: bootloader.bytes,
    initial,
    link: new CoapServer(resources),
    ...(surroundings === undefined ? {} : { surroundings }),
    subject: {
      images,
      expectation: json.expectation,
      hasJournal: json.journal,
      secrets,
      ...(erasesPerPage === undefined ? {} : { erasesPerPage }),
    },
    oracles,
    limits,
    recording,
    ...withTwins(
      json.symbols.map((file) => reader.bytes(beside(file), "symbols")),
      twins,
    ),
    bootloaderDigest: digestOf([bootloader.bytes]),
    inputsDigest: digestOf([
      flash.bytes.subarray(bootloader.bytes.length),
      new Uint8Array(counters.buffer),
      ...[...resources].flatMap(([at, bytes]) => [encode(at), bytes]),
      ...images.flatMap(({ bytes, ...rest }) => [bytes, encode(jsonText(rest))]),
      encode(jsonText({ ...profile, figures: undefined, notes: undefined })),
      ...(recording === undefined ? [] : [encode(jsonText(recording))]),
      encode(`${json.expectation} ${json.journal} ${oracles.map(({ id }) => id).join()}`),
      ...secrets.flatMap(({ bytes, ...rest }) => [bytes, encode(jsonText(rest))]),
      ...(erasesPerPage === undefined ? [] : [encode(`${erasesPerPage} erases per page`)]),
      ...(surroundings === undefined ? [] : [encode(surroundingsText(surroundings))]),
    ]),
  };
}

function profileOf(name: string, layout: string | undefined, reader: FileReader): Profile {
  const profile = profileNamed(name);
  return layout === undefined ? profile : applyLayout(profile, reader.json(layout, "layout"), layout);
}

function bootloaderOf(
  file: string | undefined,
  { layout }: Profile,
  scenario: string,
  reader: FileReader,
): { readonly file: string; readonly bytes: Uint8Array } {
  if (file === undefined) {
    throw new UserError(
      "scenario-bootloader",
      `${scenario} names no bootloader, and none was given.`,
      "Add --bootloader module.wasm.",
    );
  }
  const bytes = reader.module(file);
  if (bytes.length <= layout.boot.bytes) return { file, bytes };
  throw new UserError(
    "scenario-bootloader",
    `${file} has ${bytes.length} bytes, and the boot partition ${layout.boot.bytes}.`,
    "`brownout lint` shows where the bytes are.",
  );
}

function recordingOf(
  file: string | undefined,
  counters: BigUint64Array,
  reader: FileReader,
): RecordedOperation[] | undefined {
  if (file === undefined) return undefined;
  if (counters[RECORDING_COUNTER] !== 0n) {
    throw new UserError(
      "scenario-counter",
      `Counter ${RECORDING_COUNTER} of the scenario is not 0, and the recording needs it.`,
      "It says whether the recording was begun; use another counter.",
    );
  }
  return parseRecording(new TextDecoder().decode(reader.bytes(file, "recording")), file);
}

function oraclesOf({ oracles, journal, expectation }: ScenarioJson, file: string): readonly Oracle[] {
  if (oracles === undefined) {
    return journal ? ORACLES : ORACLES.filter(({ id }) => GENERIC_ORACLES.includes(id));
  }
  const blind = journal ? undefined : oracles.find((id) => JOURNAL_ORACLES.includes(id));
  if (blind !== undefined) {
    throw new UserError(
      "scenario-oracle",
      `In ${file}, the oracle "${blind}" reads the boot journal of Brownout's own bootloader.`,
      'Leave it out, or add "journal": true if this bootloader keeps that journal.',
    );
  }
  return [...ORACLES, arrivesOracle(expectation)].filter(({ id }) => oracles.includes(id));
}

/** The flash that a place of the scenario means. */
function rangeOf(
  { at, offset, bytes }: ScenarioJson["secrets"][number]["mayLieIn"][number],
  { layout }: Profile,
  scenario: string,
): FlashRange {
  const partition = typeof at === "number" ? undefined : layout[at];
  const start = typeof at === "number" ? at : layout[at].address;
  const end = partition === undefined ? FLASH_BYTES : partition.address + partition.bytes;
  const size = bytes ?? end - start - offset;
  if (size > 0 && start + offset + size <= end) return { address: start + offset, bytes: size };
  throw new UserError(
    "scenario-secret",
    `In ${scenario}, a secret may lie in ${size} bytes at ${start + offset}, beyond the end of ${at}.`,
    `That ends at ${end}.`,
  );
}

type ContentJson = Partial<ScenarioJson["flash"][number]>;

function contentBytes(
  { image, file, hex, words }: ContentJson,
  images: readonly LoadedImage[],
  scenario: string,
  read: (file: string) => Uint8Array,
): Uint8Array {
  const bytesOf = (name: string): Uint8Array => {
    const found = images.find((candidate) => candidate.name === name);
    if (found !== undefined) return found.bytes;
    const known = images.map((candidate) => JSON.stringify(candidate.name)).join(", ");
    throw new UserError(
      "scenario-image",
      `In ${scenario}, flash takes from ${JSON.stringify(name)}, which is no image.`,
      `There are ${known}.`,
    );
  };
  if (image !== undefined) return bytesOf(image);
  if (file !== undefined) return read(file);
  if (hex !== undefined) return Uint8Array.from(Buffer.from(hex.replace(/\s/g, ""), "hex"));
  const bytes = new Uint8Array(4 * (words?.length ?? 0));
  const view = new DataView(bytes.buffer);
  for (const [index, word] of (words ?? []).entries()) {
    const value =
      typeof word === "number"
        ? word
        : "length" in word
          ? bytesOf(word.length).length
          : crc32(bytesOf(word.crc32));
    view.setUint32(4 * index, value, true);
  }
  return bytes;
}

/** The flash of a device that is put together piece by piece. */
class FlashContent {
  readonly bytes: Uint8Array;
  readonly #file: string;
  readonly #pieces: { readonly start: number; readonly end: number; readonly name: string }[] = [];

  constructor(profile: Profile, file: string) {
    this.bytes = new Uint8Array(FLASH_BYTES).fill(profile.erasedValue);
    this.#file = file;
  }

  put(start: number, content: Uint8Array, name: string): void {
    const end = start + content.length;
    if (end > this.bytes.length) {
      throw new UserError(
        "scenario-content",
        `In ${this.#file}, ${name} ends at ${end}, beyond the end of flash.`,
        `There are ${this.bytes.length} bytes.`,
      );
    }
    const other = this.#pieces.find((piece) => start < piece.end && piece.start < end);
    if (other !== undefined) {
      throw new UserError(
        "scenario-content",
        `In ${this.#file}, ${name} overlaps ${other.name}, which lies at [${other.start}, ${other.end}).`,
        "Move one of them with offset.",
      );
    }
    this.bytes.set(content, start);
    this.#pieces.push({ start, end, name });
  }
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function jsonText(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    typeof member === "bigint" ? String(member) : member instanceof Uint8Array ? [...member] : member,
  );
}

function digestOf(parts: readonly Uint8Array[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(`${part.length}:`).update(part);
  return hash.digest("hex");
}
