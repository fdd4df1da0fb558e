/**
 * Exploration to a fixpoint: every persistent state that power cuts can lead to, from one start.
 *
 * One power-on from a state yields every state that one cut in it can leave; equal states are
 * merged, so each is powered on once (again only if it is reached with more torn operations left).
 * When nothing is left, every sequence of power cuts of every length has been tried. Nothing is
 * merged but equal states, and the order is fixed, so equal inputs give equal results.
 */

import type { Cut } from "../cut.ts";
import { COUNTER_COUNT } from "../counters.ts";
import type { DeviceOptions, DeviceState, RememberedState } from "../device.ts";
import { decodeBits } from "../device-bits.ts";
import type { TearClass } from "../tear.ts";
import type { Allocate } from "./digest-table.ts";
import { Expander, STEP_FIELDS, type Expansion } from "./expander.ts";
import { countRegisters, findGrowth, type Growth } from "./growth.ts";
import type { CertificateState } from "./certificate.ts";
import { FindingLog, type Finding, type FindingKey } from "./finding.ts";
import { Frontier, TORN_BUDGET_LIMIT } from "./frontier.ts";
import { isUpdateConfirmed, ORACLES, type Oracle } from "./oracle.ts";
import { BEFORE_ALL } from "./power-on.ts";
import { StateGraph, type TerminalClass } from "./state-graph.ts";
import { formatHash, LANES } from "./state-hash.ts";
import { StateStore } from "./state-store.ts";
import { StepArchive } from "./step-archive.ts";
import { StateReader, type Observation, type Subject } from "./subject.ts";
import { WearLedger, type PageWear, type WearToRest } from "./wear.ts";

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
  /** Which torn outcomes are tried; those that the part's profile names by default. */
  readonly tearClasses?: readonly TearClass[];
  readonly oracles?: readonly Oracle[];
  /** Gives up when more states than this were seen. */
  readonly maxStates?: number;
  /** Gives up once every sequence of so many cuts was tried. */
  readonly maxCuts?: number;
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
  /** Gives the memory that states are kept in; shared memory if other threads are to read it. */
  readonly allocate?: Allocate;
  /** Given the whole graph at the end; without it no successors are kept but the uncut ones. */
  readonly onGraph?: (graph: ExploredGraph) => void;
  /**
   * Explores a share only: of the states that the first torn operation of a chain can leave, those
   * for which this says true, and everything that clean cuts alone lead to. Shares of which each
   * state belongs to one are together the whole. Hashes are LANES lanes at `lanes[offset]`.
   */
  readonly ownsTorn?: (lanes: Int32Array, offset: number) => boolean;
}

/** The graph as it was explored, for certificates and shards. */
export interface ExploredGraph {
  /** Every state, the one to start from first; numbers of states count in this order. Can be read again. */
  readonly states: Iterable<CertificateState>;
  /** Every finding; some of them are written out in {@link Exploration.findings}. */
  readonly findings: readonly FindingKey[];
  /** The successors of a state, as {@link CertificateState.edges} has them. */
  readonly edgesOf: (state: number) => ArrayLike<number>;
  /** What a device in a state holds: a copy. */
  readonly remembered: (state: number) => RememberedState;
}

/** The largest of something, and a chain of cuts that leads to the power-on that had it. */
export interface Worst {
  readonly value: number;
  readonly cuts: readonly Cut[];
}

/** The page that is erased most on the way to rest, and a chain of cuts that leads to where that begins. */
export interface WorstWear extends PageWear {
  readonly cuts: readonly Cut[];
}

/** What an exploration found out. */
export interface Exploration {
  /** Nothing is left: every sequence of cuts was tried. */
  readonly closed: boolean;
  /** Why it was given up, when it is not closed. */
  readonly stoppedBy: "max-states" | "max-cuts" | "should-stop" | "finding" | undefined;
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
  /** What makes the states that wait different, most first: what keeps growing, if something does. */
  readonly growth: readonly Growth[];
  /** How many values of counters and device bits the states that wait have. */
  readonly registerContents: number;
  /** Cuts on the way to the state that was next, when it is not closed. */
  readonly depth: number | undefined;
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
  /** Most erases of one page on the way to rest, from any state, without a cut; undefined unless closed or if there are none. */
  readonly worstWear: WorstWear | undefined;
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
  const explorer = new Explorer(options);
  for (let node = explorer.take(); node !== undefined; node = explorer.take()) {
    explorer.absorb(node, explorer.expand(node));
  }
  return explorer.result();
}

/** What a power-on needs to be told, in whatever thread it is done. */
export interface ExpansionTask {
  readonly state: number;
  /** Torn operations are tried. */
  readonly mayTear: boolean;
}

/**
 * One exploration: what is to be powered on, in which order, and what follows from it. Where the
 * power-ons are done is the caller's affair; what they did is absorbed in the order of
 * {@link Explorer.take}, so the result is the same wherever they were done.
 */
export class Explorer {
  readonly store: StateStore;
  /** The torn outcomes that are tried. */
  readonly tearClasses: readonly TearClass[];
  readonly #options: ExploreOptions;
  readonly #tornBudget: number;
  readonly #reader: StateReader;
  readonly #expander: Expander;
  readonly #frontier: Frontier;
  readonly #graph: StateGraph;
  readonly #findings: FindingLog;
  readonly #wear = new WearLedger();
  readonly #archive: StepArchive | undefined;
  readonly #worst = { operations: new WorstNode(), fuel: new WorstNode(), micros: new WorstNode() };
  #boots = 0;
  #stoppedBy: Exploration["stoppedBy"];

  /** The node that was taken last. */
  #next = 0;
  /** The node that is absorbed, and what is known of it. */
  #node = 0;
  #facts = 0;
  #budgetLeft = 0;
  #wasConfirmed = false;

  /** @throws RangeError for a torn budget out of range */
  constructor(options: ExploreOptions) {
    const { tornBudget = 1, oracles = ORACLES, findingsPerOracle = 5 } = options;
    const { tearClasses = options.device.profile.tearClasses } = options;
    if (!Number.isInteger(tornBudget) || tornBudget < 0 || tornBudget > TORN_BUDGET_LIMIT) {
      throw new RangeError(`A torn budget of ${tornBudget}: expected 0 to ${TORN_BUDGET_LIMIT}.`);
    }
    const { device, subject } = options;
    this.#options = options;
    this.#tornBudget = tornBudget;
    this.tearClasses = tearClasses;
    this.store = new StateStore(device.profile.layout, options.allocate);
    this.#reader = new StateReader(subject, device.profile);
    this.#graph = new StateGraph(this.store, this.#reader);
    this.#expander = new Expander({
      device,
      subject,
      tearClasses,
      space: this.store,
      onNew: (state, observation) => {
        this.noteState(state, observation);
      },
    });
    this.#frontier = new Frontier(tornBudget);
    this.#findings = new FindingLog(oracles, findingsPerOracle);
    this.#archive = options.onGraph === undefined ? undefined : new StepArchive();
    this.#expander.device.restore(options.initial);
    const start = this.#expander.adopt();
    const wasConfirmed = isUpdateConfirmed(this.#graph.factsOf(start));
    this.#frontier.start(start, { tornBudget, wasConfirmed });
  }

  /** The next node to absorb; undefined when nothing is left or it is to be given up. */
  take(): number | undefined {
    const node = this.#frontier.take();
    if (node === undefined) return undefined;
    this.#next = node;
    this.#stoppedBy = this.#reasonToStop(node);
    return this.#stoppedBy === undefined ? node : undefined;
  }

  /** Nodes that {@link take} gives next, whose power-ons may be done in any order; may be empty. */
  ahead(): number[] {
    return this.#frontier.ahead();
  }

  /** What a node's power-on needs. */
  taskOf(node: number): ExpansionTask {
    return {
      state: this.#frontier.stateOf(node),
      mayTear: this.#frontier.labelOf(node).tornBudget > 0,
    };
  }

  /** Does a node's power-on here. */
  expand(node: number): Expansion {
    const { state, mayTear } = this.taskOf(node);
    return this.#expander.expand(state, mayTear);
  }

  /** Notes what can be read off a new state of the store. */
  noteState(state: number, observation: Observation): void {
    this.#graph.setFacts(state, this.#reader.number(observation));
  }

  /** Takes in what a node's power-on did. */
  absorb(node: number, expansion: Expansion): void {
    const state = this.#frontier.stateOf(node);
    const { tornBudget, wasConfirmed } = this.#frontier.labelOf(node);
    const { steps, cycle, successor } = expansion;
    const { subject, onProgress, progressInterval = 500 } = this.#options;
    this.#node = node;
    this.#facts = this.#graph.factsNumberOf(state);
    this.#budgetLeft = tornBudget;
    this.#wasConfirmed = wasConfirmed;
    for (let at = 0; at < steps.length; at += STEP_FIELDS) {
      const code = steps[at + 2] ?? 0;
      this.#step(steps[at] ?? 0, steps[at + 1] ?? 0, code >>> 1, (code & 1) !== 0);
    }
    this.#boots += 1;
    this.#judge(expansion);
    this.#graph.record(state, {
      cycle,
      image: subject.images[expansion.image],
      subject,
      successor,
      steps: steps.length / STEP_FIELDS,
      tornBudget,
      node,
    });
    this.#wear.note(state, expansion.erasedPages);
    this.#archive?.keep(state, tornBudget, steps);
    this.#worst.operations.see(cycle.operations, node);
    this.#worst.fuel.see(cycle.fuel, node);
    this.#worst.micros.see(cycle.micros.total, node);
    if (this.#boots % progressInterval === 0) onProgress?.(this.#progress(node));
  }

  #step(target: number, operation: number, variant: number, isUncut: boolean): void {
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
    if (variant === 0 || this.#isOurs(target)) {
      const tornBudget = variant === 0 ? this.#budgetLeft : this.#budgetLeft - 1;
      const arrival = { parent: this.#node, operation, variant, isUncut };
      this.#frontier.reach(target, { tornBudget, wasConfirmed: isConfirmed }, arrival);
    }
    // A torn operation leads away; after a whole one, this same power-on goes on.
    if (variant === 0) this.#wasConfirmed = isConfirmed;
    // What has faded is gone before anything runs: the device never saw it.
    if (operation === BEFORE_ALL) this.#facts = facts;
  }

  /** Whether a state that a torn operation leaves is to be explored here. */
  #isOurs(target: number): boolean {
    const { ownsTorn } = this.#options;
    const isFirstTorn = this.#budgetLeft === this.#tornBudget;
    return ownsTorn === undefined || !isFirstTorn || ownsTorn(this.store.table.lanes, target * LANES);
  }

  /** Asked with a node in hand, so what is given up is never nothing. */
  #reasonToStop(node: number): Exploration["stoppedBy"] {
    const { shouldStop, maxStates = Infinity, maxCuts = Infinity, stopAtFinding = false } = this.#options;
    if (this.store.size > maxStates) return "max-states";
    if (this.#frontier.cutsOf(node) > maxCuts) return "max-cuts";
    if (stopAtFinding && this.#findings.fewestCuts <= this.#frontier.cutsOf(node)) return "finding";
    return shouldStop?.() === true ? "should-stop" : undefined;
  }

  #judge({ cycle, image, successor, datagrams, claims }: Expansion): void {
    const { subject } = this.#options;
    const view = {
      subject,
      cycle,
      image: subject.images[image],
      before: this.#reader.facts(this.#facts),
      after: this.#graph.factsOf(successor),
      claims,
      bootloaderDatagrams: cycle.booted === undefined ? datagrams : 0,
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
      states: this.store.size,
      boots: this.#boots,
      queued: this.#frontier.queued,
      cuts: this.#frontier.cutsOf(node),
    };
  }

  /** What was found out, once {@link take} has returned undefined. */
  result(): Exploration {
    const stoppedBy = this.#stoppedBy;
    const closed = stoppedBy === undefined;
    const waiting = closed ? [] : this.#frontier.waiting().map((node) => this.#frontier.stateOf(node));
    const graph = this.#graph;
    const frontier = this.#frontier;
    const liveness = closed ? graph.follow() : undefined;
    const wear = liveness === undefined ? undefined : graph.wear(this.#wear, liveness);
    if (liveness !== undefined && wear !== undefined) {
      this.#findings.judgeGraph(graph, { liveness, wear }, frontier, this.#options.subject.erasesPerPage);
    }
    this.#options.onGraph?.({
      states: { [Symbol.iterator]: () => this.#describeStates() },
      findings: this.#findings.keys((state) => formatHash(this.store.table.lanes, state * LANES)),
      edgesOf: (state) => this.#archive?.edgesOf(state) ?? [],
      remembered: (state) => this.#remembered(state),
    });
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
      tearClasses: this.tearClasses,
      states: this.store.size,
      explored: graph.exploredCount,
      transitions: graph.transitionCount(),
      boots: this.#boots,
      // The node that was in hand waits as well.
      frontier: closed ? 0 : frontier.queued + 1,
      growth: findGrowth(this.store, this.#options.device.profile, waiting),
      registerContents: countRegisters(this.store, waiting),
      depth: closed ? undefined : frontier.cutsOf(this.#next),
      deepestNesting: graph.largestOverNodes((node) => frontier.cutsOf(node)),
      longestChain: graph.largestOverNodes((node) => frontier.powerOnsOf(node)),
      terminals: liveness === undefined ? [] : graph.terminals(liveness),
      bootsToRunning: slowest(liveness?.bootsToRunning),
      bootsToRest: slowest(liveness?.bootsToRest),
      worstWear: wear === undefined ? undefined : this.#worstWear(wear),
      worstPowerOn: {
        operations: worst(this.#worst.operations),
        fuel: worst(this.#worst.fuel),
        micros: worst(this.#worst.micros),
      },
      findings: this.#findings.list(),
      findingCounts: this.#findings.counts(),
      graphDigest: graph.digest(),
      stateBytes: this.store.bytes,
    };
  }

  #worstWear(wear: WearToRest): WorstWear | undefined {
    let worst: WorstWear | undefined;
    for (const state of this.#graph.inOrderOfDiscovery()) {
      const page = wear.worstOf(state);
      if (page === undefined || page.erases <= (worst?.erases ?? 0)) continue;
      worst = { ...page, cuts: this.#frontier.chainOf(this.#graph.nodeOf(state)) };
    }
    return worst;
  }

  #remembered(state: number): RememberedState {
    const registers = this.store.counters(this.store.countersId(state));
    return {
      flash: this.store.flash(state),
      counters: registers.slice(0, COUNTER_COUNT),
      bits: decodeBits(registers, COUNTER_COUNT),
    };
  }

  *#describeStates(): Generator<CertificateState> {
    const { lanes } = this.store.table;
    for (let state = 0; state < this.store.size; state += 1) {
      const node = this.#graph.nodeOf(state);
      const arrival = this.#graph.isExplored(state) ? this.#frontier.arrivalOf(node) : undefined;
      yield {
        hash: lanes.subarray(state * LANES, (state + 1) * LANES),
        ...this.#graph.outcomeOf(state),
        cuts: this.#frontier.cutsOf(node),
        powerOns: this.#frontier.powerOnsOf(node),
        parent: arrival === undefined ? -1 : this.#frontier.stateOf(arrival.parent),
        operation: arrival?.operation ?? 0,
        variant: arrival?.variant ?? 0,
        edges: this.#archive?.edgesOf(state) ?? [],
      };
    }
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
