/**
 * Compares memory images, 32 bytes at a turn, in WebAssembly: a glitch bench does little else as
 * often, and a loop in JavaScript takes four times as long (measured).
 */
import { ByteWriter } from "../wasm/byte-writer.ts";
import { Opcode, TypeCode } from "../wasm/opcode.ts";

/** Bytes compared at a turn; images are padded to whole blocks. */
const BLOCK_BYTES = 32;
/** An odd number with bits all over, so that every bit reaches those above it. */
const SPREAD = 0x9e3779b1;
const PAGE_BYTES = 65_536;
/** Images that are kept at most, all in all [bytes]. */
const CAPACITY_BYTES = 32 * 1024 * 1024;

/** Keeps images of equal size, and compares another one with them. */
export class Comparer {
  readonly #bytes: number;
  readonly #stride: number;
  readonly #memory = new WebAssembly.Memory({ initial: 1 });
  readonly #difference: (a: number, b: number, end: number) => number;
  #view: Uint8Array;
  #words: Int32Array;
  #next: number;

  /** @param bytes size of every image, whole words */
  constructor(bytes: number) {
    this.#bytes = bytes;
    this.#stride = Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES;
    this.#next = this.#stride;
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(moduleBytes()), {
      env: { memory: this.#memory },
    });
    const { difference } = exports;
    if (!isCompare(difference)) throw new TypeError("The comparing module exports no function.");
    this.#difference = difference;
    this.#view = new Uint8Array(this.#memory.buffer);
    this.#words = new Int32Array(this.#memory.buffer);
    this.#reserve(this.#next);
  }

  /** Takes the image that the next calls are about. */
  take(image: Uint8Array): void {
    this.#view.set(image, 0);
  }

  /** Writes the image taken to where it was taken from. */
  giveBack(image: Uint8Array): void {
    image.set(this.#view.subarray(0, this.#bytes));
  }

  /**
   * Keeps the image taken, in place of another one if that is given.
   *
   * @returns the number that stands for it, or undefined if there is no more room
   */
  keep(instead?: number): number | undefined {
    if (instead !== undefined) {
      this.#view.copyWithin(instead, 0, this.#stride);
      return instead;
    }
    if (this.#next + this.#stride > CAPACITY_BYTES) return undefined;
    this.#reserve(this.#next + this.#stride);
    this.#view.copyWithin(this.#next, 0, this.#stride);
    const place = this.#next;
    this.#next += this.#stride;
    return place;
  }

  /** Where the image taken differs from one that was kept: a word's number; -1 if nowhere. */
  difference(place: number): number {
    const offset = this.#difference(0, place, this.#bytes);
    if (offset < 0) return -1;
    let word = offset >> 2;
    while (this.#words[word] === this.#words[(place >> 2) + word]) word += 1;
    return word;
  }

  /** A number that the image taken shares with few others. */
  digest(): number {
    const words = this.#words;
    const end = this.#stride >> 2;
    let even = 1;
    let odd = 2;
    for (let word = 0; word < end; word += 2) {
      even = Math.imul(even ^ (words[word] ?? 0), SPREAD);
      odd = Math.imul(odd ^ (words[word + 1] ?? 0), SPREAD);
    }
    return even ^ (odd >>> 13) ^ odd;
  }

  /** Whether one word of the image taken is as in one that was kept. */
  sameWord(place: number, word: number): boolean {
    return this.#words[word] === this.#words[(place >> 2) + word];
  }

  /** One word of an image that was kept. */
  wordOf(place: number, word: number): number {
    return this.#words[(place >> 2) + word] ?? 0;
  }

  #reserve(bytes: number): void {
    const missing = bytes - this.#view.length;
    if (missing <= 0) return;
    this.#memory.grow(Math.max(16, Math.ceil(missing / PAGE_BYTES)));
    this.#view = new Uint8Array(this.#memory.buffer);
    this.#words = new Int32Array(this.#memory.buffer);
  }
}

function isCompare(value: unknown): value is (a: number, b: number, end: number) => number {
  return typeof value === "function";
}

/** difference(a, b, end) → offset of the first block that differs, or -1; `a` begins at 0. */
function moduleBytes(): Uint8Array<ArrayBuffer> {
  const [i64Load, i64Xor, i64Or, i64Eqz, i32GeU] = [0x29, 0x85, 0x84, 0x50, 0x4f];
  const code = new ByteWriter().raw(0, Opcode.Loop, TypeCode.Empty);
  code.raw(Opcode.LocalGet, 0, Opcode.LocalGet, 2, i32GeU, Opcode.If, TypeCode.Empty);
  code.raw(Opcode.I32Const, 0x7f, Opcode.Return, Opcode.End);
  for (let offset = 0; offset < BLOCK_BYTES; offset += 8) {
    code.raw(Opcode.LocalGet, 0, i64Load, 3, offset, Opcode.LocalGet, 1, i64Load, 3, offset, i64Xor);
    if (offset > 0) code.byte(i64Or);
  }
  code.raw(i64Eqz, Opcode.If, TypeCode.Empty);
  for (const local of [0, 1]) {
    code.raw(Opcode.LocalGet, local, Opcode.I32Const, BLOCK_BYTES, Opcode.I32Add, Opcode.LocalSet, local);
  }
  code.raw(Opcode.Br, 1, Opcode.End, Opcode.End, Opcode.LocalGet, 0, Opcode.End);

  const module = new ByteWriter().raw(0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
  const { I32, Function } = { I32: TypeCode.I32, Function: TypeCode.Function };
  section(module, 1, new ByteWriter().raw(1, Function, 3, I32, I32, I32, 1, I32));
  section(module, 2, new ByteWriter().u32(1).text("env").text("memory").raw(2, 0, 1));
  section(module, 3, new ByteWriter().raw(1, 0));
  section(module, 7, new ByteWriter().u32(1).text("difference").raw(0, 0));
  section(module, 10, new ByteWriter().u32(1).u32(code.length).copy(code.finish()));
  return module.finish();
}

function section(module: ByteWriter, id: number, body: ByteWriter): void {
  module.byte(id).u32(body.length).copy(body.finish());
}
