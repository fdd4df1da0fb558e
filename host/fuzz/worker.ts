/**
 * A thread of a run: does rounds until it is ended.
 */
import { parentPort, workerData } from "node:worker_threads";
import { FuzzSession, type FuzzRecipe, type RoundRequest, type RoundResult } from "./session.ts";

const port = parentPort;
if (port === null) throw new Error("worker.ts runs in a thread of its own only.");

const session = new FuzzSession(workerData as FuzzRecipe);
port.on("message", (request: RoundRequest) => {
  const result: RoundResult = session.round(request);
  port.postMessage(result);
});
