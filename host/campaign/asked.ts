/**
 * Which oracles a scenario is asked. One that has nothing to look at would say "ok" whatever happens,
 * so it is not asked, and the report says so.
 */
import { ORACLES, servesRadio, type Oracle } from "../../emulator/explore/oracle.ts";
import { StateReader } from "../../emulator/explore/subject.ts";
import type { Scenario } from "./scenario.ts";

/**
 * The oracles of a scenario, without those that have nothing to look at: `confidential` where nothing is
 * declared secret, `wear` where no limit is stated, `last-known-good` where nothing is good at the start, those
 * of the radio where there is none or nothing is said of its images.
 */
export function askedOracles({ oracles = ORACLES, subject, profile, initial }: Scenario): readonly Oracle[] {
  return oracles.filter(({ id }) => {
    if (id === "confidential") return (subject.secrets ?? []).length > 0;
    if (id === "wear") return subject.erasesPerPage !== undefined;
    if (id === "radio-alive" || id === "radio-follows") return servesRadio(subject);
    if (id !== "last-known-good") return true;
    return new StateReader(subject, profile).observe(initial).isLastKnownGood;
  });
}
