/**
 * Every power cut, torn operations among them, while a device and its radio are updated.
 */
import { describe, expect, it } from "vitest";
import { profileNamed } from "../../emulator/profile.ts";
import { verdictOf } from "../../host/campaign/report.ts";
import { runCampaign } from "../../host/campaign/run.ts";
import { moduleNamesOf, scenarioNamed } from "../../host/campaign/scenario.ts";
import { readWasm } from "../wasm-file.ts";

const NAME = "radio-update";
const TIMEOUT_MILLIS = 1_200_000;

describe("an update of a device and its radio", () => {
  it.each(["class1", "stm32g0"])(
    "survives every sequence of power cuts with one torn operation, on either side of the wire: %s",
    (profile) => {
      const names = moduleNamesOf(NAME);
      const scenario = scenarioNamed(NAME, profileNamed(profile), {
        bootloader: readWasm(names.bootloader),
        firmware1: readWasm(names.firmware1),
        firmware2: readWasm(names.firmware2),
        firmwareFailing: readWasm("firmware-failing"),
        firmwareHanging: readWasm("firmware-hanging"),
      });
      const result = runCampaign(scenario);
      expect([verdictOf(result).kind, result.findings]).toEqual(["proved", []]);
      expect(result.exploration.terminals.map(({ image }) => image)).toEqual(["firmware 2", "firmware 1"]);
    },
    TIMEOUT_MILLIS,
  );
});
