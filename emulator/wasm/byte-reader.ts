/**
 * A bounds-checked cursor over the bytes of a WebAssembly module (WebAssembly 1.0 §5.2).
 */
import { malformed } from "./module-error.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Reads forward within `[start, end)`; every method throws ModuleError "malformed" instead of passing the end. */
export class ByteReader {
  readonly bytes: Uint8Array;
  readonly end: number;
  position: number;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.bytes = bytes;
    this.position = start;
    this.end = end;
  }

  get atEnd(): boolean {
    return this.position >= this.end;
  }

  byte(): number {
    const value = this.position < this.end ? this.bytes[this.position] : undefined;
    if (value === undefined) throw malformed("the bytes end too early", this.position);
    this.position++;
    return value;
  }

  /** Skips `length` bytes and returns where they began. */
  skip(length: number): number {
    const start = this.position;
    if (length > this.end - start) throw malformed(`${length} bytes are announced but missing`, start);
    this.position = start + length;
    return start;
  }

  /** An unsigned LEB128 number of 32 bits (§5.2.2). */
  u32(): number {
    const start = this.position;
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.byte();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    const last = this.byte();
    if (last > 0x0f) throw malformed("a number does not fit 32 bits", start);
    return (value | (last << 28)) >>> 0;
  }

  /** A signed LEB128 number of `bits` = 32 or 33 bits (§5.2.2). */
  signed(bits: 32 | 33): number {
    const start = this.position;
    let value = 0;
    let scale = 1;
    for (let index = 0; index < 5; index++) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      scale *= 128;
      if (byte >= 0x80) continue;
      if ((byte & 0x40) !== 0) value -= scale;
      const limit = 2 ** (bits - 1);
      if (value < -limit || value >= limit) throw malformed(`a number does not fit ${bits} bits`, start);
      return value;
    }
    throw malformed(`a number does not fit ${bits} bits`, start);
  }

  /** Passes over a signed LEB128 number of 64 bits. */
  skipS64(): void {
    const start = this.position;
    for (let index = 0; index < 9; index++) if (this.byte() < 0x80) return;
    const last = this.byte();
    if (last !== 0 && last !== 0x7f) throw malformed("a number does not fit 64 bits", start);
  }

  /** The length of a vector whose elements take at least one byte each, so that no count is believed blindly. */
  count(): number {
    const start = this.position;
    const count = this.u32();
    if (count > this.end - this.position) throw malformed(`a vector announces ${count} elements`, start);
    return count;
  }

  /** A name: a vector of bytes in UTF-8 (§5.2.4). */
  text(): string {
    const length = this.count();
    const start = this.skip(length);
    try {
      return utf8.decode(this.bytes.subarray(start, start + length));
    } catch {
      throw malformed("a name is not UTF-8", start);
    }
  }
}
