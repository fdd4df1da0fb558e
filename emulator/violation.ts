/**
 * Violations: rules of the part that the device's software broke.
 *
 * A violation is a finding, never a silent success: the operation does not happen and the HAL call
 * returns a failing status.
 */

/** Which rule was broken. Codes are stable: reports carry them. */
export type ViolationRule =
  /** The address range is not wholly in flash. */
  | "flash-range"
  /** Address or length is not a whole number of write units. */
  | "flash-alignment"
  /** The boot partition is write-protected from reset. */
  | "write-protected"
  /** Flash that the running stage has no business writing. */
  | "outside-window"
  /** A write unit was programmed again although the part allows it once between erases. */
  | "unit-programmed-again"
  /** A programmed bit would have to become erased, which only an erase can do. */
  | "bit-needs-erase"
  /** A unit, row or page was written more often between two erases than the part allows. */
  | "written-too-often"
  /** Firmware tried to advance a monotonic counter, which only the bootloader may. */
  | "counter-protected"
  /** Control was handed to something that is not an image in one slot. */
  | "boot-target";

/** One broken rule. */
export interface Violation {
  readonly rule: ViolationRule;
  /** Device address that the call named, or of the unit concerned; the id of a counter. */
  readonly address: number;
  /** Number that the refused operation would have had since power-on. */
  readonly operation: number;
  /** What happened, in one sentence. */
  readonly sentence: string;
}

/** Collects the violations of one power cycle; software that goes on for ever keeps the first ones. */
export class ViolationLog {
  static readonly LIMIT = 100;

  /** The violations so far, at most {@link ViolationLog.LIMIT}. Replaced, not emptied, at power-on. */
  list: Violation[] = [];
  /** Called for each violation, if set. */
  listener: ((violation: Violation) => void) | undefined;

  /** Starts a power cycle with an empty list. */
  powerOn(): void {
    this.list = [];
  }

  /** Records one violation. */
  add(rule: ViolationRule, address: number, operation: number, sentence: string): void {
    if (this.list.length >= ViolationLog.LIMIT) return;
    const violation: Violation = Object.freeze({ rule, address, operation, sentence });
    this.list.push(violation);
    this.listener?.(violation);
  }
}
