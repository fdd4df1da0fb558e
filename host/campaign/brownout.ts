/**
 * A supply so weak that every power-on lasts a number of operations only: does the update finish?
 *
 * Power goes after the Nth operation of every power-on, with whatever that leaves. One power-on per
 * state, run to its end, answers every N at once: it passes through the states that a cut after each
 * of its operations leaves. So the walks for all N share their power-ons, and the smallest N that
 * finishes is exact: every smaller one was walked until it repeated itself.
 */
import { Device } from "../../emulator/device.ts";
import { isUpdateConfirmed, describeEnd } from "../../emulator/explore/oracle.ts";
import { PowerOnExplorer } from "../../emulator/explore/power-on.ts";
import { StateStore } from "../../emulator/explore/state-store.ts";
import { bootedImage, StateReader, type SubjectImage } from "../../emulator/explore/subject.ts";
import { WorkingState } from "../../emulator/explore/working-state.ts";
import type { Scenario } from "./scenario.ts";
import { deviceOf } from "./scenario-device.ts";

/** What became of a device whose power-ons last so many operations. */
export interface BrownoutWalk {
  /** Operations that a power-on may do. */
  readonly operations: number;
  /**
   * `finished`: what the scenario expects has come about, an image runs and the device is at rest.
   * `given-up`: an image runs and the device is at rest, but otherwise than expected. `stuck`: it
   * goes round in a circle for ever.
   */
  readonly outcome: "finished" | "given-up" | "stuck";
  /** Power-ons until it was at rest, or until a state came back. */
  readonly powerOns: number;
  /** What the last power-on was, in words. */
  readonly end: string;
}

/** The smallest number of operations, and what is known around it. */
export interface BrownoutLimit {
  /** The walk with the fewest operations that finishes; undefined: none does up to {@link tried}. */
  readonly smallest: BrownoutWalk | undefined;
  /** Every smaller number was walked; the largest one that was. */
  readonly tried: number;
  /** How the smaller numbers ended. */
  readonly stuck: number;
  readonly givenUp: number;
  /** Numbers up to the longest power-on that are larger, and do not finish all the same. */
  readonly largerThatFail: readonly number[];
  /** Operations of the longest power-on that was met. */
  readonly longestPowerOn: number;
  /** Power-ons that all of this took. */
  readonly boots: number;
}

/** A power-on from one state. */
interface Passage {
  /** The state after each operation; the last one is where it ends by itself. */
  readonly states: readonly number[];
  readonly isRunning: boolean;
  /** Of the image that ran; undefined: none, or no known one. */
  readonly role: SubjectImage["role"] | undefined;
  readonly end: string;
}

/** The walks of one scenario. */
export class Brownout {
  readonly #device: Device;
  readonly #store: StateStore;
  readonly #working: WorkingState;
  readonly #powerOn: PowerOnExplorer;
  readonly #scenario: Scenario;
  readonly #isConfirmed: boolean[] = [];
  readonly #passages: (Passage | undefined)[] = [];
  readonly #start: number;
  #steps: number[] = [];
  #boots = 0;

  constructor(scenario: Scenario) {
    const { profile, subject, initial } = scenario;
    const reader = new StateReader(subject, profile);
    this.#scenario = scenario;
    this.#store = new StateStore(profile.layout);
    this.#device = new Device({ ...deviceOf(scenario), build: "fast" });
    this.#device.restore(initial);
    this.#working = new WorkingState(this.#device, this.#store, (state) => {
      const observation = reader.observe(this.#device.held);
      this.#isConfirmed[state] = isUpdateConfirmed(reader.facts(reader.number(observation)));
    });
    this.#powerOn = new PowerOnExplorer(this.#device, this.#working, [], {
      step: (target) => this.#steps.push(target),
    });
    this.#start = this.#working.adopt();
  }

  /** Walks with so many operations per power-on. */
  walk(operations: number): BrownoutWalk {
    const seen = new Set<number>();
    let state = this.#start;
    for (let powerOns = 1; ; powerOns += 1) {
      const { states, isRunning, role, end } = this.#passageOf(state);
      if (states.length === 0) {
        const atRest = this.#isExpected(state, role) ? "finished" : "given-up";
        const outcome = isRunning ? atRest : "stuck";
        return { operations, outcome, powerOns, end };
      }
      if (seen.has(state)) {
        const last = states.length > operations ? "power is cut again and again" : end;
        return { operations, outcome: "stuck", powerOns, end: last };
      }
      seen.add(state);
      state = states[Math.min(operations, states.length) - 1] ?? state;
    }
  }

  /** Finds the smallest number of operations that finishes, and every larger one that does not. */
  smallest(): BrownoutLimit {
    let smallest: BrownoutWalk | undefined;
    let stuck = 0;
    let givenUp = 0;
    const largerThatFail: number[] = [];
    // From the longest power-on upward nothing is ever cut; what is longer shows up on the way.
    for (let operations = 1; smallest === undefined || operations < this.#longest(); operations += 1) {
      const walk = this.walk(operations);
      if (walk.outcome === "finished") smallest ??= walk;
      else if (smallest !== undefined) largerThatFail.push(operations);
      else if (walk.outcome === "stuck") stuck += 1;
      else givenUp += 1;
      if (smallest === undefined && operations >= this.#longest()) break;
    }
    return {
      smallest,
      tried: smallest === undefined ? this.#longest() : smallest.operations - 1,
      stuck,
      givenUp,
      largerThatFail,
      longestPowerOn: this.#longest(),
      boots: this.#boots,
    };
  }

  /** Our journal says whether the update is confirmed; without one, what runs says it. */
  #isExpected(state: number, role: SubjectImage["role"] | undefined): boolean {
    const { expectation, hasJournal } = this.#scenario.subject;
    const isTaken = hasJournal === false ? role === "new" : this.#isConfirmed[state];
    return isTaken === (expectation === "accepted");
  }

  #longest(): number {
    return this.#passages.reduce((longest, passage) => Math.max(longest, passage?.states.length ?? 0), 0);
  }

  #passageOf(state: number): Passage {
    const known = this.#passages[state];
    if (known !== undefined) return known;
    this.#steps = [];
    const cycle = this.#powerOn.run(state, false);
    this.#boots += 1;
    const image = bootedImage(this.#scenario.subject, this.#device.flash.bytes, cycle.booted);
    const passage = {
      states: this.#steps,
      isRunning: cycle.end === "idle" && image !== undefined,
      role: image?.role,
      end: describeEnd(cycle),
    };
    this.#passages[state] = passage;
    return passage;
  }
}
