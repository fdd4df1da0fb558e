/**
 * The device's cryptography behind typed functions, for tests and benchmarks.
 *
 * Opens a build of `assembly/testing/crypto.ts`. Byte strings go in and come out as `Uint8Array`,
 * numbers as `bigint`; the pointers stay in here.
 */
import { instantiateSync } from "@assemblyscript/loader";
import { Memory } from "../assembly/layout.ts";
import { readWasm } from "./wasm-file.ts";

/** What the module exports, pointers as numbers. */
type CryptoExports = {
  readonly INPUT: WebAssembly.Global;
  readonly OUTPUT: WebAssembly.Global;
  readonly ACCUMULATOR: WebAssembly.Global;
  readonly BASE_SCALAR: WebAssembly.Global;
  readonly KEY_SCALAR: WebAssembly.Global;

  sha256(pointer: number, length: number, out: number): void;
  sha256Init(): void;
  sha256Update(pointer: number, length: number): void;
  sha256Final(out: number): void;
  hmacSha256Init(key: number, keyBytes: number): void;
  hmacSha256Update(pointer: number, length: number): void;
  hmacSha256Final(out: number): void;
  ecdsaP256Verify(x: number, y: number, digest: number, signature: number): number;
  equalConstantTime(a: number, b: number, length: number): number;

  fieldAdd(out: number, a: number, b: number): void;
  fieldSubtract(out: number, a: number, b: number): void;
  fieldMultiply(out: number, a: number, b: number): void;
  fieldSquare(out: number, a: number): void;
  fieldCombine(out: number, a: number, scale: bigint, b: number): void;
  fieldHalfTriple(out: number, a: number): void;
  fieldIsZero(a: number): number;
  fieldSetOne(out: number): void;
  fieldInverse(out: number, a: number): void;
  fieldToMontgomery(a: number, scratch: number): void;
  baseMultiple(x: number, y: number, multiple: number): void;

  pointDouble(): void;
  pointAdd(x: number, y: number): void;
  pointIsInfinity(): number;
  pointIsOnCurve(): number;
  pointSetInfinity(): void;
  multiplyAdd(): void;

  wordsFromBytes(out: number, bytes: number): void;
  limbsFromWords(out: number, words: number): void;
  scalarAddOrder(a: number): bigint;
  scalarInvert(out: number, a: number, work: number): void;
  scalarIsReduced(a: number): number;
  scalarIsZero(a: number): number;
  scalarMultiply(out: number, a: number, b: number): void;
};

/** Nine signed limbs of 29 bits, least significant first. */
export type Limbs = readonly number[];

/** An affine point's coordinates as limbs. */
export interface PointLimbs {
  readonly x: Limbs;
  readonly y: Limbs;
}

/** A Jacobian point's coordinates as limbs. */
export interface JacobianPoint extends PointLimbs {
  readonly z: Limbs;
}

/** Bits of one limb. */
export const limbBits = 29n;

/** Limbs of one element. */
export const limbCount = 9;

const elementBytes = 4 * limbCount;
const scalarBytes = 32;

/** The value of limbs, signed limbs included. */
export function limbsToNumber(limbs: Limbs): bigint {
  return limbs.reduceRight((value, limb) => (value << limbBits) + BigInt(limb), 0n);
}

/** The carried limbs of a value: limbs 0 to 7 in [0, 2^29), the last one signed. */
export function numberToLimbs(value: bigint): Limbs {
  const mask = (1n << limbBits) - 1n;
  return Array.from({ length: limbCount }, (_, index) => {
    const rest = value >> (limbBits * BigInt(index));
    return Number(index === limbCount - 1 ? rest : rest & mask);
  });
}

/** Big-endian bytes of a number. */
export function numberToBytes(value: bigint, length = scalarBytes): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, index) =>
    Number((value >> (8n * BigInt(length - 1 - index))) & 0xffn),
  );
}

/** The number that big-endian bytes say. */
export function bytesToNumber(bytes: Uint8Array): bigint {
  return bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

/** One instance of the module. */
export class CryptoModule {
  /** The WebAssembly module, for tests that look at its imports. */
  readonly module: WebAssembly.Module;
  readonly #exports: CryptoExports;
  readonly #memory = new WebAssembly.Memory({ initial: Memory.WasmPages, maximum: Memory.WasmPages });
  readonly #bytes = new Uint8Array(this.#memory.buffer);
  readonly #view = new DataView(this.#memory.buffer);
  readonly #input: number;
  readonly #output: number;
  readonly #accumulator: number;
  readonly #baseScalar: number;
  readonly #keyScalar: number;

  /** @param name of the build: `crypto-testing`, `crypto-release` for benchmarks, `crypto-small` */
  constructor(name = "crypto-testing") {
    const { module, exports } = instantiateSync<CryptoExports>(readWasm(name), {
      env: { memory: this.#memory },
    });
    this.module = module;
    this.#exports = exports;
    this.#input = pointerOf(exports.INPUT);
    this.#output = pointerOf(exports.OUTPUT);
    this.#accumulator = pointerOf(exports.ACCUMULATOR);
    this.#baseScalar = pointerOf(exports.BASE_SCALAR);
    this.#keyScalar = pointerOf(exports.KEY_SCALAR);
  }

  /** SHA-256 of a message that lies in mapped flash. */
  sha256(message: Uint8Array): Uint8Array<ArrayBuffer> {
    this.#bytes.set(message, 0);
    return this.sha256OfFlash(message.length);
  }

  /** SHA-256 of the first `length` bytes of flash, as the last `sha256` left them. */
  sha256OfFlash(length: number): Uint8Array<ArrayBuffer> {
    this.#exports.sha256(0, length, this.#output);
    return this.#bytes.slice(this.#output, this.#output + 32);
  }

  /** SHA-256 of a message given in pieces of at most 1 KiB. */
  sha256Streamed(pieces: Iterable<Uint8Array>): Uint8Array<ArrayBuffer> {
    this.#exports.sha256Init();
    for (const piece of pieces) {
      this.#bytes.set(piece, this.#input);
      this.#exports.sha256Update(this.#input, piece.length);
      // What was given must have been consumed or copied.
      this.#bytes.fill(0xa5, this.#input, this.#input + piece.length);
    }
    this.#exports.sha256Final(this.#output);
    return this.#bytes.slice(this.#output, this.#output + 32);
  }

  /**
   * HMAC-SHA-256 of a message given in pieces of at most 512 bytes.
   *
   * @param key at most 512 bytes
   */
  hmacSha256(key: Uint8Array, pieces: Iterable<Uint8Array>): Uint8Array<ArrayBuffer> {
    const keyPlace = this.#input + 512;
    this.#bytes.set(key, keyPlace);
    this.#exports.hmacSha256Init(keyPlace, key.length);
    // The key is needed no more, and neither is a piece that was given.
    this.#bytes.fill(0xa5, keyPlace, keyPlace + key.length);
    for (const piece of pieces) {
      this.#bytes.set(piece, this.#input);
      this.#exports.hmacSha256Update(this.#input, piece.length);
      this.#bytes.fill(0xa5, this.#input, this.#input + piece.length);
    }
    this.#exports.hmacSha256Final(this.#output);
    return this.#bytes.slice(this.#output, this.#output + 32);
  }

  /** Whether any `length` bytes of RAM in a row are those of `secret`. */
  holdsInRam(secret: Uint8Array, length: number): boolean {
    const ram = Buffer.from(this.#bytes.subarray(Memory.RamBase));
    for (let start = 0; start + length <= secret.length; start++) {
      if (ram.includes(Buffer.from(secret.subarray(start, start + length)))) return true;
    }
    return false;
  }

  /**
   * Verifies an ECDSA signature over P-256.
   *
   * @param x 32 bytes @param y 32 bytes @param digest 32 bytes @param signature r and s, 64 bytes
   * @returns the device's status
   */
  ecdsaP256Verify(x: Uint8Array, y: Uint8Array, digest: Uint8Array, signature: Uint8Array): number {
    this.loadSignature(x, y, digest, signature);
    return this.verifyLoaded();
  }

  /** Puts the operands of `verifyLoaded` in place. */
  loadSignature(x: Uint8Array, y: Uint8Array, digest: Uint8Array, signature: Uint8Array): void {
    this.#bytes.set(x, this.#input);
    this.#bytes.set(y, this.#input + 32);
    this.#bytes.set(digest, this.#input + 64);
    this.#bytes.set(signature, this.#input + 96);
  }

  /** `ecdsaP256Verify` of the operands in place. */
  verifyLoaded(): number {
    return this.#exports.ecdsaP256Verify(this.#input, this.#input + 32, this.#input + 64, this.#input + 96);
  }

  /** Whether two byte strings of one length are equal. */
  equalConstantTime(a: Uint8Array, b: Uint8Array): boolean {
    this.#bytes.set(a, this.#input);
    this.#bytes.set(b, this.#input + a.length);
    return this.#exports.equalConstantTime(this.#input, this.#input + a.length, a.length) !== 0;
  }

  fieldAdd(a: Limbs, b: Limbs): Limbs {
    return this.#fieldOperation(a, b, (out, first, second) => this.#exports.fieldAdd(out, first, second));
  }

  fieldSubtract(a: Limbs, b: Limbs): Limbs {
    return this.#fieldOperation(a, b, (out, first, second) =>
      this.#exports.fieldSubtract(out, first, second),
    );
  }

  fieldMultiply(a: Limbs, b: Limbs): Limbs {
    return this.#fieldOperation(a, b, (out, first, second) =>
      this.#exports.fieldMultiply(out, first, second),
    );
  }

  fieldSquare(a: Limbs): Limbs {
    return this.#fieldOperation(a, a, (out, first) => this.#exports.fieldSquare(out, first));
  }

  /** a - scale * b, reduced. */
  fieldCombine(a: Limbs, scale: bigint, b: Limbs): Limbs {
    return this.#fieldOperation(a, b, (out, first, second) =>
      this.#exports.fieldCombine(out, first, scale, second),
    );
  }

  /** 3 a / 2, reduced. */
  fieldHalfTriple(a: Limbs): Limbs {
    return this.#fieldOperation(a, a, (out, first) => this.#exports.fieldHalfTriple(out, first));
  }

  fieldIsZero(a: Limbs): boolean {
    this.#writeLimbs(this.#input, a);
    return this.#exports.fieldIsZero(this.#input) !== 0;
  }

  fieldOne(): Limbs {
    this.#exports.fieldSetOne(this.#output);
    return this.#readLimbs(this.#output);
  }

  /** The Montgomery form of a number below 2^256. */
  fieldFromNumber(value: bigint): Limbs {
    this.#writeScalar(this.#input, value);
    this.#exports.limbsFromWords(this.#output, this.#input);
    this.#exports.fieldToMontgomery(this.#output, this.#input);
    return this.#readLimbs(this.#output);
  }

  /** R^2 / a: the inverse in Montgomery form. */
  fieldInverse(a: Limbs): Limbs {
    this.#writeLimbs(this.#output, a);
    this.#exports.fieldInverse(this.#output, this.#output);
    return this.#readLimbs(this.#output);
  }

  /** The tabulated multiple of the base point, affine. */
  baseMultiple(multiple: number): PointLimbs {
    this.#exports.baseMultiple(this.#output, this.#output + elementBytes, multiple);
    return { x: this.#readLimbs(this.#output), y: this.#readLimbs(this.#output + elementBytes) };
  }

  /** Doubles a finite point. */
  pointDouble(point: JacobianPoint): JacobianPoint {
    this.#writePoint(this.#accumulator, point);
    this.#exports.pointDouble();
    return this.#readPoint(this.#accumulator);
  }

  /** Adds an affine point to `point`, or to infinity if undefined. */
  pointAdd(point: JacobianPoint | undefined, { x, y }: PointLimbs): JacobianPoint | undefined {
    if (point) this.#writePoint(this.#accumulator, point);
    else this.#exports.pointSetInfinity();
    this.#writeLimbs(this.#input, x);
    this.#writeLimbs(this.#input + elementBytes, y);
    this.#exports.pointAdd(this.#input, this.#input + elementBytes);
    return this.#accumulatorPoint();
  }

  /** Whether an affine point in Montgomery form is on the curve. */
  pointIsOnCurve({ x, y }: PointLimbs): boolean {
    this.#writePoint(this.#accumulator, { x, y, z: this.fieldOne() });
    return this.#exports.pointIsOnCurve() !== 0;
  }

  /** baseScalar * G + keyScalar * point; undefined for infinity. */
  multiplyAdd(baseScalar: bigint, keyScalar: bigint, { x, y }: PointLimbs): JacobianPoint | undefined {
    this.#writeScalar(this.#baseScalar, baseScalar);
    this.#writeScalar(this.#keyScalar, keyScalar);
    this.#writePoint(this.#accumulator, { x, y, z: this.fieldOne() });
    this.#exports.multiplyAdd();
    return this.#accumulatorPoint();
  }

  /** The number that 32 big-endian bytes say, as the device reads them. */
  wordsFromBytes(bytes: Uint8Array): bigint {
    this.#bytes.set(bytes, this.#input);
    this.#exports.wordsFromBytes(this.#output, this.#input);
    return this.#readScalar(this.#output);
  }

  scalarIsReduced(a: bigint): boolean {
    this.#writeScalar(this.#input, a);
    return this.#exports.scalarIsReduced(this.#input) !== 0;
  }

  scalarIsZero(a: bigint): boolean {
    this.#writeScalar(this.#input, a);
    return this.#exports.scalarIsZero(this.#input) !== 0;
  }

  /** a + n as its low 256 bits and the carry. */
  scalarAddOrder(a: bigint): { low: bigint; carry: bigint } {
    this.#writeScalar(this.#input, a);
    const carry = this.#exports.scalarAddOrder(this.#input);
    return { low: this.#readScalar(this.#input), carry };
  }

  /** a * b / 2^256 mod n. */
  scalarMultiply(a: bigint, b: bigint): bigint {
    this.#writeScalar(this.#input, a);
    this.#writeScalar(this.#input + scalarBytes, b);
    this.#exports.scalarMultiply(this.#output, this.#input, this.#input + scalarBytes);
    return this.#readScalar(this.#output);
  }

  /** 2^256 / a mod n. */
  scalarInvert(a: bigint): bigint {
    this.#writeScalar(this.#output, a);
    this.#exports.scalarInvert(this.#output, this.#output, this.#input);
    return this.#readScalar(this.#output);
  }

  /** Runs an operation once into a third place and once onto its first operand: both must agree. */
  #fieldOperation(a: Limbs, b: Limbs, operation: (out: number, a: number, b: number) => void): Limbs {
    const first = this.#input;
    const second = this.#input + 64;
    this.#writeLimbs(first, a);
    this.#writeLimbs(second, b);
    operation(this.#output, first, second);
    operation(first, first, second);
    const apart = this.#readLimbs(this.#output);
    const inPlace = this.#readLimbs(first);
    if (apart.some((limb, index) => limb !== inPlace[index])) {
      throw new Error("a field operation depends on where its result goes");
    }
    return apart;
  }

  #accumulatorPoint(): JacobianPoint | undefined {
    return this.#exports.pointIsInfinity() !== 0 ? undefined : this.#readPoint(this.#accumulator);
  }

  #readLimbs(pointer: number): Limbs {
    return Array.from({ length: limbCount }, (_, index) => this.#view.getInt32(pointer + 4 * index, true));
  }

  #writeLimbs(pointer: number, limbs: Limbs): void {
    limbs.forEach((limb, index) => this.#view.setInt32(pointer + 4 * index, limb, true));
  }

  #readPoint(pointer: number): JacobianPoint {
    return {
      x: this.#readLimbs(pointer),
      y: this.#readLimbs(pointer + elementBytes),
      z: this.#readLimbs(pointer + 2 * elementBytes),
    };
  }

  #writePoint(pointer: number, point: JacobianPoint): void {
    this.#writeLimbs(pointer, point.x);
    this.#writeLimbs(pointer + elementBytes, point.y);
    this.#writeLimbs(pointer + 2 * elementBytes, point.z);
  }

  #readScalar(pointer: number): bigint {
    return bytesToNumber(this.#bytes.slice(pointer, pointer + scalarBytes).reverse());
  }

  #writeScalar(pointer: number, value: bigint): void {
    this.#bytes.set(numberToBytes(value).reverse(), pointer);
  }
}

function pointerOf(global: WebAssembly.Global): number {
  return Number(global.value);
}
