/**
 * SHA-512 (FIPS 180-4 §6.4), streaming.
 *
 * One static context: a message at a time. `sha512Init`, any number of `sha512Update`, `sha512Final`;
 * or `sha512` for a message in one piece. Whole blocks are read where they lie. Messages are shorter
 * than 2^32 bytes, as is everything with a 32-bit address.
 *
 * RAM: round constants 640 bytes, state 64, buffer 128, length 4. The message schedule has no memory
 * of its own: it grows in the buffer, which is empty whenever a block lies elsewhere. All of it is
 * lazy: a build that imports this file and hashes nothing with it pays nothing.
 */

/** The round constants K (FIPS 180-4 §4.2.3). */
// @ts-ignore: decorator
@lazy const ROUND_CONSTANTS = memory.data<u64>([
  0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f, 0xe9b5dba58189dbbc, 0x3956c25bf348b538,
  0x59f111f1b605d019, 0x923f82a4af194f9b, 0xab1c5ed5da6d8118, 0xd807aa98a3030242, 0x12835b0145706fbe,
  0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2, 0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235,
  0xc19bf174cf692694, 0xe49b69c19ef14ad2, 0xefbe4786384f25e3, 0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65,
  0x2de92c6f592b0275, 0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5, 0x983e5152ee66dfab,
  0xa831c66d2db43210, 0xb00327c898fb213f, 0xbf597fc7beef0ee4, 0xc6e00bf33da88fc2, 0xd5a79147930aa725,
  0x06ca6351e003826f, 0x142929670a0e6e70, 0x27b70a8546d22ffc, 0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed,
  0x53380d139d95b3df, 0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6, 0x92722c851482353b,
  0xa2bfe8a14cf10364, 0xa81a664bbc423001, 0xc24b8b70d0f89791, 0xc76c51a30654be30, 0xd192e819d6ef5218,
  0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8, 0x19a4c116b8d2d0c8, 0x1e376c085141ab53,
  0x2748774cdf8eeb99, 0x34b0bcb5e19b48a8, 0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb, 0x5b9cca4f7763e373,
  0x682e6ff3d6b2b8a3, 0x748f82ee5defb2fc, 0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec,
  0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915, 0xc67178f2e372532b, 0xca273eceea26619c,
  0xd186b8c721c0c207, 0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178, 0x06f067aa72176fba, 0x0a637dc5a2c898a6,
  0x113f9804bef90dae, 0x1b710b35131c471b, 0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc,
  0x431d67c49c100d4c, 0x4cc5d4becb3e42b6, 0x597f299cfc657e2a, 0x5fcb6fab3ad6faec, 0x6c44198c4a475817,
]);

/** Eight rounds to a turn of the loop: 64 bytes of constants, half of the message schedule. */
const TURN_BYTES: usize = 64;
/** Where a turn is whose words nobody needs sixteen rounds on. */
// @ts-ignore: decorator
@lazy const SCHEDULE_END = ROUND_CONSTANTS + 8 * TURN_BYTES;

/** The hash value H (FIPS 180-4 §5.3.5), eight words. */
// @ts-ignore: decorator
@lazy const STATE = memory.data(64, 8);

const BLOCK_BYTES: u32 = 128;

/** The first `length % 128` bytes hold the message's unhashed tail; during a block, its schedule. */
// @ts-ignore: decorator
@lazy const BUFFER = memory.data(128, 8);

/** Bytes of the message so far, u32. */
// @ts-ignore: decorator
@lazy const LENGTH = memory.data(4, 4);

/** 128 bytes at a multiple of 8 that are free between a message's end and the beginning of the next. */
// @ts-ignore: decorator
@lazy export const SHA512_IDLE = BUFFER;

/** Hashes `length` bytes at `pointer`; writes 64 bytes to `out`. Replaces a message in progress. */
// @ts-ignore: decorator
@inline
export function sha512(pointer: usize, length: u32, out: usize): void {
  sha512Init();
  sha512Update(pointer, length);
  sha512Final(out);
}

/** Begins a message. */
export function sha512Init(): void {
  store<u64>(STATE, 0x6a09e667f3bcc908, 0);
  store<u64>(STATE, 0xbb67ae8584caa73b, 8);
  store<u64>(STATE, 0x3c6ef372fe94f82b, 16);
  store<u64>(STATE, 0xa54ff53a5f1d36f1, 24);
  store<u64>(STATE, 0x510e527fade682d1, 32);
  store<u64>(STATE, 0x9b05688c2b3e6c1f, 40);
  store<u64>(STATE, 0x1f83d9abfb41bd6b, 48);
  store<u64>(STATE, 0x5be0cd19137e2179, 56);
  store<u32>(LENGTH, 0);
}

/** Appends `length` bytes at `pointer` to the message. */
export function sha512Update(pointer: usize, length: u32): void {
  const buffered = load<u32>(LENGTH) & (BLOCK_BYTES - 1);
  store<u32>(LENGTH, load<u32>(LENGTH) + length);
  if (buffered !== 0) {
    const missing = min(BLOCK_BYTES - buffered, length);
    memory.copy(BUFFER + buffered, pointer, missing);
    if (buffered + missing < BLOCK_BYTES) return;
    hashBlocks(BUFFER, BUFFER + BLOCK_BYTES);
    pointer += missing;
    length -= missing;
  }
  const tail = pointer + (length & ~(BLOCK_BYTES - 1));
  hashBlocks(pointer, tail);
  memory.copy(BUFFER, tail, length & (BLOCK_BYTES - 1));
}

/** Ends the message: pads it (FIPS 180-4 §5.1.2) and writes its digest, 64 bytes, to `out`. */
export function sha512Final(out: usize): void {
  const buffered = load<u32>(LENGTH) & (BLOCK_BYTES - 1);
  store<u8>(BUFFER + buffered, 0x80);
  memory.fill(BUFFER + buffered + 1, 0, BLOCK_BYTES - 1 - buffered);
  if (buffered >= BLOCK_BYTES - 16) {
    hashBlocks(BUFFER, BUFFER + BLOCK_BYTES);
    memory.fill(BUFFER, 0, BLOCK_BYTES - 8);
  }
  store<u64>(BUFFER, bswap<u64>((<u64>load<u32>(LENGTH)) << 3), BLOCK_BYTES - 8);
  hashBlocks(BUFFER, BUFFER + BLOCK_BYTES);
  swapWords(out, STATE, 64);
}

/**
 * Hashes the blocks from `block` up to `end` (FIPS 180-4 §6.4.2).
 *
 * Blocks may lie at any address. Ten turns of eight rounds: `w` is the half of the schedule whose
 * words the turn takes and then replaces by those sixteen rounds on, `o` the other half. Instead of
 * moving a…h along every round, the roles move: what is h in a round is a in the next.
 * Maj(a, b, c) = b ^ ((a ^ b) & (b ^ c)), and b ^ c was a ^ b one round ago: `x` and `y` take turns
 * to hold it.
 */
function hashBlocks(block: usize, end: usize): void {
  for (; block < end; block += BLOCK_BYTES) {
    swapWords(BUFFER, block, BLOCK_BYTES);
    let a = load<u64>(STATE, 0);
    let b = load<u64>(STATE, 8);
    let c = load<u64>(STATE, 16);
    let d = load<u64>(STATE, 24);
    let e = load<u64>(STATE, 32);
    let f = load<u64>(STATE, 40);
    let g = load<u64>(STATE, 48);
    let h = load<u64>(STATE, 56);
    let x: u64 = 0;
    let y = b ^ c;
    let w: usize = BUFFER;
    let k: usize = ROUND_CONSTANTS;
    for (;;) {
      h = h + load<u64>(k, 0) + load<u64>(w, 0) + (g ^ (e & (f ^ g))) + sigma1(e);
      d += h;
      x = a ^ b;
      h += sigma0(a) + (b ^ (x & y));
      g = g + load<u64>(k, 8) + load<u64>(w, 8) + (f ^ (d & (e ^ f))) + sigma1(d);
      c += g;
      y = h ^ a;
      g += sigma0(h) + (a ^ (y & x));
      f = f + load<u64>(k, 16) + load<u64>(w, 16) + (e ^ (c & (d ^ e))) + sigma1(c);
      b += f;
      x = g ^ h;
      f += sigma0(g) + (h ^ (x & y));
      e = e + load<u64>(k, 24) + load<u64>(w, 24) + (d ^ (b & (c ^ d))) + sigma1(b);
      a += e;
      y = f ^ g;
      e += sigma0(f) + (g ^ (y & x));
      d = d + load<u64>(k, 32) + load<u64>(w, 32) + (c ^ (a & (b ^ c))) + sigma1(a);
      h += d;
      x = e ^ f;
      d += sigma0(e) + (f ^ (x & y));
      c = c + load<u64>(k, 40) + load<u64>(w, 40) + (b ^ (h & (a ^ b))) + sigma1(h);
      g += c;
      y = d ^ e;
      c += sigma0(d) + (e ^ (y & x));
      b = b + load<u64>(k, 48) + load<u64>(w, 48) + (a ^ (g & (h ^ a))) + sigma1(g);
      f += b;
      x = c ^ d;
      b += sigma0(c) + (d ^ (x & y));
      a = a + load<u64>(k, 56) + load<u64>(w, 56) + (h ^ (f & (g ^ h))) + sigma1(f);
      e += a;
      y = b ^ c;
      a += sigma0(b) + (c ^ (y & x));

      if (k < SCHEDULE_END) {
        const o = BUFFER + (BUFFER + TURN_BYTES) - w;
        store<u64>(
          w,
          load<u64>(w, 0) + schedule0(load<u64>(w, 8)) + load<u64>(o, 8) + schedule1(load<u64>(o, 48)),
          0,
        );
        store<u64>(
          w,
          load<u64>(w, 8) + schedule0(load<u64>(w, 16)) + load<u64>(o, 16) + schedule1(load<u64>(o, 56)),
          8,
        );
        store<u64>(
          w,
          load<u64>(w, 16) + schedule0(load<u64>(w, 24)) + load<u64>(o, 24) + schedule1(load<u64>(w, 0)),
          16,
        );
        store<u64>(
          w,
          load<u64>(w, 24) + schedule0(load<u64>(w, 32)) + load<u64>(o, 32) + schedule1(load<u64>(w, 8)),
          24,
        );
        store<u64>(
          w,
          load<u64>(w, 32) + schedule0(load<u64>(w, 40)) + load<u64>(o, 40) + schedule1(load<u64>(w, 16)),
          32,
        );
        store<u64>(
          w,
          load<u64>(w, 40) + schedule0(load<u64>(w, 48)) + load<u64>(o, 48) + schedule1(load<u64>(w, 24)),
          40,
        );
        store<u64>(
          w,
          load<u64>(w, 48) + schedule0(load<u64>(w, 56)) + load<u64>(o, 56) + schedule1(load<u64>(w, 32)),
          48,
        );
        store<u64>(
          w,
          load<u64>(w, 56) + schedule0(load<u64>(o, 0)) + load<u64>(w, 0) + schedule1(load<u64>(w, 40)),
          56,
        );
        w = o;
      } else if (w === BUFFER) {
        w = BUFFER + TURN_BYTES;
      } else break;
      k += TURN_BYTES;
    }
    store<u64>(STATE, load<u64>(STATE, 0) + a, 0);
    store<u64>(STATE, load<u64>(STATE, 8) + b, 8);
    store<u64>(STATE, load<u64>(STATE, 16) + c, 16);
    store<u64>(STATE, load<u64>(STATE, 24) + d, 24);
    store<u64>(STATE, load<u64>(STATE, 32) + e, 32);
    store<u64>(STATE, load<u64>(STATE, 40) + f, 40);
    store<u64>(STATE, load<u64>(STATE, 48) + g, 48);
    store<u64>(STATE, load<u64>(STATE, 56) + h, 56);
  }
}

/** Copies 64-bit words, `bytes` in all, and swaps the bytes of each. */
function swapWords(out: usize, words: usize, bytes: usize): void {
  for (let offset: usize = 0; offset < bytes; offset += 8) {
    store<u64>(out + offset, bswap<u64>(load<u64>(words + offset, 0, 1)), 0, 1);
  }
}

// The functions of FIPS 180-4 §4.1.3: Σ0, Σ1 of the rounds and σ0, σ1 of the message schedule.

// @ts-ignore: decorator
@inline
function sigma0(word: u64): u64 {
  return rotr<u64>(word, 28) ^ rotr<u64>(word, 34) ^ rotr<u64>(word, 39);
}

// @ts-ignore: decorator
@inline
function sigma1(word: u64): u64 {
  return rotr<u64>(word, 14) ^ rotr<u64>(word, 18) ^ rotr<u64>(word, 41);
}

// @ts-ignore: decorator
@inline
function schedule0(word: u64): u64 {
  return rotr<u64>(word, 1) ^ rotr<u64>(word, 8) ^ (word >> 7);
}

// @ts-ignore: decorator
@inline
function schedule1(word: u64): u64 {
  return rotr<u64>(word, 19) ^ rotr<u64>(word, 61) ^ (word >> 6);
}
