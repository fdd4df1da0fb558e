/**
 * A thread of a campaign: works off batches of power-ons until it is ended.
 */
import { parentPort, workerData } from "node:worker_threads";
import { BatchExpander, type BatchRequest } from "../../emulator/explore/expansion-batch.ts";
import { deviceFrom, type WorkerRecipe } from "./worker-recipe.ts";

const port = parentPort;
if (port === null) throw new Error("worker.ts runs in a thread of its own only.");

const recipe = workerData as WorkerRecipe;
const expander = new BatchExpander({ ...recipe, device: deviceFrom(recipe) });

port.on("message", (request: BatchRequest) => {
  const result = expander.run(request);
  if (result === undefined) {
    port.postMessage("too-large");
    return;
  }
  const { lanes, blockIds, counterIds, blockLanes, blockContent } = result.harvest;
  port.postMessage(
    result,
    [lanes, blockIds, counterIds, blockLanes, blockContent, result.steps].map(({ buffer }) => buffer),
  );
});
port.postMessage("ready");
