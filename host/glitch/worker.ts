/**
 * A thread of a glitch campaign: does jobs until it is ended.
 */
import { parentPort } from "node:worker_threads";
import { GlitchRunner, type GlitchJob, type GlitchPart, type GlitchRecipe } from "./runner.ts";

/** What a thread is sent. */
export interface JobRequest {
  /** The campaign that the job and those after it belong to; absent: that of the job before. */
  readonly recipe?: GlitchRecipe;
  readonly job: GlitchJob;
}

/** What a thread answers, in the order of the requests; `ready` comes first of all. */
export type JobAnswer = "ready" | GlitchPart;

const port = parentPort;
if (port === null) throw new Error("worker.ts runs in a thread of its own only.");

let runner: GlitchRunner | undefined;
port.on("message", ({ recipe, job }: JobRequest) => {
  if (recipe !== undefined) runner = new GlitchRunner(recipe);
  if (runner === undefined) throw new Error("A job came before its campaign.");
  const answer: JobAnswer = runner.do(job);
  port.postMessage(answer);
});
port.postMessage("ready" satisfies JobAnswer);
