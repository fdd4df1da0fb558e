/**
 * Measured entry: decryption with ChaCha20 and Poly1305 alone, for what it costs in flash, RAM and time.
 */
import { chachaPolyDecrypt, chachaPolyFinal, chachaPolyInit } from "../crypto/chacha20-poly1305";

/** Decrypts `length` bytes, and the tag behind them. */
export function chachaPoly(key: usize, nonce: usize, input: usize, length: u32, out: usize): i32 {
  chachaPolyInit(key, nonce, nonce, 0);
  chachaPolyDecrypt(input, length, out);
  return chachaPolyFinal(input + length);
}
export { __heap_base };
