/**
 * The cache of compiled images.
 *
 * A device compiles what its flash holds each time it boots; a campaign boots the same few images
 * ten thousand times. The key is the exact content, compared byte by byte, so no two images are
 * ever taken for each other. A refusal is remembered as well. Beyond a limit, the image that was
 * not used for longest is forgotten.
 */

import { ModuleError } from "./wasm/module-error.ts";
import type { LoadedModule } from "./wasm/load.ts";

const ENTRY_LIMIT = 64;

interface Entry {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly words: Uint32Array;
  readonly outcome: LoadedModule | ModuleError;
}

/** Compiled images by content, for one way of compiling. */
export class ImageCache {
  /** Most recently used first. */
  readonly #entries: Entry[] = [];
  readonly #compile: (bytes: Uint8Array<ArrayBuffer>) => LoadedModule;

  /** @param compile loads a module or throws ModuleError; gets a copy that it may keep */
  constructor(compile: (bytes: Uint8Array<ArrayBuffer>) => LoadedModule) {
    this.#compile = compile;
  }

  /** How many images are remembered. */
  get size(): number {
    return this.#entries.length;
  }

  /**
   * The compiled form of the image at `[address, address + length)`.
   *
   * @param memory a view of the whole linear memory
   * @returns the loaded module, or the error with which it was refused
   */
  load(memory: Uint8Array<ArrayBuffer>, address: number, length: number): LoadedModule | ModuleError {
    const entries = this.#entries;
    for (let index = 0; index < entries.length; index += 1) {
      const entry = entries[index];
      if (entry === undefined || !matches(entry, memory, address, length)) continue;
      if (index > 0) {
        entries.splice(index, 1);
        entries.unshift(entry);
      }
      return entry.outcome;
    }
    const padded = new Uint8Array((length + 3) & ~3);
    padded.set(memory.subarray(address, address + length));
    const bytes = padded.subarray(0, length);
    entries.unshift({ bytes, words: new Uint32Array(padded.buffer), outcome: this.#outcome(bytes) });
    if (entries.length > ENTRY_LIMIT) entries.pop();
    return entries[0]?.outcome ?? this.#outcome(bytes);
  }

  #outcome(bytes: Uint8Array<ArrayBuffer>): LoadedModule | ModuleError {
    try {
      return this.#compile(bytes.slice());
    } catch (error) {
      if (error instanceof ModuleError) return error;
      throw error;
    }
  }
}

function matches(entry: Entry, memory: Uint8Array<ArrayBuffer>, address: number, length: number): boolean {
  const { bytes } = entry;
  if (bytes.length !== length) return false;
  let offset = 0;
  if (address % 4 === 0) {
    const { words } = entry;
    const count = length >>> 2;
    const device = new Uint32Array(memory.buffer, address, count);
    for (let index = 0; index < count; index += 1) {
      if (words[index] !== device[index]) return false;
    }
    offset = count << 2;
  }
  for (; offset < length; offset += 1) {
    if (bytes[offset] !== memory[address + offset]) return false;
  }
  return true;
}
