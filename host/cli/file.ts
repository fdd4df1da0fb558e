/**
 * The user's files: read and written so that every failure names the file and says what to do.
 */
import { isUtf8 } from "node:buffer";
import { existsSync, realpathSync } from "node:fs";
import path from "node:path";
import { decodeModule } from "../../emulator/wasm/decode.ts";
import { repeatedMember } from "../config/repeated-member.ts";
import { FileIsFolder, FileTooLarge, readBounded } from "../device/bounded-file.ts";
import { checkModule, namingModule, ownModule } from "../device/wasm-file.ts";
import { writeFilesWhole } from "../device/whole-file.ts";
import { UserError } from "../user-error.ts";
import type { Io } from "./io.ts";

/** Files beyond this are no envelope, key or payload: the largest device has 100 KiB of flash. */
const FILE_BYTES_MAX = 8 * 1024 * 1024;
/** What campaigns leave behind may be larger: shards, certificates, corpora. */
export const CAMPAIGN_BYTES_MAX = 64 * 1024 * 1024;

/** The absolute path of a path that the user gave. */
export function resolvePath(io: Io, file: string): string {
  return path.resolve(io.directory, file);
}

/**
 * Reads a file.
 *
 * @param what what it should hold, as in "envelope"
 * @param bytesMax what it may have
 * @throws UserError `unreadable-file`
 */
export function readInput(io: Io, file: string, what: string, bytesMax = FILE_BYTES_MAX): Uint8Array {
  const absolute = resolvePath(io, file);
  noteRead(io, file);
  try {
    return readBounded(absolute, bytesMax);
  } catch (error) {
    throw readError(file, what, absolute, error);
  }
}

/**
 * Reads a file if it is there; undefined if not.
 *
 * @throws UserError `unreadable-file`
 */
export function readOptional(io: Io, file: string): Uint8Array | undefined {
  return existsSync(resolvePath(io, file)) ? readInput(io, file, "file") : undefined;
}

/**
 * Reads a JSON file.
 *
 * @throws UserError `unreadable-file` or `json-syntax`
 */
export function readJson(io: Io, file: string, what: string): unknown {
  const bytes = readInput(io, file, what);
  const hint = `Correct the ${what}; an editor that knows JSON marks the place.`;
  let text: string;
  let json: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    json = JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const why = isUtf8(bytes) ? reason : "it is not UTF-8 text";
    throw new UserError("json-syntax", `${file} is not JSON: ${why}.`, hint, { cause });
  }
  const twice = repeatedMember(text);
  if (twice === undefined) return json;
  throw new UserError("json-syntax", `${file} has ${JSON.stringify(twice)} twice in one object.`, hint);
}

/**
 * Reads a Wasm module that a device is to run, or takes one of ours.
 *
 * @param own the name of ours
 * @throws UserError `unreadable-file`, `not-built`, or a code that starts with `module-`
 */
export function readModule(io: Io, file: string | undefined, own: string): Uint8Array {
  return file === undefined ? ownModule(own) : checkModule(readInput(io, file, "module"), file);
}

/**
 * Reads the unstripped twin of a module, for its names.
 *
 * @throws UserError `unreadable-file`, or a code that starts with `module-`
 */
export function readSymbols(io: Io, file: string): Uint8Array {
  const module = readInput(io, file, "symbols");
  namingModule(file, () => decodeModule(module));
  return module;
}

/** How a file is written. */
export interface WriteOptions {
  /** Replace a file that is there. */
  readonly force?: boolean | undefined;
  /** Permission bits; the usual ones unless given. */
  readonly mode?: number;
}

/**
 * Writes a file, whole or not at all.
 *
 * @throws UserError `file-exists` or `unwritable-file`
 */
export function writeOutput(
  io: Io,
  file: string,
  content: Uint8Array | string,
  options: WriteOptions = {},
): void {
  writeOutputs(io, [[file, content]], options);
}

/**
 * Writes files that belong together: all of them or none.
 *
 * @param files names with contents
 * @throws UserError `file-exists`, `file-twice` or `unwritable-file`
 */
export function writeOutputs(
  io: Io,
  files: readonly (readonly [file: string, content: Uint8Array | string])[],
  { force = false, mode }: WriteOptions = {},
): void {
  for (const [file] of files) refuseExisting(io, file, force);
  writeFilesWhole(
    files.map(([name, content]) => ({
      file: resolvePath(io, name),
      content,
      name,
      ...(mode === undefined ? {} : { mode }),
    })),
  );
}

/**
 * Writes a file in place of one that may be there, as a report does; only what this command itself has read
 * is not replaced.
 *
 * @throws UserError `file-read` or `unwritable-file`
 */
export function replaceOutput(io: Io, file: string, content: Uint8Array | string): void {
  if (READ_FILES.get(io)?.has(realPath(io, file)) === true) {
    throw new UserError(
      "file-read",
      `${file} is a file that this command reads, so it is not replaced.`,
      "Name another file to write.",
    );
  }
  writeOutput(io, file, content, { force: true });
}

/** What each command line has read. */
const READ_FILES = new WeakMap<Io, Set<string>>();

/** Remembers that a file was read, for `replaceOutput`. */
export function noteRead(io: Io, file: string): void {
  READ_FILES.set(io, (READ_FILES.get(io) ?? new Set()).add(realPath(io, file)));
}

function realPath(io: Io, file: string): string {
  const absolute = resolvePath(io, file);
  return existsSync(absolute) ? realpathSync(absolute) : absolute;
}

/**
 * Checks that a file may be made.
 *
 * @throws UserError `file-exists`
 */
export function refuseExisting(io: Io, file: string, force = false): void {
  if (force || !existsSync(resolvePath(io, file))) return;
  throw new UserError(
    "file-exists",
    `${file} exists already, and it is not overwritten.`,
    "Choose another name, or add --force.",
  );
}

function readError(file: string, what: string, absolute: string, error: unknown): UserError {
  if (error instanceof FileIsFolder) return unreadable(file, what, "it is a folder", "Give a file.", error);
  if (error instanceof FileTooLarge) return unreadable(file, what, error.why, "Give the right file.", error);
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code === "ENOENT") {
    const folder = path.dirname(absolute);
    const hint = existsSync(folder) ? "Check the name." : `There is no folder ${folder} either.`;
    return unreadable(file, what, "there is no such file", hint, error);
  }
  if (code === "EACCES" || code === "EPERM") {
    return unreadable(file, what, "you may not read it", "Change its permissions.", error);
  }
  if (code === "ENOTDIR") {
    return unreadable(file, what, "a part of its path is a file, not a folder", "Check the path.", error);
  }
  return unreadable(file, what, code === "" ? String(error) : code, "Check the path.", error);
}

function unreadable(file: string, what: string, why: string, hint: string, cause?: unknown): UserError {
  return new UserError("unreadable-file", `The ${what} ${file} cannot be read: ${why}.`, hint, { cause });
}
