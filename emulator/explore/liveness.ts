/**
 * What uninterrupted power does from every state, on the graph of uncut successors.
 *
 * Each state has exactly one uncut successor, so every walk ends in a cycle, and each state is
 * looked at once.
 */

/** One state of the graph. */
export interface UncutStep {
  readonly successor: number;
  /** The power-on ended with an image that runs and waits. */
  readonly isRunning: boolean;
}

/** Stands for "never". */
export const NEVER = -1;

/** What uninterrupted power leads to, per state. */
export interface Liveness {
  /** Power-ons until one ends with an image that runs and waits, or {@link NEVER}. */
  readonly bootsToRunning: Int32Array;
  /** Power-ons until the state is one that boots into itself, or {@link NEVER}. */
  readonly bootsToRest: Int32Array;
  /** The state that is then at rest; meaningless where {@link bootsToRest} is {@link NEVER}. */
  readonly rest: Uint32Array;
}

const UNKNOWN = -2;
const UNDER_WAY = -3;

/**
 * Follows every state to its end.
 *
 * @param count number of states
 * @param stepOf undefined for a state that was not explored; it counts as one that never arrives
 */
export function followUncut(count: number, stepOf: (state: number) => UncutStep | undefined): Liveness {
  const bootsToRunning = new Int32Array(count).fill(UNKNOWN);
  const bootsToRest = new Int32Array(count).fill(UNKNOWN);
  const rest = new Uint32Array(count);
  const path: number[] = [];
  for (let start = 0; start < count; start += 1) {
    path.length = 0;
    for (let at = start; bootsToRest[at] === UNKNOWN;) {
      bootsToRest[at] = UNDER_WAY;
      path.push(at);
      const step = stepOf(at);
      if (step === undefined) break;
      at = step.successor;
    }
    // The last one on the path leads to a state that is known, to itself, or back into the path.
    for (let index = path.length - 1; index >= 0; index -= 1) {
      const state = path[index] ?? 0;
      const step = stepOf(state);
      if (step === undefined) {
        bootsToRest[state] = NEVER;
      } else if (step.successor === state) {
        bootsToRest[state] = 0;
        rest[state] = state;
      } else {
        bootsToRest[state] = following(bootsToRest[step.successor] ?? NEVER);
        rest[state] = rest[step.successor] ?? 0;
      }
    }
    settleRunning(path, bootsToRunning, stepOf);
  }
  return { bootsToRunning, bootsToRest, rest };
}

/** Within a cycle the state that runs may come anywhere, so cycles are walked twice. */
function settleRunning(
  path: readonly number[],
  bootsToRunning: Int32Array,
  stepOf: (state: number) => UncutStep | undefined,
): void {
  for (let round = 0; round < 2; round += 1) {
    for (let index = path.length - 1; index >= 0; index -= 1) {
      const state = path[index] ?? 0;
      const step = stepOf(state);
      if (step?.isRunning === true) bootsToRunning[state] = 1;
      else
        bootsToRunning[state] = following(
          step === undefined ? NEVER : (bootsToRunning[step.successor] ?? NEVER),
        );
    }
  }
}

function following(boots: number): number {
  return boots < 0 ? NEVER : boots + 1;
}
