/**
 * What work takes on each part, by the emulator's model: fuel priced by the part's processor, flash
 * operations by its flash, and currents.
 */
import { nanojoulesOf, profileNamed } from "../../emulator/index.ts";
import { Clock } from "../../emulator/clock.ts";
import type { PartCost } from "./footprint-row.ts";

/** What work that burns so much fuel, and nothing else, takes on the parts of these names. */
export function costOfFuel(fuel: number, profiles: readonly string[]): PartCost[] {
  return profiles.map((name) => {
    const profile = profileNamed(name);
    const clock = new Clock(profile);
    clock.fuelBurnt = fuel;
    const micros = clock.micros();
    return { profile: name, micros: micros.total, nanojoules: nanojoulesOf(profile, micros).total };
  });
}
