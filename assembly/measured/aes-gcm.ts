/**
 * Measured entry: decryption with AES-GCM alone, for what it costs in flash, RAM and time.
 */
import { aesSetKey } from "../crypto/aes";
import { aesGcmDecrypt, aesGcmFinal, aesGcmInit } from "../crypto/aes-gcm";

/** Decrypts `length` bytes, and the tag behind them, with a nonce of 12 bytes. */
export function aesGcm(key: usize, keyBytes: u32, nonce: usize, input: usize, length: u32, out: usize): i32 {
  aesSetKey(key, keyBytes);
  aesGcmInit(nonce, 12, nonce, 0);
  aesGcmDecrypt(input, length, out);
  return aesGcmFinal(input + length);
}
export { __heap_base };
