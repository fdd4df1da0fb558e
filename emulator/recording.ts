/**
 * Recorded flash operations, from silicon or from another simulator, played on the device.
 *
 * A device that is made with a recording plays it at its first power-on, in place of the bootloader,
 * one operation after the other, each of which power may be cut at. From the next power-on on it
 * boots like any other. So every prefix of the recording, and every torn variant of its next operation,
 * is a state that the bootloader has to cope with. That the recording was begun is a persistent fact:
 * operation 0 of the first power-on notes it in {@link RECORDING_COUNTER}, and the first recorded
 * operation is number 1.
 */

import { COUNTER_COUNT, type Counters } from "./counters.ts";
import type { Flash } from "./flash.ts";
import { FLASH_BYTES, type FlashRange } from "./memory-map.ts";

/** One recorded operation; programming several write units counts as several operations. */
export type RecordedOperation =
  | { readonly kind: "erase"; readonly address: number }
  | { readonly kind: "program"; readonly address: number; readonly data: Uint8Array }
  | { readonly kind: "counter"; readonly id: number; readonly value: bigint };

/** The counter that says whether the recording was begun; the bootloader must leave it alone. */
export const RECORDING_COUNTER: number = COUNTER_COUNT - 1;

/** Whether a recording is still to be played. */
export function isRecordingDue(counters: Counters): boolean {
  return counters.values[RECORDING_COUNTER] === 0n;
}

/**
 * Plays a recording. What the part or the write protection of the boot partition refuses is a recorded
 * violation, and the next operation follows all the same.
 *
 * @throws PowerLoss when the observer says so
 */
export function playRecording(
  operations: readonly RecordedOperation[],
  parts: { readonly flash: Flash; readonly counters: Counters; readonly boot: FlashRange },
): void {
  const { flash, counters, boot } = parts;
  const start = boot.address + boot.bytes;
  flash.window = [{ address: start, bytes: FLASH_BYTES - start }];
  counters.advance(RECORDING_COUNTER, 1n);
  for (const operation of operations) {
    if (operation.kind === "erase") flash.erase(operation.address);
    else if (operation.kind === "program") flash.program(operation.address, operation.data);
    else counters.advance(operation.id, operation.value);
  }
}
