/**
 * Monotonic counters in protected storage.
 *
 * A counter is 64 bits and never decreases. Advancing it is one operation, and atomic: a power cut
 * leaves the old value or the new one. They survive everything; only provisioning sets them.
 */

import { Status } from "../assembly/status.ts";
import type { Clock } from "./clock.ts";
import type { CounterOperation, Power } from "./power.ts";

/** How many counters a device has. */
export const COUNTER_COUNT = 4;

/** The counters of one device. */
export class Counters {
  /** The values; writing here is what provisioning does and is not an operation. */
  readonly values: BigUint64Array<ArrayBuffer> = new BigUint64Array(COUNTER_COUNT);

  readonly #power: Power;
  readonly #clock: Clock;
  readonly #operation = { kind: "counter" as const, index: 0, id: 0, before: 0n, after: 0n };

  constructor(power: Power, clock: Clock) {
    this.#power = power;
    this.#clock = clock;
  }

  /** The value of counter `id`, or undefined: there is no such counter. */
  read(id: number): bigint | undefined {
    return this.values[id];
  }

  /**
   * Raises counter `id` to `value`: one operation, or none if it stands there already.
   *
   * @returns Status.Ok, or Status.HalArgument for an unknown counter or a lower value
   * @throws PowerLoss when the observer says so
   */
  advance(id: number, value: bigint): Status {
    const current = this.values[id];
    if (current === undefined || value < current || value >= 1n << 64n) return Status.HalArgument;
    if (value === current) return Status.Ok;
    const power = this.#power;
    const operation = this.#operation;
    operation.index = power.operationCount;
    operation.id = id;
    operation.before = current;
    operation.after = value;
    power.observer?.before?.(operation);
    this.values[id] = value;
    power.operationCount += 1;
    this.#clock.programCount += 1;
    power.trace?.event({
      kind: "counter",
      micros: this.#clock.now(),
      operation: operation.index,
      id,
      before: current,
      after: value,
    });
    power.observer?.after?.(operation satisfies CounterOperation);
    return Status.Ok;
  }
}
