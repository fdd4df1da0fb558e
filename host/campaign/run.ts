/**
 * Runs one campaign: the scenario once without a cut on the checked build, which faults on bad
 * loads as well, and then every sequence of cuts on the fast one.
 */
import { Device } from "../../emulator/device.ts";
import { formatCaseId } from "../../emulator/explore/case-id.ts";
import {
  explore,
  type Exploration,
  type ExploreOptions,
  type ExploreProgress,
} from "../../emulator/explore/explore.ts";
import type { Finding } from "../../emulator/explore/finding.ts";
import { describeEnd, type Oracle } from "../../emulator/explore/oracle.ts";
import { bootedImage } from "../../emulator/explore/subject.ts";
import type { TearClass } from "../../emulator/tear.ts";
import { askedOracles } from "./asked.ts";
import type { CanaryReport } from "./canary-report.ts";
import type { Scenario } from "./scenario.ts";
import { deviceOf } from "./scenario-device.ts";
import { exploreWithThreads, type ThreadOptions } from "./worker-explore.ts";

/** How to run it. */
export interface CampaignOptions extends Pick<ExploreOptions, "onGraph" | "ownsTorn"> {
  /** Torn operations per sequence of cuts; 1 by default. */
  readonly tornBudget?: number;
  readonly tearClasses?: readonly TearClass[];
  readonly maxStates?: number;
  /** Gives up once every sequence of so many cuts was tried. */
  readonly maxCuts?: number;
  /** Gives up after so many seconds. */
  readonly maxSeconds?: number;
  readonly findingsPerOracle?: number;
  /** Gives up at the first finding that has the fewest cuts. */
  readonly stopAtFinding?: boolean;
  readonly onProgress?: (progress: ExploreProgress & { readonly seconds: number }) => void;
}

/** One power-on of the run without cuts. */
export interface UncutBoot {
  /** The image that ran, or undefined: none. */
  readonly image: string | undefined;
  readonly end: string;
  readonly operations: number;
  readonly micros: number;
}

/** The run without cuts. */
export interface UncutRun {
  readonly boots: readonly UncutBoot[];
  /** The last power-on changed nothing. */
  readonly isAtRest: boolean;
  readonly operations: number;
  readonly micros: number;
  readonly nanojoules: number;
  /** Erases of the page that was erased most. */
  readonly mostErasesOfAPage: number;
}

/** A finding with its pasteable name. */
export interface CampaignFinding extends Finding {
  readonly caseId: string;
}

/** What a campaign found out. */
export interface CampaignResult {
  readonly scenario: {
    readonly name: string;
    readonly title: string;
    readonly profile: string;
    readonly expectation: string;
    readonly bootloaderDigest: string;
    readonly inputsDigest: string;
    readonly bootloaderBytes: number;
    /** The state partition holds the boot journal of our own bootloader. */
    readonly hasJournal: boolean;
    /** What `replay` needs beside a case id; empty for scenarios that ship. */
    readonly replayOptions: string;
    /** What a reader has to know of what was read, a sentence each. */
    readonly notes: readonly string[];
    readonly images: readonly { readonly name: string; readonly bytes: number }[];
  };
  /** The oracles that looked on. */
  readonly oracles: readonly Oracle[];
  readonly uncut: UncutRun;
  readonly exploration: Exploration;
  readonly findings: readonly CampaignFinding[];
  readonly seconds: number;
  /** What became of the canaries before; undefined where nobody said that they be let out. */
  readonly canaries?: CanaryReport | "skipped";
}

/** Power-ons after which a run without cuts is not going to come to rest. */
export const UNCUT_BOOTS_MAX = 64;

/** Runs a campaign in this thread; synchronous. */
export function runCampaign(scenario: Scenario, options: CampaignOptions = {}): CampaignResult {
  const { exploreOptions, conclude } = planCampaign(scenario, options);
  return conclude(explore(exploreOptions));
}

/** Runs a campaign in several threads; the result is the same, but for the time. */
export async function runCampaignInThreads(
  scenario: Scenario,
  threads: ThreadOptions,
  options: CampaignOptions = {},
): Promise<CampaignResult> {
  const { exploreOptions, conclude } = planCampaign(scenario, options);
  return conclude(await exploreWithThreads(exploreOptions, threads));
}

/** Runs the scenario without a cut, and says what is to be explored and what to make of it. */
function planCampaign(
  scenario: Scenario,
  options: CampaignOptions,
): {
  readonly exploreOptions: ExploreOptions;
  readonly conclude: (exploration: Exploration) => CampaignResult;
} {
  const { maxSeconds = Infinity, onProgress, ...limits } = options;
  const oracles = askedOracles(scenario);
  const start = performance.now();
  const seconds = (): number => (performance.now() - start) / 1000;
  const uncut = runUncut(scenario);
  const exploreOptions: ExploreOptions = {
    ...limits,
    device: deviceOf(scenario),
    initial: scenario.initial,
    subject: scenario.subject,
    oracles,
    shouldStop: () => seconds() > maxSeconds,
    ...(onProgress === undefined
      ? {}
      : {
          onProgress: (progress: ExploreProgress) => {
            onProgress({ ...progress, seconds: seconds() });
          },
        }),
  };
  const conclude = (exploration: Exploration): CampaignResult => ({
    scenario: {
      name: scenario.name,
      title: scenario.title,
      profile: scenario.profile.name,
      expectation: scenario.subject.expectation,
      bootloaderDigest: scenario.bootloaderDigest,
      inputsDigest: scenario.inputsDigest,
      bootloaderBytes: scenario.bootloader.length,
      hasJournal: scenario.subject.hasJournal !== false,
      replayOptions: scenario.replayOptions ?? "",
      notes: scenario.notes ?? [],
      images: scenario.subject.images.map(({ name, bytes }) => ({ name, bytes: bytes.length })),
    },
    oracles,
    uncut,
    exploration,
    findings: exploration.findings.map((finding) => ({ ...finding, caseId: caseIdOf(scenario, finding) })),
    seconds: seconds(),
  });
  return { exploreOptions, conclude };
}

/** The case id of a finding. */
export function caseIdOf(scenario: Scenario, { cuts }: Pick<Finding, "cuts">): string {
  return formatCaseId({
    profile: scenario.profile.name,
    scenario: scenario.name,
    bootloaderDigest: scenario.bootloaderDigest.slice(0, 8),
    inputsDigest: scenario.inputsDigest.slice(0, 8),
    cuts,
  });
}

/** Powers the device on until it is at rest, on the checked build. */
export function runUncut(scenario: Scenario): UncutRun {
  const { symbols, initial, subject } = scenario;
  const device = new Device({ ...deviceOf(scenario), symbols, build: "checked" });
  device.restore({ ...initial, wear: new Uint32Array(initial.wear.length) });
  const boots: UncutBoot[] = [];
  let nanojoules = 0;
  let isAtRest = false;
  while (!isAtRest && boots.length < UNCUT_BOOTS_MAX) {
    const cycle = device.powerOn();
    boots.push({
      image: bootedImage(subject, device.flash.bytes, cycle.booted)?.name,
      end: describeEnd(cycle),
      operations: cycle.operations,
      micros: cycle.micros.total,
    });
    nanojoules += cycle.nanojoules.total;
    isAtRest = cycle.operations === 0;
  }
  return {
    boots,
    isAtRest,
    operations: boots.reduce((sum, boot) => sum + boot.operations, 0),
    micros: boots.reduce((sum, boot) => sum + boot.micros, 0),
    nanojoules,
    mostErasesOfAPage: device.flash.wear.reduce((most, erases) => Math.max(most, erases), 0),
  };
}
