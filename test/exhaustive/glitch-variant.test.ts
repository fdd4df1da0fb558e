/**
 * Glitch campaigns over the bootloaders that verify other signatures than P-256, or take encrypted
 * payloads: what docs/glitches.md states of them, counted again.
 */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Status } from "../../assembly/status.ts";
import { Device } from "../../emulator/device.ts";
import { readJournal } from "../../emulator/explore/journal.ts";
import { profileNamed } from "../../emulator/profile.ts";
import { runGlitchCampaign, type GlitchCampaign } from "../../host/glitch/campaign.ts";
import { keyKindOf } from "../../host/glitch/key-kind.ts";
import { refusalNamed } from "../../host/glitch/scenario.ts";
import { ownTarget, type GlitchTarget } from "../../host/glitch/target.ts";
import { windowOptions, type GlitchWindow } from "../../host/glitch/window.ts";
import { unaskedTwin } from "../unasked-twin.ts";

const TIMEOUT_MILLIS = 300_000;
const profile = profileNamed("class1");

/** Our bootloaders, and the keys that they verify with. */
const BUILDS = {
  bootloader: "EC2",
  "bootloader-ed25519": "OKP",
  "bootloader-hss": "HSS-LMS",
  "bootloader-encrypted": "EC2",
} as const;
type Build = keyof typeof BUILDS;
const VARIANTS = ["bootloader-ed25519", "bootloader-hss", "bootloader-encrypted"] as const;

/** Scenarios of every variant, and why the undisturbed boot refuses. */
const REFUSALS = {
  "strange-signature": Status.SignatureInvalid,
  "borrowed-signature": Status.SignatureInvalid,
  unsigned: Status.Unsigned,
  "tampered-candidate": Status.ImageMismatch,
  "old-sequence": Status.SequenceTooOld,
} as const;
const ENCRYPTED_REFUSALS = {
  "wrongly-decrypted": Status.ImageMismatch,
  "flipped-ciphertext": Status.ImageMismatch,
} as const;

function target(name: string): GlitchTarget {
  const found = ownTarget(name);
  if (found === undefined) throw new Error(`${name} is not built: run "npm run build:wasm" first`);
  return found;
}

function campaign(scenario: string, about: GlitchTarget, window: GlitchWindow): GlitchCampaign {
  return runGlitchCampaign(refusalNamed(scenario, profile, about.bootloader), {
    models: ["skip", "invert"],
    ...windowOptions(window, about),
  });
}

const got = ({ faults, tally }: GlitchCampaign): number => faults - tally.harmless;

/** Rows of a table in docs/glitches.md that begin with a build and a scenario: the numbers behind. */
function documented(): Map<string, readonly number[]> {
  const text = readFileSync(new URL("../../docs/glitches.md", import.meta.url), "utf8");
  const rows = [...text.matchAll(/^\| `(bootloader[a-z0-9-]*)` +\| `([a-z-]+)` +\|((?: +[\d,]+ \|)+)$/gm)];
  return new Map(
    rows.map(([, build = "", scenario = "", cells = ""]) => [
      `${build} ${scenario}`,
      [...cells.matchAll(/[\d,]+/g)].map(([digits]) => Number(digits.replaceAll(",", ""))),
    ]),
  );
}

const rows = documented();

describe("the scenarios of a build", () => {
  it.each(Object.entries(BUILDS))(
    "are signed with the kind of key that it verifies: %s, %s",
    (name, kind) => {
      expect(keyKindOf(target(name).bootloader, profile)).toBe(kind);
    },
  );

  const cases = VARIANTS.flatMap((name) =>
    Object.entries({ ...REFUSALS, ...(name === "bootloader-encrypted" ? ENCRYPTED_REFUSALS : {}) }).map(
      ([scenario, status]) => [name, scenario, status] as const,
    ),
  );
  it.each(cases)("are refused for what is wrong: %s, %s", (name, scenario, status) => {
    const { state } = refusalNamed(scenario, profile, target(name).bootloader);
    const device = new Device({ profile });
    device.restore(state);
    device.powerOn();
    expect(readJournal(device.flash.bytes, profile)?.reason).toBe(status);
  });
});

describe("a boot of another build, with every executed instruction skipped and every condition inverted", () => {
  it.each(VARIANTS)(
    "is never got through, and found where nobody asks the witnesses: %s",
    async (name) => {
      const canary = await unaskedTwin(name);
      for (const scenario of Object.keys(REFUSALS)) {
        const hardened = campaign(scenario, target(name), "boot");
        expect(hardened.failsUndisturbed).toBe(false);
        expect(hardened.disturbed).toBe(hardened.instructions);
        const row = [hardened.instructions, hardened.faults, got(hardened)];
        expect([scenario, ...row]).toEqual([scenario, ...(rows.get(`${name} ${scenario}`) ?? [])]);
      }
      expect(got(campaign("unsigned", canary, "boot"))).toBeGreaterThan(5);
      expect(got(campaign("borrowed-signature", canary, "boot"))).toBeGreaterThan(5);
    },
    TIMEOUT_MILLIS,
  );
});

describe("what verifies a signature, with every instruction of its own disturbed and none of its arithmetic", () => {
  it.each(["bootloader", "bootloader-ed25519", "bootloader-hss"] satisfies Build[])(
    "is never got through, and found where nobody asks the witnesses: %s",
    async (name) => {
      const hardened = campaign("borrowed-signature", target(name), "decision");
      expect([name, hardened.disturbed, got(hardened)]).toEqual([name, hardened.planned, 0]);
      expect(hardened.disturbed).toBeGreaterThan(3000);
      const canary = name === "bootloader" ? target("canary-witnesses-unasked") : await unaskedTwin(name);
      expect(got(campaign("borrowed-signature", canary, "decision"))).toBeGreaterThan(0);
    },
    TIMEOUT_MILLIS,
  );
});
