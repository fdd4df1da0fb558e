/**
 * HMAC with SHA-256 (RFC 2104 §2, RFC 4231), streaming over the one SHA-256 context.
 *
 * `hmacSha256Init`, any number of `hmacSha256Update`, `hmacSha256Final`; no other hashing in between.
 * The key is read once, at the start; what is kept of it is the block that it makes, and that is
 * wiped at the end. Nothing branches on key bytes or uses one in an address. A key's length is no
 * secret.
 *
 * RAM: the block, 64 bytes, beside those of SHA-256.
 */
import { sha256, sha256Final, sha256Init, sha256Update } from "./sha256";

/** Bytes of a whole tag. */
export const HMAC_SHA256_BYTES: u32 = 32;

const BLOCK_BYTES: u32 = 64;

/** The inner and the outer pad, repeated over 64 bits (RFC 2104 §2). */
const INNER_PAD: u64 = 0x3636363636363636;
const OUTER_PAD: u64 = 0x5c5c5c5c5c5c5c5c;

/** The key, padded with zeros, under the inner pad while the message runs. */
// @ts-ignore: decorator
@lazy
const BLOCK = memory.data(64, 8);

/** Begins a message under a key of any length; one of more than a block is hashed first (RFC 2104 §2). */
export function hmacSha256Init(key: usize, keyBytes: u32): void {
  memory.fill(BLOCK, 0, BLOCK_BYTES);
  if (keyBytes > BLOCK_BYTES) sha256(key, keyBytes, BLOCK);
  else memory.copy(BLOCK, key, keyBytes);
  hashPadded(INNER_PAD);
}

/** Appends `length` bytes at `pointer` to the message. */
// @ts-ignore: decorator
@inline
export function hmacSha256Update(pointer: usize, length: u32): void {
  sha256Update(pointer, length);
}

/** Ends the message and writes its tag, 32 bytes, to `out`; forgets the key. */
export function hmacSha256Final(out: usize): void {
  sha256Final(out);
  hashPadded(INNER_PAD ^ OUTER_PAD);
  sha256Update(out, HMAC_SHA256_BYTES);
  sha256Final(out);
  memory.fill(BLOCK, 0, BLOCK_BYTES);
}

/** Changes the block by a pad, and begins a digest with it. */
function hashPadded(pad: u64): void {
  for (let offset: usize = 0; offset < <usize>BLOCK_BYTES; offset += 8) {
    store<u64>(BLOCK + offset, load<u64>(BLOCK + offset) ^ pad);
  }
  sha256Init();
  sha256Update(BLOCK, BLOCK_BYTES);
}
