/**
 * Decryption with ChaCha20 and Poly1305 (RFC 8439 §2.8; ChaCha20/Poly1305 of COSE, RFC 9053 §4.3), streaming.
 *
 * `chachaPolyInit`, any number of `chachaPolyDecrypt`, `chachaPolyFinal`. What was decrypted is not
 * authentic before `chachaPolyFinal` has said so, and may not be acted on.
 *
 * RAM: the one-time key, later the tag, 32, lengths 16 bytes, beside ChaCha20 and Poly1305.
 */
import { Status } from "../status";
import { chacha20Forget, chacha20Init, chacha20Update } from "./chacha20";
import { equalConstantTime } from "./compare";
import { poly1305Final, poly1305Init, poly1305Pad, poly1305Update } from "./poly1305";

/** Bytes of a tag. */
export const CHACHA_POLY_TAG_BYTES: u32 = 16;

const SCRATCH = memory.data(32, 8);

/** Bytes of additional data and of ciphertext, two 64-bit words, as they are authenticated. */
const LENGTHS = memory.data(16, 8);

/** Begins a message. @param key 32 bytes @param nonce 12 bytes @param additional authenticated, not encrypted */
export function chachaPolyInit(key: usize, nonce: usize, additional: usize, additionalBytes: u32): void {
  // The one-time key is the beginning of block 0 of the key stream (RFC 8439 §2.6).
  memory.fill(SCRATCH, 0, 32);
  chacha20Init(key, nonce, 0);
  chacha20Update(SCRATCH, 32, SCRATCH);
  poly1305Init(SCRATCH);
  chacha20Init(key, nonce, 1);
  poly1305Update(additional, additionalBytes);
  poly1305Pad();
  store<u64>(LENGTHS, additionalBytes);
  store<u64>(LENGTHS, 0, 8);
}

/** Decrypts `length` bytes from `input` to `output`, which may be the same. */
export function chachaPolyDecrypt(input: usize, length: u32, output: usize): void {
  poly1305Update(input, length);
  chacha20Update(input, length, output);
  store<u64>(LENGTHS, load<u64>(LENGTHS, 8) + length, 8);
}

/**
 * Ends the message, and forgets the key.
 *
 * @param tag 16 bytes
 * @returns Status.Ok, or Status.PayloadInauthentic if anything was changed
 */
export function chachaPolyFinal(tag: usize): i32 {
  poly1305Pad();
  poly1305Update(LENGTHS, 16);
  poly1305Final(SCRATCH);
  const isGenuine = equalConstantTime(SCRATCH, tag, CHACHA_POLY_TAG_BYTES);
  memory.fill(SCRATCH, 0, 32);
  chacha20Forget();
  return isGenuine ? Status.Ok : Status.PayloadInauthentic;
}
