/**
 * Power: the operations that a cut can hit, who watches them, and the signal that power is gone.
 *
 * An operation is one page erased, one write unit programmed, or one counter advance. They are
 * numbered from 0 at each power-on, across the hand-over from bootloader to firmware, however many
 * one HAL call makes. An observer sees every operation before and after it takes effect, and ends
 * the power by throwing {@link powerLoss}.
 */

import type { DeviceBit } from "./device-bits.ts";
import type { TraceSink } from "./trace.ts";

/** The part that a flash operation works on. */
export interface FlashPart {
  /** The whole flash, as it was before the operation; valid during the call only. */
  readonly content: Uint8Array;
  readonly pageBytes: number;
  readonly erasedValue: number;
  /** Bytes that one error-correcting code covers; 0 where the part has none. */
  readonly eccUnitBytes: number;
}

/** What a torn operation leaves. */
export interface TornOutcome {
  /** The content of the whole page or unit. */
  readonly bytes: Uint8Array;
  /** Content elsewhere that was damaged. */
  readonly damage?: { readonly address: number; readonly bytes: Uint8Array };
  /** What flash remembers of it. */
  readonly bits?: readonly DeviceBit[];
}

/** A page erase or a unit program, seen by an observer. One object serves many operations. */
export interface FlashOperation {
  readonly kind: "erase" | "program";
  /** Number of the operation since power-on. */
  readonly index: number;
  /** Device address of the page or unit. */
  readonly address: number;
  /** Size of the page or unit [bytes]. */
  readonly length: number;
  /** The content before; valid during the call only. */
  readonly before: Uint8Array;
  /** The content after; valid during the call only. */
  readonly after: Uint8Array;
  /** What the operation works on; absent where only its own content is known. */
  readonly part?: FlashPart;
  /**
   * Leaves `bytes` where the operation was going to write, and whatever else the outcome says, and
   * cuts the power. May be called from {@link PowerObserver.before} only; never returns.
   */
  tear(bytes: Uint8Array, outcome?: TornOutcome): never;
}

/** An advance of a monotonic counter, seen by an observer. One object serves many operations. */
export interface CounterOperation {
  readonly kind: "counter";
  /** Number of the operation since power-on. */
  readonly index: number;
  /** Which counter. */
  readonly id: number;
  readonly before: bigint;
  readonly after: bigint;
}

/** What a power cut can hit. Objects are reused: copy what is to be kept. */
export type Operation = FlashOperation | CounterOperation;

/** Content that changed without an operation. */
export interface AgedContent {
  readonly address: number;
  readonly before: Uint8Array;
}

/** Watches operations, and may end the power by throwing {@link powerLoss}. */
export interface PowerObserver {
  /**
   * Called before anything runs, if flash came up otherwise than it was left: its device bits have
   * changed, and perhaps content with them.
   */
  aged?(areas: readonly AgedContent[]): void;
  /** Called when nothing of the operation has happened yet. */
  before?(operation: Operation): void;
  /** Called when all of the operation has happened. */
  after?(operation: Operation): void;
}

/**
 * The signal that the power is gone. Not an Error: it is thrown through Wasm ten thousands of
 * times, and building a stack trace each time would cost four times as much.
 */
export class PowerLoss {
  readonly signal = "power-loss";
}

/** The one {@link PowerLoss} object; compare with `===`. */
export const powerLoss: PowerLoss = Object.freeze(new PowerLoss());

/** The supply of one device: numbers operations and shows them to the observer. */
export class Power {
  /** Operations begun since power-on that took effect, wholly or partly: the next one's number. */
  operationCount = 0;
  observer: PowerObserver | undefined;
  trace: TraceSink | undefined;

  /** Starts a power cycle. */
  powerOn(observer: PowerObserver | undefined, trace: TraceSink | undefined): void {
    this.operationCount = 0;
    this.observer = observer;
    this.trace = trace;
  }

  /** Ends the power cycle: nobody looks on any more. The count stays readable. */
  powerOff(): void {
    this.observer = undefined;
    this.trace = undefined;
  }
}
