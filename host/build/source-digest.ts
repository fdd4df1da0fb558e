/**
 * What a module depends on, as one digest: whoever has a module that was made from the same need not
 * compile it again.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { projectRoot } from "../project.ts";

/** Of everything but patches that a module depends on: sources, options and compiler. */
export function sourceDigest(): string {
  const root = path.join(projectRoot, "assembly");
  const sources = readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .sort();
  const { resolve } = createRequire(import.meta.url);
  const manifests = ["assemblyscript/package.json", "binaryen/package.json"].map((name) => resolve(name));
  return digestOf(
    ...sources.flatMap((file) => [file, readFileSync(path.join(root, file), "utf8")]),
    ...[path.join(projectRoot, "asconfig.json"), ...manifests].map((file) => readFileSync(file, "utf8")),
  );
}

/** SHA-256 of texts, none of which can pass for part of another; 64 hexadecimal digits. */
export function digestOf(...parts: readonly string[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(`${part.length}:${part}`);
  return hash.digest("hex");
}
