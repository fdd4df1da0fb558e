/**
 * The negative control: before a glitch campaign counts, it has to find what is wrong with three
 * bootloaders that are wrong on purpose. A campaign that cannot fail proves nothing.
 */
import type { Profile } from "../../emulator/profile.ts";
import { runGlitchCampaign, type GlitchCampaign } from "./campaign.ts";
import { refusalNamed } from "./scenario.ts";
import { ownTarget } from "./target.ts";
import { windowOptions } from "./window.ts";

/** What the control found. */
export interface ControlResult {
  readonly name: string;
  /** Undefined if the bootloader is not built. */
  readonly isFound: boolean | undefined;
  readonly sentence: string;
}

/** Runs the control, in about a second. */
export function runControl(profile: Profile): ControlResult[] {
  return [
    control(profile, "digest-uncompared", "tampered-active", ({ failsUndisturbed }) =>
      failsUndisturbed ? "it boots a tampered image even without a glitch" : undefined,
    ),
    control(profile, "witnesses-unasked", "tampered-active", ({ findings }) =>
      findings.length > 0 ? `${findings.length} single glitches make it boot a tampered image` : undefined,
    ),
    control(profile, "journal-erased-by-glitch", "unsigned", ({ findings }) => {
      const cut = findings.filter((finding) => finding.cut !== undefined);
      return cut.length > 0 && cut.length === findings.length
        ? `${cut.length} single glitches brick it if the power goes before the boot is over`
        : undefined;
    }),
  ];
}

function control(
  profile: Profile,
  name: string,
  scenarioName: string,
  find: (campaign: GlitchCampaign) => string | undefined,
): ControlResult {
  const target = ownTarget(`canary-${name}`);
  if (target === undefined) return { name, isFound: undefined, sentence: "it is not built" };
  const scenario = refusalNamed(scenarioName, profile, target.bootloader);
  const found = find(
    runGlitchCampaign(scenario, { models: ["skip", "invert"], ...windowOptions("boot", target) }),
  );
  return { name, isFound: found !== undefined, sentence: found ?? "nothing was found wrong with it" };
}
