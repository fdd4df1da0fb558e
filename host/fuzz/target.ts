/**
 * What the command line may test.
 */
import type { FuzzTarget } from "../../emulator/fuzz/fuzzer.ts";
import type { FuzzBench } from "./bench.ts";

/** Names of the targets. */
export const TARGET_NAMES = ["envelope", "payload", "link"] as const;
/** Name of a target. */
export type TargetName = (typeof TARGET_NAMES)[number];

/** A target that starts by itself. */
export interface HostTarget extends FuzzTarget {
  readonly name: TargetName;
  readonly bench: FuzzBench;
  /** What mutation starts from. */
  seeds(): Uint8Array[];
}
