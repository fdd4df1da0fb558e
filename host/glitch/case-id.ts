/**
 * The case id of one glitch: `bo1:class1/tampered-active#1f2e3d4c#0a1b2c3d@g13512i`, in the grammar
 * of the other case ids. A cut is `g`, the dynamic index, and what is done to the instruction there.
 * What else happens in the same boot stands behind a `+`: a second glitch, as in `@g13512i+g13600s`, whose
 * index counts in the boot that the first one has disturbed, or the power cut behind an operation, as in
 * `@g13512i+2a`, or in the middle of one, as in `@g13512i+2t3`.
 * Indices count what a window disturbs; of other windows than `boot`, the name stands behind the
 * scenario's, as in `tampered-active-in-hash`.
 */
import { createHash } from "node:crypto";
import { formatEffect, parseEffect, type Effect } from "../../emulator/wasm/glitch-model.ts";
import { UserError } from "../user-error.ts";
import { GLITCH_WINDOWS, type GlitchWindow } from "./window.ts";
import type { GlitchCut } from "./judge.ts";
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
  readonly second?: { readonly index: number; readonly effect: Effect };
  readonly cut?: Pick<GlitchCut, "operation" | "torn">;
}

const TEXT =
  /^bo1:([a-z0-9][a-z0-9-]*)\/([a-z0-9][a-z0-9-]*)#([0-9a-f]{8})#([0-9a-f]{8})@(g(?:0|[1-9][0-9]{0,8})[a-z][0-9]{0,2})(?:\+(g[1-9][0-9]{0,8}[a-z][0-9]{0,2}))?(?:\+((?:0|[1-9][0-9]{0,4})(?:a|t[1-9][0-9]{0,3})))?$/;

/** First 8 hexadecimal digits of a bootloader's SHA-256. */
export function bootloaderDigest(bootloader: Uint8Array): string {
  return createHash("sha256").update(bootloader).digest("hex").slice(0, 8);
}

/** The case of one glitch in a scenario, or of what else a finding consists of. */
export function caseOf(
  scenario: RefusalScenario,
  window: GlitchWindow,
  bootloader: Uint8Array,
  { index, effect, second, cut }: Pick<GlitchCase, "index" | "effect" | "second" | "cut">,
): GlitchCase {
  return {
    profile: scenario.profile.name,
    scenario: scenario.name,
    window,
    bootloaderDigest: bootloaderDigest(bootloader),
    inputsDigest: scenario.inputsDigest.slice(0, 8),
    index,
    effect,
    ...(second === undefined ? {} : { second }),
    ...(cut === undefined ? {} : { cut }),
  };
}

/** The text of a case. */
export function formatGlitchCase(id: GlitchCase): string {
  const window = id.window === "boot" ? "" : `-in-${id.window}`;
  const place = `${id.profile}/${id.scenario}${window}#${id.bootloaderDigest}#${id.inputsDigest}`;
  const { second, cut } = id;
  const parts = [`g${id.index}${formatEffect(id.effect)}`];
  if (second !== undefined) parts.push(`g${second.index}${formatEffect(second.effect)}`);
  if (cut !== undefined) parts.push(`${cut.operation}${cut.torn === undefined ? "a" : `t${cut.torn}`}`);
  return `bo1:${place}@${parts.join("+")}`;
}

/**
 * Reads a case.
 *
 * @throws UserError `case-id-syntax`
 */
export function parseGlitchCase(text: string): GlitchCase {
  const [, profile, scenario, bootloader, inputs, firstText, secondText, cutText] = TEXT.exec(text) ?? [];
  const first = parseGlitch(firstText);
  const second = parseGlitch(secondText);
  if (
    profile === undefined ||
    scenario === undefined ||
    bootloader === undefined ||
    inputs === undefined ||
    first === undefined ||
    (secondText !== undefined && (second === undefined || second.index <= first.index))
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
    ...first,
    ...(second === undefined ? {} : { second }),
    ...(cutText === undefined ? {} : { cut: parseCut(cutText) }),
  };
}

function parseGlitch(text: string | undefined): { index: number; effect: Effect } | undefined {
  const [, index, effectText = ""] = /^g([0-9]+)([a-z][0-9]*)$/.exec(text ?? "") ?? [];
  const effect = parseEffect(effectText);
  return effect === undefined ? undefined : { index: Number(index), effect };
}

function parseCut(text: string): Pick<GlitchCut, "operation" | "torn"> {
  const [operation, torn] = text.split(/[at]/).map(Number);
  return { operation: operation ?? 0, ...(text.includes("t") ? { torn: torn ?? 0 } : {}) };
}
