/**
 * HKDF with SHA-256 (RFC 5869), over the one HMAC.
 *
 * RAM: the pseudorandom key 32, the last block of output 32, its number 1 byte, beside HMAC.
 */
import { Status } from "../status";
import { HMAC_SHA256_BYTES, hmacSha256Final, hmacSha256Init, hmacSha256Update } from "./hmac-sha256";
import { sha256Init } from "./sha256";

/** The most bytes that one expansion gives (RFC 5869 §2.3). */
export const HKDF_SHA256_MAXIMUM: u32 = 255 * HMAC_SHA256_BYTES;

/** The pseudorandom key PRK. */
// @ts-ignore: decorator
@lazy const PSEUDORANDOM_KEY = memory.data(32, 8);

/** T(i). */
// @ts-ignore: decorator
@lazy const BLOCK = memory.data(32, 8);

/** i, one byte. */
// @ts-ignore: decorator
@lazy const NUMBER = memory.data(4, 4);

/**
 * Derives a key from a secret.
 *
 * @param salt public; 0 bytes stand for 32 zeros (RFC 5869 §2.2)
 * @param info what the key is for
 * @param out may not overlap `info`
 * @returns Status.Ok, or Status.NumberTooLarge for more than `HKDF_SHA256_MAXIMUM` bytes
 */
export function hkdfSha256(
  secret: usize,
  secretBytes: u32,
  salt: usize,
  saltBytes: u32,
  info: usize,
  infoBytes: u32,
  out: usize,
  outBytes: u32,
): i32 {
  if (outBytes > HKDF_SHA256_MAXIMUM) return Status.NumberTooLarge;
  // A key of HMAC is padded with zeros, so an empty salt needs no other treatment.
  hmacSha256Init(salt, saltBytes);
  hmacSha256Update(secret, secretBytes);
  hmacSha256Final(PSEUDORANDOM_KEY);
  for (let done: u32 = 0; done < outBytes; done += HMAC_SHA256_BYTES) {
    hmacSha256Init(PSEUDORANDOM_KEY, HMAC_SHA256_BYTES);
    if (done > 0) hmacSha256Update(BLOCK, HMAC_SHA256_BYTES);
    hmacSha256Update(info, infoBytes);
    store<u8>(NUMBER, done / HMAC_SHA256_BYTES + 1);
    hmacSha256Update(NUMBER, 1);
    hmacSha256Final(BLOCK);
    memory.copy(out + done, BLOCK, min(outBytes - done, HMAC_SHA256_BYTES));
  }
  memory.fill(PSEUDORANDOM_KEY, 0, 32);
  memory.fill(BLOCK, 0, 32);
  // The state of the hash is the last block, until another message begins.
  sha256Init();
  return Status.Ok;
}
