/**
 * AES in counter mode (SP 800-38A §6.5; A128CTR and A256CTR of COSE, RFC 9459 §4), streaming.
 *
 * `aesSetKey`, `aesCtrInit`, any number of `aesCtrUpdate`, `aesCtrForget`; the key stream may be entered
 * anywhere, so a broken transfer goes on where it stopped. Encryption and decryption are the same.
 * Nothing is authenticated: whoever decrypts checks the digest of what comes out.
 *
 * RAM: first counter block 16, key stream 64, position and batch 8, counter width 4 bytes, beside AES.
 */
import { AES_BATCH_BYTES, AES_BLOCK_BYTES, aesEncryptBatch, aesForget } from "./aes";

/** How far a counter block is counted: all of it (RFC 9459 §4), or its last 32 bits (SP 800-38D §6.2). */
export const enum CounterWidth {
  Whole = 0,
  Last32 = 1,
}

/** The counter block of the first block. */
// @ts-ignore: decorator
@lazy const FIRST = memory.data(16, 8);

/** Four blocks of key stream. */
// @ts-ignore: decorator
@lazy const STREAM = memory.data(64, 8);

/** The place in the stream, u32. */
// @ts-ignore: decorator
@lazy const POSITION = memory.data(4, 4);

/** 1 + number of the batch in `STREAM`, u32; 0 for none. */
// @ts-ignore: decorator
@lazy const BATCH = memory.data(4, 4);

/** A `CounterWidth`. */
// @ts-ignore: decorator
@lazy const WIDTH = memory.data(4, 4);

/** Begins a stream with its first counter block, 16 bytes; the key is the one that `aesSetKey` was given. */
export function aesCtrInit(counter: usize, width: CounterWidth): void {
  memory.copy(FIRST, counter, AES_BLOCK_BYTES);
  store<u32>(WIDTH, width);
  store<u32>(BATCH, 0);
  store<u32>(POSITION, 0);
}

/** Goes to a place in the stream, in bytes. */
export function aesCtrSeek(position: u32): void {
  store<u32>(POSITION, position);
}

/** Encrypts or decrypts `length` bytes from `input` to `output`, which may be the same. */
export function aesCtrUpdate(input: usize, length: u32, output: usize): void {
  let position = load<u32>(POSITION);
  store<u32>(POSITION, position + length);
  while (length > 0) {
    fillStream(position / AES_BATCH_BYTES);
    const start = position & (AES_BATCH_BYTES - 1);
    const step = min(AES_BATCH_BYTES - start, length);
    addStream(input, STREAM + start, step, output);
    input += step;
    output += step;
    position += step;
    length -= step;
  }
}

/** Forgets key and key stream. */
export function aesCtrForget(): void {
  memory.fill(STREAM, 0, AES_BATCH_BYTES);
  store<u32>(BATCH, 0);
  aesForget();
}

/** Makes the key stream of a batch, unless it is there. */
function fillStream(batch: u32): void {
  if (load<u32>(BATCH) === batch + 1) return;
  store<u32>(BATCH, batch + 1);
  const high = bswap<u64>(load<u64>(FIRST));
  const low = bswap<u64>(load<u64>(FIRST, 8));
  for (let index: u32 = 0; index < 4; index++) {
    const block: usize = STREAM + index * AES_BLOCK_BYTES;
    const count = <u64>batch * 4 + index;
    let sum = low + count;
    let carry: u64 = 0;
    if (load<u32>(WIDTH) === CounterWidth.Last32) {
      sum = (low & 0xffffffff00000000) | (sum & 0xffffffff);
    } else {
      carry = <u64>(sum < low);
    }
    store<u64>(block, bswap<u64>(high + carry));
    store<u64>(block, bswap<u64>(sum), 8);
  }
  aesEncryptBatch(STREAM);
}

/** output = input + stream, in words as long as there are any. */
function addStream(input: usize, stream: usize, length: u32, output: usize): void {
  let offset: usize = 0;
  for (; offset + 8 <= <usize>length; offset += 8) {
    store<u64>(output + offset, load<u64>(input + offset, 0, 1) ^ load<u64>(stream + offset, 0, 1), 0, 1);
  }
  for (; offset < <usize>length; offset++) {
    store<u8>(output + offset, load<u8>(input + offset) ^ load<u8>(stream + offset));
  }
}
