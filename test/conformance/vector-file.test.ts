/**
 * No published vector is forgotten: each file in the folder of vectors is read by some test, or it is said here
 * why not.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { vectorFolder } from "../vectors.ts";

/** Vectors of algorithms that this build does not have. */
const NOT_READ: Readonly<Record<string, string>> = {
  "rfc8554-lms": "the device verifies ECDSA and Ed25519 only",
};

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
  it("are read by a test each, or there is a reason why not", () => {
    const names = files.map((file) => file.replace(/\.json$/, ""));
    expect(names.filter((name) => !read.has(name) && !(name in NOT_READ))).toEqual([]);
  });

  it("are excused only if no test reads them", () => {
    expect(Object.keys(NOT_READ).filter((name) => read.has(name))).toEqual([]);
  });
});
