/**
 * The device's own CBOR reader, called from tests.
 */
import { instantiateSync } from "@assemblyscript/loader";
import { Status } from "../assembly/status.ts";
import { readWasm } from "./wasm-file.ts";

/** What `assembly/testing/cbor.ts` exports. */
interface CborExports extends Record<string, unknown> {
  readWhole(address: number, length: number): Status;
  position(): number;
  readInteger(address: number, length: number): Status;
  integer(): bigint;
  readHead(address: number, length: number): Status;
  major(): number;
  argument(): bigint;
  keyFollows(first: number, second: number, end: number): Status;
}

/** The reader as TypeScript functions. */
export interface DeviceCborReader {
  /** The status of reading one item with nothing behind it. */
  status(bytes: Uint8Array): Status;
  /** How far the cursor got in the last read. */
  readBytes(): number;
  integer(bytes: Uint8Array): bigint | Status;
  head(bytes: Uint8Array): { major: number; argument: bigint } | Status;
  keyFollows(first: Uint8Array, second: Uint8Array): Status;
}

const MEMORY_BYTES = 131072;

/**
 * Loads the reader from build/wasm/testing/cbor.wasm.
 *
 * Input is placed so that its last byte is the last of the memory: a read beyond it traps.
 */
export function loadDeviceCborReader(): DeviceCborReader {
  const memory = new WebAssembly.Memory({ initial: 2, maximum: 2 });
  const { exports } = instantiateSync<CborExports>(readWasm("testing/cbor"), { env: { memory } });
  const flash = new Uint8Array(memory.buffer);
  let start = 0;
  const place = (bytes: Uint8Array): number => {
    start = MEMORY_BYTES - bytes.length;
    flash.set(bytes, start);
    return start;
  };
  return {
    status: (bytes) => exports.readWhole(place(bytes), bytes.length),
    readBytes: () => (exports.position() >>> 0) - start,
    integer(bytes) {
      const status = exports.readInteger(place(bytes), bytes.length);
      return status === Status.Ok ? exports.integer() : status;
    },
    head(bytes) {
      const status = exports.readHead(place(bytes), bytes.length);
      if (status !== Status.Ok) return status;
      return { major: exports.major(), argument: BigInt.asUintN(64, exports.argument()) };
    },
    keyFollows(first, second) {
      const address = place(Uint8Array.from([...first, ...second]));
      return exports.keyFollows(address, address + first.length, MEMORY_BYTES);
    },
  };
}
