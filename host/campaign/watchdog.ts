/**
 * The watchdog at any point of the trial firmware, not argued but done: from every state that clean cuts
 * lead to and whose power-on tries the new image, the power-on is done again and again, and each time the
 * watchdog resets the firmware a little later. Every state that this leaves has to be one that the
 * exploration knows, so that all its oracles have judged what follows.
 *
 * Where a reset falls is counted in fuel, which loops and calls burn; a step of 1 tries every point.
 */
import { Device } from "../../emulator/device.ts";
import { encodeRegisters } from "../../emulator/device-bits.ts";
import { explore, type ExploredGraph } from "../../emulator/explore/explore.ts";
import { describeJournal } from "../../emulator/explore/journal.ts";
import { isUpdateConfirmed } from "../../emulator/explore/oracle.ts";
import { formatHash, hashState } from "../../emulator/explore/state-hash.ts";
import { StateReader } from "../../emulator/explore/subject.ts";
import { count, things } from "../report/quantity.ts";
import type { Scenario } from "./scenario.ts";
import { deviceOf } from "./scenario-device.ts";

/** A reset that left a state which no clean cut leaves. */
export interface StrangeReset {
  /** Hash of the state that was powered on. */
  readonly from: string;
  /** Hash of the state that was left. */
  readonly to: string;
  /** Fuel that the power-on had burnt. */
  readonly fuel: number;
}

/** What the watchdog did. */
export interface WatchdogSweep {
  /** Both the exploration and the sweep came to their end. */
  readonly closed: boolean;
  /** States that clean cuts lead to. */
  readonly states: number;
  /** Of these: whose power-on tries the new image. */
  readonly trialBoots: number;
  readonly stepFuel: number;
  /** Resets by the watchdog. */
  readonly resets: number;
  /** Distinct states that they left. */
  readonly left: number;
  /** What the journal then says, and after how many resets. */
  readonly journals: readonly { readonly journal: string; readonly resets: number }[];
  readonly strange: readonly StrangeReset[];
}

/** How to sweep. */
export interface WatchdogOptions {
  /** Fuel from one reset to the next one tried. */
  readonly stepFuel: number;
  readonly maxSeconds?: number;
  /** At most so many trial boots, evenly spread; all unless given. */
  readonly maxTrialBoots?: number;
}

/** Explores the scenario with clean cuts, then lets the watchdog reset every trial boot everywhere. */
export function sweepWatchdog(scenario: Scenario, options: WatchdogOptions): WatchdogSweep {
  const { stepFuel, maxSeconds = Infinity, maxTrialBoots = Infinity } = options;
  const { initial, subject, oracles } = scenario;
  const start = performance.now();
  const isLate = (): boolean => performance.now() - start > maxSeconds * 1000;
  let graph: ExploredGraph | undefined;
  const { closed, states } = explore({
    device: deviceOf(scenario),
    initial,
    subject,
    tornBudget: 0,
    shouldStop: isLate,
    ...(oracles === undefined ? {} : { oracles }),
    onGraph: (explored) => {
      graph = explored;
    },
  });
  const sweep = new Sweep(scenario, graph);
  const trials = sweep.trialStates();
  const chosen = trials.filter(
    (_state, index) =>
      Math.floor((index * maxTrialBoots) / trials.length) !==
      Math.floor(((index - 1) * maxTrialBoots) / trials.length),
  );
  const tried = trials.length <= maxTrialBoots ? trials : chosen;
  let isWhole = true;
  for (const state of tried) {
    isWhole &&= !isLate();
    if (isWhole) sweep.resetEverywhere(state, stepFuel);
  }
  return { closed: closed && isWhole, states, trialBoots: tried.length, stepFuel, ...sweep.result() };
}

/** The result as text. */
export function watchdogText(scenario: Scenario, sweep: WatchdogSweep): string {
  const { closed, states, trialBoots, stepFuel, resets, left, journals, strange } = sweep;
  const known =
    resets === 0
      ? "nothing was reset, so nothing is shown: take a smaller step"
      : strange.length === 0
        ? "a clean cut leaves every one of them as well, so the campaign has judged what follows"
        : `${things(strange.length, "reset")} left what NO clean cut leaves`;
  return [
    `Watchdog: ${scenario.profile.name}/${scenario.name}`,
    `  Clean cuts lead to ${things(states, "state")}; ${things(trialBoots, "power-on")} of them ${trialBoots === 1 ? "tries" : "try"} the new image.`,
    `  Reset at every ${stepFuel === 1 ? "unit" : `${count(stepFuel)} units`} of fuel: ${things(resets, "reset")} left ${things(left, "state")};`,
    `  ${known}.`,
    ...journals.map(({ journal, resets: after }) => `  After ${things(after, "reset")}: ${journal}.`),
    ...strange
      .slice(0, 5)
      .map(({ from, to, fuel }) => `  Strange: ${from} after ${count(fuel)} fuel: ${to}.`),
    ...(closed ? [] : ["  NOT tried to the end."]),
    "",
  ].join("\n");
}

class Sweep {
  readonly #scenario: Scenario;
  readonly #graph: ExploredGraph | undefined;
  readonly #device: Device;
  readonly #words: Uint32Array;
  readonly #reader: StateReader;
  readonly #hashes: readonly string[];
  readonly #known: ReadonlySet<string>;
  readonly #left = new Set<string>();
  readonly #journals = new Map<string, number>();
  readonly #strange: StrangeReset[] = [];
  #resets = 0;

  constructor(scenario: Scenario, graph: ExploredGraph | undefined) {
    const { profile, subject } = scenario;
    this.#scenario = scenario;
    this.#graph = graph;
    this.#device = new Device({ ...deviceOf(scenario), build: "fast" });
    const { bytes } = this.#device.flash;
    this.#words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    this.#reader = new StateReader(subject, profile);
    this.#hashes = [...(graph?.states ?? [])].map(({ hash }) => formatHash(hash));
    this.#known = new Set(this.#hashes);
  }

  /** States whose power-on hands over to the new image before it is confirmed. */
  trialStates(): number[] {
    const { images } = this.#scenario.subject;
    const trials: number[] = [];
    let state = -1;
    for (const { outcome } of this.#graph?.states ?? []) {
      state += 1;
      const hasRun = (outcome & 16) !== 0;
      if (!hasRun || images[outcome >> 8]?.role !== "new") continue;
      const remembered = this.#remembered(state);
      if (!isUpdateConfirmed(this.#reader.facts(this.#reader.read(remembered)))) trials.push(state);
    }
    return trials;
  }

  /** Lets the watchdog reset the firmware at every so many units of fuel, from the end backward. */
  resetEverywhere(state: number, stepFuel: number): void {
    const remembered = this.#remembered(state);
    this.#device.restore(remembered);
    const { fuel: whole } = this.#device.powerOn();
    for (let fuel = whole; fuel > 0; fuel -= stepFuel) {
      this.#device.restore(remembered);
      const { end, stage } = this.#device.powerOn({ capFuel: fuel });
      if (stage !== "firmware") return;
      if (end === "watchdog") this.#note(state, fuel);
    }
  }

  result(): Pick<WatchdogSweep, "resets" | "left" | "journals" | "strange"> {
    return {
      resets: this.#resets,
      left: this.#left.size,
      journals: [...this.#journals].map(([journal, resets]) => ({ journal, resets })),
      strange: this.#strange,
    };
  }

  #note(state: number, fuel: number): void {
    const { flash, counters } = this.#device;
    const erasedWord = this.#scenario.profile.erasedValue === 0 ? 0 : 0xffff_ffff;
    const to = formatHash(hashState(this.#words, erasedWord, encodeRegisters(counters.values, flash.bits)));
    const { journal } = this.#reader.facts(this.#reader.read(this.#device.held));
    const says = describeJournal(journal);
    this.#resets += 1;
    this.#left.add(to);
    this.#journals.set(says, (this.#journals.get(says) ?? 0) + 1);
    if (!this.#known.has(to)) this.#strange.push({ from: this.#hashes[state] ?? "", to, fuel });
  }

  #remembered(state: number): ReturnType<ExploredGraph["remembered"]> {
    if (this.#graph === undefined) throw new Error("Nothing was explored.");
    return this.#graph.remembered(state);
  }
}
