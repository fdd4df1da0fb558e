/**
 * Energy, from time and the profile's currents.
 *
 * A microamp times a millivolt times a microsecond is a femtojoule; the ledger is in nanojoules.
 * While the flash works the processor waits but draws its run current, so an operation costs run
 * current plus the part's extra current for programming or erasing.
 */

import type { ByCause } from "./clock.ts";
import type { Profile } from "./profile.ts";

/**
 * The energy of a stretch of time, by cause [nJ].
 *
 * @param micros time by cause [µs], as the clock gives it
 */
export function nanojoulesOf(profile: Profile, micros: ByCause): ByCause {
  const cost = (duration: number, microamps: number): number =>
    Math.round((duration * microamps * profile.supplyMillivolts) / 1e6);
  const cpu = cost(micros.cpu, profile.runMicroamps);
  const program = cost(micros.program, profile.runMicroamps + profile.programExtraMicroamps);
  const erase = cost(micros.erase, profile.runMicroamps + profile.eraseExtraMicroamps);
  const idle = cost(micros.idle, profile.idleMicroamps);
  return { cpu, program, erase, idle, total: cpu + program + erase + idle };
}
