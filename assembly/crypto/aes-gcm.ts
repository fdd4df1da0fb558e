/**
 * Decryption with AES in Galois/counter mode (SP 800-38D §7.2; A128GCM … A256GCM of COSE, RFC 9053 §4.1).
 *
 * Streaming: `aesSetKey`, `aesGcmInit`, any number of `aesGcmDecrypt`, `aesGcmFinal`. What was decrypted
 * is not authentic before `aesGcmFinal` has said so, and may not be acted on. Products in GF(2^128) are
 * sums under masks, 128 steps each, without a table or a branch on what they multiply.
 *
 * RAM: hash subkey, hash, first block and tag mask 16 bytes each, lengths 8, beside AES-CTR.
 */
import { Status } from "../status";
import { AES_BLOCK_BYTES, aesEncryptBlock } from "./aes";
import { CounterWidth, aesCtrForget, aesCtrInit, aesCtrSeek, aesCtrUpdate } from "./aes-ctr";
import { equalConstantTime } from "./compare";

/** Bytes of a tag of COSE (RFC 9053 §4.1). */
export const AES_GCM_TAG_BYTES: u32 = 16;

/** H, two big-endian words as numbers. */
const SUBKEY = memory.data(16, 8);

/** Y of GHASH, likewise. */
const HASH = memory.data(16, 8);

/** The block that is hashed next, and the pre-counter block J0 at the start. */
const BLOCK = memory.data(16, 8);

/** Bytes in `BLOCK`; bytes of additional data; bytes of ciphertext: u32 each. */
const FILLED = memory.data(4, 4);
const ADDITIONAL_BYTES = memory.data(4, 4);
const TEXT_BYTES = memory.data(4, 4);

/** E(J0), with which the tag is masked. */
const MASK = memory.data(16, 8);

/**
 * Begins a message; the key is the one that `aesSetKey` was given.
 *
 * @param iv of any length but 0; 12 bytes is what COSE asks for
 * @param additional authenticated, not encrypted
 */
export function aesGcmInit(iv: usize, ivBytes: u32, additional: usize, additionalBytes: u32): void {
  memory.fill(BLOCK, 0, AES_BLOCK_BYTES);
  aesEncryptBlock(BLOCK);
  store<u64>(SUBKEY, bswap<u64>(load<u64>(BLOCK)));
  store<u64>(SUBKEY, bswap<u64>(load<u64>(BLOCK, 8)), 8);
  beginHash();
  if (ivBytes === 12) {
    memory.copy(MASK, iv, 12);
    store<u32>(MASK, bswap<u32>(1), 12);
  } else {
    hash(iv, ivBytes);
    endHash(0, ivBytes);
    store<u64>(MASK, bswap<u64>(load<u64>(HASH)));
    store<u64>(MASK, bswap<u64>(load<u64>(HASH, 8)), 8);
    beginHash();
  }
  aesCtrInit(MASK, CounterWidth.Last32);
  aesCtrSeek(AES_BLOCK_BYTES);
  aesEncryptBlock(MASK);
  hash(additional, additionalBytes);
  flushHash();
  store<u32>(ADDITIONAL_BYTES, additionalBytes);
  store<u32>(TEXT_BYTES, 0);
}

/** Decrypts `length` bytes from `input` to `output`, which may be the same. */
export function aesGcmDecrypt(input: usize, length: u32, output: usize): void {
  hash(input, length);
  store<u32>(TEXT_BYTES, load<u32>(TEXT_BYTES) + length);
  aesCtrUpdate(input, length, output);
}

/**
 * Ends the message, and forgets the key.
 *
 * @param tag 16 bytes
 * @returns Status.Ok, or Status.PayloadInauthentic if anything was changed
 */
export function aesGcmFinal(tag: usize): i32 {
  endHash(load<u32>(ADDITIONAL_BYTES), load<u32>(TEXT_BYTES));
  store<u64>(BLOCK, bswap<u64>(load<u64>(HASH)) ^ load<u64>(MASK));
  store<u64>(BLOCK, bswap<u64>(load<u64>(HASH, 8)) ^ load<u64>(MASK, 8), 8);
  const isGenuine = equalConstantTime(BLOCK, tag, AES_GCM_TAG_BYTES);
  memory.fill(SUBKEY, 0, AES_BLOCK_BYTES);
  memory.fill(MASK, 0, AES_BLOCK_BYTES);
  memory.fill(BLOCK, 0, AES_BLOCK_BYTES);
  aesCtrForget();
  return isGenuine ? Status.Ok : Status.PayloadInauthentic;
}

function beginHash(): void {
  memory.fill(HASH, 0, AES_BLOCK_BYTES);
  memory.fill(BLOCK, 0, AES_BLOCK_BYTES);
  store<u32>(FILLED, 0);
}

/** Appends bytes to what is hashed. */
function hash(pointer: usize, length: u32): void {
  let filled = load<u32>(FILLED);
  while (length > 0) {
    const step = min(AES_BLOCK_BYTES - filled, length);
    memory.copy(BLOCK + filled, pointer, step);
    filled += step;
    if (filled === AES_BLOCK_BYTES) {
      hashBlock();
      filled = 0;
    }
    pointer += step;
    length -= step;
  }
  store<u32>(FILLED, filled);
}

/** Fills up the last block with zeros, and hashes it if there is one. */
function flushHash(): void {
  if (load<u32>(FILLED) > 0) hashBlock();
  store<u32>(FILLED, 0);
}

/** Appends the lengths in bits (SP 800-38D §7.1 step 5; §7.2 step 2 for an IV). */
function endHash(additionalBytes: u32, textBytes: u32): void {
  flushHash();
  store<u64>(BLOCK, bswap<u64>((<u64>additionalBytes) << 3));
  store<u64>(BLOCK, bswap<u64>((<u64>textBytes) << 3), 8);
  hashBlock();
}

/**
 * Y = (Y + block) H, and empties the block (SP 800-38D §6.3). Bits are counted from the top, so times x is
 * a shift down, and 1 + x + x^2 + x^7 in place of x^128 is 0xe1 at the top.
 */
function hashBlock(): void {
  let factorHigh = load<u64>(HASH) ^ bswap<u64>(load<u64>(BLOCK));
  let factorLow = load<u64>(HASH, 8) ^ bswap<u64>(load<u64>(BLOCK, 8));
  let high = load<u64>(SUBKEY);
  let low = load<u64>(SUBKEY, 8);
  let sumHigh: u64 = 0;
  let sumLow: u64 = 0;
  for (let bit: u32 = 0; bit < 128; bit++) {
    const mask = <u64>((<i64>factorHigh) >> 63);
    sumHigh ^= high & mask;
    sumLow ^= low & mask;
    factorHigh = (factorHigh << 1) | (factorLow >> 63);
    factorLow <<= 1;
    const out = 0 - (low & 1);
    low = (low >> 1) | (high << 63);
    high = (high >> 1) ^ (out & 0xe100000000000000);
  }
  store<u64>(HASH, sumHigh);
  store<u64>(HASH, sumLow, 8);
  memory.fill(BLOCK, 0, AES_BLOCK_BYTES);
}
