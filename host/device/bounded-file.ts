/**
 * Reading files of any kind without taking more memory than what they may have: also what has no size of its
 * own, as a pipe or /dev/zero.
 */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";

/** A file that has more bytes than it may have. */
export class FileTooLarge extends Error {
  override readonly name = "FileTooLarge";
  /** As in: it has 200 bytes, and at most 100 are read; or: it has more than 100 bytes. */
  readonly why: string;

  constructor(why: string) {
    super(why);
    this.why = why;
  }
}

/** A folder, where a file was expected. */
export class FileIsFolder extends Error {
  override readonly name = "FileIsFolder";
}

/** Bytes that are read at first from what has no size. */
const PIECE_BYTES = 1024 * 1024;

/**
 * Reads a whole file.
 *
 * @param bytesMax what it may have
 * @throws FileTooLarge or FileIsFolder, or what node:fs throws
 */
export function readBounded(file: string, bytesMax: number): Uint8Array {
  const handle = openSync(file, "r");
  try {
    const stat = fstatSync(handle);
    if (stat.isDirectory()) throw new FileIsFolder();
    if (stat.size > bytesMax)
      throw new FileTooLarge(`it has ${stat.size} bytes, and at most ${bytesMax} are read`);
    let content = new Uint8Array(Math.max(stat.size, PIECE_BYTES) + 1);
    let bytes = 0;
    let count: number;
    do {
      if (bytes === content.length) content = grown(content, bytesMax + 1);
      count = readSync(handle, content, bytes, content.length - bytes, null);
      bytes += count;
      if (bytes > bytesMax) throw new FileTooLarge(`it has more than ${bytesMax} bytes`);
    } while (count > 0);
    return content.slice(0, bytes);
  } finally {
    closeSync(handle);
  }
}

/** The same bytes with twice the room, at most `bytesMax`. */
function grown(content: Uint8Array, bytesMax: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(Math.min(content.length * 2, bytesMax));
  larger.set(content);
  return larger;
}
