/**
 * Glitch campaigns: a boot that must refuse, with every executed instruction disturbed in every way
 * that the chosen models know, one at a time.
 *
 * The oracle: no image but the allowed one gets control, at this boot or, undisturbed, at a later one;
 * no candidate is accepted that must be refused; and the device still boots what it booted before.
 */
import { Phase, Slot } from "../../assembly/layout.ts";
import { Device, type BootedImage } from "../../emulator/device.ts";
import { readJournal, type BootJournal } from "../../emulator/explore/journal.ts";
import { GlitchBench, type GlitchRunOutcome } from "../../emulator/glitch/bench.ts";
import {
  effectsOn,
  type Effect,
  type GlitchModel,
  type GlitchSite,
} from "../../emulator/wasm/glitch-model.ts";
import { journalRange, otherSlot } from "../../emulator/memory-map.ts";
import { encodeJournalRecord } from "../../emulator/provision.ts";
import type { RefusalScenario } from "./scenario.ts";

/** How a disturbed boot went. */
export type Verdict =
  /** As it should: refused, stopped or started over, with nothing lost. */
  | "harmless"
  /** An image that must not run got control. */
  | "booted"
  /** The candidate went on trial although it must be refused. */
  | "accepted"
  /** Something that must not run gets control at a later, undisturbed boot. */
  | "booted-later"
  /** No later boot reaches the image that ran before. */
  | "bricked";

/** A glitch with consequences. */
export interface GlitchFinding {
  readonly verdict: Exclude<Verdict, "harmless">;
  /** Dynamic index: how many instructions were executed before. */
  readonly index: number;
  readonly effect: Effect;
  readonly site: GlitchSite;
  /** Name of the function it is in. */
  readonly functionName: string;
}

/** Names of the windows: the boot without its kernels, or one of the kernels; see window.ts. */
export const GLITCH_WINDOWS = ["boot", "hash", "signature"] as const;
export type GlitchWindow = (typeof GLITCH_WINDOWS)[number];

/** What is disturbed. */
export interface GlitchCampaignOptions {
  /** What the choice of functions below is called; `boot` by default. */
  readonly window?: GlitchWindow;
  readonly models: readonly GlitchModel[];
  /** The bootloader with the names of its functions. */
  readonly symbols: Uint8Array;
  /** Functions that are neither disturbed nor run more than once per input. */
  readonly kernels?: readonly string[];
  /** Disturb only these functions and what they call; every function that is no kernel by default. */
  readonly within?: readonly string[];
  /** Disturb so many instructions drawn at random, instead of all of them. */
  readonly sample?: { readonly count: number; readonly seed: number };
  readonly onProgress?: (faults: number, index: number) => void;
}

/** What a campaign found out. */
export interface GlitchCampaign {
  readonly scenario: RefusalScenario;
  readonly window: GlitchWindow;
  readonly models: readonly GlitchModel[];
  /** Instructions that the boot executes, outside of kernels. */
  readonly instructions: number;
  /** Instructions that were disturbed. */
  readonly disturbed: number;
  /** Without any glitch the boot does what it must not: nothing else needs to be tried. */
  readonly failsUndisturbed: boolean;
  readonly faults: number;
  /** How many faults per verdict. */
  readonly tally: Readonly<Record<Verdict, number>>;
  readonly findings: readonly GlitchFinding[];
}

/** The functions of our bootloader that have a campaign of their own. */
export const KERNELS = [
  "assembly/crypto/ecdsa-p256/ecdsaP256Verify",
  "assembly/crypto/ecdsa-p256/ecdsaP256Residue",
  "assembly/crypto/sha256/hashBlocks",
] as const;

/** Later power-ons in which the device has to be back. */
const LATER_BOOTS_MAX = 8;

/** Runs one campaign. */
export function runGlitchCampaign(scenario: RefusalScenario, options: GlitchCampaignOptions): GlitchCampaign {
  const { models, symbols, kernels = KERNELS } = options;
  const bench = new GlitchBench({
    profile: scenario.profile,
    bootloader: symbols,
    state: scenario.state,
    kernels,
  });
  const judge = new Judge(scenario, bench);
  const chosen = new Set(models);
  const { sites, instructions } = bench.golden();
  const failsUndisturbed = judge.verdictOf(bench.runUndisturbed()) !== "harmless";
  bench.rewind();
  const indices = failsUndisturbed ? [] : indicesOf(bench, options);
  const tally: Record<Verdict, number> = {
    harmless: 0,
    booted: 0,
    accepted: 0,
    "booted-later": 0,
    bricked: 0,
  };
  const findings: GlitchFinding[] = [];
  const effectsBySite = new Map<GlitchSite, Effect[]>();
  let faults = 0;
  const traceLimit = Error.stackTraceLimit;
  // Traps are as frequent as instructions here, and nobody reads where they come from.
  Error.stackTraceLimit = 0;
  try {
    for (const index of indices) {
      const site = sites[index];
      if (site === undefined) continue;
      let effects = effectsBySite.get(site);
      if (effects === undefined) effectsBySite.set(site, (effects = effectsOn(site, chosen)));
      for (const effect of effects) {
        const verdict = judge.verdictOf(bench.run(index, effect));
        bench.rewind();
        faults += 1;
        tally[verdict] += 1;
        if (verdict === "harmless") continue;
        const functionName = bench.module.functions[site.functionIndex]?.name ?? "";
        findings.push({ verdict, index, effect, site, functionName });
      }
      if (index % 512 === 0) options.onProgress?.(faults, index);
    }
  } finally {
    Error.stackTraceLimit = traceLimit;
  }
  return {
    scenario,
    window: options.window ?? "boot",
    models,
    instructions,
    disturbed: indices.length,
    failsUndisturbed,
    faults,
    tally,
    findings,
  };
}

/** One glitch, played again. */
export interface GlitchReplay {
  /** The instruction; undefined: the boot does not execute so many. */
  readonly site: GlitchSite | undefined;
  readonly functionName: string;
  readonly run: GlitchRunOutcome;
  readonly verdict: Verdict;
}

/** Plays one glitch. */
export function playGlitch(
  scenario: RefusalScenario,
  options: Pick<GlitchCampaignOptions, "symbols" | "kernels">,
  index: number,
  effect: Effect,
): GlitchReplay {
  const { symbols, kernels = KERNELS } = options;
  const { profile, state } = scenario;
  const bench = new GlitchBench({ profile, bootloader: symbols, state, kernels });
  const site = bench.golden().sites[index];
  const run = bench.run(index, effect);
  const verdict = new Judge(scenario, bench).verdictOf(run);
  const functionName = site === undefined ? "" : (bench.module.functions[site.functionIndex]?.name ?? "");
  return { site, functionName, run, verdict };
}

/** The dynamic indices to disturb, in ascending order. */
function indicesOf(bench: GlitchBench, options: GlitchCampaignOptions): number[] {
  const { sites } = bench.golden();
  const { within, sample } = options;
  const chosen = within === undefined ? undefined : bench.functionsBelow(within);
  const indices: number[] = [];
  sites.forEach((site, index) => {
    if (chosen?.has(site.functionIndex) ?? true) indices.push(index);
  });
  if (sample === undefined || sample.count >= indices.length) return indices;
  const drawn = new Set<number>();
  let state = sample.seed >>> 0 || 1;
  while (drawn.size < sample.count) {
    // xorshift32
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    drawn.add(indices[(state >>> 0) % indices.length] ?? 0);
  }
  return [...drawn].sort((a, b) => a - b);
}

/** Judges runs of one scenario. */
export class Judge {
  readonly #scenario: RefusalScenario;
  readonly #bench: GlitchBench;
  /** Verdicts on what runs have left in flash and counters, by what they wrote. */
  readonly #verdicts = new Map<string, Verdict>();
  readonly #phaseBefore: Phase | undefined;
  #device: Device | undefined;

  constructor(scenario: RefusalScenario, bench: GlitchBench) {
    this.#scenario = scenario;
    this.#bench = bench;
    this.#phaseBefore = readJournal(scenario.state.flash, scenario.profile)?.phase;
  }

  /** The verdict on the bench's last run; its writes are still there. */
  verdictOf(run: GlitchRunOutcome): Verdict {
    const { allowed } = this.#scenario;
    if (run.end === "boot" && (run.bootAddress !== allowed?.address || run.bootLength !== allowed.length)) {
      return "booted";
    }
    // A boot that wrote nothing leaves the next one exactly where this one began.
    if (run.operations === 0) return "harmless";
    const key = this.#bench.written();
    const known = this.#verdicts.get(key);
    if (known !== undefined) return known;
    const verdict = this.#judgeWritten(run.operations);
    this.#verdicts.set(key, verdict);
    return verdict;
  }

  /** The state that the run has left, and those that a power cut during it would have left. */
  #judgeWritten(operations: number): Verdict {
    for (let kept = operations; kept > 0; kept -= 1) {
      this.#bench.rewind(kept);
      const verdict = this.#judgeState();
      if (verdict !== "harmless") return verdict;
    }
    return "harmless";
  }

  #judgeState(): Verdict {
    const { profile, allowed } = this.#scenario;
    const device = (this.#device ??= new Device({ profile, build: "fast" }));
    device.restore(this.#bench.snapshot());
    const journal = readJournal(device.flash.bytes, profile);
    // What must be refused lies in slot B. A trial that had begun before is judged by what it boots.
    const hadBegun = this.#phaseBefore === Phase.Trial;
    if (allowed !== undefined && !hadBegun && journal !== undefined && goesToB(journal)) return "accepted";
    let runs = false;
    for (let boots = 0; boots < LATER_BOOTS_MAX; boots += 1) {
      const { booted, operations } = device.powerOn();
      runs = booted !== undefined;
      if (runs && !isAllowed(booted, allowed)) return "booted-later";
      if (booted !== undefined) confirm(device, booted.slot);
      else if (operations === 0) break;
    }
    return runs || allowed === undefined ? "harmless" : "bricked";
  }
}

function isAllowed(booted: BootedImage | undefined, allowed: RefusalScenario["allowed"]): boolean {
  return booted?.address === allowed?.address && booted?.length === allowed?.length;
}

/** Whether slot B is on trial or confirmed; anything else is decided by a boot that is still to come. */
function goesToB({ phase, activeSlot }: BootJournal): boolean {
  if (phase === Phase.Trial) return otherSlot(activeSlot) === Slot.B;
  return phase === Phase.Confirmed && activeSlot === Slot.B;
}

/** Does what healthy firmware does on trial: it confirms itself. */
function confirm(device: Device, slot: Slot): void {
  const { profile, flash } = device;
  if (readJournal(flash.bytes, profile)?.phase !== Phase.Trial) return;
  const { address, bytes } = journalRange(profile.layout, profile.pageBytes);
  flash.bytes.fill(profile.erasedValue, address, address + bytes);
  flash.bytes.set(encodeJournalRecord({ phase: Phase.Confirmed, activeSlot: slot }), address);
}
