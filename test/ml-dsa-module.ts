/**
 * The device's ML-DSA-44 behind typed functions, for tests.
 *
 * Opens a build of `assembly/testing/ml-dsa.ts`.
 */
import { instantiateSync } from "@assemblyscript/loader";
import { readWasm } from "./wasm-file.ts";

/** What the module exports, pointers as numbers. */
type MlDsaExports = {
  readonly WORKSPACE: WebAssembly.Global;
  mlDsa44Verify(
    key: number,
    message: number,
    messageBytes: number,
    context: number,
    contextBytes: number,
    signature: number,
  ): number;
  shakeInit(sponge: number, rate: number): void;
  shakeAbsorb(sponge: number, pointer: number, length: number): void;
  shakeFinish(sponge: number): void;
  shakeSqueeze(sponge: number, out: number, length: number): void;
  ringInit(): void;
  transform(polynomial: number): void;
  transformBack(polynomial: number): void;
};

/** Addresses in flash of operands. */
const Operand = { Key: 0, Signature: 2048, Context: 8192, Message: 16_384 } as const;
const SPONGE_BYTES = 208;
const COEFFICIENTS = 256;

/** What is verified. */
export interface MlDsaCase {
  readonly key: Uint8Array;
  readonly message: Uint8Array;
  readonly context?: Uint8Array;
  readonly signature: Uint8Array;
}

/** One instance. */
export class MlDsaModule {
  readonly #exports: MlDsaExports;
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #sponge: number;
  readonly #polynomial: Int32Array<ArrayBuffer>;

  /** @param target of the build */
  constructor(target: "speed" | "size") {
    const memory = new WebAssembly.Memory({ initial: 2, maximum: 2 });
    const { exports } = instantiateSync<MlDsaExports>(readWasm(`testing/ml-dsa-${target}`), {
      env: { memory },
    });
    this.#exports = exports;
    this.#bytes = new Uint8Array(memory.buffer);
    this.#sponge = Number(exports.WORKSPACE.value);
    this.#polynomial = new Int32Array(memory.buffer, this.#sponge + SPONGE_BYTES, COEFFICIENTS);
  }

  /** The status of a verification. */
  verify({ key, message, context = new Uint8Array(), signature }: MlDsaCase): number {
    this.#bytes.set(key, Operand.Key);
    this.#bytes.set(signature, Operand.Signature);
    this.#bytes.set(context, Operand.Context);
    this.#bytes.set(message, Operand.Message);
    return this.#exports.mlDsa44Verify(
      Operand.Key,
      Operand.Message,
      message.length,
      Operand.Context,
      context.length,
      Operand.Signature,
    );
  }

  /** SHAKE of pieces, given out in pieces of these lengths. */
  shake(rateBytes: number, pieces: readonly Uint8Array[], lengths: readonly number[]): Uint8Array {
    this.#exports.shakeInit(this.#sponge, rateBytes);
    for (const piece of pieces) {
      this.#bytes.set(piece, Operand.Message);
      this.#exports.shakeAbsorb(this.#sponge, Operand.Message, piece.length);
    }
    this.#exports.shakeFinish(this.#sponge);
    let end = Operand.Message;
    for (const length of lengths) {
      this.#exports.shakeSqueeze(this.#sponge, end, length);
      end += length;
    }
    return this.#bytes.slice(Operand.Message, end);
  }

  /** A polynomial's transform. */
  transform(coefficients: readonly number[]): number[] {
    this.#exports.ringInit();
    this.#polynomial.set(coefficients);
    this.#exports.transform(this.#polynomial.byteOffset);
    return [...this.#polynomial];
  }

  /** What transforming back makes of values. */
  transformBack(values: readonly number[]): number[] {
    this.#exports.ringInit();
    this.#polynomial.set(values);
    this.#exports.transformBack(this.#polynomial.byteOffset);
    return [...this.#polynomial];
  }
}
