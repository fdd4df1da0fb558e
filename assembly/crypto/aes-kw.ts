/**
 * AES key wrap (RFC 3394 §2.2; KW of SP 800-38F §6.2; A128KW, A192KW and A256KW of COSE, RFC 9053 §6.2.1).
 *
 * The device only unwraps. Whether the key that comes out is the one that was wrapped is decided by one
 * comparison in constant time, and nothing of a key that fails it is left.
 *
 * RAM: one block, 16 bytes, beside AES.
 */
import { Status } from "../status";
import { AES_BLOCK_BYTES, aesDecryptBlock, aesForget, aesSetKey } from "./aes";

/** Bytes by which a wrapped key is longer than the key. */
export const AES_KW_OVERHEAD: u32 = 8;

/** The initial value (RFC 3394 §2.2.3.1). */
const INITIAL_VALUE: u64 = 0xa6a6a6a6a6a6a6a6;

/** The integrity register A, and the 64-bit block R[i] beside it. */
// @ts-ignore: decorator
@lazy const BLOCK = memory.data(16, 8);

/**
 * Unwraps a key; that of AES is forgotten afterwards.
 *
 * @param kek the key encryption key @param kekBytes 16, 24 or 32
 * @param wrapped the wrapped key
 * @param wrappedBytes a multiple of 8, at least 24 (SP 800-38F §5.3.1): keys of less than 128 bits are not
 *   wrapped
 * @param out `wrappedBytes - 8` bytes; may not overlap `wrapped`
 * @returns Status.Ok; Status.WrappedKeyMalformed for another length; Status.WrappedKeyInvalid if the key
 *   was not wrapped with this one, and then `out` is zeros
 */
export function aesKwUnwrap(kek: usize, kekBytes: u32, wrapped: usize, wrappedBytes: u32, out: usize): i32 {
  if (wrappedBytes < 24 || (wrappedBytes & 7) !== 0) return Status.WrappedKeyMalformed;
  const keyBytes = wrappedBytes - AES_KW_OVERHEAD;
  aesSetKey(kek, kekBytes);
  memory.copy(BLOCK, wrapped, 8);
  memory.copy(out, wrapped + 8, keyBytes);
  // Step t = n j + i of 6 n, counted down (RFC 3394 §2.2.2).
  let step = (keyBytes >> 3) * 6;
  for (let turn: u32 = 0; turn < 6; turn++) {
    for (let offset = keyBytes; offset > 0; step--) {
      offset -= 8;
      store<u64>(BLOCK, load<u64>(BLOCK) ^ bswap<u64>(step));
      memory.copy(BLOCK + 8, out + offset, 8);
      aesDecryptBlock(BLOCK);
      memory.copy(out + offset, BLOCK + 8, 8);
    }
  }
  const difference = load<u64>(BLOCK) ^ INITIAL_VALUE;
  memory.fill(BLOCK, 0, AES_BLOCK_BYTES);
  aesForget();
  if (difference === 0) return Status.Ok;
  memory.fill(out, 0, keyBytes);
  return Status.WrappedKeyInvalid;
}
