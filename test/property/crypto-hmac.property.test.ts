/**
 * HMAC-SHA-256 on the device: it computes what OpenSSL computes, whatever key and message are, keeps
 * nothing of the key, and takes the same instructions for every key.
 */
import { createHmac } from "node:crypto";
import { instantiateSync } from "@assemblyscript/loader";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Memory } from "../../assembly/layout.ts";
import { decodeModule } from "../../emulator/wasm/decode.ts";
import { instrument, reservedExport } from "../../emulator/wasm/instrument.ts";
import { CryptoModule } from "../crypto-module.ts";
import { toHex } from "../vectors.ts";
import { readWasm } from "../wasm-file.ts";

const key = fc.uint8Array({ maxLength: 200 });
const pieces = fc.array(fc.uint8Array({ maxLength: 150 }), { maxLength: 6 });

describe.each(["crypto-testing", "crypto-small"])("HMAC-SHA-256, %s", (name) => {
  const device = new CryptoModule(name);

  it("agrees with OpenSSL on any key and any message in pieces of any lengths", () => {
    fc.assert(
      fc.property(key, pieces, (keyBytes, message) => {
        const tag = createHmac("sha256", keyBytes).update(Buffer.concat(message)).digest("hex");
        expect(toHex(device.hmacSha256(keyBytes, message))).toBe(tag);
      }),
    );
  });

  it("leaves no eight bytes of the key in RAM, plain or under a pad", () => {
    const keys = fc.uint8Array({ minLength: 16, maxLength: 200 }).filter((bytes) => new Set(bytes).size > 8);
    fc.assert(
      fc.property(keys, pieces, (keyBytes, message) => {
        device.hmacSha256(keyBytes, message);
        for (const pad of [0, 0x36, 0x5c]) {
          expect(
            device.holdsInRam(
              Uint8Array.from(keyBytes, (byte) => byte ^ pad),
              8,
            ),
          ).toBe(false);
        }
      }),
      { numRuns: 50 },
    );
  });

  it("executes as many instructions, and loads and stores as many bytes, for every key of a length", () => {
    const trace = countingHmac(name);
    const message = Uint8Array.from({ length: 150 }, (_, index) => index);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100 }), fc.infiniteStream(fc.nat(255)), (length, stream) => {
        const secret = Uint8Array.from(stream.take(length));
        expect(trace(secret, message)).toEqual(trace(new Uint8Array(length), message));
      }),
    );
  });
});

/** What the instrumented module exports, as far as it is used here. */
type CountingExports = {
  readonly OUTPUT: WebAssembly.Global;
  readonly [reservedExport.fuel]: WebAssembly.Global;
  readonly [reservedExport.instructions]: WebAssembly.Global;
  readonly [reservedExport.loaded]: WebAssembly.Global;
  readonly [reservedExport.stored]: WebAssembly.Global;
  hmacSha256Init(key: number, keyBytes: number): void;
  hmacSha256Update(pointer: number, length: number): void;
  hmacSha256Final(out: number): void;
};

/** Computes a tag in an instrumented build: what was executed, loaded and stored on the way. */
function countingHmac(name: string): (key: Uint8Array, message: Uint8Array) => string[] {
  const bounds = {
    ramStart: Memory.RamBase,
    ramEnd: Memory.WasmPages * 65536,
    flashBytes: Memory.FlashBytes,
  };
  const { bytes } = instrument(decodeModule(readWasm(name)), {
    build: "checked",
    bounds,
    countInstructions: true,
  });
  const memory = new WebAssembly.Memory({ initial: Memory.WasmPages, maximum: Memory.WasmPages });
  const { exports } = instantiateSync<CountingExports>(bytes, { env: { memory } });
  const counters = [
    exports[reservedExport.instructions],
    exports[reservedExport.loaded],
    exports[reservedExport.stored],
  ];
  return (keyBytes, message) => {
    exports[reservedExport.fuel].value = 1n << 40n;
    for (const counter of counters) counter.value = 0n;
    new Uint8Array(memory.buffer).set(keyBytes, 0);
    new Uint8Array(memory.buffer).set(message, 1000);
    exports.hmacSha256Init(0, keyBytes.length);
    exports.hmacSha256Update(1000, message.length);
    exports.hmacSha256Final(Number(exports.OUTPUT.value));
    return counters.map((counter) => String(counter.value));
  };
}
