/**
 * The device's SHA-512 and Ed25519 behind typed functions, for tests.
 *
 * Opens a build of `assembly/testing/ed25519.ts`. Byte strings go in and come out as `Uint8Array`,
 * numbers as `bigint`; the pointers stay in here.
 */
import { instantiateSync } from "@assemblyscript/loader";
import { Memory } from "../assembly/layout.ts";
import { type Limbs, limbCount } from "./crypto-module.ts";
import { readWasm } from "./wasm-file.ts";

/** What the module exports, pointers as numbers. */
type Exports = {
  readonly INPUT: WebAssembly.Global;
  readonly OUTPUT: WebAssembly.Global;
  readonly ACCUMULATOR: WebAssembly.Global;
  readonly KEY_TABLE: WebAssembly.Global;
  readonly COMMITMENT_TABLE: WebAssembly.Global;
  readonly BASE_MULTIPLE_MAX: WebAssembly.Global;

  sha512(pointer: number, length: number, out: number): void;
  sha512Init(): void;
  sha512Update(pointer: number, length: number): void;
  sha512Final(out: number): void;

  ed25519Start(key: number, signature: number): void;
  ed25519Finish(key: number, signature: number): number;
  ed25519Residue(signature: number): number;
  ed25519Verify(key: number, message: number, length: number, signature: number): number;

  fieldMultiply(out: number, a: number, b: number): void;
  fieldSquare(out: number, a: number): void;
  fieldAddSubtract(sum: number, difference: number, a: number, b: number): void;
  fieldScaleSubtract(out: number, scaleA: number, a: number, b: number): void;
  fieldCarry(a: number): void;
  fieldReduce(a: number): void;
  fieldIsZero(a: number): number;
  fieldFromBytes(out: number, bytes: number): number;

  baseMultiple(s: number, d: number, t: number, multiple: number, isHigh: boolean): void;
  pointDecode(bytes: number, isOpposite: boolean, work: number): number;
  pointDouble(): void;
  pointAdd(point: number, isNegative: boolean, hasDenominator: boolean): void;
  pointCache(out: number): void;
  pointIsOpposite(point: number): number;
  pointSetNeutral(): void;
  buildTable(table: number): number;
  setScalars(u: number, v: number, w: number): void;
  multiplyAdd(): void;

  scalarSetOrder(work: number): void;
  scalarReduce(work: number): void;
  scalarMultiply(work: number, a: number, b: number): void;
  scalarHalve(work: number): number;
  scalarIsBelow(a: number, b: number): number;
};

/** Builds with the inner layers: the one made for speed and the one made for size. */
export const ed25519Builds = ["testing/ed25519-speed", "testing/ed25519-size"] as const;

/** A point as the accumulator holds it: T is the product of two elements. */
export interface ExtendedLimbs {
  readonly x: Limbs;
  readonly y: Limbs;
  readonly z: Limbs;
  readonly tFactors: readonly [Limbs, Limbs];
}

/** An operand of additions without a denominator. */
export interface BaseOperand {
  readonly plus: Limbs;
  readonly minus: Limbs;
  readonly product: Limbs;
}

/** u = v h with v signed. */
export interface Halves {
  readonly u: bigint;
  readonly v: bigint;
}

const digestBytes = 64;
const elementBytes = 4 * limbCount;
const scalarBytes = 32;

/** Offsets of `ScalarWork` in assembly/crypto/ed25519-scalar.ts. */
const ScalarWork = { Product: 0, NegativeRow: 136, PositiveRow: 200 } as const;

/** Little-endian bytes of a number. */
export function littleEndian(value: bigint, length = scalarBytes): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, index) => Number((value >> (8n * BigInt(index))) & 0xffn));
}

/** The number that little-endian bytes say. */
export function fromLittleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

/** One instance of the module. */
export class Ed25519Module {
  readonly #exports: Exports;
  readonly #memory = new WebAssembly.Memory({ initial: Memory.WasmPages, maximum: Memory.WasmPages });
  readonly #bytes = new Uint8Array(this.#memory.buffer);
  readonly #view = new DataView(this.#memory.buffer);
  readonly #input: number;
  readonly #output: number;
  readonly #accumulator: number;

  /** @param name one of `ed25519Builds` */
  constructor(name: string) {
    const { exports } = instantiateSync<Exports>(readWasm(name), { env: { memory: this.#memory } });
    this.#exports = exports;
    this.#input = pointerOf(exports.INPUT);
    this.#output = pointerOf(exports.OUTPUT);
    this.#accumulator = pointerOf(exports.ACCUMULATOR);
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
    this.#stream(pieces);
    this.#exports.sha512Final(this.#output);
    return this.#read(this.#output, digestBytes);
  }

  /**
   * Verifies an Ed25519 signature.
   *
   * @param key 32 bytes @param signature 64 bytes
   * @returns the device's status
   */
  verify(key: Uint8Array, message: Uint8Array, signature: Uint8Array): number {
    this.#bytes.set(key, 1);
    this.#bytes.set(signature, 33);
    this.#bytes.set(message, 97);
    return this.#exports.ed25519Verify(1, 97, message.length, 33);
  }

  /** The second look at the last verification, with its signature or another one: 0 if it was good. */
  residue(signature: Uint8Array): number {
    this.#bytes.set(signature, 33);
    return this.#exports.ed25519Residue(33);
  }

  /** `verify` of a message given in pieces of at most 512 bytes. */
  verifyStreamed(key: Uint8Array, pieces: Iterable<Uint8Array>, signature: Uint8Array): number {
    this.#bytes.set(key, 1);
    this.#bytes.set(signature, 33);
    this.#exports.ed25519Start(1, 33);
    this.#stream(pieces);
    return this.#exports.ed25519Finish(1, 33);
  }

  fieldMultiply(a: Limbs, b: Limbs): Limbs {
    return this.#inBothPlaces(a, b, (out, first, second) => this.#exports.fieldMultiply(out, first, second));
  }

  fieldSquare(a: Limbs): Limbs {
    return this.#inBothPlaces(a, a, (out, first) => this.#exports.fieldSquare(out, first));
  }

  /** scaleA * a - b, not carried. */
  fieldScaleSubtract(scaleA: number, a: Limbs, b: Limbs): Limbs {
    return this.#inBothPlaces(a, b, (out, first, second) =>
      this.#exports.fieldScaleSubtract(out, scaleA, first, second),
    );
  }

  /** a + b and a - b, not carried. */
  fieldAddSubtract(a: Limbs, b: Limbs): { sum: Limbs; difference: Limbs } {
    const [first, second] = [this.#input, this.#input + 64];
    this.#writeLimbs(first, a);
    this.#writeLimbs(second, b);
    // In place, and with the roles changed, as the point formulas have it.
    this.#exports.fieldAddSubtract(second, first, first, second);
    return { sum: this.#readLimbs(second), difference: this.#readLimbs(first) };
  }

  fieldCarry(a: Limbs): Limbs {
    this.#writeLimbs(this.#input, a);
    this.#exports.fieldCarry(this.#input);
    return this.#readLimbs(this.#input);
  }

  fieldReduce(a: Limbs): Limbs {
    this.#writeLimbs(this.#input, a);
    this.#exports.fieldReduce(this.#input);
    return this.#readLimbs(this.#input);
  }

  fieldIsZero(a: Limbs): boolean {
    this.#writeLimbs(this.#input, a);
    return this.#exports.fieldIsZero(this.#input) !== 0;
  }

  /** The limbs of 32 bytes, and whether they say a number below p. */
  fieldFromBytes(bytes: Uint8Array): { limbs: Limbs; isCanonical: boolean } {
    this.#bytes.set(bytes, this.#input + 1);
    const isCanonical = this.#exports.fieldFromBytes(this.#output, this.#input + 1) !== 0;
    return { limbs: this.#readLimbs(this.#output), isCanonical };
  }

  /** The largest multiple in the tables of the base point. */
  get baseMultipleMax(): number {
    return Number(this.#exports.BASE_MULTIPLE_MAX.value);
  }

  /** A tabulated multiple of B, or of 2^128 B. */
  baseMultiple(multiple: number, isHigh: boolean): BaseOperand {
    const [s, d, t] = [this.#output, this.#output + elementBytes, this.#output + 2 * elementBytes];
    this.#exports.baseMultiple(s, d, t, multiple, isHigh);
    return { plus: this.#readLimbs(s), minus: this.#readLimbs(d), product: this.#readLimbs(t) };
  }

  /** The point that 32 bytes encode, or its opposite; undefined if they encode none. */
  pointDecode(bytes: Uint8Array, isOpposite = false): ExtendedLimbs | undefined {
    this.#bytes.set(bytes, this.#input);
    const isPoint = this.#exports.pointDecode(this.#input, isOpposite, this.#output);
    return isPoint !== 0 ? this.#readAccumulator() : undefined;
  }

  /** Twice the point that bytes encode. */
  pointDouble(bytes: Uint8Array): ExtendedLimbs {
    this.#decode(bytes);
    this.#exports.pointDouble();
    return this.#readAccumulator();
  }

  /** The sum or difference of two encoded points, the second one cached with or without a denominator. */
  pointAdd(first: Uint8Array, second: Uint8Array, isNegative: boolean): ExtendedLimbs {
    this.#decode(second);
    this.#exports.pointCache(this.#input + 64);
    this.#decode(first);
    this.#exports.pointAdd(this.#input + 64, isNegative, true);
    return this.#readAccumulator();
  }

  /** The sum or difference of an encoded point and a tabulated one. */
  pointAddBase(first: Uint8Array, multiple: number, isHigh: boolean, isNegative: boolean): ExtendedLimbs {
    this.#decode(first);
    const operand = this.#input + 64;
    this.#exports.baseMultiple(operand, operand + elementBytes, operand + 2 * elementBytes, multiple, isHigh);
    this.#exports.pointAdd(operand, isNegative, false);
    return this.#readAccumulator();
  }

  /** Whether twice one encoded point is the opposite of another one. */
  doubleIsOpposite(first: Uint8Array, second: Uint8Array): boolean {
    this.#decode(second);
    this.#exports.pointCache(this.#input + 64);
    this.pointDouble(first);
    return this.#exports.pointIsOpposite(this.#input + 64) !== 0;
  }

  /** Whether the order of an encoded point divides 8. */
  pointIsSmall(bytes: Uint8Array): boolean {
    this.#decode(bytes);
    return this.#exports.buildTable(pointerOf(this.#exports.KEY_TABLE)) !== 0;
  }

  /** w B + u P + v Q for encoded points P and Q; w is below 2^256, u and v likewise. */
  multiplyAdd(w: bigint, u: bigint, p: Uint8Array, v: bigint, q: Uint8Array): ExtendedLimbs {
    this.#decode(p);
    this.#exports.buildTable(pointerOf(this.#exports.KEY_TABLE));
    this.#decode(q);
    this.#exports.buildTable(pointerOf(this.#exports.COMMITMENT_TABLE));
    [u, v, w].forEach((scalar, index) => {
      this.#bytes.set(littleEndian(scalar), this.#input + index * scalarBytes);
    });
    this.#exports.setScalars(this.#input, this.#input + scalarBytes, this.#input + 2 * scalarBytes);
    this.#exports.multiplyAdd();
    return this.#readAccumulator();
  }

  /** A number below 2^512 modulo L. */
  scalarReduce(value: bigint): bigint {
    this.#exports.scalarSetOrder(this.#input);
    this.#bytes.set(littleEndian(value, 2 * scalarBytes), this.#input + ScalarWork.Product);
    this.#exports.scalarReduce(this.#input);
    return this.#readScalar(this.#input + ScalarWork.Product);
  }

  /** The product of two numbers below 2^256. */
  scalarMultiply(a: bigint, b: bigint): bigint {
    this.#bytes.set(littleEndian(a), this.#output);
    this.#bytes.set(littleEndian(b), this.#output + scalarBytes);
    this.#exports.scalarMultiply(this.#input, this.#output, this.#output + scalarBytes);
    return fromLittleEndian(this.#read(this.#input + ScalarWork.Product, 2 * scalarBytes));
  }

  scalarIsBelow(a: bigint, b: bigint): boolean {
    this.#bytes.set(littleEndian(a), this.#output);
    this.#bytes.set(littleEndian(b), this.#output + scalarBytes);
    return this.#exports.scalarIsBelow(this.#output, this.#output + scalarBytes) !== 0;
  }

  /** Short u and v with u = v h modulo 8 L. */
  scalarHalve(h: bigint): Halves {
    this.#exports.scalarSetOrder(this.#input);
    this.#bytes.set(littleEndian(h), this.#input + ScalarWork.Product);
    const row = this.#exports.scalarHalve(this.#input);
    const [u, v] = [this.#readScalar(row), this.#readScalar(row + scalarBytes)];
    return { u, v: row === this.#input + ScalarWork.NegativeRow ? -v : v };
  }

  #stream(pieces: Iterable<Uint8Array>): void {
    for (const piece of pieces) {
      this.#bytes.set(piece, this.#input);
      this.#exports.sha512Update(this.#input, piece.length);
      // What was given must have been consumed or copied.
      this.#bytes.fill(0xa5, this.#input, this.#input + piece.length);
    }
  }

  #decode(bytes: Uint8Array): void {
    if (!this.pointDecode(bytes)) throw new Error("the bytes encode no point");
  }

  /** Runs an operation once into a third place and once onto its first operand: both must agree. */
  #inBothPlaces(a: Limbs, b: Limbs, operation: (out: number, a: number, b: number) => void): Limbs {
    const [first, second] = [this.#input, this.#input + 64];
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

  #readAccumulator(): ExtendedLimbs {
    const element = (index: number): Limbs => this.#readLimbs(this.#accumulator + index * elementBytes);
    return { x: element(0), y: element(1), z: element(2), tFactors: [element(3), element(6)] };
  }

  #readLimbs(pointer: number): Limbs {
    return Array.from({ length: limbCount }, (_, index) => this.#view.getInt32(pointer + 4 * index, true));
  }

  #writeLimbs(pointer: number, limbs: Limbs): void {
    limbs.forEach((limb, index) => this.#view.setInt32(pointer + 4 * index, limb, true));
  }

  #readScalar(pointer: number): bigint {
    return fromLittleEndian(this.#read(pointer, scalarBytes));
  }

  #read(pointer: number, length: number): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(pointer, pointer + length);
  }
}

function pointerOf(global: WebAssembly.Global): number {
  return Number(global.value);
}
