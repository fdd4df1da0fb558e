/**
 * No published vector is forgotten: each file in the folder of vectors is read by some test.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { vectorFolder } from "../vectors.ts";

const tests = path.resolve(import.meta.dirname, "..");
const sources = readdirSync(tests, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts"))
  .map((name) => readFileSync(path.join(tests, name), "utf8"))
  .join("\n");
const read = new Set([...sources.matchAll(/loadVectors\(\s*"([^"]+)"/g)].map(([, name]) => name));
const files = existsSync(vectorFolder)
  ? readdirSync(vectorFolder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".json"))
  : [];
if (files.length === 0) console.log(`skipped: no vectors in ${vectorFolder} (set BROWNOUT_VECTORS)`);

describe.skipIf(files.length === 0)("the published vectors", () => {
  it("are read by a test each", () => {
    const names = files.map((file) => file.replace(/\.json$/, ""));
    expect(names.filter((name) => !read.has(name))).toEqual([]);
  });
});
