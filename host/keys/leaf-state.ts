/**
 * Which leaf of an HSS/LMS key signs next: state that must never go back, because a leaf that signs twice
 * gives the key away.
 *
 * The state is a file beside the key whose name says the number: `author.key.state-12`. A signer takes a
 * leaf by renaming the file to the next number. Renaming is one step (rename(2)): a signer that is killed
 * has taken the leaf or has not, and of two that want the same one, one finds the name gone and looks
 * again. So there is no lock that could be left behind. The folder is forced to the disk before the
 * leaf is given out, so not even a power cut brings the old name back.
 *
 * What the file holds never changes: the key it belongs to, and the leaves of the top tree, which are
 * public and take long to compute. Files of other keys are passed over, and of several of this key, as
 * a copy from a backup leaves them, the one with the highest number counts. A copy that was made of key
 * and state together and is used elsewhere cannot be noticed.
 */
import { closeSync, fsyncSync, openSync, readdirSync, readFileSync, realpathSync, renameSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { reasonOf } from "../device/whole-file.ts";
import { UserError } from "../user-error.ts";
import { leafCount } from "./hss.ts";
import type { HssPrivateKey, LeafTaken } from "./key.ts";

const Content = z.object({ key: z.string(), leaves: z.string() });

/** The state of a key as it was found. */
interface LeafState {
  readonly file: string;
  readonly next: bigint;
  readonly topLeaves: Uint8Array;
}

/**
 * The state of a new key, to be written before the key itself: a key without state does not sign.
 *
 * @param keyFile where the key will be @param topLeaves the leaves of its top tree
 * @returns name and content of the file
 */
export function newLeafState(
  keyFile: string,
  key: HssPrivateKey,
  topLeaves: Uint8Array,
): readonly [file: string, content: string] {
  const content = { key: hexOf(key.x), leaves: Buffer.from(topLeaves).toString("base64") };
  return [stateFile(keyFile, 0n), `${JSON.stringify(content)}\n`];
}

/**
 * Takes the next leaf of a key. When this returns, the leaf is used up for good.
 *
 * @param keyFile where the key is; links to it share its state
 * @param name what to call it in errors
 * @throws UserError `leaf-state-missing`, `key-exhausted`, or `unwritable-file`
 */
export function takeLeaf(keyFile: string, key: HssPrivateKey, name: string): LeafTaken {
  try {
    const target = realpathSync(keyFile);
    const count = leafCount(key.trees);
    for (;;) {
      const state = findState(target, key, name);
      if (state.next >= count) {
        throw new UserError(
          "key-exhausted",
          `${name}: all ${count} signatures of this key have been made.`,
          "Make a new key, and have devices trust it.",
        );
      }
      if (!rename(state.file, stateFile(target, state.next + 1n))) continue;
      syncFolder(path.dirname(target));
      return { leaf: state.next, topLeaves: state.topLeaves };
    }
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(
      "unwritable-file",
      `The state of ${name} cannot be advanced: ${reasonOf(error)}.`,
      "Nothing is signed without it; sign where the folder of the key may be written.",
      { cause: error },
    );
  }
}

/** The state with the highest number that belongs to the key. */
function findState(keyFile: string, key: HssPrivateKey, name: string): LeafState {
  const prefix = path.basename(stateFile(keyFile, 0n)).slice(0, -1);
  const numbers = readdirSync(path.dirname(keyFile))
    .filter((entry) => entry.startsWith(prefix) && /^[0-9]{1,61}$/.test(entry.slice(prefix.length)))
    .map((entry) => BigInt(entry.slice(prefix.length)))
    .toSorted((left, right) => (left < right ? 1 : -1));
  for (const next of numbers) {
    const file = stateFile(keyFile, next);
    const content = readContent(file);
    // Another signer has taken this leaf since: look again.
    if (content === undefined) return findState(keyFile, key, name);
    if (content.key === hexOf(key.x)) {
      return { file, next, topLeaves: Uint8Array.from(Buffer.from(content.leaves, "base64")) };
    }
  }
  throw new UserError(
    "leaf-state-missing",
    `${name}: beside the key is no file ${prefix}N that belongs to it, so nobody knows which leaf is next.`,
    "Sign with the key where `keys generate` wrote it. Without its state it is lost: make a new one.",
  );
}

/** What a state file holds: undefined if it is gone, nobody's key if it is damaged. */
function readContent(file: string): z.infer<typeof Content> | undefined {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
  try {
    return Content.parse(JSON.parse(text));
  } catch {
    return { key: "", leaves: "" };
  }
}

/** Renames a file; says whether it was still there. */
function rename(from: string, to: string): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return false;
    throw error;
  }
}

/** Forces a new name to the disk. */
function syncFolder(folder: string): void {
  const handle = openSync(folder, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function stateFile(keyFile: string, next: bigint): string {
  return `${keyFile}.state-${next}`;
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}
