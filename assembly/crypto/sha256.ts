/**
 * SHA-256 (FIPS 180-4 §6.2), streaming.
 *
 * One static context: a message at a time. `sha256Init`, any number of `sha256Update`, `sha256Final`;
 * or `sha256` for a message in one piece. Whole blocks are hashed where they lie, so hashing mapped
 * flash copies nothing. Messages are shorter than 2^32 bytes, as is everything with a 32-bit address;
 * in the size build, than 2^29. Chains of hashes of short values are in `sha256-chain.ts`.
 *
 * RAM: state 32, buffer 64, length 4, round constants 256 bytes; the size build needs 128 more.
 */

/** The round constants K (FIPS 180-4 §4.2.2). */
// @ts-ignore: decorator
@lazy export const ROUND_CONSTANTS = memory.data<u32>([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98,
  0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
  0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8,
  0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
  0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819,
  0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
  0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
  0xc67178f2,
]);

/** Sixteen rounds to a turn of the loop: 64 bytes of constants. */
export const TURN_BYTES: usize = 64;
// @ts-ignore: decorator
@lazy export const ROUND_CONSTANTS_END = ROUND_CONSTANTS + 4 * TURN_BYTES;

/** The hash value H (FIPS 180-4 §5.3.3), eight words; the buffer and the length follow. */
// @ts-ignore: decorator
@lazy export const STATE = memory.data(100, 4);

/** What it is at first, in the size build. */
// @ts-ignore: decorator
@lazy const INITIAL_STATE = memory.data<u32>([
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
]);

/** The message schedule of the size build. */
// @ts-ignore: decorator
@lazy export const SCHEDULE = memory.data(64, 4);

const BLOCK_BYTES: u32 = 64;

/** The first `length % 64` bytes hold the message's unhashed tail. */
// @ts-ignore: decorator
@lazy const BUFFER = STATE + 32;

/** Bytes of the message so far, u32. */
// @ts-ignore: decorator
@lazy const LENGTH = BUFFER + BLOCK_BYTES;

/** Hashes `length` bytes at `pointer`; writes 32 bytes to `out`. Replaces a message in progress. */
// @ts-ignore: decorator
@inline
export function sha256(pointer: usize, length: u32, out: usize): void {
  sha256Init();
  sha256Update(pointer, length);
  sha256Final(out);
}

/** Begins a message. */
export function sha256Init(): void {
  store<u32>(LENGTH, 0);
  setInitialState();
}

/** Begins the hash value of a message. */
// @ts-ignore: decorator
@inline
export function setInitialState(): void {
  if (isDefined(SMALL_SHA256)) {
    memory.copy(STATE, INITIAL_STATE, 32);
    return;
  }
  store<u32>(STATE, 0x6a09e667, 0);
  store<u32>(STATE, 0xbb67ae85, 4);
  store<u32>(STATE, 0x3c6ef372, 8);
  store<u32>(STATE, 0xa54ff53a, 12);
  store<u32>(STATE, 0x510e527f, 16);
  store<u32>(STATE, 0x9b05688c, 20);
  store<u32>(STATE, 0x1f83d9ab, 24);
  store<u32>(STATE, 0x5be0cd19, 28);
}

/** Appends `length` bytes at `pointer` to the message. */
export function sha256Update(pointer: usize, length: u32): void {
  let buffered = load<u32>(LENGTH) & (BLOCK_BYTES - 1);
  store<u32>(LENGTH, load<u32>(LENGTH) + length);
  if (buffered + length >= BLOCK_BYTES) {
    if (buffered !== 0) {
      memory.copy(BUFFER + buffered, pointer, BLOCK_BYTES - buffered);
      hashBlocks(BUFFER, BUFFER + BLOCK_BYTES);
      pointer += BLOCK_BYTES - buffered;
      length -= BLOCK_BYTES - buffered;
      buffered = 0;
    }
    const tail = pointer + (length & ~(BLOCK_BYTES - 1));
    hashBlocks(pointer, tail);
    pointer = tail;
    length &= BLOCK_BYTES - 1;
  }
  memory.copy(BUFFER + buffered, pointer, length);
}

/** Ends the message: pads it (FIPS 180-4 §5.1.1) and writes its digest, 32 bytes, to `out`. */
export function sha256Final(out: usize): void {
  const buffered = load<u32>(LENGTH) & (BLOCK_BYTES - 1);
  store<u8>(BUFFER + buffered, 0x80);
  memory.fill(BUFFER + buffered + 1, 0, BLOCK_BYTES - 1 - buffered);
  if (buffered >= BLOCK_BYTES - 8) {
    hashBlocks(BUFFER, BUFFER + BLOCK_BYTES);
    memory.fill(BUFFER, 0, BLOCK_BYTES);
  }
  // The length in bits has 35 of them, of which the size build leaves out the upper three.
  if (!isDefined(SMALL_SHA256)) store<u8>(BUFFER, <u8>(load<u32>(LENGTH) >> 29), BLOCK_BYTES - 5);
  store<u32>(BUFFER, bswap<u32>(load<u32>(LENGTH) << 3), BLOCK_BYTES - 4);
  hashBlocks(BUFFER, BUFFER + BLOCK_BYTES);
  for (let offset: usize = 0; offset < 32; offset += 4) {
    store<u32>(out + offset, bswap<u32>(load<u32>(STATE + offset)), 0, 1);
  }
}

/**
 * Hashes the blocks from `block` up to `end` (FIPS 180-4 §6.2.2).
 *
 * Blocks may lie at any address. Four turns of sixteen rounds: the message schedule is sixteen words
 * in locals, each replaced by the one sixteen rounds on. Instead of moving a…h along every round, the
 * roles move: what is h in a round is a in the next. Maj(a, b, c) = b ^ ((a ^ b) & (b ^ c)), and b ^ c
 * was a ^ b one round ago: `x` and `y` take turns to hold it. Additions wait for `e` as late as can be,
 * and begin with it where they do, so that little is on the operand stack meanwhile.
 */
export function hashBlocks(block: usize, end: usize): void {
  if (isDefined(SMALL_SHA256)) return hashBlocksRolled(block, end);
  for (; block < end; block += BLOCK_BYTES) {
    let w0 = bigEndian(load<u32>(block, 0, 1));
    let w1 = bigEndian(load<u32>(block, 4, 1));
    let w2 = bigEndian(load<u32>(block, 8, 1));
    let w3 = bigEndian(load<u32>(block, 12, 1));
    let w4 = bigEndian(load<u32>(block, 16, 1));
    let w5 = bigEndian(load<u32>(block, 20, 1));
    let w6 = bigEndian(load<u32>(block, 24, 1));
    let w7 = bigEndian(load<u32>(block, 28, 1));
    let w8 = bigEndian(load<u32>(block, 32, 1));
    let w9 = bigEndian(load<u32>(block, 36, 1));
    let w10 = bigEndian(load<u32>(block, 40, 1));
    let w11 = bigEndian(load<u32>(block, 44, 1));
    let w12 = bigEndian(load<u32>(block, 48, 1));
    let w13 = bigEndian(load<u32>(block, 52, 1));
    let w14 = bigEndian(load<u32>(block, 56, 1));
    let w15 = bigEndian(load<u32>(block, 60, 1));
    let a = load<u32>(STATE, 0);
    let b = load<u32>(STATE, 4);
    let c = load<u32>(STATE, 8);
    let d = load<u32>(STATE, 12);
    let e = load<u32>(STATE, 16);
    let f = load<u32>(STATE, 20);
    let g = load<u32>(STATE, 24);
    let h = load<u32>(STATE, 28);
    let x: u32 = 0;
    let y = b ^ c;
    let k: usize = ROUND_CONSTANTS;
    for (;;) {
      h += w0 + load<u32>(k, 0);
      h += (((f ^ g) & e) ^ g) + sigma1(e);
      d += h;
      x = a ^ b;
      h += sigma0(a) + ((x & y) ^ b);
      g += w1 + load<u32>(k, 4);
      g += (((e ^ f) & d) ^ f) + sigma1(d);
      c += g;
      y = h ^ a;
      g += sigma0(h) + ((y & x) ^ a);
      f += w2 + load<u32>(k, 8);
      f += (((d ^ e) & c) ^ e) + sigma1(c);
      b += f;
      x = g ^ h;
      f += sigma0(g) + ((x & y) ^ h);
      e += w3 + load<u32>(k, 12);
      e += (((c ^ d) & b) ^ d) + sigma1(b);
      a += e;
      y = f ^ g;
      e += sigma0(f) + ((y & x) ^ g);
      d += w4 + load<u32>(k, 16);
      d += (((b ^ c) & a) ^ c) + sigma1(a);
      h += d;
      x = e ^ f;
      d += sigma0(e) + ((x & y) ^ f);
      c += w5 + load<u32>(k, 20);
      c += (((a ^ b) & h) ^ b) + sigma1(h);
      g += c;
      y = d ^ e;
      c += sigma0(d) + ((y & x) ^ e);
      b += w6 + load<u32>(k, 24);
      b += (((h ^ a) & g) ^ a) + sigma1(g);
      f += b;
      x = c ^ d;
      b += sigma0(c) + ((x & y) ^ d);
      a += w7 + load<u32>(k, 28);
      a += (((g ^ h) & f) ^ h) + sigma1(f);
      e += a;
      y = b ^ c;
      a += sigma0(b) + ((y & x) ^ c);
      h += w8 + load<u32>(k, 32);
      h += (((f ^ g) & e) ^ g) + sigma1(e);
      d += h;
      x = a ^ b;
      h += sigma0(a) + ((x & y) ^ b);
      g += w9 + load<u32>(k, 36);
      g += (((e ^ f) & d) ^ f) + sigma1(d);
      c += g;
      y = h ^ a;
      g += sigma0(h) + ((y & x) ^ a);
      f += w10 + load<u32>(k, 40);
      f += (((d ^ e) & c) ^ e) + sigma1(c);
      b += f;
      x = g ^ h;
      f += sigma0(g) + ((x & y) ^ h);
      e += w11 + load<u32>(k, 44);
      e += (((c ^ d) & b) ^ d) + sigma1(b);
      a += e;
      y = f ^ g;
      e += sigma0(f) + ((y & x) ^ g);
      d += w12 + load<u32>(k, 48);
      d += (((b ^ c) & a) ^ c) + sigma1(a);
      h += d;
      x = e ^ f;
      d += sigma0(e) + ((x & y) ^ f);
      c += w13 + load<u32>(k, 52);
      c += (((a ^ b) & h) ^ b) + sigma1(h);
      g += c;
      y = d ^ e;
      c += sigma0(d) + ((y & x) ^ e);
      b += w14 + load<u32>(k, 56);
      b += (((h ^ a) & g) ^ a) + sigma1(g);
      f += b;
      x = c ^ d;
      b += sigma0(c) + ((x & y) ^ d);
      a += w15 + load<u32>(k, 60);
      a += (((g ^ h) & f) ^ h) + sigma1(f);
      e += a;
      y = b ^ c;
      a += sigma0(b) + ((y & x) ^ c);

      k += TURN_BYTES;
      if (k === ROUND_CONSTANTS_END) break;

      w0 += schedule0(w1) + w9 + schedule1(w14);
      w1 += schedule0(w2) + w10 + schedule1(w15);
      w2 += schedule0(w3) + w11 + schedule1(w0);
      w3 += schedule0(w4) + w12 + schedule1(w1);
      w4 += schedule0(w5) + w13 + schedule1(w2);
      w5 += schedule0(w6) + w14 + schedule1(w3);
      w6 += schedule0(w7) + w15 + schedule1(w4);
      w7 += schedule0(w8) + w0 + schedule1(w5);
      w8 += schedule0(w9) + w1 + schedule1(w6);
      w9 += schedule0(w10) + w2 + schedule1(w7);
      w10 += schedule0(w11) + w3 + schedule1(w8);
      w11 += schedule0(w12) + w4 + schedule1(w9);
      w12 += schedule0(w13) + w5 + schedule1(w10);
      w13 += schedule0(w14) + w6 + schedule1(w11);
      w14 += schedule0(w15) + w7 + schedule1(w12);
      w15 += schedule0(w0) + w8 + schedule1(w13);
    }
    store<u32>(STATE, load<u32>(STATE, 0) + a, 0);
    store<u32>(STATE, load<u32>(STATE, 4) + b, 4);
    store<u32>(STATE, load<u32>(STATE, 8) + c, 8);
    store<u32>(STATE, load<u32>(STATE, 12) + d, 12);
    store<u32>(STATE, load<u32>(STATE, 16) + e, 16);
    store<u32>(STATE, load<u32>(STATE, 20) + f, 20);
    store<u32>(STATE, load<u32>(STATE, 24) + g, 24);
    store<u32>(STATE, load<u32>(STATE, 28) + h, 28);
  }
}

/**
 * `hashBlocks` in a tenth of the code and several times the time: one round to a turn, a…h and the
 * message schedule in memory. For modules that are built for size and hash little. The block may lie in
 * `SCHEDULE`.
 */
function hashBlocksRolled(block: usize, end: usize): void {
  const schedule = SCHEDULE;
  const working = memory.data(32, 4);
  for (; block < end; block += BLOCK_BYTES) {
    memory.copy(working, STATE, 32);
    for (let round: usize = 0; round < 256; round += 4) {
      const place = schedule + (round & 60);
      let w: u32;
      if (round < 64) {
        w = bigEndian(load<u32>(block + round, 0, 1));
      } else {
        w = load<u32>(place) + schedule0(load<u32>(schedule + ((round + 4) & 60)));
        w += load<u32>(schedule + ((round + 36) & 60));
        w += schedule1(load<u32>(schedule + ((round + 56) & 60)));
      }
      store<u32>(place, w);
      const e = load<u32>(working, 16);
      const g = load<u32>(working, 24);
      w += load<u32>(working, 28) + load<u32>(ROUND_CONSTANTS + round);
      w += (g ^ (e & (load<u32>(working, 20) ^ g))) + sigma1(e);
      const a = load<u32>(working);
      const b = load<u32>(working, 4);
      const majority = (a & b) | (load<u32>(working, 8) & (a | b));
      // Every variable moves on by one; d, which is e now, and a get what the round made.
      memory.copy(working + 4, working, 28);
      store<u32>(working, load<u32>(working, 16) + w, 16);
      store<u32>(working, w + sigma0(a) + majority);
    }
    for (let offset: usize = 0; offset < 32; offset += 4) {
      store<u32>(STATE + offset, load<u32>(STATE + offset) + load<u32>(working + offset));
    }
  }
}

/** Swaps the bytes of a word of a block; inlined for speed, as a call costs as much as the swap. */
// @ts-ignore: decorator
@inline
export function bigEndian(word: u32): u32 {
  if (isDefined(SMALL_SHA256)) return bswap<u32>(word);
  return (rotl<u32>(word, 8) & 0x00ff00ff) | rotr<u32>(word & 0x00ff00ff, 8);
}

// The functions of FIPS 180-4 §4.1.2: Σ0, Σ1 of the rounds and σ0, σ1 of the message schedule.

// @ts-ignore: decorator
@inline
function sigma0(word: u32): u32 {
  return rotr<u32>(word, 2) ^ rotr<u32>(word, 13) ^ rotr<u32>(word, 22);
}

// @ts-ignore: decorator
@inline
function sigma1(word: u32): u32 {
  return rotr<u32>(word, 6) ^ rotr<u32>(word, 11) ^ rotr<u32>(word, 25);
}

// @ts-ignore: decorator
@inline
export function schedule0(word: u32): u32 {
  return rotr<u32>(word, 7) ^ rotr<u32>(word, 18) ^ (word >> 3);
}

// @ts-ignore: decorator
@inline
export function schedule1(word: u32): u32 {
  return rotr<u32>(word, 17) ^ rotr<u32>(word, 19) ^ (word >> 10);
}
