/**
 * The forms of versions and of what is waited for, as our bootloader takes them
 * (draft-ietf-suit-update-management-14 §4.4, §4.5).
 */
import { Status } from "../../assembly/status.ts";
import type { CborReader } from "./cbor-reader.ts";
import { byLabel, byName, VERSION_COMPARISONS, WAIT_EVENTS } from "./labels.ts";
import { Refusal } from "./refusal.ts";

/** Release candidate, beta and alpha are -1 to -3; a version does not begin with one. */
const LOWEST_PRERELEASE = -3n;
/** What the device can look at. */
const OBSERVED_EVENTS: readonly string[] = ["authorization", "time"];

/**
 * Reads a version: a list of numbers.
 *
 * @throws Refusal
 */
export function checkVersionList(reader: CborReader, what: string): void {
  const start = reader.offset;
  const count = reader.array(what);
  if (count === 0)
    throw new Refusal(Status.ArgumentMalformed, start, `${what} has a version without numbers`);
  for (let index = 0; index < count; index++) {
    const place = reader.offset;
    const number = reader.integer(`A number of ${what}`);
    if (number >= (index === 0 ? 0n : LOWEST_PRERELEASE)) continue;
    throw new Refusal(
      Status.ArgumentMalformed,
      place,
      index === 0 ? `${what} has a version that begins with ${number}` : `${what} has the number ${number}`,
    );
  }
}

/**
 * Reads a version match: a comparison and a version.
 *
 * @throws Refusal
 */
export function checkVersionMatch(reader: CborReader, what: string): void {
  const start = reader.offset;
  if (reader.array(what) !== 2) {
    throw new Refusal(Status.ArgumentMalformed, start, `${what} is not a comparison and a version`);
  }
  const comparison = reader.unsigned(`The comparison of ${what}`);
  if (byLabel(VERSION_COMPARISONS, comparison) === undefined) {
    throw new Refusal(Status.ArgumentMalformed, start, `${what} has the unknown comparison ${comparison}`);
  }
  checkVersionList(reader, what);
}

/**
 * Reads wait-info: events, each with what is waited for.
 *
 * @throws Refusal
 */
export function checkWaitInfo(reader: CborReader, what: string): void {
  const start = reader.offset;
  let count = 0;
  reader.entries(what, ({ keyStart, label }) => {
    count += 1;
    const event = byLabel(WAIT_EVENTS, label);
    if (event === undefined) {
      throw new Refusal(Status.ArgumentMalformed, keyStart, `${what} has the unknown event ${label}`);
    }
    if (!OBSERVED_EVENTS.includes(event.name)) {
      throw new Refusal(
        Status.ArgumentUnsupported,
        keyStart,
        `${what} has the event ${event.name}, which the device cannot look at`,
      );
    }
    if (event === byName(WAIT_EVENTS, "time")) reader.unsigned(`The ${event.name} of ${what}`);
    else reader.integer(`The ${event.name} of ${what}`);
  });
  if (count === 0) throw new Refusal(Status.ArgumentMalformed, start, `${what} names no event`);
}
