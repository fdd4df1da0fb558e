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
  "nist-cavp-aes-kw": "the device does not decrypt, so it unwraps no keys",
  "nist-cavp-hmac-sha256": "the device takes no MAC",
  "nist-cavp-sha512": "the device has SHA-256 only",
  "rfc3394-aes-kw": "the device does not decrypt, so it unwraps no keys",
  "rfc4231-hmac-sha256": "the device takes no MAC",
  "rfc8032-ed25519": "the device verifies ECDSA only",
  "sp800-38a-aes-ctr": "the device does not decrypt",
  "wycheproof/aes_wrap_test": "the device does not decrypt, so it unwraps no keys",
  "wycheproof/hkdf_sha256_test": "the device does not decrypt, so it derives no keys",
  "wycheproof/hmac_sha256_test": "the device takes no MAC",
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
});
