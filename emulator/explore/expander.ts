/**
 * Expands states: powers the device on from one and lists every state that this leads to.
 *
 * It knows nothing of the frontier, of budgets or oracles, so it can work in a thread of its own.
 */

import { Device, type DeviceOptions } from "../device.ts";
import type { TearClass } from "../tear.ts";
import { ClaimReader, type Claim } from "./claim.ts";
import type { ObservedCycle } from "./oracle.ts";
import { CountingPeer, PowerOnExplorer, type StepSink } from "./power-on.ts";
import type { StateSpace } from "./state-store.ts";
import { bootedImage, StateReader, type Observation, type Subject } from "./subject.ts";
import { WorkingState } from "./working-state.ts";

/** Numbers per step in a {@link StepList}: target, operation, variant × 2 + 1 if the power-on ended there. */
export const STEP_FIELDS = 3;

/** Steps in order, STEP_FIELDS numbers each. */
export type StepList = Uint32Array;

/** What one power-on did. */
export interface Expansion {
  /** Every state that it leads to, in order; valid until the next expansion. */
  readonly steps: StepList;
  /** The state that it led to without a cut. */
  readonly successor: number;
  readonly cycle: ObservedCycle;
  /** Number in `subject.images` of the image that was handed control, or -1. */
  readonly image: number;
  /** Datagrams that were sent. */
  readonly datagrams: number;
  /** What its log claims. */
  readonly claims: readonly Claim[];
  /** Addresses of the pages that were erased, in order. */
  readonly erasedPages: readonly number[];
}

/** What an expander works on. */
export interface ExpanderOptions {
  readonly device: DeviceOptions;
  readonly subject: Subject;
  readonly tearClasses: readonly TearClass[];
  /** Where states are found and put. */
  readonly space: StateSpace;
  /** Told of each new state, in order. */
  readonly onNew: (state: number, observation: Observation) => void;
}

/** See the file comment. */
export class Expander implements StepSink {
  readonly device: Device;
  readonly #subject: Subject;
  readonly #peer: CountingPeer | undefined;
  readonly #working: WorkingState;
  readonly #powerOn: PowerOnExplorer;
  readonly #claims = new ClaimReader();
  #steps = new Uint32Array(STEP_FIELDS * 1024);
  #stepCount = 0;

  constructor({ device, subject, tearClasses, space, onNew }: ExpanderOptions) {
    const { link } = device;
    this.#subject = subject;
    this.#peer = link === undefined ? undefined : new CountingPeer(link);
    this.device = new Device({
      build: "fast",
      ...device,
      ...(this.#peer === undefined ? {} : { link: this.#peer }),
    });
    const reader = new StateReader(subject, device.profile);
    this.#working = new WorkingState(this.device, space, (state) => {
      onNew(state, reader.observe(this.device.held));
    });
    this.#powerOn = new PowerOnExplorer(this.device, this.#working, tearClasses, this);
  }

  /** Takes what the device holds as a state. @returns its id */
  adopt(): number {
    return this.#working.adopt();
  }

  /** Powers on from a state; torn operations are tried if `mayTear`. */
  expand(state: number, mayTear: boolean): Expansion {
    this.#stepCount = 0;
    if (this.#peer !== undefined) this.#peer.count = 0;
    const cycle = this.#powerOn.run(state, mayTear);
    const image = bootedImage(this.#subject, this.device.flash.bytes, cycle.booted);
    return {
      steps: this.#steps.subarray(0, STEP_FIELDS * this.#stepCount),
      successor: this.#powerOn.successor,
      cycle: {
        ...cycle,
        log: [],
        moduleError: cycle.moduleError && { message: cycle.moduleError.message },
      },
      image: image === undefined ? -1 : this.#subject.images.indexOf(image),
      datagrams: this.#peer?.count ?? 0,
      claims: this.#claims.read(cycle.log),
      erasedPages: this.#powerOn.erasedPages,
    };
  }

  step(target: number, operation: number, variant: number, isUncut: boolean): void {
    const at = STEP_FIELDS * this.#stepCount;
    if (at === this.#steps.length) {
      const grown = new Uint32Array(2 * at);
      grown.set(this.#steps);
      this.#steps = grown;
    }
    this.#steps[at] = target;
    this.#steps[at + 1] = operation;
    this.#steps[at + 2] = 2 * variant + (isUncut ? 1 : 0);
    this.#stepCount += 1;
  }
}
