/**
 * The state of an HSS/LMS key: no leaf signs twice, whoever is killed and however many sign at once.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { generateHssKey, parseTrees } from "../../host/keys/hss.ts";
import { writeKey } from "../../host/keys/key-file.ts";
import type { HssPrivateKey } from "../../host/keys/key.ts";
import { newLeafState, takeLeaf } from "../../host/keys/leaf-state.ts";
import { UserError } from "../../host/user-error.ts";

const SIGNER = fileURLToPath(new URL("../leaf-signer.ts", import.meta.url));
const folder = mkdtempSync(path.join(tmpdir(), "brownout-leaf-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A key with its state in a folder of its own. */
function keyIn(name: string, trees: string): { file: string; key: HssPrivateKey; states: () => string[] } {
  const place = path.join(folder, name);
  mkdirSync(place);
  const file = path.join(place, "author.key");
  const { key, top } = generateHssKey(parseTrees(trees));
  writeFileSync(...newLeafState(file, key, top.leaves));
  writeFileSync(file, writeKey(key, "cose"));
  return { file, key, states: () => readdirSync(place).filter((entry) => entry.includes("state")) };
}

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof UserError) return error.code;
    throw error;
  }
  return "none";
}

/** Starts a signer, lets it release one signature, kills it after a while, and returns what it released. */
async function killedSigner(file: string, millis: number): Promise<string[]> {
  const child = spawn(process.execPath, ["--import", import.meta.resolve("tsx"), SIGNER, file], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  child.stdout.setEncoding("utf8");
  child.stdout.on("data", (piece: string) => (text += piece));
  const closed = once(child, "close");
  await Promise.race([once(child.stdout, "data"), closed]);
  await delay(millis);
  child.kill("SIGKILL");
  await closed;
  expect(child.signalCode).toBe("SIGKILL");
  return text.split("\n").filter((line) => line !== "");
}

describe("the state of an HSS/LMS key", () => {
  it("gives every leaf to one signer only, though signers work side by side and are killed at any moment", async () => {
    const { file, states } = keyIn("killed", "H10/W1,H5/W1");
    const released: string[] = [];
    for (let round = 0; round < 6; round += 1) {
      const signers = [0, 1, 2].map((signer) => killedSigner(file, (round * 13 + signer * 29) % 83));
      released.push(...(await Promise.all(signers)).flat());
    }
    expect(released.length).toBeGreaterThanOrEqual(18);
    expect(new Set(released).size).toBe(released.length);
    const [state, ...others] = states();
    expect(others).toEqual([]);
    const next = Number(/^author\.key\.state-([0-9]+)$/.exec(state ?? "")?.[1]);
    const numbers = released
      .map((line) => line.split(".").map(Number))
      .map(([q = NaN, r = NaN]) => q * 32 + r);
    expect(next).toBeGreaterThan(Math.max(...numbers));
  }, 60_000);

  it("counts up by one, and ends when all leaves have signed", () => {
    const { file, key } = keyIn("exhausted", "H5/W4");
    const taken = Array.from({ length: 32 }, () => takeLeaf(file, key, "author.key").leaf);
    expect(taken).toEqual(Array.from({ length: 32 }, (_, index) => BigInt(index)));
    expect(codeOf(() => takeLeaf(file, key, "author.key"))).toBe("key-exhausted");
  });

  it("is missing where only the key was copied to", () => {
    const { file, key } = keyIn("copied", "H5/W4");
    const copy = path.join(folder, "copy.key");
    copyFileSync(file, copy);
    expect(codeOf(() => takeLeaf(copy, key, "copy.key"))).toBe("leaf-state-missing");
  });

  it("is the same under every link to the key", () => {
    const { file, key } = keyIn("linked", "H5/W4");
    const link = path.join(folder, "link.key");
    symlinkSync(file, link);
    expect(takeLeaf(link, key, "link.key").leaf).toBe(0n);
    expect(takeLeaf(file, key, "author.key").leaf).toBe(1n);
  });

  it("goes on from the highest number if an older copy was brought back beside it", () => {
    const { file, key } = keyIn("restored", "H5/W4");
    copyFileSync(`${file}.state-0`, `${folder}/backup`);
    for (let count = 0; count < 5; count += 1) takeLeaf(file, key, "author.key");
    renameSync(`${folder}/backup`, `${file}.state-0`);
    expect(takeLeaf(file, key, "author.key").leaf).toBe(5n);
  });

  it("of another key is passed over, and so is a damaged one", () => {
    const { file, key } = keyIn("mixed", "H5/W4");
    const other = keyIn("other", "H5/W4");
    copyFileSync(`${other.file}.state-0`, `${file}.state-9`);
    writeFileSync(`${file}.state-20`, "damaged");
    expect(takeLeaf(file, key, "author.key").leaf).toBe(0n);
    rmSync(`${file}.state-1`);
    expect(codeOf(() => takeLeaf(file, key, "author.key"))).toBe("leaf-state-missing");
  });
});
