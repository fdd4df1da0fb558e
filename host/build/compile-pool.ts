/**
 * Compiles many modules at once: as many processes as there are cores, each of which takes the next module
 * when it is through with its last, as loading the compiler takes longer than most modules do.
 */
import { fork, type ChildProcess } from "node:child_process";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { Recipe } from "./recipe.ts";

/** One module to compile, and where it goes. */
export const Job = Recipe.extend({
  /** Its files are this and `.wasm`, `.symbols.wasm`, `.wasm.map`. */
  output: z.string(),
  withSourceMap: z.boolean(),
});
/** One module to compile, and where it goes. */
export type Job = z.infer<typeof Job>;

/** What became of it: the patches that name a file of it, by number, or why there is no module. */
export const Report = z.object({ applied: z.array(z.number()), error: z.string().optional() });
/** What became of one module. */
export type Report = z.infer<typeof Report>;

const COMPILER = fileURLToPath(new URL("./compile-process.js", import.meta.url));

/**
 * Has the jobs done.
 *
 * @returns for each job by its number which of its patches name a file of the module, also by number
 * @throws Error that names every module that does not compile
 */
export async function compileAll(jobs: readonly Job[]): Promise<ReadonlySet<number>[]> {
  const reports: Report[] = [];
  let next = 0;
  await Promise.all(
    Array.from({ length: Math.min(availableParallelism(), jobs.length) }, async () => {
      const child = fork(COMPILER);
      try {
        for (let index = next++; index < jobs.length; index = next++) {
          const job = jobs[index];
          if (job !== undefined) reports[index] = await ask(child, job);
        }
      } finally {
        child.kill();
      }
    }),
  );
  const errors = reports.flatMap(({ error }, index) =>
    error === undefined ? [] : [`${jobs[index]?.output}: ${error}`],
  );
  if (errors.length > 0) throw new Error(errors.join("\n"));
  return reports.map(({ applied }) => new Set(applied));
}

async function ask(child: ChildProcess, job: Job): Promise<Report> {
  return new Promise((resolve, reject) => {
    const lost = (code: number | null): void => {
      reject(new Error(`The compiler's process ended with ${code ?? "a signal"}.`));
    };
    child.once("exit", lost);
    child.once("message", (message) => {
      child.off("exit", lost);
      resolve(Report.parse(message));
    });
    child.send(job);
  });
}
