/**
 * Writes files so that an interruption leaves the old content or the new one, never a mixture.
 *
 * The content goes to a temporary file in the same folder, is forced to the disk, and takes the
 * name of the old file in one step, which POSIX promises to be atomic (rename(2)).
 */
import {
  closeSync,
  existsSync,
  fchmodSync,
  fsyncSync,
  openSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import path from "node:path";
import { UserError } from "../user-error.ts";

/** How a file is written. */
export interface WholeFileOptions {
  /** What to call the file in errors; its path unless given. */
  readonly name?: string;
  /** Permission bits; those of the old file, or the usual ones, unless given. */
  readonly mode?: number;
}

/** A file that is to be written. */
export interface WholeFile extends WholeFileOptions {
  readonly file: string;
  readonly content: Uint8Array | string;
}

/**
 * Writes a file, whole or not at all. A symbolic link stays one: the file it leads to is replaced.
 *
 * @throws UserError `unwritable-file`; the old file is then unchanged
 */
export function writeFileWhole(
  file: string,
  content: Uint8Array | string,
  options: WholeFileOptions = {},
): void {
  writeFilesWhole([{ file, content, ...options }]);
}

/**
 * Writes files that are worth nothing without each other. All are on the disk before the first takes its name,
 * so one that does not fit, or may not be written, leaves none of them.
 *
 * @throws UserError `unwritable-file` or `file-twice`
 */
export function writeFilesWhole(files: readonly WholeFile[]): void {
  const staged: Staged[] = [];
  try {
    for (const each of files) staged.push(named(each, () => stage(each, staged)));
    for (const each of staged) named(each, () => renameSync(each.temporary, each.target));
  } catch (error) {
    for (const { temporary } of staged) rmSync(temporary, { force: true });
    throw error;
  }
  for (const folder of new Set(staged.map(({ target }) => path.dirname(target)))) syncFolder(folder);
}

/** A file whose content waits under another name. */
interface Staged {
  readonly name: string;
  readonly target: string;
  readonly temporary: string;
}

/** What `act` gives; what it throws, as an error about the file. */
function named<T>({ file, name = file ?? "" }: Partial<WholeFile>, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw error instanceof UserError ? error : errorOf(name, reasonOf(error), error);
  }
}

function stage({ file, content, name = file, mode }: WholeFile, others: readonly Staged[]): Staged {
  const target = existsSync(file) ? realpathSync(file) : file;
  checkReplaceable(target, name);
  if (others.some((other) => other.target === target)) {
    throw new UserError(
      "file-twice",
      `${name} is to be written twice, with different content.`,
      "Name two files.",
    );
  }
  removeLeftovers(target);
  const temporary = `${temporaryPrefix(target)}${process.pid}.tmp`;
  try {
    writeSynced(temporary, Buffer.from(content), mode ?? modeOf(target));
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  return { name, target, temporary };
}

/** A name that leads to a device or a pipe would be taken away from it: the new file would stand in its place. */
function checkReplaceable(target: string, name: string): void {
  if (!existsSync(target)) return;
  const stat = statSync(target);
  if (stat.isDirectory()) throw errorOf(name, "it is a folder");
  if (!stat.isFile()) throw errorOf(name, SPECIAL_FILE);
}

function writeSynced(file: string, content: Uint8Array, mode: number | undefined): void {
  const handle = openSync(file, "w", mode ?? 0o666);
  try {
    if (mode !== undefined) fchmodSync(handle, mode);
    for (let offset = 0; offset < content.length;) offset += writeSync(handle, content, offset);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Makes the new name itself durable; not every file system offers that, and none needs it to be whole. */
function syncFolder(folder: string): void {
  try {
    const handle = openSync(folder, "r");
    try {
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  } catch {
    // The content is on the disk already; only the moment of the renaming is left to the system.
  }
}

/** Removes temporary files of writers that were killed. */
function removeLeftovers(target: string): void {
  const folder = path.dirname(target);
  const prefix = path.basename(temporaryPrefix(target));
  for (const name of readdirSync(folder)) {
    if (!name.startsWith(prefix) || !name.endsWith(".tmp")) continue;
    const writer = Number(name.slice(prefix.length, -".tmp".length));
    if (Number.isInteger(writer) && !isRunning(writer)) rmSync(path.join(folder, name), { force: true });
  }
}

function temporaryPrefix(target: string): string {
  return path.join(path.dirname(target), `.${path.basename(target)}.`);
}

function isRunning(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

function modeOf(target: string): number | undefined {
  return existsSync(target) ? statSync(target).mode & 0o777 : undefined;
}

const DISK_FULL = "the disk is full";
const SPECIAL_FILE = "it is a device or a pipe, not a file";

const HINTS: ReadonlyMap<string, string> = new Map([
  [DISK_FULL, "Make room, or choose a folder on another disk."],
  [SPECIAL_FILE, "Name an ordinary file."],
]);

const REASONS: ReadonlyMap<string, string> = new Map([
  ["ENOENT", "there is no such folder"],
  ["EACCES", "you may not write there"],
  ["EPERM", "you may not write there"],
  ["ENAMETOOLONG", "its name is too long"],
  ["EROFS", "the file system is read-only"],
  ["ENOSPC", DISK_FULL],
  ["EDQUOT", DISK_FULL],
  ["ENOTDIR", "a part of its path is a file, not a folder"],
]);

/** Why a file cannot be written, in words where the system has only a code. */
export function reasonOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
  return REASONS.get(code) ?? code;
}

function errorOf(name: string, reason: string, cause?: unknown): UserError {
  const hint = HINTS.get(reason) ?? "Choose a folder that exists and that you may write to.";
  return new UserError("unwritable-file", `${name} cannot be written: ${reason}.`, hint, { cause });
}
