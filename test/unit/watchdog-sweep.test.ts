/**
 * The watchdog resets the trial firmware everywhere, and leaves nothing that a power cut does not leave.
 */
import { describe, expect, it } from "vitest";
import { Device } from "../../emulator/device.ts";
import { profileNamed } from "../../emulator/profile.ts";
import { buildUpdateScenario } from "../../host/campaign/scenario.ts";
import { sweepWatchdog, watchdogText } from "../../host/campaign/watchdog.ts";
import { readWasm } from "../wasm-file.ts";

const whole = buildUpdateScenario({
  profile: profileNamed("class1"),
  bootloader: readWasm("bootloader"),
  installed: readWasm("firmware-1"),
  offered: readWasm("firmware-2"),
});

/** The same update, begun where the candidate has been accepted. */
function onTrial() {
  const device = new Device({ profile: whole.profile, link: whole.link });
  device.restore(whole.initial);
  for (let powerOn = 1; powerOn <= 3; powerOn += 1) device.powerOn();
  return { ...whole, initial: device.snapshot() };
}

describe("a watchdog reset of the trial firmware", () => {
  const scenario = onTrial();
  const sweep = sweepWatchdog(scenario, { stepFuel: 256, maxTrialBoots: 40 });

  it("leaves, wherever it falls, a state that clean power cuts leave as well", () => {
    expect(sweep).toMatchObject({ closed: true, strange: [] });
    expect(sweep.trialBoots).toBeGreaterThan(3);
    expect(sweep.resets).toBeGreaterThan(200);
    expect(sweep.left).toBeGreaterThan(sweep.trialBoots);
  });

  it("is a trial boot that was used, until the firmware has confirmed itself", () => {
    const said = sweep.journals.map(({ journal }) => journal);
    expect(said).toEqual(
      expect.arrayContaining([
        "Trial, slot A is active, 1 trial boots of the other slot have begun",
        "Confirmed, slot B is active",
      ]),
    );
    expect(watchdogText(scenario, sweep)).toContain("a clean cut leaves every one of them as well");
  });

  it("is found to leave something else where the cuts were not tried", () => {
    const open = sweepWatchdog(scenario, { stepFuel: 256, maxSeconds: 0 });
    expect(open).toMatchObject({ closed: false, resets: 0 });
    expect(watchdogText(scenario, open)).toContain("NOT tried to the end");
  });
});
