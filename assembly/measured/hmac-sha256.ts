/**
 * Measured entry: HMAC with SHA-256 alone, for what it costs in flash, RAM and time.
 */
import { hmacSha256Final, hmacSha256Init, hmacSha256Update } from "../crypto/hmac-sha256";

export { __heap_base };

/** The tag, 32 bytes at `out`, of `length` bytes at `pointer` under a key of `keyBytes`. */
export function hmacSha256(key: usize, keyBytes: u32, pointer: usize, length: u32, out: usize): void {
  hmacSha256Init(key, keyBytes);
  hmacSha256Update(pointer, length);
  hmacSha256Final(out);
}
