/**
 * Starts threads from the build or from the sources alike.
 */
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";

/**
 * Starts a module of this project in a thread of its own: `name.js` from the build, or `name.ts` from
 * the sources with the compiler that tests use.
 *
 * @param name of the module, without extension
 * @param besides URL of a module in the same folder
 * @param workerData plain data for it
 */
export function startThread(name: string, besides: string, workerData?: unknown): Worker {
  const here = fileURLToPath(besides);
  const extension = path.extname(here);
  const file = path.join(path.dirname(here), `${name}${extension}`);
  if (extension !== ".ts") return new Worker(file, { workerData });
  const compiler = import.meta.resolve("tsx/esm/api");
  const start = `import("${compiler}").then(({ register }) => {
    register();
    return import("${pathToFileURL(file).href}");
  });`;
  return new Worker(start, { eval: true, workerData });
}
