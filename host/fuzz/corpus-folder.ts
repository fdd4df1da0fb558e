/**
 * Inputs as files: a corpus to go on from, and findings to look at.
 *
 * A file is named by its content, and its extension is its target. Files of other names are left alone.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import type { CorpusEntry } from "../../emulator/fuzz/corpus.ts";
import { writeFileWhole } from "../device/whole-file.ts";
import { UserError } from "../user-error.ts";
import type { ShrunkFinding } from "./run.ts";
import { TARGET_NAMES, type TargetName } from "./target.ts";

/**
 * The inputs of a target in a folder, in the order of their names; none if there is no such folder.
 *
 * @throws UserError `unreadable-folder`
 */
export function readCorpus(folder: string, target: TargetName): Uint8Array[] {
  if (!existsSync(folder)) return [];
  return inputFiles(folder, target).map((name) => Uint8Array.from(readFileSync(path.join(folder, name))));
}

/**
 * Makes a folder hold exactly this corpus of a target.
 *
 * @throws UserError `unwritable-file` or `unreadable-folder`
 */
export function writeCorpus(folder: string, target: TargetName, corpus: readonly CorpusEntry[]): void {
  makeFolder(folder);
  const wanted = new Set<string>();
  for (const { bytes } of corpus) {
    const name = inputName(bytes, target);
    wanted.add(name);
    const file = path.join(folder, name);
    if (!existsSync(file)) writeFileWhole(file, bytes);
  }
  for (const name of inputFiles(folder, target)) if (!wanted.has(name)) rmSync(path.join(folder, name));
}

/**
 * Writes the input of a finding.
 *
 * @returns the file
 * @throws UserError `unwritable-file`
 */
export function writeFinding(folder: string, target: TargetName, { kind, input }: ShrunkFinding): string {
  makeFolder(folder);
  const file = path.join(folder, `${kind}-${inputName(input, target)}`);
  writeFileWhole(file, input);
  return file;
}

/**
 * The target that a file is an input of, by its extension.
 *
 * @throws UserError `input-extension`
 */
export function targetOfFile(file: string): TargetName {
  const target = TARGET_NAMES.find((name) => file.endsWith(`.${name}`));
  if (target !== undefined) return target;
  throw new UserError(
    "input-extension",
    `The name of ${file} does not say what it is an input of.`,
    `Give a file that ends in ${TARGET_NAMES.map((name) => `.${name}`).join(", ")}, or --target with it.`,
  );
}

function inputName(bytes: Uint8Array, target: TargetName): string {
  return `${createHash("sha256").update(bytes).digest("hex").slice(0, 16)}.${target}`;
}

function inputFiles(folder: string, target: TargetName): string[] {
  const pattern = new RegExp(`^[0-9a-f]{16}\\.${target}$`);
  try {
    return readdirSync(folder)
      .filter((name) => pattern.test(name))
      .sort();
  } catch (cause) {
    throw new UserError("unreadable-folder", `${folder} cannot be read.`, "Give a folder.", { cause });
  }
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (cause) {
    throw new UserError(
      "unwritable-file",
      `${folder} cannot be made: ${cause instanceof Error ? cause.message : String(cause)}.`,
      "Choose a folder that you may write to.",
      { cause },
    );
  }
}
