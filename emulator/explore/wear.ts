/**
 * Wear: how often uninterrupted power erases one and the same page on the way from a state to rest.
 *
 * Cuts that are repeated for ever wear flash for ever, so no figure holds for all of a chain of cuts.
 * What can be stated is what finishing costs: from whichever state, with no further cut. Erases of the
 * power-on that a cut ends are none of it; the state that the cut leaves is looked at instead.
 */

import { NEVER, type Liveness } from "./liveness.ts";

/** A page, and how often it is erased. */
export interface PageWear {
  /** Device address of the page. */
  readonly address: number;
  readonly erases: number;
}

/** The page that is erased most on the way to rest, per state. */
export interface WearToRest {
  /** Undefined where nothing is erased, or the state never comes to rest. */
  readonly worstOf: (state: number) => PageWear | undefined;
}

type Tally = ReadonlyMap<number, number>;

const NOTHING: Tally = new Map();

/** Keeps what each state's uncut power-on erases. Indexed by the ids of states. */
export class WearLedger {
  /** Lists of pages that are erased in one power-on; equal ones are one. */
  readonly #lists: (readonly number[])[] = [[]];
  readonly #listIds = new Map<string, number>([["", 0]]);
  #listOf = new Uint32Array(1024);

  /** Notes the pages that a state's uncut power-on erases, in order. */
  note(state: number, pages: readonly number[]): void {
    if (pages.length === 0) return;
    while (state >= this.#listOf.length) {
      const grown = new Uint32Array(this.#listOf.length * 2);
      grown.set(this.#listOf);
      this.#listOf = grown;
    }
    const key = pages.join();
    let id = this.#listIds.get(key);
    if (id === undefined) {
      id = this.#lists.push([...pages]) - 1;
      this.#listIds.set(key, id);
    }
    this.#listOf[state] = id;
  }

  /**
   * Adds up what every state's way to rest erases.
   *
   * @param states in any order
   * @param successorOf the state that uninterrupted power leads to
   */
  follow(
    states: readonly number[],
    successorOf: (state: number) => number,
    { bootsToRest }: Liveness,
  ): WearToRest {
    const tallies = new TallyBook(this.#lists);
    const total = new Uint32Array(bootsToRest.length);
    for (const level of byDistance(states, bootsToRest)) {
      for (const state of level) {
        total[state] = tallies.sum(this.#listOf[state] ?? 0, total[successorOf(state)] ?? 0);
      }
    }
    return { worstOf: (state) => tallies.worstOf(total[state] ?? 0) };
  }
}

/** States that are not at rest, the nearest to it first; such as never come to rest are left out. */
function byDistance(states: readonly number[], bootsToRest: Int32Array): number[][] {
  const levels: number[][] = [];
  for (const state of states) {
    const boots = bootsToRest[state] ?? NEVER;
    if (boots > 0) (levels[boots - 1] ??= []).push(state);
  }
  return levels.filter((level) => level.length > 0);
}

/** Sums of lists; equal ones are one, so that a million states need few. */
class TallyBook {
  readonly #lists: readonly (readonly number[])[];
  readonly #tallies: Tally[] = [NOTHING];
  readonly #worst: (PageWear | undefined)[] = [undefined];
  readonly #ids = new Map<string, number>([["", 0]]);
  readonly #sums = new Map<string, number>();

  constructor(lists: readonly (readonly number[])[]) {
    this.#lists = lists;
  }

  /** The tally of a list and a tally. */
  sum(list: number, tally: number): number {
    if (list === 0) return tally;
    const question = `${list}+${tally}`;
    const known = this.#sums.get(question);
    if (known !== undefined) return known;
    const added = new Map(this.#tallies[tally] ?? NOTHING);
    for (const page of this.#lists[list] ?? []) added.set(page, (added.get(page) ?? 0) + 1);
    const id = this.#intern(added);
    this.#sums.set(question, id);
    return id;
  }

  worstOf(tally: number): PageWear | undefined {
    return this.#worst[tally];
  }

  #intern(tally: Tally): number {
    const pages = [...tally].sort(([left], [right]) => left - right);
    const key = pages.map(([page, erases]) => `${page}:${erases}`).join();
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const id = this.#tallies.push(tally) - 1;
    this.#ids.set(key, id);
    let worst: PageWear | undefined;
    for (const [address, erases] of pages) {
      if (worst === undefined || erases > worst.erases) worst = { address, erases };
    }
    this.#worst.push(worst);
    return id;
  }
}
