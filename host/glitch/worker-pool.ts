/**
 * Threads that do the jobs of glitch campaigns. Whatever their number, results come in the order of the
 * jobs; this thread does jobs itself until the others are up.
 */
import { setImmediate } from "node:timers/promises";
import type { Worker } from "node:worker_threads";
import { startThread } from "../thread.ts";
import type { GlitchJob, GlitchPart, GlitchRecipe, GlitchRunner } from "./runner.ts";
import type { JobAnswer, JobRequest } from "./worker.ts";

/** Jobs that one thread is given in advance, so that it never waits while another job takes long. */
const JOBS_AHEAD = 4;

/** After so much work in this thread the others are started: less is not worth it [ms]. */
const ALONE_MILLIS = 1000;

interface Member {
  readonly worker: Worker;
  /** The campaign that it was told of last. */
  recipe: GlitchRecipe | undefined;
  /** Who waits for its next results, in order. */
  readonly waiting: Waiting[];
}

interface Waiting {
  readonly resolve: (part: GlitchPart) => void;
  readonly reject: (error: Error) => void;
}

/** See the file comment. */
export class GlitchThreads {
  readonly #count: number;
  readonly #waits: boolean;
  readonly #members: Member[] = [];
  #readyCount = 0;
  #onReady: () => void = () => undefined;
  #failure: Error | undefined;
  /** How long this thread has worked alone [ms]. */
  #aloneMillis = 0;

  /**
   * @param threads that run disturbed boots; with 1 all is done in this thread
   * @param options `waits`: nothing is done in this thread; by default threads are started when there is
   *   enough to do for them
   */
  constructor(threads: number, { waits = false }: { readonly waits?: boolean } = {}) {
    this.#count = threads < 2 ? 0 : threads;
    this.#waits = waits;
  }

  /**
   * Does jobs of one campaign.
   *
   * @param runner of the same campaign, for this thread
   * @param isStopped asked before each job is begun; what was begun is finished
   * @returns what the jobs came to, in their order
   */
  async *run(
    recipe: GlitchRecipe,
    runner: GlitchRunner,
    jobs: readonly GlitchJob[],
    isStopped: () => boolean,
  ): AsyncGenerator<GlitchPart> {
    let next = 0;
    const take = (): GlitchJob | undefined => (isStopped() ? undefined : jobs[next++]);
    if (this.#waits) await this.#allUp();
    while (!this.#areUp()) {
      const start = performance.now();
      const job = take();
      if (job === undefined) return;
      yield runner.do(job);
      this.#aloneMillis += performance.now() - start;
      if (this.#aloneMillis > ALONE_MILLIS) this.#startAll();
      // Threads that have come up, and whoever wants to stop, are heard in between.
      await setImmediate();
    }
    const begun: Promise<GlitchPart>[] = [];
    for (;;) {
      while (begun.length < this.#members.length * JOBS_AHEAD) {
        const job = take();
        if (job === undefined) break;
        begun.push(this.#give(recipe, job));
      }
      const first = begun.shift();
      if (first === undefined) return;
      yield await first;
    }
  }

  /** Ends all threads. */
  async close(): Promise<void> {
    await Promise.all(this.#members.map(({ worker }) => worker.terminate()));
  }

  #startAll(): void {
    while (this.#members.length < this.#count) this.#members.push(this.#start());
  }

  #areUp(): boolean {
    return this.#count > 0 && this.#readyCount === this.#count;
  }

  async #allUp(): Promise<void> {
    this.#startAll();
    if (this.#areUp() || this.#count === 0) return;
    await new Promise<void>((resolve) => {
      this.#onReady = resolve;
    });
    if (this.#failure !== undefined) throw this.#failure;
  }

  #give(recipe: GlitchRecipe, job: GlitchJob): Promise<GlitchPart> {
    const part = new Promise<GlitchPart>((resolve, reject) => {
      const [first, ...others] = this.#members;
      if (this.#failure !== undefined || first === undefined) {
        reject(this.#failure ?? new Error("There are no threads."));
        return;
      }
      const member = others.reduce(
        (best, other) => (other.waiting.length < best.waiting.length ? other : best),
        first,
      );
      member.waiting.push({ resolve, reject });
      const request: JobRequest = member.recipe === recipe ? { job } : { recipe, job };
      member.recipe = recipe;
      member.worker.postMessage(request);
    });
    // Whoever awaits it hears of a failure; nobody does when the campaign was given up before.
    part.catch(() => undefined);
    return part;
  }

  #start(): Member {
    const member: Member = { worker: startThread("worker", import.meta.url), recipe: undefined, waiting: [] };
    member.worker.on("message", (answer: JobAnswer) => {
      if (answer === "ready") {
        this.#readyCount += 1;
        if (this.#areUp()) this.#onReady();
      } else member.waiting.shift()?.resolve(answer);
    });
    member.worker.on("error", (error) => {
      this.#failure = error;
      this.#onReady();
      for (const { reject } of this.#members.flatMap(({ waiting }) => waiting.splice(0))) reject(error);
    });
    return member;
  }
}
