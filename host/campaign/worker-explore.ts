/**
 * Explores with several threads. States, digest and findings are those of one thread: power-ons are
 * done in any order, but what they did is absorbed in the one order there is.
 */
import { setImmediate } from "node:timers/promises";
import { settleBatch, type BatchResult } from "../../emulator/explore/expansion-batch.ts";
import { explore, Explorer, type Exploration, type ExploreOptions } from "../../emulator/explore/explore.ts";
import { WorkerPool } from "./worker-pool.ts";
import { recipeOf } from "./worker-recipe.ts";

/** Power-ons per batch: enough to be worth a message, few enough to share a small level out. */
const BATCH_TASKS_MAX = 64;
const BATCH_TASKS_MIN = 4;
/** Batches under way or waiting to be absorbed, per thread. */
const BATCHES_PER_THREAD = 4;
/** Power-ons in this thread between two looks at whether the other threads are up. */
const ALONE_TASKS = 32;

/** How to use threads. */
export interface ThreadOptions {
  /** Threads that power on, at least 1. */
  readonly threads: number;
  /** Does nothing in this thread until the others are up. By default it begins at once. */
  readonly waitForThreads?: boolean;
  /** States that one batch may find before it is done in this thread instead; a matter of memory only. */
  readonly statesPerBatchMax?: number;
}

/**
 * Explores.
 *
 * @throws RangeError for a torn budget out of range
 * @throws whatever stops a thread
 */
export async function exploreWithThreads(
  options: ExploreOptions,
  { threads, waitForThreads = false, statesPerBatchMax: statesMax }: ThreadOptions,
): Promise<Exploration> {
  if (threads < 2) return explore(options);
  const explorer = new Explorer({ ...options, allocate: (bytes) => new SharedArrayBuffer(bytes) });
  const { device, subject } = options;
  const recipe = recipeOf(
    { build: "fast", ...device },
    { subject, tearClasses: explorer.tearClasses, statesMax },
  );
  if (recipe === undefined) return explore(options);
  const pool = new WorkerPool(threads, recipe, explorer.store);
  try {
    if (waitForThreads) await pool.ready;
    let goesOn = true;
    while (goesOn) {
      const nodes = explorer.ahead();
      const isWorthIt = nodes.length >= BATCH_TASKS_MIN * 2;
      const areUp = pool.readyCount === pool.size;
      goesOn =
        areUp && isWorthIt
          ? await absorbLevel(explorer, pool, nodes)
          : absorbSome(explorer, areUp ? Math.max(1, nodes.length) : ALONE_TASKS);
      if (!areUp) await setImmediate();
    }
    return explorer.result();
  } finally {
    await pool.close();
  }
}

/** Does a few power-ons in this thread. @returns whether there is more to do */
function absorbSome(explorer: Explorer, count: number): boolean {
  for (let done = 0; done < count; done += 1) {
    const node = explorer.take();
    if (node === undefined) return false;
    explorer.absorb(node, explorer.expand(node));
  }
  return true;
}

/** Shares the nodes of one level out. @returns whether there is more to do */
async function absorbLevel(explorer: Explorer, pool: WorkerPool, nodes: readonly number[]): Promise<boolean> {
  const share = Math.ceil(nodes.length / (pool.size * 4));
  const size = Math.min(BATCH_TASKS_MAX, Math.max(BATCH_TASKS_MIN, share));
  const batches: { readonly size: number; readonly result: Promise<BatchResult | undefined> }[] = [];
  let asked = 0;
  let index = 0;
  while (index < nodes.length) {
    // Results lie in memory until it is their turn: no more are asked for than keep the threads busy.
    while (asked < nodes.length && batches.length < pool.size * BATCHES_PER_THREAD) {
      const tasks = nodes.slice(asked, asked + size).map((node) => explorer.taskOf(node));
      const result = pool.run(tasks);
      // Whoever awaits it hears of a failure; nobody does when the exploration was given up before.
      result.catch(() => undefined);
      batches.push({ size: tasks.length, result });
      asked += tasks.length;
    }
    const batch = batches.shift();
    if (batch === undefined) break;
    const result = await batch.result;
    if (result === undefined) {
      if (!absorbSome(explorer, batch.size)) return false;
      index += batch.size;
      continue;
    }
    const onNew = explorer.noteState.bind(explorer);
    for (const expansion of settleBatch(explorer.store, result, onNew)) {
      const node = explorer.take();
      if (node === undefined) return false;
      if (node !== nodes[index]) throw new Error("The order of nodes has changed under way.");
      explorer.absorb(node, expansion);
      index += 1;
    }
  }
  return true;
}
