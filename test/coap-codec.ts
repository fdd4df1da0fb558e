/**
 * The device's own CoAP codec, called from tests.
 */
import { instantiateSync } from "@assemblyscript/loader";
import { readWasm } from "./wasm-file.ts";

/** What `assembly/testing/link.ts` exports; `message` is the address of a Message. */
interface LinkExports extends Record<string, unknown> {
  readMessage(datagram: number, length: number, message: number): number;
  writeGet(out: number, resource: number, block: number): number;
}

/** What the device read out of a message. */
export interface DeviceMessage {
  readonly token: bigint;
  readonly entityTag: bigint;
  readonly tokenBytes: number;
  readonly type: number;
  readonly code: number;
  readonly messageId: number;
  /** Undefined when the message does not have the option. */
  readonly block: number | undefined;
  readonly sizeBytes: number | undefined;
  readonly payload: readonly number[];
}

/** The codec as TypeScript functions. */
export interface DeviceCodec {
  /** Undefined when the device refuses the message. */
  read(datagram: Uint8Array): DeviceMessage | undefined;
  /** @param block value of Block2: number * 16 + SZX */
  writeGet(resource: number, block: number): Uint8Array;
}

const MEMORY_BYTES = 131072;
const MESSAGE_ADDRESS = 126976;
const ABSENT = 0xffffffff;

/**
 * Loads the codec from build/wasm/testing/link.wasm.
 *
 * A datagram is placed so that its last byte is the last of the memory: a read beyond it traps.
 */
export function loadDeviceCodec(): DeviceCodec {
  const memory = new WebAssembly.Memory({ initial: 2, maximum: 2 });
  const { exports } = instantiateSync<LinkExports>(readWasm("testing/link"), { env: { memory } });
  const bytes = new Uint8Array(memory.buffer);
  const view = new DataView(memory.buffer);
  return {
    read(datagram) {
      const start = MEMORY_BYTES - datagram.length;
      bytes.set(datagram, start);
      if (exports.readMessage(start, datagram.length, MESSAGE_ADDRESS) !== 0) return undefined;
      const word = (index: number): number => view.getUint32(MESSAGE_ADDRESS + 16 + index * 4, true);
      const option = (value: number): number | undefined => (value === ABSENT ? undefined : value);
      return {
        token: view.getBigUint64(MESSAGE_ADDRESS, true),
        entityTag: view.getBigUint64(MESSAGE_ADDRESS + 8, true),
        tokenBytes: word(0),
        type: word(1),
        code: word(2),
        messageId: word(3),
        block: option(word(4)),
        sizeBytes: option(word(5)),
        payload: [...bytes.subarray(word(6), word(6) + word(7))],
      };
    },
    writeGet(resource, block) {
      const length = exports.writeGet(MESSAGE_ADDRESS, resource, block);
      return bytes.slice(MESSAGE_ADDRESS, MESSAGE_ADDRESS + length);
    },
  };
}
