/**
 * Surroundings as JSON: what a device can find out about time, battery and permission.
 */
import { z } from "zod";
import type { Surroundings } from "../../emulator/hal.ts";
import { UnsignedJson } from "./number-json.ts";

/** The schema; what is left out the device cannot find out. */
export const SurroundingsJson = z
  .strictObject({
    timeSeconds: UnsignedJson.optional().describe("Seconds since 1970, the same at every power-on."),
    batteryMilliwattHours: z
      .int()
      .min(0)
      .max(0xffff_ffff)
      .optional()
      .describe("Energy left in the battery in mWh."),
    authorizedPriority: z
      .int()
      .min(-0x8000_0000)
      .max(0x7fff_ffff)
      .optional()
      .describe("Updates up to this priority are allowed; smaller is more urgent."),
  })
  .describe("What the device can find out about the world around it; nothing unless given.");

/** Surroundings without what nobody knows; undefined if that is all. */
export function knownSurroundings({
  timeSeconds,
  batteryMilliwattHours,
  authorizedPriority,
}: z.output<typeof SurroundingsJson>): Surroundings | undefined {
  const known = {
    ...(timeSeconds === undefined ? {} : { timeSeconds }),
    ...(batteryMilliwattHours === undefined ? {} : { batteryMilliwattHours }),
    ...(authorizedPriority === undefined ? {} : { authorizedPriority }),
  };
  return Object.keys(known).length === 0 ? undefined : known;
}

/** Surroundings as plain data that fits the schema. */
export function surroundingsData({ timeSeconds, ...others }: Surroundings = {}): Readonly<
  Record<string, string | number>
> {
  return { ...(timeSeconds === undefined ? {} : { timeSeconds: String(timeSeconds) }), ...others };
}
