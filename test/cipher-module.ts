/**
 * What the device decrypts payloads with, behind typed functions, for tests.
 *
 * Opens a build of `assembly/testing/cipher.ts`. Operands lie in mapped flash at odd addresses, one behind
 * the other; results go to flash as well, which this instance does not protect.
 */
import { instantiateSync } from "@assemblyscript/loader";
import { Memory } from "../assembly/layout.ts";
import { readWasm } from "./wasm-file.ts";

/** What the module exports, pointers as numbers. */
export type CipherExports = {
  readonly OUTPUT: WebAssembly.Global;

  aesSetKey(key: number, keyBytes: number): void;
  aesEncryptBlock(block: number): void;
  aesEncryptBatch(blocks: number): void;
  aesDecryptBlock(block: number): void;
  aesForget(): void;
  aesCtrInit(counter: number, width: number): void;
  aesCtrSeek(position: number): void;
  aesCtrUpdate(input: number, length: number, output: number): void;
  aesCtrForget(): void;
  aesGcmInit(iv: number, ivBytes: number, additional: number, additionalBytes: number): void;
  aesGcmDecrypt(input: number, length: number, output: number): void;
  aesGcmFinal(tag: number): number;
  aesKwUnwrap(kek: number, kekBytes: number, wrapped: number, wrappedBytes: number, out: number): number;

  chacha20Init(key: number, nonce: number, counter: number): void;
  chacha20Update(input: number, length: number, output: number): void;
  poly1305Init(key: number): void;
  poly1305Update(pointer: number, length: number): void;
  poly1305Final(out: number): void;
  chachaPolyInit(key: number, nonce: number, additional: number, additionalBytes: number): void;
  chachaPolyDecrypt(input: number, length: number, output: number): void;
  chachaPolyFinal(tag: number): number;

  hmacSha256Init(key: number, keyBytes: number): void;
  hmacSha256Update(pointer: number, length: number): void;
  hmacSha256Final(out: number): void;
  hkdfSha256(
    secret: number,
    secretBytes: number,
    salt: number,
    saltBytes: number,
    info: number,
    infoBytes: number,
    out: number,
    outBytes: number,
  ): number;
  ecdhP256(secret: number, x: number, y: number, out: number): number;
  equalConstantTime(a: number, b: number, length: number): number;
};

/** Builds: the one made for speed and the one made for size. */
export const cipherBuilds = ["testing/cipher-speed", "testing/cipher-size"] as const;

/** The device's status, and what it wrote. */
export interface Outcome {
  readonly status: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** What authenticated decryption is given. */
export interface Sealed {
  readonly key: Uint8Array;
  readonly nonce: Uint8Array;
  readonly additional: Uint8Array;
  readonly ciphertext: Uint8Array;
  readonly tag: Uint8Array;
}

const counterWidth = { whole: 0, last32: 1 } as const;

/** One instance of the module. */
export class CipherModule {
  readonly #exports: CipherExports;
  readonly #memory = new WebAssembly.Memory({ initial: Memory.WasmPages, maximum: Memory.WasmPages });
  readonly #bytes = new Uint8Array(this.#memory.buffer);
  /** Where the next operand goes. */
  #free = 1;

  /** @param name one of `cipherBuilds` */
  constructor(name: string) {
    this.#exports = instantiateSync<CipherExports>(readWasm(name), { env: { memory: this.#memory } }).exports;
  }

  /** One block encrypted alone, and the same one as each of four. */
  aesEncrypt(key: Uint8Array, block: Uint8Array): Uint8Array<ArrayBuffer>[] {
    this.#begin();
    this.#setKey(key);
    const alone = this.#place(block);
    this.#exports.aesEncryptBlock(alone);
    const batch = this.#place(Buffer.concat([block, block, block, block]));
    this.#exports.aesEncryptBatch(batch);
    return [alone, batch, batch + 16, batch + 32, batch + 48].map((place) => this.#read(place, 16));
  }

  /** Four blocks, encrypted at once. */
  aesEncryptBatch(key: Uint8Array, blocks: Uint8Array): Uint8Array<ArrayBuffer> {
    this.#begin();
    this.#setKey(key);
    const place = this.#place(blocks);
    this.#exports.aesEncryptBatch(place);
    return this.#read(place, 64);
  }

  aesDecrypt(key: Uint8Array, block: Uint8Array): Uint8Array<ArrayBuffer> {
    this.#begin();
    this.#setKey(key);
    const place = this.#place(block);
    this.#exports.aesDecryptBlock(place);
    return this.#read(place, 16);
  }

  /** Counter mode over pieces, from `position` on. */
  aesCtr(
    key: Uint8Array,
    counter: Uint8Array,
    pieces: readonly Uint8Array[],
    position = 0,
  ): Uint8Array<ArrayBuffer> {
    this.#begin();
    this.#setKey(key);
    this.#exports.aesCtrInit(this.#place(counter), counterWidth.whole);
    this.#exports.aesCtrSeek(position);
    const bytes = this.#stream(pieces, (input, length, output) => {
      this.#exports.aesCtrUpdate(input, length, output);
    });
    this.#exports.aesCtrForget();
    return bytes;
  }

  /** Opens AES-GCM, the ciphertext in pieces of `step` bytes. */
  aesGcm({ key, nonce, additional, ciphertext, tag }: Sealed, step = 1000): Outcome {
    this.#begin();
    this.#setKey(key);
    this.#exports.aesGcmInit(this.#place(nonce), nonce.length, this.#place(additional), additional.length);
    const bytes = this.#stream(cut(ciphertext, step), (input, length, output) => {
      this.#exports.aesGcmDecrypt(input, length, output);
    });
    return { status: this.#exports.aesGcmFinal(this.#place(tag)), bytes };
  }

  /** Opens ChaCha20-Poly1305, the ciphertext in pieces of `step` bytes. */
  chachaPoly({ key, nonce, additional, ciphertext, tag }: Sealed, step = 1000): Outcome {
    this.#begin();
    const [keyPlace, noncePlace, more] = [this.#place(key), this.#place(nonce), this.#place(additional)];
    this.#exports.chachaPolyInit(keyPlace, noncePlace, more, additional.length);
    const bytes = this.#stream(cut(ciphertext, step), (input, length, output) => {
      this.#exports.chachaPolyDecrypt(input, length, output);
    });
    return { status: this.#exports.chachaPolyFinal(this.#place(tag)), bytes };
  }

  chacha20(
    key: Uint8Array,
    nonce: Uint8Array,
    counter: number,
    pieces: readonly Uint8Array[],
  ): Uint8Array<ArrayBuffer> {
    this.#begin();
    this.#exports.chacha20Init(this.#place(key), this.#place(nonce), counter);
    return this.#stream(pieces, (input, length, output) => {
      this.#exports.chacha20Update(input, length, output);
    });
  }

  poly1305(key: Uint8Array, pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
    this.#begin();
    this.#exports.poly1305Init(this.#place(key));
    for (const piece of pieces) this.#exports.poly1305Update(this.#place(piece), piece.length);
    const out = this.#reserve(16);
    this.#exports.poly1305Final(out);
    return this.#read(out, 16);
  }

  /** Unwraps a key. */
  aesKwUnwrap(kek: Uint8Array, wrapped: Uint8Array): Outcome {
    this.#begin();
    const [kekPlace, place] = [this.#place(kek), this.#place(wrapped)];
    const length = Math.max(wrapped.length - 8, 0);
    const out = this.#reserve(length);
    const status = this.#exports.aesKwUnwrap(kekPlace, kek.length, place, wrapped.length, out);
    return { status, bytes: this.#read(out, length) };
  }

  /** HKDF-SHA-256. */
  hkdfSha256(secret: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Outcome {
    this.#begin();
    const [secretPlace, saltPlace, infoPlace] = [this.#place(secret), this.#place(salt), this.#place(info)];
    const out = this.#reserve(length);
    const status = this.#exports.hkdfSha256(
      secretPlace,
      secret.length,
      saltPlace,
      salt.length,
      infoPlace,
      info.length,
      out,
      length,
    );
    return { status, bytes: this.#read(out, length) };
  }

  /** The shared secret of a private key and a point, coordinates big-endian. */
  ecdhP256(secret: Uint8Array, x: Uint8Array, y: Uint8Array): Outcome {
    this.#begin();
    const out = this.#reserve(32);
    const status = this.#exports.ecdhP256(this.#place(secret), this.#place(x), this.#place(y), out);
    return { status, bytes: this.#read(out, 32) };
  }

  /** Whether any `length` bytes of RAM in a row are those of `secret`. */
  holdsInRam(secret: Uint8Array, length: number): boolean {
    const ram = Buffer.from(this.#bytes.subarray(Memory.RamBase));
    for (let start = 0; start + length <= secret.length; start++) {
      if (ram.includes(Buffer.from(secret.subarray(start, start + length)))) return true;
    }
    return false;
  }

  #begin(): void {
    this.#bytes.fill(0xa5, 0, this.#free);
    this.#free = 1;
  }

  #setKey(key: Uint8Array): void {
    this.#exports.aesSetKey(this.#place(key), key.length);
  }

  /** Streams pieces through a function, every other one in place. */
  #stream(
    pieces: readonly Uint8Array[],
    update: (input: number, length: number, output: number) => void,
  ): Uint8Array<ArrayBuffer> {
    const results = pieces.map((piece, index) => {
      const input = this.#place(piece);
      const output = index % 2 === 0 ? this.#reserve(piece.length) : input;
      update(input, piece.length, output);
      return this.#read(output, piece.length);
    });
    return Uint8Array.from(Buffer.concat(results));
  }

  #place(bytes: Uint8Array): number {
    const place = this.#reserve(bytes.length);
    this.#bytes.set(bytes, place);
    return place;
  }

  #reserve(length: number): number {
    const place = this.#free;
    this.#free += length + 1 + (length % 2);
    if (this.#free > Memory.RamBase) throw new RangeError("the operands do not fit in flash");
    return place;
  }

  #read(place: number, length: number): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(place, place + length);
  }
}

/** The bytes in pieces of `step`. */
export function cut(bytes: Uint8Array, step: number): Uint8Array[] {
  return Array.from({ length: Math.ceil(bytes.length / step) }, (_, index) =>
    bytes.subarray(index * step, (index + 1) * step),
  );
}
