/**
 * A bootloader that knows one thing of the journal: a candidate that has used up its trials is reverted. It goes
 * by the numbers that phases have today, or had once.
 */
import { Limit } from "../assembly/limits.ts";
import { profileNamed } from "../emulator/profile.ts";
import { assemble } from "./wat.ts";

/** The numbers of Confirmed, Staged, Trial, Rejected, Reverted and Passed: today's, and those before. */
export const PHASE_NUMBERS: readonly (readonly number[])[] = [
  [9, 3, 5, 6, 10, 12],
  [5, 3, 9, 6, 10, 12],
  [1, 2, 3, 4, 5, 6],
];

const { layout, pageBytes } = profileNamed("class1");

/** Its Wasm, for class1. */
export function revertingBootloader([, , trial = 0, , reverted = 0]: readonly number[] = []): Uint8Array {
  const before = trial | (Limit.TrialBoots << 12);
  const after = reverted | (1 << 8);
  return assemble(`(module
    (import "env" "memory" (memory 2 2))
    (import "hal" "flash_program" (func $program (param i32 i32 i32) (result i32)))
    (global $end i32 (i32.const 120848))
    (export "__heap_base" (global $end))
    (export "reset" (func $reset))
    (func $reset
      (if (i32.eq (i32.load (i32.const ${layout.state.address})) (i32.const ${before})) (then
        (i32.store (i32.const 120832) (i32.const ${after}))
        (i32.store (i32.const 120836) (i32.const ${~after}))
        (drop (call $program
          (i32.const ${layout.state.address + pageBytes}) (i32.const 120832) (i32.const 8)))))))`);
}
