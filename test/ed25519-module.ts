/**
 * The device's SHA-512 and Ed25519 behind typed functions, for tests and benchmarks.
 *
 * Opens a build of `assembly/testing/ed25519.ts`. Byte strings go in and come out as `Uint8Array`,
 * numbers as `bigint`; the pointers stay in here.
 */
import { instantiateSync } from "@assemblyscript/loader";
import { Memory } from "../assembly/layout.ts";
import { readWasm } from "./wasm-file.ts";

/** What the module exports, pointers as numbers. */
type Exports = {
  readonly INPUT: WebAssembly.Global;
  readonly OUTPUT: WebAssembly.Global;

  sha512(pointer: number, length: number, out: number): void;
  sha512Init(): void;
  sha512Update(pointer: number, length: number): void;
  sha512Final(out: number): void;
};

/** Builds with the inner layers: the one made for speed and the one made for size. */
export const ed25519Builds = ["testing/ed25519-speed", "testing/ed25519-size"] as const;

const digestBytes = 64;

/** One instance of the module. */
export class Ed25519Module {
  readonly #exports: Exports;
  readonly #memory = new WebAssembly.Memory({ initial: Memory.WasmPages, maximum: Memory.WasmPages });
  readonly #bytes = new Uint8Array(this.#memory.buffer);
  readonly #input: number;
  readonly #output: number;

  /** @param name one of `ed25519Builds` */
  constructor(name: string) {
    const { exports } = instantiateSync<Exports>(readWasm(name), { env: { memory: this.#memory } });
    this.#exports = exports;
    this.#input = Number(exports.INPUT.value);
    this.#output = Number(exports.OUTPUT.value);
  }

  /** SHA-512 of a message that lies in mapped flash, at an address that is a multiple of nothing. */
  sha512(message: Uint8Array): Uint8Array<ArrayBuffer> {
    this.#bytes.set(message, 1);
    this.#exports.sha512(1, message.length, this.#output);
    return this.#read(this.#output, digestBytes);
  }

  /** SHA-512 of a message given in pieces of at most 512 bytes. */
  sha512Streamed(pieces: Iterable<Uint8Array>): Uint8Array<ArrayBuffer> {
    this.#exports.sha512Init();
    for (const piece of pieces) {
      this.#bytes.set(piece, this.#input);
      this.#exports.sha512Update(this.#input, piece.length);
      // What was given must have been consumed or copied.
      this.#bytes.fill(0xa5, this.#input, this.#input + piece.length);
    }
    this.#exports.sha512Final(this.#output);
    return this.#read(this.#output, digestBytes);
  }

  #read(pointer: number, length: number): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(pointer, pointer + length);
  }
}
