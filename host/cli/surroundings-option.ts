/**
 * `--time`, `--battery` and `--authorize`: what a device can find out about the world around it. What is given
 * stays with the device file until it is given again.
 */
import { InvalidArgumentError, type Command } from "commander";
import { z } from "zod";
import { SurroundingsJson, knownSurroundings } from "../config/surroundings-json.ts";
import type { DeviceRecord } from "../device/device-file.ts";

/** In place of a value: the device cannot find it out, or no longer. */
const NONE = "none";

/** The options as they are parsed. */
export const SurroundingsOptions = z.object({
  time: z.union([z.bigint(), z.literal(NONE)]).optional(),
  battery: z.union([z.number(), z.literal(NONE)]).optional(),
  authorize: z.union([z.number(), z.literal(NONE)]).optional(),
});

/** Adds the options to a command that runs a device. */
export function declareSurroundings(command: Command): void {
  command
    .option(
      "--time <time>",
      "what its clock says from now on: 2030-01-31T12:00:00Z, seconds since 1970, or none",
      parseTime,
    )
    .option("--battery <mWh>", "energy in its battery from now on, or none", parseBattery)
    .option(
      "--authorize <priority>",
      "its application allows updates up to this priority from now on, or none",
      parsePriority,
    );
}

/** The device in the surroundings that the options ask for; the others stay. */
export function inSurroundings(
  { surroundings = {}, ...record }: DeviceRecord,
  { time, battery, authorize }: z.infer<typeof SurroundingsOptions>,
): DeviceRecord {
  const chosen = <Value>(
    given: Value | typeof NONE | undefined,
    before: Value | undefined,
  ): Value | undefined => (given === undefined ? before : given === NONE ? undefined : given);
  const known = knownSurroundings({
    timeSeconds: chosen(time, surroundings.timeSeconds),
    batteryMilliwattHours: chosen(battery, surroundings.batteryMilliwattHours),
    authorizedPriority: chosen(authorize, surroundings.authorizedPriority),
  });
  return known === undefined ? record : { ...record, surroundings: known };
}

function parseTime(text: string): bigint | typeof NONE {
  if (text === NONE) return NONE;
  const seconds = /^[0-9]+$/.test(text)
    ? text
    : String(Date.parse(/^\d{4}-\d\d-\d\dT[\d:]+Z$/.test(text) ? text : "") / 1000);
  const parsed = SurroundingsJson.shape.timeSeconds.safeParse(seconds);
  if (parsed.success && parsed.data !== undefined) return parsed.data;
  throw new InvalidArgumentError("Expected a time as in 2030-01-31T12:00:00Z, seconds since 1970, or none.");
}

function parseBattery(text: string): number | typeof NONE {
  return parseNumber(text, SurroundingsJson.shape.batteryMilliwattHours, "mWh from 0 to 4294967295");
}

function parsePriority(text: string): number | typeof NONE {
  return parseNumber(text, SurroundingsJson.shape.authorizedPriority, "a whole number of 32 bits");
}

function parseNumber(
  text: string,
  schema: z.ZodType<number | undefined>,
  expected: string,
): number | typeof NONE {
  if (text === NONE) return NONE;
  const parsed = schema.safeParse(/^-?[0-9]+$/.test(text) ? Number(text) : Number.NaN);
  if (parsed.success && parsed.data !== undefined) return parsed.data;
  throw new InvalidArgumentError(`Expected ${expected}, or none.`);
}
