/**
 * One power-on from one state, and every state that a cut in it can leave.
 */

import type { Device, PowerCycle } from "../device.ts";
import type { LinkPeer } from "../link.ts";
import type { AgedContent, Operation, PowerObserver } from "../power.ts";
import { tornVariants, type TearClass } from "../tear.ts";
import type { WorkingState } from "./working-state.ts";

/** Told of every state that the power-on leads to, in order. */
export interface StepSink {
  /**
   * @param target the state
   * @param operation number of the operation, or {@link BEFORE_ALL}
   * @param variant torn variant, or 0: power is cut after the operation
   * @param isUncut the power-on ended by itself after this operation
   */
  step(target: number, operation: number, variant: number, isUncut: boolean): void;
}

/** Counts what the device sends; answers what the real far end answers. */
export class CountingPeer implements LinkPeer {
  /** Datagrams since it was last set to zero. */
  count = 0;
  readonly #peer: LinkPeer;

  constructor(peer: LinkPeer) {
    this.#peer = peer;
  }

  answer(datagram: Uint8Array): Uint8Array | undefined {
    this.count += 1;
    return this.#peer.answer(datagram);
  }
}

/** In place of an operation's number: power is cut before the first one, or nothing was done at all. */
export const BEFORE_ALL = 0xffff_ffff;

const NO_STATE = -1;

/** Powers the device on and reports its steps to a sink. */
export class PowerOnExplorer implements PowerObserver {
  /** The state that an uncut power-on led to, from the last call of {@link run}. */
  successor = 0;
  /** Addresses of the pages that it erased, in order, from the last call of {@link run}. */
  erasedPages: number[] = [];

  readonly #device: Device;
  readonly #working: WorkingState;
  readonly #classes: readonly TearClass[];
  readonly #sink: StepSink;
  #mayTear = false;
  /** A step after which nothing else may come, so that it may be the end of the power-on. */
  #pendingState = NO_STATE;
  #pendingOperation = 0;

  constructor(device: Device, working: WorkingState, classes: readonly TearClass[], sink: StepSink) {
    this.#device = device;
    this.#working = working;
    this.#classes = classes;
    this.#sink = sink;
  }

  /** Powers on from `state`; torn operations are tried if `mayTear`. */
  run(state: number, mayTear: boolean): PowerCycle {
    this.#working.moveTo(state);
    this.#mayTear = mayTear;
    this.#pendingState = NO_STATE;
    this.erasedPages = [];
    const cycle = this.#device.powerOn({ observer: this });
    this.successor = this.#pendingState === NO_STATE ? state : this.#pendingState;
    this.#flush(true);
    this.#working.takeIds();
    return cycle;
  }

  aged(areas: readonly AgedContent[]): void {
    this.#pendingState = this.#working.settleAged(areas);
    this.#pendingOperation = BEFORE_ALL;
  }

  before(operation: Operation): void {
    if (!this.#mayTear || operation.kind === "counter") return;
    this.#flush(false);
    const plan = this.#working.erasePlan(operation, this.#classes);
    if (plan !== undefined) {
      plan.variants.forEach((variant, index) => {
        const target = this.#working.tornErase(operation, plan, index, this.#classes);
        this.#sink.step(target, operation.index, variant, false);
      });
      return;
    }
    for (const outcome of tornVariants(operation, this.#classes)) {
      this.#sink.step(this.#working.torn(operation, outcome), operation.index, outcome.variant, false);
    }
  }

  after(operation: Operation): void {
    this.#flush(false);
    if (operation.kind === "erase") this.erasedPages.push(operation.address);
    this.#pendingState = this.#working.settle(operation);
    this.#pendingOperation = operation.index;
  }

  #flush(isUncut: boolean): void {
    if (this.#pendingState === NO_STATE) return;
    this.#sink.step(this.#pendingState, this.#pendingOperation, 0, isUncut);
    this.#pendingState = NO_STATE;
  }
}
