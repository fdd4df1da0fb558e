/**
 * Flaky flash: one operation of the uninterrupted run reports failure, once and for no lasting reason,
 * and leaves what was there before, its first half, or all of it. Every operation is tried in each of
 * these ways, and after each every sequence of clean power cuts of any length, the power-on in which it
 * failed included.
 *
 * The device may give the update up, refuse it or call for help, as one with a lasting defect may; the
 * same oracles look on ({@link DEFECT_ORACLES}).
 */
import { FLAKY_OUTCOMES, formatDefect, type FlakyDefect } from "../../emulator/defect.ts";
import { Device } from "../../emulator/device.ts";
import type { Cut } from "../../emulator/cut.ts";
import { Expander, STEP_FIELDS, type Expansion } from "../../emulator/explore/expander.ts";
import { cutOf } from "../../emulator/explore/frontier.ts";
import { followUncut, NEVER } from "../../emulator/explore/liveness.ts";
import { describeEnd, isUpdateConfirmed, type OracleId } from "../../emulator/explore/oracle.ts";
import { StateStore } from "../../emulator/explore/state-store.ts";
import { StateReader, type StateFacts } from "../../emulator/explore/subject.ts";
import { defectiveProfile } from "../../emulator/profile.ts";
import { count, things } from "../report/quantity.ts";
import { withDefectOracles } from "./defect.ts";
import { replayCommand } from "./report.ts";
import { caseIdOf, UNCUT_BOOTS_MAX } from "./run.ts";
import type { Scenario } from "./scenario.ts";
import { deviceOf } from "./scenario-device.ts";

/** What an oracle objects to after one operation has failed. */
export interface FlakyFinding {
  readonly oracle: OracleId;
  readonly sentence: string;
  readonly defect: FlakyDefect;
  readonly cuts: readonly Cut[];
  readonly caseId: string;
  /** The command line that plays it again. */
  readonly replay: string;
}

/** What flaky operations lead to. */
export interface FlakyResult {
  /** Operations that failed in turn, each in every way that leaves something else. */
  readonly operations: number;
  /** Power-ons in which one failed. */
  readonly failures: number;
  /** States that the failures and all cuts after them lead to. */
  readonly states: number;
  /** All of it was tried. */
  readonly closed: boolean;
  /** What runs in the end, and from how many of these states. */
  readonly ends: readonly { readonly image: string | undefined; readonly states: number }[];
  readonly findings: readonly FlakyFinding[];
  readonly findingCount: number;
}

/** Findings that are written out; all are counted. */
const FINDINGS_MAX = 10;

/**
 * Tries all of it; clean cuts only.
 *
 * @param scenarioFor makes the scenario for a part with a flaky defect, for its case id
 * @param shouldStop asked before each power-on
 */
export function runFlaky(
  scenario: Scenario,
  scenarioFor: (defect: FlakyDefect) => Scenario,
  shouldStop: () => boolean = () => false,
): FlakyResult {
  return new FlakyExplorer(scenario, scenarioFor, shouldStop).run();
}

/** The result as text. */
export function flakyText(scenario: Scenario, result: FlakyResult): string {
  const { operations, failures, states, closed, ends, findings, findingCount } = result;
  const tried = closed ? "nothing left to try" : "NOT tried to the end";
  return [
    `Flaky flash: ${scenario.profile.name}/${scenario.name}`,
    `  ${things(operations, "operation")} of the uninterrupted run failed in turn, in ${things(failures, "way")}; ` +
      `then every sequence of clean power cuts: ${things(states, "state")}, ${tried}.`,
    ...ends.map(
      ({ image, states: from }) => `  In the end ${image ?? "nothing"} runs, from ${things(from, "state")}.`,
    ),
    ...findings.flatMap(({ oracle, sentence, replay }) => [`  ${oracle}: ${sentence}`, `    ${replay}`]),
    ...(findingCount > findings.length ? [`  ${count(findingCount - findings.length)} more.`] : []),
    "",
  ].join("\n");
}

/** A power-on of the uninterrupted run. */
interface PathPowerOn {
  readonly state: number;
  /** For each operation whether it is one of flash, which can fail. */
  readonly isFlash: readonly boolean[];
}

/** How a state was reached first. */
interface Arrival {
  /** The state before, or -1: the power-on in which an operation failed led here. */
  readonly from: number;
  readonly defect: FlakyDefect;
  /** Operation after which power was cut; BEFORE_ALL if nothing was done. */
  readonly operation: number;
  readonly wasConfirmed: boolean;
}

class FlakyExplorer {
  readonly #scenario: Scenario;
  readonly #scenarioFor: (defect: FlakyDefect) => Scenario;
  readonly #shouldStop: () => boolean;
  readonly #store: StateStore;
  readonly #reader: StateReader;
  readonly #expander: Expander;
  /** Numbers of the facts of states. */
  readonly #facts: number[] = [];
  /** States after a failure, in the order in which they were found. */
  readonly #arrivals = new Map<number, Arrival>();
  readonly #next: number[] = [];
  readonly #uncut = new Map<
    number,
    { readonly successor: number; readonly isRunning: boolean; readonly image: number }
  >();
  readonly #findings: Omit<FlakyFinding, "caseId" | "replay">[] = [];
  readonly #objected = new Set<string>();
  #path: readonly PathPowerOn[] = [];

  constructor(scenario: Scenario, scenarioFor: (defect: FlakyDefect) => Scenario, shouldStop: () => boolean) {
    // With any flaky defect the flash looks whether the operation is the one that was armed.
    const marker: FlakyDefect = { kind: "flaky", powerOn: 1, operation: 0, leaves: 1 };
    const profile = defectiveProfile(scenario.profile, [marker]);
    this.#scenario = withDefectOracles({ ...scenario, profile });
    this.#scenarioFor = scenarioFor;
    this.#shouldStop = shouldStop;
    this.#store = new StateStore(profile.layout);
    const { subject } = scenario;
    this.#reader = new StateReader(subject, profile);
    this.#expander = new Expander({
      device: { ...deviceOf(this.#scenario), build: "fast" },
      subject,
      tearClasses: [],
      space: this.#store,
      onNew: (state, observation) => {
        this.#facts[state] = this.#reader.number(observation);
      },
    });
  }

  run(): FlakyResult {
    this.#path = this.#walkUncut();
    let failures = 0;
    let operations = 0;
    let isStopped = false;
    for (const [index, { state, isFlash }] of this.#path.entries()) {
      for (const [operation, canFail] of isFlash.entries()) {
        if (!canFail) continue;
        isStopped ||= this.#shouldStop();
        if (isStopped) break;
        operations += 1;
        for (const leaves of FLAKY_OUTCOMES) {
          failures += 1;
          this.#fail(state, { kind: "flaky", powerOn: index + 1, operation, leaves });
        }
      }
    }
    while (!isStopped && this.#next.length > 0) {
      this.#expand(this.#next.shift() ?? 0);
      isStopped = this.#shouldStop();
    }
    const closed = !isStopped;
    const ends = closed ? this.#judgeEnds() : [];
    return {
      operations,
      failures,
      states: this.#arrivals.size,
      closed,
      ends,
      findings: this.#findings.slice(0, FINDINGS_MAX).map((finding) => this.#named(finding)),
      findingCount: this.#findings.length,
    };
  }

  /** The uninterrupted run, one state per power-on until one changes nothing. */
  #walkUncut(): PathPowerOn[] {
    const { initial } = this.#scenario;
    const device = new Device({ ...deviceOf(this.#scenario), build: "fast" });
    device.restore(initial);
    this.#expander.device.restore(initial);
    const path: PathPowerOn[] = [];
    let state = this.#expander.adopt();
    for (;;) {
      const isFlash: boolean[] = [];
      device.powerOn({ observer: { before: ({ kind }) => isFlash.push(kind !== "counter") } });
      path.push({ state, isFlash });
      const { successor } = this.#expander.expand(state, false);
      if (successor === state || path.length > UNCUT_BOOTS_MAX) return path;
      state = successor;
    }
  }

  /** Powers on from a state of the uninterrupted run, with one operation that fails. */
  #fail(state: number, defect: FlakyDefect): void {
    this.#expander.device.flash.flaky = defect;
    const expansion = this.#expander.expand(state, false);
    const wasConfirmed = isUpdateConfirmed(this.#factsOf(state));
    this.#absorb(state, expansion, { from: -1, defect, operation: 0, wasConfirmed }, defect.operation);
  }

  #expand(state: number): void {
    const arrival = this.#arrivals.get(state);
    if (arrival === undefined) return;
    const expansion = this.#expander.expand(state, false);
    const { cycle, successor, image } = expansion;
    this.#uncut.set(state, {
      successor,
      image,
      isRunning: cycle.end === "idle" && cycle.booted !== undefined,
    });
    this.#absorb(state, expansion, { ...arrival, from: state }, 0);
  }

  /** Takes in what a power-on did. @param first number of the operation whose steps count first */
  #absorb(state: number, expansion: Expansion, origin: Arrival, first: number): void {
    const { subject, oracles = [] } = this.#scenario;
    const { steps, cycle, successor, image, datagrams, claims } = expansion;
    const before = this.#factsOf(state);
    let { wasConfirmed } = origin;
    for (let at = 0; at < steps.length; at += STEP_FIELDS) {
      const [target = 0, operation = 0] = steps.subarray(at, at + STEP_FIELDS);
      const after = this.#factsOf(target);
      for (const oracle of oracles) {
        const sentence = oracle.step?.({ subject, before, after, wasConfirmed });
        if (sentence !== undefined) this.#object(oracle.id, sentence, { ...origin, operation }, true);
      }
      wasConfirmed ||= isUpdateConfirmed(after);
      if (operation >= first) this.#reach(target, { ...origin, operation, wasConfirmed });
    }
    const view = {
      subject,
      cycle,
      image: subject.images[image],
      before,
      after: this.#factsOf(successor),
      claims,
      bootloaderDatagrams: cycle.booted === undefined ? datagrams : 0,
      wasConfirmed,
    };
    for (const oracle of oracles) {
      const sentence = oracle.cycle?.(view);
      if (sentence === undefined) continue;
      this.#object(oracle.id, `${sentence} (${describeEnd(cycle)})`, origin, false);
    }
  }

  #reach(state: number, arrival: Arrival): void {
    if (this.#arrivals.has(state)) return;
    this.#arrivals.set(state, arrival);
    this.#next.push(state);
  }

  /** What uninterrupted power leads to from each state after a failure. */
  #judgeEnds(): FlakyResult["ends"] {
    const states = [...this.#arrivals.keys()];
    const { bootsToRunning, bootsToRest, rest } = followUncut(this.#store.size, (state) =>
      this.#uncut.get(state),
    );
    const ends = new Map<number, number>();
    for (const state of states) {
      const arrival = this.#arrivals.get(state);
      if (arrival === undefined) continue;
      if (bootsToRunning[state] === NEVER) {
        const sentence = "However long the power stays on, no image ever runs and waits.";
        this.#object("alive", sentence, arrival, true);
      }
      const end = bootsToRest[state] === NEVER ? -1 : (this.#uncut.get(rest[state] ?? 0)?.image ?? -1);
      ends.set(end, (ends.get(end) ?? 0) + 1);
    }
    const { images } = this.#scenario.subject;
    return [...ends].map(([image, from]) => ({ image: images[image]?.name, states: from }));
  }

  /** @param isAfterStep it is about the state after the operation in `arrival`, not about the whole power-on */
  #object(oracle: OracleId, sentence: string, arrival: Arrival, isAfterStep: boolean): void {
    const key = `${oracle}/${sentence}/${arrival.from}/${isAfterStep ? arrival.operation : ""}/${formatDefect(arrival.defect)}`;
    if (this.#objected.has(key)) return;
    this.#objected.add(key);
    this.#findings.push({ oracle, sentence, defect: arrival.defect, cuts: this.#plan(arrival, isAfterStep) });
  }

  /** One cut per power-on; one that ended by itself is cut after its last operation. */
  #plan(arrival: Arrival, isAfterStep: boolean): Cut[] {
    const cuts: Cut[] = isAfterStep ? [cutOf(arrival.operation, 0)] : [];
    for (let { from } = arrival; from >= 0;) {
      const before = this.#arrivals.get(from);
      if (before === undefined) break;
      cuts.unshift(cutOf(before.operation, 0));
      from = before.from;
    }
    const path = this.#path.slice(0, arrival.defect.powerOn - 1);
    return [...path.map(({ isFlash }) => cutOf(isFlash.length - 1, 0)), ...cuts];
  }

  #named(finding: Omit<FlakyFinding, "caseId" | "replay">): FlakyFinding {
    const scenario = this.#scenarioFor(finding.defect);
    const caseId = caseIdOf(scenario, finding);
    return {
      ...finding,
      caseId,
      replay: replayCommand({ replayOptions: scenario.replayOptions ?? "" }, caseId),
    };
  }

  #factsOf(state: number): StateFacts {
    return this.#reader.facts(this.#facts[state] ?? 0);
  }
}
