/**
 * The trace: what a power cycle did, event by event, for people and for oracles.
 *
 * Without a sink nothing is built, so an absent trace costs a comparison per event.
 */

import type { Violation } from "./violation.ts";
import type { Fault } from "./wasm/fault.ts";
import type { Slot } from "../assembly/layout.ts";

/** What runs during a power cycle. */
export type Stage = "bootloader" | "firmware";

/**
 * How a power cycle ended: nothing more can happen, a reset was requested, power was lost, a store
 * or load went wrong or the module trapped, fuel ran out, `reset` returned (which it never should),
 * or the flash held no module that may run.
 */
export type PowerCycleEnd =
  "idle" | "reset" | "power-loss" | "hard-fault" | "watchdog" | "returned" | "refused";

/** One event; `micros` is simulated time since power-on. */
export type TraceEvent = { readonly micros: number } & (
  | { readonly kind: "power-on" }
  | { readonly kind: "stage"; readonly stage: Stage }
  | {
      readonly kind: "erase" | "program";
      /** Number of the operation since power-on. */
      readonly operation: number;
      readonly address: number;
      readonly bytes: number;
      /** Power was lost in the middle of it. */
      readonly torn: boolean;
    }
  | {
      readonly kind: "counter";
      readonly operation: number;
      readonly id: number;
      readonly before: bigint;
      readonly after: bigint;
    }
  | { readonly kind: "boot"; readonly slot: Slot; readonly address: number; readonly length: number }
  | { readonly kind: "log"; readonly text: string }
  | { readonly kind: "send" | "receive"; readonly datagram: Uint8Array }
  | { readonly kind: "idle"; readonly milliseconds: number }
  | { readonly kind: "violation"; readonly violation: Violation }
  | { readonly kind: "fault"; readonly fault: Fault }
  | { readonly kind: "end"; readonly end: PowerCycleEnd }
);

/** Takes the events of a power cycle as they happen. */
export interface TraceSink {
  /** Must not throw and must not touch the device. */
  event(event: TraceEvent): void;
}

/** A sink that keeps every event. */
export class TraceRecorder implements TraceSink {
  readonly events: TraceEvent[] = [];

  event(event: TraceEvent): void {
    this.events.push(event);
  }
}
