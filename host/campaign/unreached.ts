/**
 * Why a scenario that ships never reaches some calls of flash operations, and which one does.
 *
 * Nothing is known of scenarios that somebody else wrote: there a path that was not taken is left to
 * its author to explain.
 */
import { shortName, type CallSite } from "../report/call-site.ts";
import { SCENARIO_NAMES, type Scenario } from "./scenario.ts";

/** Functions that take an update from the link. */
const DOWNLOADS: readonly string[] = ["runAgent", "downloadToFlash", "advance", "fillSlot", "eraseSlot"];

/** Why a call site is not reached, in one clause; undefined where nothing is known. */
export function whyUnreached(scenario: Scenario, { module, functionName }: CallSite): string | undefined {
  const { expectation, images } = scenario.subject;
  if (!SCENARIO_NAMES.some((name) => name === scenario.name)) return undefined;
  const isDownload = DOWNLOADS.includes(shortName(functionName));
  if (module === "bootloader") {
    if (isDownload) return "the bootloader downloads only where nothing boots, as in the scenario recovery";
    return expectation === "accepted"
      ? undefined
      : "it needs an update that is confirmed, as in the scenario update";
  }
  const image = images.find(({ name }) => name === module);
  if (image?.role !== "new") return undefined;
  if (expectation === "reverted") return "this firmware never becomes healthy, so it writes nothing";
  if (!isDownload) return undefined;
  return scenario.name === "update-back"
    ? "what it runs is what is on offer; it takes an update in the scenario update"
    : "what it runs is what is on offer; it takes an update in the scenario update-back";
}
