/**
 * Chains of SHA-256 (FIPS 180-4 §6.2), as LM-OTS has them (RFC 8554 §4.3): the same 22 bytes, the number
 * of the step and the value of the last step are hashed to the next value.
 *
 * Those are 55 bytes, which with their padding are exactly one block. A value never leaves the locals
 * until its chain ends, and the first five rounds, which depend on the first 20 bytes alone, are made
 * once for a chain. A message in progress of `sha256.ts` is left as it is.
 *
 * RAM: 32 bytes. The size build has one loop of rounds for everything.
 */
import {
  ROUND_CONSTANTS,
  ROUND_CONSTANTS_END,
  SCHEDULE,
  STATE,
  TURN_BYTES,
  bigEndian,
  hashBlocks,
  setInitialState,
} from "./sha256";

/** Where a chain's last value is, 32 bytes; while it runs, what its first five rounds lead to. */
// @ts-ignore: decorator
@lazy export const CHAIN_VALUE = memory.data(32, 4);

/** The next 4 bytes of each message of a chain, after the identifier; set by the caller. */
// @ts-ignore: decorator
@lazy export const CHAIN_NUMBER = memory.data(8, 4);

/** From a step to the next, as a number in which one more byte follows. */
const STEP: u32 = 256;

/** Bits of a message of 55 bytes. */
const MESSAGE_BITS: u32 = 440;

/**
 * Goes along a chain; the last value is in `CHAIN_VALUE`.
 *
 * @param identifier the first 16 bytes of each message
 * @param step the next 3 bytes of the first message as the number `chain << 16 | step << 8`
 * @param end this number for the step to end before
 * @param value the first step's value, 32 bytes
 */
export function sha256Chain(identifier: usize, step: u32, end: u32, value: usize): void {
  if (isDefined(SMALL_SHA256)) return sha256ChainRolled(identifier, step, end, value);
  let a: u32 = 0x6a09e667;
  let b: u32 = 0xbb67ae85;
  let c: u32 = 0x3c6ef372;
  let d: u32 = 0xa54ff53a;
  let e: u32 = 0x510e527f;
  let f: u32 = 0x9b05688c;
  let g: u32 = 0x1f83d9ab;
  let h: u32 = 0x5be0cd19;
  let w0 = bigEndian(load<u32>(identifier, 0, 1));
  let w1 = bigEndian(load<u32>(identifier, 4, 1));
  let w2 = bigEndian(load<u32>(identifier, 8, 1));
  let w3 = bigEndian(load<u32>(identifier, 12, 1));
  let w4 = bigEndian(load<u32>(CHAIN_NUMBER));
  let x: u32 = 0;
  let y = b ^ c;
  h = h + load<u32>(ROUND_CONSTANTS, 0) + w0 + (g ^ (e & (f ^ g))) + sigma1(e);
  d += h;
  x = a ^ b;
  h += sigma0(a) + (b ^ (x & y));
  g = g + load<u32>(ROUND_CONSTANTS, 4) + w1 + (f ^ (d & (e ^ f))) + sigma1(d);
  c += g;
  y = h ^ a;
  g += sigma0(h) + (a ^ (y & x));
  f = f + load<u32>(ROUND_CONSTANTS, 8) + w2 + (e ^ (c & (d ^ e))) + sigma1(c);
  b += f;
  x = g ^ h;
  f += sigma0(g) + (h ^ (x & y));
  e = e + load<u32>(ROUND_CONSTANTS, 12) + w3 + (d ^ (b & (c ^ d))) + sigma1(b);
  a += e;
  y = f ^ g;
  e += sigma0(f) + (g ^ (y & x));
  d = d + load<u32>(ROUND_CONSTANTS, 16) + w4 + (c ^ (a & (b ^ c))) + sigma1(a);
  h += d;
  x = e ^ f;
  d += sigma0(e) + (f ^ (x & y));
  store<u32>(CHAIN_VALUE, a, 0);
  store<u32>(CHAIN_VALUE, b, 4);
  store<u32>(CHAIN_VALUE, c, 8);
  store<u32>(CHAIN_VALUE, d, 12);
  store<u32>(CHAIN_VALUE, e, 16);
  store<u32>(CHAIN_VALUE, f, 20);
  store<u32>(CHAIN_VALUE, g, 24);
  store<u32>(CHAIN_VALUE, h, 28);

  a = bigEndian(load<u32>(value, 0, 1));
  b = bigEndian(load<u32>(value, 4, 1));
  c = bigEndian(load<u32>(value, 8, 1));
  d = bigEndian(load<u32>(value, 12, 1));
  e = bigEndian(load<u32>(value, 16, 1));
  f = bigEndian(load<u32>(value, 20, 1));
  g = bigEndian(load<u32>(value, 24, 1));
  h = bigEndian(load<u32>(value, 28, 1));
  for (; step < end; step += STEP) {
    w0 = bigEndian(load<u32>(identifier, 0, 1));
    w1 = bigEndian(load<u32>(identifier, 4, 1));
    w2 = bigEndian(load<u32>(identifier, 8, 1));
    w3 = bigEndian(load<u32>(identifier, 12, 1));
    w4 = bigEndian(load<u32>(CHAIN_NUMBER));
    let w5 = step | (a >> 24);
    let w6 = (a << 8) | (b >> 24);
    let w7 = (b << 8) | (c >> 24);
    let w8 = (c << 8) | (d >> 24);
    let w9 = (d << 8) | (e >> 24);
    let w10 = (e << 8) | (f >> 24);
    let w11 = (f << 8) | (g >> 24);
    let w12 = (g << 8) | (h >> 24);
    let w13 = (h << 8) | 0x80;
    let w14: u32 = 0;
    let w15 = MESSAGE_BITS;
    a = load<u32>(CHAIN_VALUE, 0);
    b = load<u32>(CHAIN_VALUE, 4);
    c = load<u32>(CHAIN_VALUE, 8);
    d = load<u32>(CHAIN_VALUE, 12);
    e = load<u32>(CHAIN_VALUE, 16);
    f = load<u32>(CHAIN_VALUE, 20);
    g = load<u32>(CHAIN_VALUE, 24);
    h = load<u32>(CHAIN_VALUE, 28);
    x = e ^ f;
    c = c + load<u32>(ROUND_CONSTANTS, 20) + w5 + (b ^ (h & (a ^ b))) + sigma1(h);
    g += c;
    y = d ^ e;
    c += sigma0(d) + (e ^ (y & x));
    b = b + load<u32>(ROUND_CONSTANTS, 24) + w6 + (a ^ (g & (h ^ a))) + sigma1(g);
    f += b;
    x = c ^ d;
    b += sigma0(c) + (d ^ (x & y));
    a = a + load<u32>(ROUND_CONSTANTS, 28) + w7 + (h ^ (f & (g ^ h))) + sigma1(f);
    e += a;
    y = b ^ c;
    a += sigma0(b) + (c ^ (y & x));
    h = h + load<u32>(ROUND_CONSTANTS, 32) + w8 + (g ^ (e & (f ^ g))) + sigma1(e);
    d += h;
    x = a ^ b;
    h += sigma0(a) + (b ^ (x & y));
    g = g + load<u32>(ROUND_CONSTANTS, 36) + w9 + (f ^ (d & (e ^ f))) + sigma1(d);
    c += g;
    y = h ^ a;
    g += sigma0(h) + (a ^ (y & x));
    f = f + load<u32>(ROUND_CONSTANTS, 40) + w10 + (e ^ (c & (d ^ e))) + sigma1(c);
    b += f;
    x = g ^ h;
    f += sigma0(g) + (h ^ (x & y));
    e = e + load<u32>(ROUND_CONSTANTS, 44) + w11 + (d ^ (b & (c ^ d))) + sigma1(b);
    a += e;
    y = f ^ g;
    e += sigma0(f) + (g ^ (y & x));
    d = d + load<u32>(ROUND_CONSTANTS, 48) + w12 + (c ^ (a & (b ^ c))) + sigma1(a);
    h += d;
    x = e ^ f;
    d += sigma0(e) + (f ^ (x & y));
    c = c + load<u32>(ROUND_CONSTANTS, 52) + w13 + (b ^ (h & (a ^ b))) + sigma1(h);
    g += c;
    y = d ^ e;
    c += sigma0(d) + (e ^ (y & x));
    b = b + load<u32>(ROUND_CONSTANTS, 56) + w14 + (a ^ (g & (h ^ a))) + sigma1(g);
    f += b;
    x = c ^ d;
    b += sigma0(c) + (d ^ (x & y));
    a = a + load<u32>(ROUND_CONSTANTS, 60) + w15 + (h ^ (f & (g ^ h))) + sigma1(f);
    e += a;
    y = b ^ c;
    a += sigma0(b) + (c ^ (y & x));

    for (let k = ROUND_CONSTANTS + TURN_BYTES; k < ROUND_CONSTANTS_END; k += TURN_BYTES) {
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

      h = h + load<u32>(k, 0) + w0 + (g ^ (e & (f ^ g))) + sigma1(e);
      d += h;
      x = a ^ b;
      h += sigma0(a) + (b ^ (x & y));
      g = g + load<u32>(k, 4) + w1 + (f ^ (d & (e ^ f))) + sigma1(d);
      c += g;
      y = h ^ a;
      g += sigma0(h) + (a ^ (y & x));
      f = f + load<u32>(k, 8) + w2 + (e ^ (c & (d ^ e))) + sigma1(c);
      b += f;
      x = g ^ h;
      f += sigma0(g) + (h ^ (x & y));
      e = e + load<u32>(k, 12) + w3 + (d ^ (b & (c ^ d))) + sigma1(b);
      a += e;
      y = f ^ g;
      e += sigma0(f) + (g ^ (y & x));
      d = d + load<u32>(k, 16) + w4 + (c ^ (a & (b ^ c))) + sigma1(a);
      h += d;
      x = e ^ f;
      d += sigma0(e) + (f ^ (x & y));
      c = c + load<u32>(k, 20) + w5 + (b ^ (h & (a ^ b))) + sigma1(h);
      g += c;
      y = d ^ e;
      c += sigma0(d) + (e ^ (y & x));
      b = b + load<u32>(k, 24) + w6 + (a ^ (g & (h ^ a))) + sigma1(g);
      f += b;
      x = c ^ d;
      b += sigma0(c) + (d ^ (x & y));
      a = a + load<u32>(k, 28) + w7 + (h ^ (f & (g ^ h))) + sigma1(f);
      e += a;
      y = b ^ c;
      a += sigma0(b) + (c ^ (y & x));
      h = h + load<u32>(k, 32) + w8 + (g ^ (e & (f ^ g))) + sigma1(e);
      d += h;
      x = a ^ b;
      h += sigma0(a) + (b ^ (x & y));
      g = g + load<u32>(k, 36) + w9 + (f ^ (d & (e ^ f))) + sigma1(d);
      c += g;
      y = h ^ a;
      g += sigma0(h) + (a ^ (y & x));
      f = f + load<u32>(k, 40) + w10 + (e ^ (c & (d ^ e))) + sigma1(c);
      b += f;
      x = g ^ h;
      f += sigma0(g) + (h ^ (x & y));
      e = e + load<u32>(k, 44) + w11 + (d ^ (b & (c ^ d))) + sigma1(b);
      a += e;
      y = f ^ g;
      e += sigma0(f) + (g ^ (y & x));
      d = d + load<u32>(k, 48) + w12 + (c ^ (a & (b ^ c))) + sigma1(a);
      h += d;
      x = e ^ f;
      d += sigma0(e) + (f ^ (x & y));
      c = c + load<u32>(k, 52) + w13 + (b ^ (h & (a ^ b))) + sigma1(h);
      g += c;
      y = d ^ e;
      c += sigma0(d) + (e ^ (y & x));
      b = b + load<u32>(k, 56) + w14 + (a ^ (g & (h ^ a))) + sigma1(g);
      f += b;
      x = c ^ d;
      b += sigma0(c) + (d ^ (x & y));
      a = a + load<u32>(k, 60) + w15 + (h ^ (f & (g ^ h))) + sigma1(f);
      e += a;
      y = b ^ c;
      a += sigma0(b) + (c ^ (y & x));
    }
    a += 0x6a09e667;
    b += 0xbb67ae85;
    c += 0x3c6ef372;
    d += 0xa54ff53a;
    e += 0x510e527f;
    f += 0x9b05688c;
    g += 0x1f83d9ab;
    h += 0x5be0cd19;
  }
  store<u32>(CHAIN_VALUE, bigEndian(a), 0);
  store<u32>(CHAIN_VALUE, bigEndian(b), 4);
  store<u32>(CHAIN_VALUE, bigEndian(c), 8);
  store<u32>(CHAIN_VALUE, bigEndian(d), 12);
  store<u32>(CHAIN_VALUE, bigEndian(e), 16);
  store<u32>(CHAIN_VALUE, bigEndian(f), 20);
  store<u32>(CHAIN_VALUE, bigEndian(g), 24);
  store<u32>(CHAIN_VALUE, bigEndian(h), 28);
}

/** `sha256Chain` for the size build. A block is put together where its schedule grows. */
function sha256ChainRolled(identifier: usize, step: u32, end: u32, value: usize): void {
  // The hash value of the message in progress waits where the chain's last value will be.
  memory.copy(CHAIN_VALUE, STATE, 32);
  for (; step < end; step += STEP) {
    memory.copy(SCHEDULE, identifier, 16);
    store<u32>(SCHEDULE, load<u32>(CHAIN_NUMBER), 16);
    store<u32>(SCHEDULE, bswap<u32>(step), 20);
    memory.copy(SCHEDULE + 23, value, 32);
    store<u8>(SCHEDULE, 0x80, 55);
    store<u64>(SCHEDULE, bswap<u64>(MESSAGE_BITS), 56);
    setInitialState();
    hashBlocks(SCHEDULE, SCHEDULE + 64);
    value = STATE;
    for (let offset: usize = 0; offset < 32; offset += 4) {
      store<u32>(value + offset, bigEndian(load<u32>(value + offset)));
    }
  }
  for (let offset: usize = 0; offset < 32; offset += 4) {
    const waiting = load<u32>(CHAIN_VALUE + offset);
    store<u32>(CHAIN_VALUE + offset, load<u32>(value + offset, 0, 1));
    store<u32>(STATE + offset, waiting);
  }
}

// Σ0, Σ1, σ0 and σ1 of FIPS 180-4 §4.1.2 as rotations of rotations: a register less each, which on
// processors that have few saves a fifth of the time.

// @ts-ignore: decorator
@inline
function sigma0(word: u32): u32 {
  return rotr<u32>(rotr<u32>(rotr<u32>(word, 9) ^ word, 11) ^ word, 2);
}

// @ts-ignore: decorator
@inline
function sigma1(word: u32): u32 {
  return rotr<u32>(rotr<u32>(rotr<u32>(word, 14) ^ word, 5) ^ word, 6);
}

// @ts-ignore: decorator
@inline
function schedule0(word: u32): u32 {
  return rotr<u32>(rotr<u32>(word, 11) ^ word, 7) ^ (word >> 3);
}

// @ts-ignore: decorator
@inline
function schedule1(word: u32): u32 {
  return rotr<u32>(rotr<u32>(word, 2) ^ word, 17) ^ (word >> 10);
}
