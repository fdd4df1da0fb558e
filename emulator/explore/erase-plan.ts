/**
 * Torn erases that were worked out before.
 *
 * A cut download is cleaned up page by page in every power-on from then on, so campaigns erase the
 * same few pages with the same content again and again. Which torn outcomes there are, and by what
 * each changes the hash of the state, follows from the content of the page alone.
 */

import type { FlashOperation } from "../power.ts";
import { tornVariants, type TearClass } from "../tear.ts";
import { DigestTable } from "./digest-table.ts";
import { LANES, toggleWord } from "./state-hash.ts";

/** The torn outcomes of one erase, none of which leaves more than content within the page. */
export interface ErasePlan {
  /** Their numbers, in ascending order. */
  readonly variants: Uint16Array;
  /** What each changes in the hash of the state, LANES each. */
  readonly lanes: Int32Array;
}

/** Plans that are kept; beyond that all are forgotten and made again as needed. */
const PLANS_MAX = 4096;
/** Where addresses of pages stand in the index space of the hash, above words and counters. */
const PAGE_INDEX = 0x6000_0000;

/** Plans by what the page holds. For one set of torn classes and one erased value. */
export class ErasePlans {
  #table = new DigestTable();
  #plans: (ErasePlan | undefined)[] = [];

  /**
   * The plan of an erase that has not taken effect yet.
   *
   * @param key LANES lanes that no other content of this page has; overwritten
   * @param erasedWord what an erased word reads, 0 or 0xFFFFFFFF
   * @returns undefined when an outcome leaves more than content within the page
   */
  of(
    key: Int32Array,
    operation: FlashOperation,
    classes: readonly TearClass[],
    erasedWord: number,
  ): ErasePlan | undefined {
    toggleWord(key, 0, PAGE_INDEX, operation.address);
    const known = this.#table.find(key, 0);
    if (known >= 0) return this.#plans[known];
    if (this.#plans.length === PLANS_MAX) {
      this.#table = new DigestTable();
      this.#plans = [];
    }
    const plan = planOf(operation, classes, erasedWord);
    this.#table.add(key, 0);
    this.#plans.push(plan);
    return plan;
  }
}

function planOf(
  operation: FlashOperation,
  classes: readonly TearClass[],
  erasedWord: number,
): ErasePlan | undefined {
  const outcomes = tornVariants(operation, classes);
  if (outcomes.some(({ bits, damage }) => bits !== undefined || damage !== undefined)) return undefined;
  const before = wordsOf(operation.before, operation.length);
  const first = operation.address >>> 2;
  const lanes = new Int32Array(LANES * outcomes.length);
  outcomes.forEach(({ bytes }, index) => {
    wordsOf(bytes, operation.length).forEach((word, offset) => {
      const was = before[offset] ?? 0;
      if (word === was) return;
      if (was !== erasedWord) toggleWord(lanes, index * LANES, first + offset, was);
      if (word !== erasedWord) toggleWord(lanes, index * LANES, first + offset, word);
    });
  });
  return { variants: Uint16Array.from(outcomes, ({ variant }) => variant), lanes };
}

/** The words of a page, which is some of them. */
function wordsOf(bytes: Uint8Array, length: number): Uint32Array {
  return new Uint32Array(bytes.buffer, bytes.byteOffset, length / 4);
}
