/**
 * Exploration to a fixpoint: every persistent state that power cuts can lead to, from one start.
 *
 * One power-on from a state yields every state that one cut in it can leave; equal states are
 * merged, so each is powered on once (again only if it is reached with more torn operations left).
 * When nothing is left, every sequence of power cuts of every length has been tried. Nothing is
 * merged but equal states, and the order is fixed, so equal inputs give equal results.
 */

import type { Cut } from "../cut.ts";
import { Device, type DeviceOptions, type DeviceState, type PowerCycle } from "../device.ts";
import { TEAR_CLASSES, type TearClass } from "../tear.ts";
import { FindingLog, type Finding } from "./finding.ts";
import { Frontier, TORN_BUDGET_LIMIT } from "./frontier.ts";
import { isUpdateConfirmed, ORACLES, type Oracle } from "./oracle.ts";
import { CountingPeer, PowerOnExplorer, type StepSink } from "./power-on.ts";
import { StateGraph, type TerminalClass } from "./state-graph.ts";
import { StateStore } from "./state-store.ts";
import { bootedImage, StateReader, type Subject, type SubjectImage } from "./subject.ts";
import { WorkingState } from "./working-state.ts";

/** How far an exploration has come. */
export interface ExploreProgress {
  /** Persistent states seen. */
  readonly states: number;
  /** Power-ons done. */
  readonly boots: number;
  /** Nodes that wait. */
  readonly queued: number;
  /** Cuts on the way to the node that is next. */
  readonly cuts: number;
}

/** What to explore. */
export interface ExploreOptions {
  /** The device; `build` is `fast` unless stated. */
  readonly device: DeviceOptions;
  /** Where to start. */
  readonly initial: DeviceState;
  readonly subject: Subject;
  /** Torn operations that one chain of cuts may have; 1 by default, at most 7. Clean cuts are unlimited. */
  readonly tornBudget?: number;
  /** Which torn outcomes are tried; all by default. */
  readonly tearClasses?: readonly TearClass[];
  readonly oracles?: readonly Oracle[];
  /** Gives up when more states than this were seen. */
  readonly maxStates?: number;
  /** Asked before each power-on; gives up when it says true. */
  readonly shouldStop?: () => boolean;
  /**
   * Gives up as soon as there is a finding and none with fewer cuts is left to be found. What shows
   * on the closed graph only (see liveness.ts) is then not looked for.
   */
  readonly stopAtFinding?: boolean;
  /** Findings kept per oracle, the shortest ones; 5 by default. All are counted. */
  readonly findingsPerOracle?: number;
  readonly onProgress?: (progress: ExploreProgress) => void;
  /** Power-ons between two calls of `onProgress`; 500 by default. */
  readonly progressInterval?: number;
}

/** The largest of something, and a chain of cuts that leads to the power-on that had it. */
export interface Worst {
  readonly value: number;
  readonly cuts: readonly Cut[];
}

/** What an exploration found out. */
export interface Exploration {
  /** Nothing is left: every sequence of cuts was tried. */
  readonly closed: boolean;
  /** Why it was given up, when it is not closed. */
  readonly stoppedBy: "max-states" | "should-stop" | "finding" | undefined;
  readonly tornBudget: number;
  readonly tearClasses: readonly TearClass[];
  /** Distinct persistent states seen. */
  readonly states: number;
  /** States that were powered on. */
  readonly explored: number;
  /** Ways from a state to a state: cuts after an operation and torn operations. */
  readonly transitions: number;
  /** Power-ons done; more than `explored` where a state was reached again with a larger budget. */
  readonly boots: number;
  /** Nodes that still wait, when it is not closed. */
  readonly frontier: number;
  /** The most cuts that any state needs; the power-ons in between that end by themselves do not count. */
  readonly deepestNesting: number;
  /** The most power-ons on the way to any state. */
  readonly longestChain: number;
  /** States at rest, by what they are; empty unless closed. */
  readonly terminals: readonly TerminalClass[];
  /** Most power-ons without a cut until an image runs and waits; undefined unless closed. */
  readonly bootsToRunning: Worst | undefined;
  /** Most power-ons without a cut until the device is at rest; undefined unless closed. */
  readonly bootsToRest: Worst | undefined;
  /** The worst of all power-ons. */
  readonly worstPowerOn: { readonly operations: Worst; readonly fuel: Worst; readonly micros: Worst };
  /** The shortest findings of each oracle, fewest cuts first. */
  readonly findings: readonly Finding[];
  /** How many there are, by oracle; absent where there are none. */
  readonly findingCounts: Readonly<Record<string, number>>;
  /** Of states, outcomes and successors, whatever the order they were found in: 64 hex digits. */
  readonly graphDigest: string;
  /** Memory that the states take [bytes]. */
  readonly stateBytes: number;
}

/**
 * Explores.
 *
 * @throws RangeError for a torn budget out of range
 */
export function explore(options: ExploreOptions): Exploration {
  return new Explorer(options).run();
}

/** One exploration. */
class Explorer implements StepSink {
  readonly #options: ExploreOptions;
  readonly #tornBudget: number;
  readonly #classes: readonly TearClass[];
  readonly #device: Device;
  readonly #peer: CountingPeer | undefined;
  readonly #store = new StateStore();
  readonly #reader: StateReader;
  readonly #working: WorkingState;
  readonly #powerOn: PowerOnExplorer;
  readonly #frontier: Frontier;
  readonly #graph: StateGraph;
  readonly #findings: FindingLog;
  readonly #worst = { operations: new WorstNode(), fuel: new WorstNode(), micros: new WorstNode() };
  #boots = 0;

  /** The node that is powered on, and what is known of it. */
  #node = 0;
  #facts = 0;
  #budgetLeft = 0;
  #wasConfirmed = false;
  #steps = 0;

  constructor(options: ExploreOptions) {
    const { tornBudget = 1, tearClasses = TEAR_CLASSES, oracles = ORACLES, findingsPerOracle = 5 } = options;
    if (!Number.isInteger(tornBudget) || tornBudget < 0 || tornBudget > TORN_BUDGET_LIMIT) {
      throw new RangeError(`A torn budget of ${tornBudget}: expected 0 to ${TORN_BUDGET_LIMIT}.`);
    }
    const { link } = options.device;
    this.#options = options;
    this.#tornBudget = tornBudget;
    this.#classes = tearClasses;
    this.#peer = link === undefined ? undefined : new CountingPeer(link);
    this.#device = new Device({
      build: "fast",
      ...options.device,
      ...(this.#peer === undefined ? {} : { link: this.#peer }),
    });
    this.#reader = new StateReader(options.subject, options.device.profile);
    this.#graph = new StateGraph(this.#store, this.#reader);
    this.#working = new WorkingState(this.#device, this.#store, (state) => {
      this.#graph.setFacts(state, this.#reader.read(this.#device.flash.bytes, this.#device.counters.values));
    });
    this.#powerOn = new PowerOnExplorer(this.#device, this.#working, tearClasses, this);
    this.#frontier = new Frontier(tornBudget);
    this.#findings = new FindingLog(oracles, findingsPerOracle);
  }

  run(): Exploration {
    const { onProgress, progressInterval = 500 } = this.#options;
    this.#device.restore(this.#options.initial);
    const start = this.#working.adopt();
    const wasConfirmed = isUpdateConfirmed(this.#graph.factsOf(start));
    this.#frontier.start(start, { tornBudget: this.#tornBudget, wasConfirmed });
    let stoppedBy: Exploration["stoppedBy"];
    for (let node = this.#frontier.take(); node !== undefined; node = this.#frontier.take()) {
      stoppedBy = this.#reasonToStop(node);
      if (stoppedBy !== undefined) break;
      this.#expand(node);
      if (this.#boots % progressInterval === 0) onProgress?.(this.#progress(node));
    }
    return this.#result(stoppedBy);
  }

  step(target: number, operation: number, variant: number, isUncut: boolean): void {
    this.#steps += 1;
    const facts = this.#graph.factsNumberOf(target);
    if (facts !== this.#facts || this.#wasConfirmed) {
      const view = {
        subject: this.#options.subject,
        before: this.#reader.facts(this.#facts),
        after: this.#reader.facts(facts),
        wasConfirmed: this.#wasConfirmed,
      };
      this.#findings.judgeStep(view, () => this.#origin(isUncut ? undefined : { operation, variant }));
    }
    const isConfirmed = this.#wasConfirmed || isUpdateConfirmed(this.#reader.facts(facts));
    const tornBudget = variant === 0 ? this.#budgetLeft : this.#budgetLeft - 1;
    const arrival = { parent: this.#node, operation, variant, isUncut };
    this.#frontier.reach(target, { tornBudget, wasConfirmed: isConfirmed }, arrival);
    // A torn operation leads away; after a whole one, this same power-on goes on.
    if (variant === 0) this.#wasConfirmed = isConfirmed;
  }

  /** Asked with a node in hand, so what is given up is never nothing. */
  #reasonToStop(node: number): Exploration["stoppedBy"] {
    const { shouldStop, maxStates = Infinity, stopAtFinding = false } = this.#options;
    if (this.#store.size > maxStates) return "max-states";
    if (stopAtFinding && this.#findings.fewestCuts <= this.#frontier.cutsOf(node)) return "finding";
    return shouldStop?.() === true ? "should-stop" : undefined;
  }

  #expand(node: number): void {
    const state = this.#frontier.stateOf(node);
    const { tornBudget, wasConfirmed } = this.#frontier.labelOf(node);
    this.#node = node;
    this.#facts = this.#graph.factsNumberOf(state);
    this.#budgetLeft = tornBudget;
    this.#wasConfirmed = wasConfirmed;
    this.#steps = 0;
    if (this.#peer !== undefined) this.#peer.count = 0;
    const cycle = this.#powerOn.run(state, tornBudget > 0);
    this.#boots += 1;
    const { subject } = this.#options;
    const image = bootedImage(subject, this.#device.flash.bytes, cycle.booted);
    this.#judge(state, cycle, image);
    this.#graph.record(state, {
      cycle,
      image,
      subject,
      successor: this.#powerOn.successor,
      steps: this.#steps,
      tornBudget,
      node,
    });
    this.#worst.operations.see(cycle.operations, node);
    this.#worst.fuel.see(cycle.fuel, node);
    this.#worst.micros.see(cycle.micros.total, node);
  }

  #judge(state: number, cycle: PowerCycle, image: SubjectImage | undefined): void {
    const view = {
      subject: this.#options.subject,
      cycle,
      image,
      before: this.#graph.factsOf(state),
      floor: this.#graph.factsOf(this.#powerOn.successor).floor,
      bootloaderDatagrams: cycle.booted === undefined ? (this.#peer?.count ?? 0) : 0,
      wasConfirmed: this.#wasConfirmed,
    };
    this.#findings.judgeCycle(view, () => this.#origin(undefined));
  }

  /** Where the node came from, and the cut in its power-on if there is one. */
  #origin(step: { readonly operation: number; readonly variant: number } | undefined) {
    return { node: this.#node, frontier: this.#frontier, step };
  }

  #progress(node: number): ExploreProgress {
    return {
      states: this.#store.size,
      boots: this.#boots,
      queued: this.#frontier.queued,
      cuts: this.#frontier.cutsOf(node),
    };
  }

  #result(stoppedBy: Exploration["stoppedBy"]): Exploration {
    const closed = stoppedBy === undefined;
    const graph = this.#graph;
    const frontier = this.#frontier;
    const liveness = closed ? graph.follow() : undefined;
    if (liveness !== undefined) this.#findings.judgeGraph(graph, liveness, frontier);
    const worst = (of: WorstNode): Worst => ({ value: of.value, cuts: frontier.chainOf(of.node) });
    const slowest = (boots: Int32Array | undefined): Worst | undefined => {
      if (boots === undefined) return undefined;
      const state = indexOfLargest(boots);
      return { value: boots[state] ?? 0, cuts: frontier.chainOf(graph.nodeOf(state)) };
    };
    return {
      closed,
      stoppedBy,
      tornBudget: this.#tornBudget,
      tearClasses: this.#classes,
      states: this.#store.size,
      explored: graph.exploredCount,
      transitions: graph.transitionCount(),
      boots: this.#boots,
      // The node that was in hand waits as well.
      frontier: closed ? 0 : frontier.queued + 1,
      deepestNesting: graph.largestOverNodes((node) => frontier.cutsOf(node)),
      longestChain: graph.largestOverNodes((node) => frontier.powerOnsOf(node)),
      terminals: liveness === undefined ? [] : graph.terminals(liveness),
      bootsToRunning: slowest(liveness?.bootsToRunning),
      bootsToRest: slowest(liveness?.bootsToRest),
      worstPowerOn: {
        operations: worst(this.#worst.operations),
        fuel: worst(this.#worst.fuel),
        micros: worst(this.#worst.micros),
      },
      findings: this.#findings.list(),
      findingCounts: this.#findings.counts(),
      graphDigest: graph.digest(),
      stateBytes: this.#store.bytes,
    };
  }
}

/** The first node with the largest value. */
class WorstNode {
  value = -1;
  node = 0;

  see(value: number, node: number): void {
    if (value <= this.value) return;
    this.value = value;
    this.node = node;
  }
}

function indexOfLargest(values: Int32Array): number {
  let best = 0;
  for (let index = 1; index < values.length; index += 1) {
    if ((values[index] ?? 0) > (values[best] ?? 0)) best = index;
  }
  return best;
}
