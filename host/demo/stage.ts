/**
 * Where the demonstration is shown: lines, and on a terminal a line of progress.
 */
import type { Colors } from "../report/color.ts";

/** A place to show pages on. */
export interface Stage {
  readonly colors: Colors;
  /** Whether anybody sees progress. */
  readonly isTerminal: boolean;
  print(lines: readonly string[]): void;
  /** Replaces the line of progress; without a text, removes it. */
  progress(text?: string): void;
}
