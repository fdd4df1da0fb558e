/**
 * What the device commands share.
 */
import type { Device } from "../../emulator/index.ts";
import { readDeviceFile, updateDeviceFile, type DeviceRecord } from "../device/device-file.ts";
import { knownSurroundings, surroundingsData } from "../config/surroundings-json.ts";
import { journalData } from "../device/journal.ts";
import { surveyDevice } from "../device/survey.ts";
import type { Offer } from "../device/session.ts";
import { UserError } from "../user-error.ts";
import { noteRead, readInput, resolvePath } from "./file.ts";
import type { Io } from "./io.ts";

/** Reads a device file that the user named. */
export function openDevice(io: Io, file: string): DeviceRecord {
  noteRead(io, file);
  return readDeviceFile(resolvePath(io, file), file);
}

/** Writes a device back to the file that it was read from. */
export function saveDevice(io: Io, file: string, before: DeviceRecord, after: DeviceRecord): void {
  updateDeviceFile(resolvePath(io, file), before, after, file);
}

/** The device as a record that can be written. */
export function recordOf(device: Device): DeviceRecord {
  const surroundings = knownSurroundings(device.surroundings);
  const record = { profile: device.profile, state: device.snapshot() };
  return surroundings === undefined ? record : { ...record, surroundings };
}

/** Reads what the far end of the link is to serve. */
export function readOffer(
  io: Io,
  files: { readonly envelope?: string | undefined; readonly payload?: string | undefined },
): Offer | undefined {
  if (files.envelope === undefined) {
    if (files.payload === undefined) return undefined;
    throw new UserError("usage", "--payload goes with --envelope.", "Add --envelope, or leave it out.");
  }
  return {
    envelope: readInput(io, files.envelope, "envelope"),
    payload: files.payload === undefined ? undefined : readInput(io, files.payload, "payload"),
  };
}

/** A device as data, for `--json`. */
export function deviceData(record: DeviceRecord): Readonly<Record<string, unknown>> {
  const survey = surveyDevice(record.profile, record.state);
  return {
    ...survey,
    journal: journalData(survey.journal),
    sequenceFloor: String(survey.sequenceFloor),
    counters: Array.from(record.state.counters, String),
    surroundings: surroundingsData(record.surroundings),
    remembers: (record.state.bits ?? []).map(({ kind, address, length }) => ({ kind, address, length })),
  };
}
