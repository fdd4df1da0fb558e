/**
 * Windows: which part of a boot is disturbed. Hash and signature take most of the instructions and
 * decide nothing by themselves, so they have windows of their own, and the rest of the boot stays small
 * enough for every instruction of it to be tried.
 */
import type { GlitchCampaignOptions, GlitchWindow } from "./campaign.ts";
import type { GlitchTarget } from "./target.ts";

/** Instructions of the signature window that are drawn at random unless stated otherwise. */
export const SIGNATURE_SAMPLE = 1000;

/** What a window disturbs and what it takes for granted. */
export function windowOptions(
  window: GlitchWindow,
  target: GlitchTarget,
): Pick<GlitchCampaignOptions, "symbols" | "window" | "kernels" | "within"> {
  const { kernels, symbols } = target;
  const hash = kernels.filter((name) => name.includes("/sha256/"));
  const signature = kernels.filter((name) => !hash.includes(name));
  if (window === "hash") return { symbols, window, kernels: signature, within: hash };
  if (window === "signature") return { symbols, window, kernels: hash, within: signature };
  return { symbols, window, kernels };
}
