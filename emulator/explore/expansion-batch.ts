/**
 * Many power-ons at once, in a form that can travel between threads.
 *
 * A batch is worked off on an overlay over the explorer's store, and its results are absorbed in the
 * order of the batch: the explorer cannot tell them from power-ons that it did itself.
 */

import { Expander, STEP_FIELDS, type Expansion, type ExpanderOptions } from "./expander.ts";
import type { ExpansionTask } from "./explore.ts";
import { HarvestSettler, OverlayFullError, OverlayStore, type Harvest } from "./overlay-store.ts";
import { blockCountOf, type StateStore, type StateStoreView } from "./state-store.ts";
import type { Observation } from "./subject.ts";

/** What is to be done. */
export interface BatchRequest {
  /** The explorer's store; chunks and counters only if they were not shown before. */
  readonly view: StateStoreView;
  readonly tasks: readonly ExpansionTask[];
}

/** What came of it. Ids from FIRST_OWN upward count in the harvest. */
export interface BatchResult {
  readonly harvest: Harvest;
  /** One for each state of the harvest. */
  readonly observations: readonly Observation[];
  /** One for each task. */
  readonly expansions: readonly BatchExpansion[];
  /** Of all tasks, one after another. */
  readonly steps: Uint32Array<ArrayBuffer>;
}

/** What one power-on of a batch did. */
export interface BatchExpansion extends Omit<Expansion, "steps"> {
  readonly stepCount: number;
  /** States of the harvest that were found by the end of it. */
  readonly statesFound: number;
}

/** States that one batch may find, unless stated: what they take has to lie in two places for a while. */
const STATES_MAX = 1 << 15;

/** What works batches off. */
export interface BatchExpanderOptions extends Omit<ExpanderOptions, "space" | "onNew"> {
  /** States that one batch may find. */
  readonly statesMax?: number | undefined;
}

/** Works batches off. */
export class BatchExpander {
  readonly #options: BatchExpanderOptions;
  readonly #overlay: OverlayStore;
  #expander: Expander;
  #observations: Observation[] = [];

  constructor(options: BatchExpanderOptions) {
    this.#options = options;
    this.#overlay = new OverlayStore(
      blockCountOf(options.device.profile.layout),
      options.statesMax ?? STATES_MAX,
    );
    this.#expander = this.#newExpander();
  }

  /**
   * Does every task of a batch.
   *
   * @returns undefined if that finds more states than a batch may: whoever keeps the store does it then
   */
  run({ view, tasks }: BatchRequest): BatchResult | undefined {
    this.#overlay.clear();
    this.#overlay.show(view);
    this.#observations = [];
    const stepLists: Uint32Array[] = [];
    try {
      const expansions = tasks.map(({ state, mayTear }) => {
        const { steps, ...rest } = this.#expander.expand(state, mayTear);
        stepLists.push(steps.slice());
        return { ...rest, stepCount: steps.length / STEP_FIELDS, statesFound: this.#observations.length };
      });
      return {
        harvest: this.#overlay.harvest(),
        observations: this.#observations,
        expansions,
        steps: concatenated(stepLists),
      };
    } catch (error) {
      if (!(error instanceof OverlayFullError)) throw error;
      // It was stopped in the middle of a power-on and does not know any more what its device holds.
      this.#expander = this.#newExpander();
      return undefined;
    }
  }

  #newExpander(): Expander {
    return new Expander({
      ...this.#options,
      space: this.#overlay,
      onNew: (_state, observation) => {
        this.#observations.push(observation);
      },
    });
  }
}

function concatenated(lists: readonly Uint32Array[]): Uint32Array<ArrayBuffer> {
  const all = new Uint32Array(lists.reduce((sum, steps) => sum + steps.length, 0));
  let at = 0;
  for (const steps of lists) {
    all.set(steps, at);
    at += steps.length;
  }
  return all;
}

/**
 * Moves what a batch found into the store and gives its expansions in the ids of the store, each
 * valid until the next is asked for. New states are added as the expansions are asked for, in the
 * order in which one thread alone would have added them.
 */
export function* settleBatch(
  store: StateStore,
  { harvest, observations, expansions, steps }: BatchResult,
  onNew: (state: number, observation: Observation) => void,
): Generator<Expansion> {
  const settler = new HarvestSettler(store, harvest);
  let at = 0;
  for (const { stepCount, statesFound, ...rest } of expansions) {
    settler.settle(statesFound, (state, number) => {
      const observation = observations[number];
      if (observation !== undefined) onNew(state, observation);
    });
    const own = steps.subarray(at, at + stepCount * STEP_FIELDS);
    for (let target = 0; target < own.length; target += STEP_FIELDS) {
      own[target] = settler.idOf(own[target] ?? 0);
    }
    at += own.length;
    yield { ...rest, successor: settler.idOf(rest.successor), steps: own };
  }
}
