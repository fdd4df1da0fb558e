/**
 * Poly1305 (RFC 8439 §2.5), streaming, in constant time.
 *
 * Numbers modulo p = 2^130 - 5 are five limbs of 26 bits. A limb of the sum and a block is below 2^27.1,
 * one of r, times 5, below 2^28.4: a column is five products, below 2^57.9, and nothing overflows. `poly1305Init`, any number of
 * `poly1305Update`, `poly1305Final`.
 *
 * RAM: r 20, sum 20, s 16, block 24, bytes in it 4.
 */

/** r, clamped, and the sum so far: five limbs each. */
const FACTOR = memory.data(20, 4);
const SUM = memory.data(20, 4);

/** s, which is added in the end. */
const MASK = memory.data(16, 8);

/** A block, and room for the bit above it. */
const BLOCK = memory.data(24, 8);

/** Bytes in the block, u32. */
const FILLED = memory.data(4, 4);

const BLOCK_BYTES: u32 = 16;

// @ts-ignore: decorator
@inline const LIMB_MASK: u64 = 0x3ffffff;

/** Begins a message under a one-time key r, s: 32 bytes. */
export function poly1305Init(key: usize): void {
  // RFC 8439 §2.5: the top four bits of bytes 3, 7, 11, 15 and the lowest two of 4, 8, 12 are cleared.
  const low = load<u64>(key, 0, 1) & 0x0ffffffc0fffffff;
  const high = load<u64>(key, 8, 1) & 0x0ffffffc0ffffffc;
  store<u32>(FACTOR, <u32>(low & LIMB_MASK));
  store<u32>(FACTOR, <u32>((low >> 26) & LIMB_MASK), 4);
  store<u32>(FACTOR, <u32>(((low >> 52) | (high << 12)) & LIMB_MASK), 8);
  store<u32>(FACTOR, <u32>((high >> 14) & LIMB_MASK), 12);
  store<u32>(FACTOR, <u32>(high >> 40), 16);
  memory.fill(SUM, 0, 20);
  memory.copy(MASK, key + 16, 16);
  memory.fill(BLOCK, 0, 24);
  store<u32>(FILLED, 0);
}

/** Appends `length` bytes to the message. */
export function poly1305Update(pointer: usize, length: u32): void {
  let filled = load<u32>(FILLED);
  while (length > 0) {
    const step = min(BLOCK_BYTES - filled, length);
    memory.copy(BLOCK + filled, pointer, step);
    filled += step;
    if (filled === BLOCK_BYTES) {
      addBlock(BLOCK_BYTES);
      filled = 0;
    }
    pointer += step;
    length -= step;
  }
  store<u32>(FILLED, filled);
}

/** Fills up with zeros to a whole block, as the AEAD pads its parts (RFC 8439 §2.8). */
export function poly1305Pad(): void {
  if (load<u32>(FILLED) > 0) addBlock(BLOCK_BYTES);
  store<u32>(FILLED, 0);
}

/** Ends the message, writes its tag, 16 bytes, to `out`, and forgets the key. */
export function poly1305Final(out: usize): void {
  const filled = load<u32>(FILLED);
  if (filled > 0) addBlock(filled);

  // All limbs are below 2^26 but limb 1, by a carry; going around twice settles them.
  carry();
  carry();
  const s0 = <u64>load<u32>(SUM);
  const s1 = <u64>load<u32>(SUM, 4);
  const s2 = <u64>load<u32>(SUM, 8);
  const s3 = <u64>load<u32>(SUM, 12);
  const s4 = <u64>load<u32>(SUM, 16);
  // The sum plus 5 reaches 2^130 exactly if the sum is p or more: then that, without the top bit, counts.
  let t = s0 + 5;
  const d0 = t & LIMB_MASK;
  t = s1 + (t >> 26);
  const d1 = t & LIMB_MASK;
  t = s2 + (t >> 26);
  const d2 = t & LIMB_MASK;
  t = s3 + (t >> 26);
  const d3 = t & LIMB_MASK;
  t = s4 + (t >> 26);
  const d4 = t & LIMB_MASK;
  const isReduced = 0 - (t >> 26);
  const l0 = s0 ^ ((s0 ^ d0) & isReduced);
  const l1 = s1 ^ ((s1 ^ d1) & isReduced);
  const l2 = s2 ^ ((s2 ^ d2) & isReduced);
  const l3 = s3 ^ ((s3 ^ d3) & isReduced);
  const l4 = s4 ^ ((s4 ^ d4) & isReduced);

  const low = l0 | (l1 << 26) | (l2 << 52);
  const high = (l2 >> 12) | (l3 << 14) | (l4 << 40);
  const tag = low + load<u64>(MASK);
  // Carry out of 64 bits, from the top bits alone: a comparison would do, but this names no condition.
  const carried = ((low & load<u64>(MASK)) | ((low | load<u64>(MASK)) & ~tag)) >> 63;
  store<u64>(out, tag, 0, 1);
  store<u64>(out, high + load<u64>(MASK, 8) + carried, 8, 1);
  memory.fill(FACTOR, 0, 20);
  memory.fill(SUM, 0, 20);
  memory.fill(MASK, 0, 16);
  memory.fill(BLOCK, 0, 24);
}

/** sum = (sum + block with a 1 behind its `filled` bytes) * r, and empties the block. */
function addBlock(filled: u32): void {
  store<u8>(BLOCK + filled, 1);
  const low = load<u64>(BLOCK);
  const high = load<u64>(BLOCK, 8);
  const h0 = <u64>load<u32>(SUM) + (low & LIMB_MASK);
  const h1 = <u64>load<u32>(SUM, 4) + ((low >> 26) & LIMB_MASK);
  const h2 = <u64>load<u32>(SUM, 8) + (((low >> 52) | (high << 12)) & LIMB_MASK);
  const h3 = <u64>load<u32>(SUM, 12) + ((high >> 14) & LIMB_MASK);
  const h4 = <u64>load<u32>(SUM, 16) + ((high >> 40) | ((<u64>load<u8>(BLOCK, 16)) << 24));
  memory.fill(BLOCK, 0, 24);
  const r0 = <u64>load<u32>(FACTOR);
  const r1 = <u64>load<u32>(FACTOR, 4);
  const r2 = <u64>load<u32>(FACTOR, 8);
  const r3 = <u64>load<u32>(FACTOR, 12);
  const r4 = <u64>load<u32>(FACTOR, 16);
  // 2^130 is 5 modulo p: what passes the top comes back at the bottom, five times.
  const f1 = r1 * 5;
  const f2 = r2 * 5;
  const f3 = r3 * 5;
  const f4 = r4 * 5;
  let t = h0 * r0 + h1 * f4 + h2 * f3 + h3 * f2 + h4 * f1;
  const s0 = t & LIMB_MASK;
  t = (t >> 26) + h0 * r1 + h1 * r0 + h2 * f4 + h3 * f3 + h4 * f2;
  store<u32>(SUM, <u32>(t & LIMB_MASK), 4);
  t = (t >> 26) + h0 * r2 + h1 * r1 + h2 * r0 + h3 * f4 + h4 * f3;
  store<u32>(SUM, <u32>(t & LIMB_MASK), 8);
  t = (t >> 26) + h0 * r3 + h1 * r2 + h2 * r1 + h3 * r0 + h4 * f4;
  store<u32>(SUM, <u32>(t & LIMB_MASK), 12);
  t = (t >> 26) + h0 * r4 + h1 * r3 + h2 * r2 + h3 * r1 + h4 * r0;
  store<u32>(SUM, <u32>(t & LIMB_MASK), 16);
  t = (t >> 26) * 5 + s0;
  store<u32>(SUM, <u32>(t & LIMB_MASK));
  store<u32>(SUM, load<u32>(SUM, 4) + <u32>(t >> 26), 4);
}

/** Carries the limbs of the sum once around. */
function carry(): void {
  let t: u32 = 0;
  for (let limb: usize = SUM; limb < SUM + 20; limb += 4) {
    t += load<u32>(limb);
    store<u32>(limb, t & (<u32>LIMB_MASK));
    t >>= 26;
  }
  store<u32>(SUM, load<u32>(SUM) + t * 5);
}
