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
  const name = options.name ?? file;
  try {
    const target = existsSync(file) ? realpathSync(file) : file;
    if (existsSync(target) && statSync(target).isDirectory()) throw errorOf(name, "it is a folder");
    removeLeftovers(target);
    replace(target, Buffer.from(content), options.mode ?? modeOf(target));
  } catch (error) {
    throw error instanceof UserError ? error : errorOf(name, reasonOf(error), error);
  }
}

function replace(target: string, content: Uint8Array, mode: number | undefined): void {
  const temporary = `${temporaryPrefix(target)}${process.pid}.tmp`;
  try {
    const handle = openSync(temporary, "w", mode ?? 0o666);
    try {
      if (mode !== undefined) fchmodSync(handle, mode);
      for (let offset = 0; offset < content.length;) offset += writeSync(handle, content, offset);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(temporary, target);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  syncFolder(path.dirname(target));
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

const REASONS: ReadonlyMap<string, string> = new Map([
  ["ENOENT", "there is no such folder"],
  ["EACCES", "you may not write there"],
  ["EPERM", "you may not write there"],
  ["EROFS", "the file system is read-only"],
  ["ENOSPC", "the disk is full"],
  ["ENOTDIR", "a part of its path is a file, not a folder"],
]);

function reasonOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
  return REASONS.get(code) ?? code;
}

function errorOf(name: string, reason: string, cause?: unknown): UserError {
  return new UserError(
    "unwritable-file",
    `${name} cannot be written: ${reason}.`,
    "Choose a folder that exists and that you may write to.",
    { cause },
  );
}
