/**
 * An image of a given size: a module that sleeps, filled up with noise in a custom section.
 */
import { ByteWriter } from "../../emulator/wasm/byte-writer.ts";
import { Memory } from "../../assembly/layout.ts";

const I32 = 0x7f;
const END = 0x0b;

/**
 * The image; its `reset` calls `hal.idle` for ever.
 *
 * @param sizeBytes at least 1 KiB
 */
export function sleepingImage(sizeBytes: number): Uint8Array<ArrayBuffer> {
  const module = new ByteWriter(sizeBytes).raw(0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
  section(module, 1, new ByteWriter().raw(2, 0x60, 1, I32, 1, I32, 0x60, 0, 0));
  section(
    module,
    2,
    new ByteWriter().u32(2).text("env").text("memory").raw(2, 1, 2, 2).text("hal").text("idle").raw(0, 0),
  );
  section(module, 3, new ByteWriter().raw(1, 1));
  section(module, 6, new ByteWriter().raw(1, I32, 0, 0x41).signed(Memory.RamBase).byte(END));
  section(module, 7, new ByteWriter().u32(2).text("reset").raw(0, 1).text("__heap_base").raw(3, 0));
  // (loop (drop (call $idle (i32.const 1000))) (br 0))
  const code = new ByteWriter().raw(0, 0x03, 0x40, 0x41).signed(1000).raw(0x10, 0, 0x1a, 0x0c, 0, END, END);
  section(module, 10, new ByteWriter().u32(1).u32(code.length).copy(code.finish()));
  const filler = new ByteWriter().text("filler");
  // One byte for the section's id, some for its length, and a name.
  const room = sizeBytes - module.length - 1 - filler.length;
  const lengthBytes = room + filler.length < 0x4000 + 2 ? 2 : 3;
  const rest = room - lengthBytes;
  section(module, 0, filler.copy(noise(rest)));
  return module.finish();
}

/** Bytes without a pattern, so that no byte can stand for its neighbour: Knuth's generator (TAOCP 3.3.4). */
function noise(length: number): Uint8Array {
  let state = 1;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
}

function section(module: ByteWriter, id: number, body: ByteWriter): void {
  module.byte(id).u32(body.length).copy(body.finish());
}
