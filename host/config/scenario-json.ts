/**
 * scenario.json: what a campaign has to know to explore a bootloader that somebody else wrote.
 */
import { z } from "zod";
import { ORACLES, type OracleId } from "../../emulator/explore/oracle.ts";
import { COUNTER_COUNT } from "../../emulator/counters.ts";
import { PROFILE_NAMES } from "../../emulator/profile.ts";
import { AddressJson, UnsignedJson } from "./number-json.ts";
import { SurroundingsJson } from "./surroundings-json.ts";

/** The oracles that read the boot journal or the log of our own bootloader and mean nothing to another. */
export const JOURNAL_ORACLES: readonly OracleId[] = [
  "durable",
  "accepted",
  "counted",
  "last-known-good",
  "truthful",
];

/** The oracles that mean something to every bootloader; those of a scenario that names none. */
export const GENERIC_ORACLES: readonly OracleId[] = [
  "authentic",
  "floor",
  "alive",
  "sound",
  "rules",
  "confidential",
  "idempotent",
  "quiet",
  "wear",
];

const ImageName = z.string().min(1);

const ImageJson = z.strictObject({
  name: ImageName.describe("As reports call it."),
  file: z.string().describe("The Wasm module, byte for byte as it is to be booted."),
  version: UnsignedJson.prefault(0).describe(
    "Compared with counter 0 by the oracle `floor`: an image below it must not run.",
  ),
  role: z.enum(["old", "new"]).describe("What runs before the update, or what the update brings."),
  hangs: z.boolean().optional().describe("It never comes to an end: a watchdog reset in it is no finding."),
});

const WordJson = z.union(
  [
    AddressJson,
    z.strictObject({ length: ImageName.describe("Length of that image in bytes.") }),
    z.strictObject({ crc32: ImageName.describe("CRC-32 of that image (IEEE 802.3).") }),
  ],
  { error: 'expected a number, hexadecimal text, {"length": IMAGE} or {"crc32": IMAGE}' },
);

const AtJson = z
  .union([z.enum(["boot", "slotA", "slotB", "state"]), AddressJson], {
    error: "expected boot, slotA, slotB, state or a device address",
  })
  .describe("A partition, or a device address.");

const ContentJson = z
  .strictObject({
    at: AtJson,
    offset: AddressJson.default(0).describe("Bytes from there."),
    image: ImageName.optional().describe("The bytes of one of the images."),
    file: z.string().optional().describe("The bytes of a file."),
    hex: z
      .string()
      .regex(/^([0-9a-fA-F]{2}\s*)*$/, { error: "expected hexadecimal digits, two for each byte" })
      .optional()
      .describe("Bytes in hexadecimal."),
    words: z
      .array(WordJson)
      .optional()
      .describe("Words of 32 bits, little-endian; length and CRC-32 of an image can be taken from it."),
  })
  .refine(
    ({ image, file, hex, words }) =>
      [image, file, hex, words].filter((content) => content !== undefined).length === 1,
    { error: "expected exactly one of image, file, hex and words" },
  );

const PlaceJson = z
  .strictObject({
    at: AtJson,
    offset: AddressJson.default(0).describe("Bytes from there."),
    bytes: AddressJson.optional().describe("Its size; the rest of the partition unless given."),
  })
  .refine(({ at, bytes }) => typeof at === "string" || bytes !== undefined, {
    error: "a place at a device address needs its size in bytes",
  });

const SecretJson = z
  .strictObject({
    name: z.string().min(1).describe("As reports call it."),
    image: ImageName.optional().describe("The bytes of one of the images."),
    file: z.string().optional().describe("The bytes of a file."),
    hex: z
      .string()
      .regex(/^([0-9a-fA-F]{2}\s*)+$/, { error: "expected hexadecimal digits, two for each byte" })
      .optional()
      .describe("Bytes in hexadecimal."),
    mayLieIn: z.array(PlaceJson).default([]).describe("Where it may lie; nowhere in flash unless given."),
  })
  .refine(
    ({ image, file, hex }) => [image, file, hex].filter((content) => content !== undefined).length === 1,
    { error: "expected exactly one of image, file and hex" },
  );

const ORACLE_IDS: readonly OracleId[] = [...ORACLES.map(({ id }) => id), "arrives"];

/** The schema of scenario.json. */
export const ScenarioJson = z
  .strictObject({
    $schema: z.string().optional(),
    name: z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]*$/, { error: "expected lower case letters, digits and hyphens" })
      .describe("As in case ids."),
    title: z.string().describe("What happens, in one sentence."),
    profile: z.enum(PROFILE_NAMES).default("class1").describe("The part."),
    layout: z
      .string()
      .optional()
      .describe("layout.json, unless given with --layout; else the profile's own."),
    bootloader: z.string().optional().describe("The bootloader's Wasm, unless given with --bootloader."),
    symbols: z
      .array(z.string())
      .default([])
      .describe("Unstripped twins of the modules, for the names of functions in faults."),
    images: z
      .array(ImageJson)
      .min(1)
      .describe("Every image that may run. Whatever else is booted is a finding."),
    flash: z
      .array(ContentJson)
      .describe("What lies in flash at the start, beside the bootloader; erased elsewhere."),
    counters: z
      .array(UnsignedJson)
      .max(COUNTER_COUNT)
      .default([])
      .describe("Start values of the monotonic counters, from counter 0 on; 0 unless given."),
    surroundings: SurroundingsJson.default({}),
    link: z
      .record(z.string().regex(/^\//, { error: "expected a path that begins with /" }), z.string())
      .default({})
      .describe("What the far end of the link serves over CoAP: path → file."),
    expectation: z
      .enum(["accepted", "refused", "reverted"])
      .default("accepted")
      .describe("What is to become of the update."),
    journal: z
      .boolean()
      .default(false)
      .describe("The state partition holds the boot journal of Brownout's own bootloader."),
    oracles: z
      .array(z.enum(ORACLE_IDS))
      .min(1)
      .optional()
      .describe(`Which look on. Unless given: ${GENERIC_ORACLES.join(", ")}; all if \`journal\` is true.`),
    secrets: z
      .array(SecretJson)
      .default([])
      .describe("Plain bytes that the oracle `confidential` looks for wherever they may not lie."),
    limits: z
      .strictObject({
        torn: z
          .int()
          .min(0)
          .max(7)
          .optional()
          .describe("Torn operations per sequence of cuts; 1 unless given."),
        maxStates: z.int().min(1).optional().describe("Gives up when more states than this were seen."),
        maxCuts: z.int().min(0).optional().describe("Tries no sequence of more cuts than this."),
        erasesPerPage: z
          .int()
          .min(1)
          .optional()
          .describe(
            "How often uninterrupted power may erase one page on its way to rest; without it, `wear` is not asked.",
          ),
        maxSeconds: z.number().positive().optional().describe("Gives up after so many seconds."),
      })
      .default({}),
  })
  .meta({
    title: "Brownout scenario",
    description:
      "A bootloader, what lies in flash, and what is to become of it. Paths are relative to this file.",
  });

/** A scenario.json, checked. */
export type ScenarioJson = z.output<typeof ScenarioJson>;
