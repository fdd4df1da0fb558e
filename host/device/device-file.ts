/**
 * The device file: everything of one device that survives a power cycle, as one JSON file.
 *
 * ```json
 * { "format": "brownout-device", "version": 3, "profile": "class1",
 *   "layout": { "boot": { "address": 0, "bytes": 28672 }, … },
 *   "bits": [{ "kind": "fading", "address": 98304, "length": 4, "value": 1, "other": "02f8fffd" }],
 *   "surroundings": { "timeSeconds": "1900000000", "batteryMilliwattHours": 900 },
 *   "counters": ["2", "0", "0", "0"], "wear": [0, …], "flash": "base64…", "checksum": "sha-256 hex" }
 * ```
 *
 * `flash` is all 102,400 bytes, and behind them those of the radio if `layout` has one; `counters` are
 * 64-bit and therefore decimal text, `wear` is erases per page, `bits` is what flash remembers beside its
 * content (emulator/device-bits.ts). A profile may have defects in its name. The checksum covers the JSON of
 * all other members in this order, so a file that was damaged or edited is recognised instead of booted.
 *
 * Files of version 2 are read as well, which have no `surroundings`, what the device can find out about the world;
 * and of version 1: they have neither those nor `layout`, which is the profile's, nor `bits`. The bootloader in
 * such a file goes on with its journal in the form of its day (journal-form.ts).
 */
import { createHash } from "node:crypto";
import { z } from "zod";
import {
  COUNTER_COUNT,
  FLASH_BYTES,
  PROFILE_NAMES,
  ProfileError,
  profileNamed,
  withRadio,
  type DeviceState,
  type Profile,
} from "../../emulator/index.ts";
import { RADIO_FLASH, stateBytesOf } from "../../emulator/memory-map.ts";
import type { Surroundings } from "../../emulator/hal.ts";
import { NO_BITS, withBit, type DeviceBit, type DeviceBits } from "../../emulator/device-bits.ts";
import { layoutFault } from "../config/layout-json.ts";
import { knownSurroundings, SurroundingsJson, surroundingsData } from "../config/surroundings-json.ts";
import { UserError } from "../user-error.ts";
import { FileIsFolder, FileTooLarge, readBounded } from "./bounded-file.ts";
import { writeFileWhole } from "./whole-file.ts";

/** The version that is written. */
export const DEVICE_FILE_VERSION = 3 as const;
/** Without surroundings; still read. */
const ISOLATED_VERSION = 2 as const;
/** Without partitions and device bits; still read. */
const PLAIN_VERSION = 1 as const;
const FORMAT = "brownout-device" as const;
/** Far more than the flash, its wear and what it remembers come to in text. */
const FILE_BYTES_MAX = 16 * 1024 * 1024;

/** What a device file holds. */
export interface DeviceRecord {
  readonly profile: Profile;
  readonly state: RecordedState;
  /** What it can find out about time, battery and permission; nothing where absent. */
  readonly surroundings?: Surroundings;
}

/** A state; what flash remembers beside its content is nothing where absent. */
export interface RecordedState extends Required<DeviceState> {
  readonly bits?: DeviceBits;
}

/** A device file that cannot be used. */
export class DeviceFileError extends UserError {
  declare readonly code:
    | "device-file-format"
    | "device-file-version"
    | "device-file-truncated"
    | "device-file-damaged"
    | "device-file-profile"
    | "device-file-changed"
    | "unreadable-file";

  constructor(code: DeviceFileError["code"], message: string, hint: string, cause?: unknown) {
    super(code, message, hint, { cause });
    this.name = "DeviceFileError";
  }
}

const Head = z.looseObject({ format: z.literal(FORMAT), version: z.int() });

const PlainBody = z.strictObject({
  format: z.literal(FORMAT),
  version: z.literal(PLAIN_VERSION),
  profile: z.string(),
  counters: z.array(z.string().regex(/^(0|[1-9][0-9]{0,19})$/)).length(COUNTER_COUNT),
  wear: z.array(z.int().min(0).max(0xffffffff)),
  flash: z.base64(),
  checksum: z.string().regex(/^[0-9a-f]{64}$/),
});

const RangeJson = z.strictObject({
  address: z.int().min(0).max(FLASH_BYTES),
  bytes: z.int().min(0).max(FLASH_BYTES),
});

const BitJson = z.strictObject({
  kind: z.enum(["writes", "poisoned", "weak", "fading", "wavering"]),
  address: z
    .int()
    .min(0)
    .max(RADIO_FLASH.address + RADIO_FLASH.bytes),
  length: z.int().min(1).max(FLASH_BYTES),
  value: z.int().min(-128).max(32_639),
  other: z
    .string()
    .regex(/^([0-9a-f]{2})*$/)
    .optional(),
});

const LayoutJson = z.strictObject({
  boot: RangeJson,
  slotA: RangeJson,
  slotB: RangeJson,
  state: RangeJson,
  radio: z
    .strictObject({ address: z.literal(RADIO_FLASH.address), bytes: z.literal(RADIO_FLASH.bytes) })
    .optional(),
});

const IsolatedBody = PlainBody.extend({
  version: z.literal(ISOLATED_VERSION),
  layout: LayoutJson,
  bits: z.array(BitJson),
});

const Body = IsolatedBody.extend({
  version: z.literal(DEVICE_FILE_VERSION),
  surroundings: SurroundingsJson,
});

type PlainBody = z.infer<typeof PlainBody>;
type IsolatedBody = z.infer<typeof IsolatedBody>;
type Body = z.infer<typeof Body>;
type AnyBody = PlainBody | IsolatedBody | Body;

/** By version. */
const BODIES: ReadonlyMap<number, z.ZodType<AnyBody>> = new Map<number, z.ZodType<AnyBody>>([
  [PLAIN_VERSION, PlainBody],
  [ISOLATED_VERSION, IsolatedBody],
  [DEVICE_FILE_VERSION, Body],
]);

/** The text of a device file; the same device gives the same text. */
export function encodeDeviceFile({ profile, state, surroundings }: DeviceRecord): string {
  const content = {
    format: FORMAT,
    version: DEVICE_FILE_VERSION,
    profile: profile.name,
    layout: layoutJson(profile),
    bits: (state.bits ?? NO_BITS).map(bitJson),
    surroundings: surroundingsData(surroundings),
    counters: Array.from(state.counters, String),
    wear: Array.from(state.wear),
    flash: Buffer.from(state.flash).toString("base64"),
  };
  return `${JSON.stringify({ ...content, checksum: checksumOf(content) }, undefined, 1)}\n`;
}

/**
 * Reads the text of a device file.
 *
 * @param name what to call the file in errors
 * @throws DeviceFileError
 */
export function decodeDeviceFile(text: string, name: string): DeviceRecord {
  const body = parseBody(text, name);
  const { checksum, ...content } = body;
  const checked =
    "surroundings" in content
      ? { ...content, surroundings: surroundingsData(knownSurroundings(content.surroundings)) }
      : content;
  if (checksumOf(checked) !== checksum) {
    throw damaged(name, "its checksum does not fit its content");
  }
  const named = profileOf(body.profile, name);
  const profile = body.version === PLAIN_VERSION ? named : withLayout(named, body.layout, name);
  const flash = Uint8Array.from(Buffer.from(body.flash, "base64"));
  if (flash.length !== stateBytesOf(profile.layout))
    throw damaged(name, `its flash has ${flash.length} bytes`);
  const wear = Uint32Array.from(body.wear);
  if (wear.length !== flash.length / profile.pageBytes) throw damaged(name, "its wear has too few pages");
  const counters = body.counters.map(BigInt);
  if (counters.some((value) => value >= 1n << 64n)) throw damaged(name, "a counter has more than 64 bits");
  const bits = body.version === PLAIN_VERSION ? NO_BITS : bitsOf(body.bits, flash.length, name);
  const state = { flash, counters: BigUint64Array.from(counters), wear, bits };
  const surroundings =
    body.version === DEVICE_FILE_VERSION ? knownSurroundings(body.surroundings) : undefined;
  return surroundings === undefined ? { profile, state } : { profile, state, surroundings };
}

/** What a checksum covers, as it stands in the file. */
interface CheckedContent extends Pick<
  AnyBody,
  "format" | "version" | "profile" | "counters" | "wear" | "flash"
> {
  readonly layout?: IsolatedBody["layout"];
  readonly bits?: IsolatedBody["bits"];
  readonly surroundings?: ReturnType<typeof surroundingsData>;
}

/** The part, with the defects that its name has. */
function profileOf(profile: string, name: string): Profile {
  try {
    return profileNamed(profile);
  } catch (error) {
    if (!(error instanceof ProfileError)) throw error;
    throw new DeviceFileError(
      "device-file-profile",
      `${name} is a device with profile "${profile}", which this version of Brownout does not have.`,
      `It has ${PROFILE_NAMES.join(", ")}.`,
      error,
    );
  }
}

function layoutJson({ layout: { boot, slotA, slotB, state, radio } }: Profile): Body["layout"] {
  const range = ({ address, bytes }: Body["layout"]["boot"]): Body["layout"]["boot"] => ({ address, bytes });
  const own = { boot: range(boot), slotA: range(slotA), slotB: range(slotB), state: range(state) };
  return radio === undefined ? own : { ...own, radio: RADIO_FLASH };
}

/** The profile itself if the partitions are its own. */
function withLayout(profile: Profile, layout: Body["layout"], name: string): Profile {
  const isOwn = JSON.stringify(layoutJson(profile)) === JSON.stringify(layout);
  if (isOwn) return profile;
  const fault = layoutFault(layout, profile);
  if (fault !== undefined) throw damaged(name, fault.message);
  const { radio, ...partitions } = layout;
  const parted = { ...profile, layout: partitions };
  if (radio === undefined) return parted;
  try {
    return withRadio(parted);
  } catch (error) {
    if (!(error instanceof ProfileError)) throw error;
    throw damaged(name, `it has a radio, and its part cannot have one (${error.message})`, error);
  }
}

function bitJson({ kind, address, length, value, other }: DeviceBit): Body["bits"][number] {
  const plain = { kind, address, length, value };
  return other === undefined ? plain : { ...plain, other: Buffer.from(other).toString("hex") };
}

function bitsOf(json: Body["bits"], flashBytes: number, name: string): DeviceBits {
  return json.reduce<DeviceBits>((bits, { other: hex, ...bit }) => {
    const other = hex === undefined ? undefined : Uint8Array.from(Buffer.from(hex, "hex"));
    const isWhole = bit.address + bit.length <= flashBytes && (other?.length ?? bit.length) === bit.length;
    if (!isWhole) throw damaged(name, `what flash remembers at ${bit.address} has another size`);
    return withBit(bits, { ...bit, other });
  }, NO_BITS);
}

/**
 * Reads a device file.
 *
 * @param name what to call the file in errors
 * @throws DeviceFileError
 */
export function readDeviceFile(file: string, name = file): DeviceRecord {
  return decodeDeviceFile(readText(file, name), name);
}

/**
 * Writes a device file, whole or not at all: whatever interrupts it, the old file or the new one is there.
 *
 * @param name what to call the file in errors
 * @throws UserError `unwritable-file`
 */
export function writeDeviceFile(file: string, record: DeviceRecord, name = file): void {
  writeFileWhole(file, encodeDeviceFile(record), { name });
}

/**
 * Writes a device file that was read before, unless somebody else wrote it in the meantime.
 *
 * @param before what was read
 * @throws DeviceFileError `device-file-changed`, UserError `unwritable-file`
 */
export function updateDeviceFile(file: string, before: DeviceRecord, after: DeviceRecord, name = file): void {
  if (encodeDeviceFile(readDeviceFile(file, name)) !== encodeDeviceFile(before)) {
    throw new DeviceFileError(
      "device-file-changed",
      `${name} was written by somebody else while this command ran, so it is left as it is.`,
      "Run one command at a time on a device.",
    );
  }
  writeDeviceFile(file, after, name);
}

function readText(file: string, name: string): string {
  try {
    return new TextDecoder().decode(readBounded(file, FILE_BYTES_MAX));
  } catch (cause) {
    throw new DeviceFileError(
      "unreadable-file",
      `The device ${name} cannot be read: ${whyUnreadable(cause)}.`,
      "Give the file that `device create` wrote.",
      cause,
    );
  }
}

function whyUnreadable(cause: unknown): string {
  if (cause instanceof FileIsFolder) return "it is a folder";
  if (cause instanceof FileTooLarge) return cause.why;
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
  return code === "ENOENT" ? "there is no such file" : code;
}

function parseBody(text: string, name: string): AnyBody {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    if (!text.includes(FORMAT)) throw foreign(name, cause);
    throw new DeviceFileError(
      "device-file-truncated",
      `${name} is a device file that ends too early or is damaged: it is not whole JSON.`,
      "Restore it from a copy, or create the device again.",
      cause,
    );
  }
  const head = Head.safeParse(json);
  if (!head.success) throw foreign(name, head.error);
  const schema = BODIES.get(head.data.version);
  if (schema === undefined) {
    throw new DeviceFileError(
      "device-file-version",
      `${name} has format version ${head.data.version}; this version of Brownout reads ${PLAIN_VERSION} to ${DEVICE_FILE_VERSION}.`,
      "Use the version of Brownout that wrote it, or create the device again.",
    );
  }
  const body = schema.safeParse(json);
  if (body.success) return body.data;
  const { path = [], message = "" } = body.error.issues[0] ?? {};
  throw damaged(name, `${path.map(String).join(".") || "the file"}: ${message}`, body.error);
}

function checksumOf(content: CheckedContent): string {
  const { format, version, profile, layout, bits, surroundings, counters, wear, flash } = content;
  const more = [layout, bits, surroundings].filter((member) => member !== undefined);
  const text = JSON.stringify([format, version, profile, ...more, counters, wear, flash]);
  return createHash("sha256").update(text).digest("hex");
}

function foreign(name: string, cause: unknown): DeviceFileError {
  return new DeviceFileError(
    "device-file-format",
    `${name} is not a device file.`,
    "Give the file that `device create` wrote.",
    cause,
  );
}

function damaged(name: string, why: string, cause?: unknown): DeviceFileError {
  return new DeviceFileError(
    "device-file-damaged",
    `${name} is a damaged device file: ${why}.`,
    "Restore it from a copy, or create the device again.",
    cause,
  );
}
