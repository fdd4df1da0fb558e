/**
 * Cuts: when the power goes, as data, as text, and as an observer that does it.
 *
 * Text form: `17b` before operation 17, `17a` after it, `17t2` during it, leaving torn variant 2
 * (variants are numbered in tear.ts). Several cuts, one per power-on, are joined by commas.
 */

import { powerLoss, type Operation, type PowerObserver } from "./power.ts";
import { TEAR_CLASSES, tornVariant, type TearClass } from "./tear.ts";

/** One power cut. */
export type Cut =
  | { readonly operation: number; readonly phase: "before" | "after" }
  | { readonly operation: number; readonly phase: "torn"; readonly variant: number };

/** A cut that cannot be read or cannot be made. */
export class CutError extends Error {
  override readonly name = "CutError";
  readonly code: "cut-syntax" | "cut-variant";

  constructor(code: CutError["code"], message: string) {
    super(message);
    this.code = code;
  }
}

const CUT_TEXT = /^(0|[1-9][0-9]{0,8})(?:([ba])|t(0|[1-9][0-9]{0,8}))$/;

/**
 * Reads one cut from its text form.
 *
 * @throws CutError `cut-syntax`
 */
export function parseCut(text: string): Cut {
  const match = CUT_TEXT.exec(text);
  if (match === null) {
    throw new CutError("cut-syntax", `"${text}" is not a cut: expected for example 17b, 17a or 17t2`);
  }
  const operation = Number(match[1]);
  if (match[3] !== undefined) return { operation, phase: "torn", variant: Number(match[3]) };
  return { operation, phase: match[2] === "b" ? "before" : "after" };
}

/** The text form of one cut. */
export function formatCut(cut: Cut): string {
  if (cut.phase === "torn") return `${cut.operation}t${cut.variant}`;
  return `${cut.operation}${cut.phase === "before" ? "b" : "a"}`;
}

/**
 * Reads cuts joined by commas, one per power-on; the empty text has none.
 *
 * @throws CutError `cut-syntax`
 */
export function parseCuts(text: string): Cut[] {
  return text === "" ? [] : text.split(",").map(parseCut);
}

/** The text form of several cuts. */
export function formatCuts(cuts: readonly Cut[]): string {
  return cuts.map(formatCut).join(",");
}

/** An observer that makes one cut, in one power-on. */
export class CutPower implements PowerObserver {
  /** Whether the power-on got as far as the cut. */
  executed = false;

  readonly #cut: Cut;
  readonly #classes: readonly TearClass[];

  /**
   * @param cut what to do
   * @param classes the tear classes that variants are taken from; all by default
   */
  constructor(cut: Cut, classes: readonly TearClass[] = TEAR_CLASSES) {
    this.#cut = cut;
    this.#classes = classes;
  }

  /** @throws CutError `cut-variant` when the operation has no such torn variant */
  before(operation: Operation): void {
    const cut = this.#cut;
    if (operation.index !== cut.operation || cut.phase === "after") return;
    if (cut.phase === "torn") {
      const outcome = tornVariant(operation, cut.variant, this.#classes);
      if (outcome === undefined || operation.kind === "counter") {
        throw new CutError(
          "cut-variant",
          `${formatCut(cut)}: operation ${operation.index} (${operation.kind}) has no torn variant ${cut.variant}`,
        );
      }
      this.executed = true;
      operation.tear(outcome.bytes, outcome);
    }
    this.executed = true;
    throw powerLoss;
  }

  after(operation: Operation): void {
    if (operation.index !== this.#cut.operation || this.#cut.phase !== "after") return;
    this.executed = true;
    throw powerLoss;
  }
}
