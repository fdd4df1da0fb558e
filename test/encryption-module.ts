/**
 * The device's opening of encrypted payloads behind typed functions, for tests.
 */
import { instantiateSync } from "@assemblyscript/loader";
import { Memory, type PayloadKey } from "../assembly/layout.ts";
import type { Outcome } from "./cipher-module.ts";
import { readWasm } from "./wasm-file.ts";

/** What the module exports, pointers as numbers. */
type Exports = {
  openPayload(
    info: number,
    infoBytes: number,
    kind: number,
    secret: number,
    ciphertext: number,
    ciphertextBytes: number,
    out: number,
  ): number;
};

/** Flash addresses of what it is given and gives. */
const Place = { Secret: 64, Info: 128, Ciphertext: 8192, Plaintext: 65_536 } as const;

/** One instance of `assembly/testing/encryption.ts`. */
export class EncryptionModule {
  readonly #memory = new WebAssembly.Memory({ initial: Memory.WasmPages, maximum: Memory.WasmPages });
  readonly #bytes = new Uint8Array(this.#memory.buffer);
  readonly #exports = instantiateSync<Exports>(readWasm("testing/encryption"), {
    env: { memory: this.#memory },
  }).exports;

  /** Opens a ciphertext; of what comes out as many bytes as it has, the tag's place included. */
  open(info: Uint8Array, kind: PayloadKey, secret: Uint8Array, ciphertext: Uint8Array): Outcome {
    this.#bytes.fill(0, 0, Memory.RamBase);
    this.#bytes.set(secret, Place.Secret);
    this.#bytes.set(info, Place.Info);
    this.#bytes.set(ciphertext, Place.Ciphertext);
    const status = this.#exports.openPayload(
      Place.Info,
      info.length,
      kind,
      Place.Secret,
      Place.Ciphertext,
      ciphertext.length,
      Place.Plaintext,
    );
    return { status, bytes: this.#bytes.slice(Place.Plaintext, Place.Plaintext + ciphertext.length) };
  }
}
