/**
 * What the device of a scenario is made of, wherever it is powered on: campaign, replay, report.
 */
import type { DeviceOptions } from "../../emulator/device.ts";
import type { Surroundings } from "../../emulator/hal.ts";

type Parts = Pick<DeviceOptions, "profile" | "recording" | "surroundings"> &
  Required<Pick<DeviceOptions, "link">>;

/** The options of a scenario's device; how it is built and who looks on is up to the caller. */
export function deviceOf({ profile, link, recording, surroundings = {} }: Parts): DeviceOptions {
  return { profile, link, recording, surroundings };
}

/** Surroundings as they enter a digest; empty where nothing is known. */
export function surroundingsText({ timeSeconds, ...others }: Surroundings = {}): string {
  const known = { ...(timeSeconds === undefined ? {} : { timeSeconds: String(timeSeconds) }), ...others };
  return Object.keys(known).length === 0 ? "" : ` ${JSON.stringify(known)}`;
}
