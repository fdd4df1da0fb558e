/**
 * The case id of one glitch: `bo1:class1/tampered-active#1f2e3d4c#0a1b2c3d@g13512i`, in the grammar
 * of the other case ids. A cut is `g`, the dynamic index, and what is done to the instruction there.
 * Indices count what a window disturbs; of other windows than `boot`, the name stands behind the
 * scenario's, as in `tampered-active-in-hash`.
 */
import { createHash } from "node:crypto";
import { formatEffect, parseEffect, type Effect } from "../../emulator/wasm/glitch-model.ts";
import { UserError } from "../user-error.ts";
import { GLITCH_WINDOWS, type GlitchWindow } from "./campaign.ts";
import type { RefusalScenario } from "./scenario.ts";

/** A case, taken apart. */
export interface GlitchCase {
  readonly profile: string;
  readonly scenario: string;
  readonly window: GlitchWindow;
  /** First 8 hexadecimal digits of the bootloader's SHA-256. */
  readonly bootloaderDigest: string;
  /** First 8 hexadecimal digits of the inputs' SHA-256. */
  readonly inputsDigest: string;
  readonly index: number;
  readonly effect: Effect;
}

const TEXT =
  /^bo1:([a-z0-9][a-z0-9-]*)\/([a-z0-9][a-z0-9-]*)#([0-9a-f]{8})#([0-9a-f]{8})@g(0|[1-9][0-9]{0,8})([a-z][0-9]{0,2})$/;

/** First 8 hexadecimal digits of a bootloader's SHA-256. */
export function bootloaderDigest(bootloader: Uint8Array): string {
  return createHash("sha256").update(bootloader).digest("hex").slice(0, 8);
}

/** The case of one glitch in a scenario. */
export function caseOf(
  scenario: RefusalScenario,
  window: GlitchWindow,
  bootloader: Uint8Array,
  index: number,
  effect: Effect,
): GlitchCase {
  return {
    profile: scenario.profile.name,
    scenario: scenario.name,
    window,
    bootloaderDigest: bootloaderDigest(bootloader),
    inputsDigest: scenario.inputsDigest.slice(0, 8),
    index,
    effect,
  };
}

/** The text of a case. */
export function formatGlitchCase(id: GlitchCase): string {
  const window = id.window === "boot" ? "" : `-in-${id.window}`;
  const place = `${id.profile}/${id.scenario}${window}#${id.bootloaderDigest}#${id.inputsDigest}`;
  return `bo1:${place}@g${id.index}${formatEffect(id.effect)}`;
}

/**
 * Reads a case.
 *
 * @throws UserError `case-id-syntax`
 */
export function parseGlitchCase(text: string): GlitchCase {
  const [, profile, scenario, bootloader, inputs, index, effectText] = TEXT.exec(text) ?? [];
  const effect = effectText === undefined ? undefined : parseEffect(effectText);
  if (
    profile === undefined ||
    scenario === undefined ||
    bootloader === undefined ||
    inputs === undefined ||
    effect === undefined
  ) {
    throw new UserError(
      "case-id-syntax",
      `"${text}" is no case id of a glitch.`,
      "It looks like bo1:class1/tampered-active#1f2e3d4c#0a1b2c3d@g13512i.",
    );
  }
  const window = GLITCH_WINDOWS.find((name) => scenario.endsWith(`-in-${name}`));
  return {
    profile,
    scenario: window === undefined ? scenario : scenario.slice(0, -`-in-${window}`.length),
    window: window ?? "boot",
    bootloaderDigest: bootloader,
    inputsDigest: inputs,
    index: Number(index),
    effect,
  };
}
