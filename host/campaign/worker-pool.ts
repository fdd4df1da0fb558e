/**
 * Threads that work off batches of power-ons.
 */
import type { Worker } from "node:worker_threads";
import type { BatchRequest, BatchResult } from "../../emulator/explore/expansion-batch.ts";
import type { ExpansionTask } from "../../emulator/explore/explore.ts";
import type { StateStore, StateStoreMark } from "../../emulator/explore/state-store.ts";
import { startThread } from "../thread.ts";
import type { WorkerRecipe } from "./worker-recipe.ts";

/** Batches that one thread is given in advance, so that it never waits for the next. */
const BATCHES_AHEAD = 2;

interface Member {
  readonly worker: Worker;
  /** What it has been shown of the store. */
  mark: StateStoreMark | undefined;
  /** Who waits for its next results, in order. */
  readonly waiting: Batch[];
}

interface Batch {
  readonly tasks: readonly ExpansionTask[];
  readonly resolve: (result: BatchResult | undefined) => void;
  readonly reject: (error: Error) => void;
}

/** See the file comment. */
export class WorkerPool {
  /** Threads that are up. */
  readyCount = 0;
  /** Resolves when all threads are up. */
  readonly ready: Promise<void>;

  readonly #store: StateStore;
  readonly #members: Member[];
  readonly #queue: Batch[] = [];
  #failure: Error | undefined;

  /** @param store whose memory is shared */
  constructor(threads: number, recipe: WorkerRecipe, store: StateStore) {
    this.#store = store;
    let resolve = (): void => undefined;
    let reject: ((error: Error) => void) | undefined;
    this.ready = new Promise((whenUp, whenFailed) => {
      resolve = whenUp;
      reject = whenFailed;
    });
    // A failure reaches whoever asks for a batch as well.
    this.ready.catch(() => undefined);
    this.#members = Array.from({ length: threads }, () => {
      const worker = startThread("worker", import.meta.url, recipe);
      const member: Member = { worker, mark: undefined, waiting: [] };
      worker.on("message", (message: "ready" | "too-large" | BatchResult) => {
        if (message === "ready") {
          this.readyCount += 1;
          if (this.readyCount === threads) resolve();
        } else {
          member.waiting.shift()?.resolve(message === "too-large" ? undefined : message);
        }
        this.#feed(member);
      });
      worker.on("error", (error) => {
        reject?.(error);
        this.#fail(error);
      });
      return member;
    });
  }

  /** Threads in all. */
  get size(): number {
    return this.#members.length;
  }

  /**
   * Has a batch worked off by whichever thread is free.
   *
   * @returns undefined if it finds more states than a batch may
   */
  run(tasks: readonly ExpansionTask[]): Promise<BatchResult | undefined> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) {
        reject(this.#failure);
        return;
      }
      this.#queue.push({ tasks, resolve, reject });
      for (const member of this.#members) this.#feed(member);
    });
  }

  /** Ends all threads. */
  async close(): Promise<void> {
    await Promise.all(this.#members.map(({ worker }) => worker.terminate()));
  }

  #feed(member: Member): void {
    const isUp = this.readyCount === this.#members.length;
    while (isUp && member.waiting.length < BATCHES_AHEAD) {
      const batch = this.#queue.shift();
      if (batch === undefined) return;
      member.waiting.push(batch);
      const request: BatchRequest = { view: this.#store.view(member.mark), tasks: batch.tasks };
      member.mark = this.#store.mark();
      member.worker.postMessage(request);
    }
  }

  #fail(error: Error): void {
    this.#failure = error;
    const left = [...this.#queue.splice(0), ...this.#members.flatMap(({ waiting }) => waiting.splice(0))];
    for (const { reject } of left) reject(error);
  }
}
