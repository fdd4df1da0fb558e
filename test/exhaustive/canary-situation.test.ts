/**
 * The situations in which canaries are let out, without a canary: a device that no oracle objects to.
 */
import { describe, expect, it } from "vitest";
import { explore } from "../../emulator/explore/explore.ts";
import { ORACLES, type Oracle } from "../../emulator/explore/oracle.ts";
import { profileNamed } from "../../emulator/profile.ts";
import { askedOracles } from "../../host/campaign/asked.ts";
import { SITUATIONS } from "../../host/campaign/canary-file.ts";
import { CANDIDATES, situate } from "../../host/campaign/canary-scenario.ts";
import { readWasm } from "../wasm-file.ts";

describe("the unpatched bootloader and firmware", () => {
  it.each(SITUATIONS)("satisfy every oracle where canaries are let out: %s", (situation) => {
    const scenario = situate({ name: "none", situation }, profileNamed("class1"), {
      bootloader: readWasm("bootloader"),
      candidate: readWasm(CANDIDATES[situation]),
    });
    const oracles = askedOracles(scenario);
    const isAboutRadio = ({ id }: Oracle): boolean => id === "radio-alive" || id === "radio-follows";
    expect(oracles).toEqual(
      situation === "radio" ? ORACLES : ORACLES.filter((oracle) => !isAboutRadio(oracle)),
    );
    const { closed, findings } = explore({
      device: { profile: scenario.profile, link: scenario.link },
      initial: scenario.initial,
      subject: scenario.subject,
      oracles,
    });
    expect({ closed, findings }).toEqual({ closed: true, findings: [] });
  });
});
