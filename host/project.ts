/**
 * Where the project's own files are, from the sources and from the build alike.
 */
import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** The folder that holds package.json. */
export const projectRoot: string = findRoot(path.dirname(fileURLToPath(import.meta.url)));

/** Where `npm run build` puts the Wasm modules. */
export const wasmDirectory: string = path.join(projectRoot, "build", "wasm");

function findRoot(directory: string): string {
  if (existsSync(path.join(directory, "package.json"))) return directory;
  return findRoot(path.dirname(directory));
}
