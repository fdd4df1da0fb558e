/**
 * Measured entry: AES in counter mode alone, for what it costs in flash, RAM and time.
 */
import { aesSetKey } from "../crypto/aes";
import { CounterWidth, aesCtrForget, aesCtrInit, aesCtrUpdate } from "../crypto/aes-ctr";

/** Decrypts `length` bytes with a key of `keyBytes`. */
export function aesCtr(
  key: usize,
  keyBytes: u32,
  counter: usize,
  input: usize,
  length: u32,
  out: usize,
): void {
  aesSetKey(key, keyBytes);
  aesCtrInit(counter, CounterWidth.Whole);
  aesCtrUpdate(input, length, out);
  aesCtrForget();
}
export { __heap_base };
