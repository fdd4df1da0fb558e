/**
 * Numbers modulo L, the order of the base point of Ed25519 (RFC 8032 §5.1), and the halving of one.
 *
 * A number is 32 bytes, little-endian. A verification reduces two numbers and halves one; time may
 * depend on the operands, which are public. The caller gives the memory, `ScalarWork.Bytes`.
 *
 * **Halving.** Instead of S B - h A = R one may check v times it, v S B - (v h) A - v R = 0, and choose
 * v so that v and u = v h are both half as long: (u, v) is a short vector of the lattice of all pairs
 * with u = v h. (A. Antipa, D. Brown, R. Gallant, R. Lambert, R. Struik and S. Vanstone, Accelerated
 * Verification of ECDSA Signatures, SAC 2005.) The equation is one of points whose order divides 8 L,
 * as A and R may have a part of small order. So u = v h is to hold modulo 8 L, not only L, and v is to
 * be odd: then v P = 0 only if P = 0, and the verdict is that of the equation itself, to the last
 * signature.
 */

/** Where scalars live, from a pointer that the caller gives; a multiple of 8. */
export const enum ScalarWork {
  /** A number of 512 bits, and a word above it. */
  Product = 0,
  /** L, once `scalarSetOrder` has written it: constants in code cost no RAM. */
  Order = 72,
  /** The signature's S. */
  Response = 104,
  /** A vector (u, -v): `HalfRow`. */
  NegativeRow = 136,
  /** A vector (u, v). */
  PositiveRow = 200,
  Bytes = 264,
}

/** A vector of the lattice, its coordinates without signs. */
export const enum HalfRow {
  U = 0,
  V = 32,
  Bytes = 64,
}

/** Shape of a number in memory. */
export const enum Scalar {
  Bytes = 32,
}

/** Bits of a key of `magnitude` below the length. */
// @ts-ignore: decorator
@inline const MANTISSA_BITS: u64 = 55;

// @ts-ignore: decorator
@inline const MANTISSA_MASK: u64 = 0x7fffffffffffff;

/** How long u may be. */
// @ts-ignore: decorator
@inline const HALF_BITS: u64 = 128;

/** Writes the order, which everything else here reads. */
export function scalarSetOrder(work: usize): void {
  store<u64>(work, 0x5812631a5cf5d3ed, ScalarWork.Order);
  store<u64>(work, 0x14def9dea2f79cd6, ScalarWork.Order + 8);
  store<u64>(work, 0, ScalarWork.Order + 16);
  store<u64>(work, 0x1000000000000000, ScalarWork.Order + 24);
}

/** Whether the number at `a` is less than the one at `b`. */
export function scalarIsBelow(a: usize, b: usize): bool {
  let offset: usize = Scalar.Bytes - 8;
  while (offset > 0 && load<u64>(a + offset) === load<u64>(b + offset)) offset -= 8;
  return load<u64>(a + offset) < load<u64>(b + offset);
}

/** Writes the product of two numbers to `ScalarWork.Product`. */
export function scalarMultiply(work: usize, a: usize, b: usize): void {
  memory.fill(work + ScalarWork.Product, 0, 2 * Scalar.Bytes);
  for (let end = a + Scalar.Bytes; a < end; a += 4) {
    const factor: u64 = load<u32>(a);
    let carry: u64 = 0;
    for (let offset: usize = 0; offset < <usize>Scalar.Bytes; offset += 4) {
      // At most (2^32 - 1)^2 + 2 (2^32 - 1) = 2^64 - 1.
      carry += factor * <u64>load<u32>(b + offset) + <u64>load<u32>(work + offset, ScalarWork.Product);
      store<u32>(work + offset, <u32>carry, ScalarWork.Product);
      carry >>= 32;
    }
    store<u32>(work, <u32>carry, ScalarWork.Product + Scalar.Bytes);
    work += 4;
  }
}

/**
 * Reduces `ScalarWork.Product` modulo L to its first 32 bytes.
 *
 * A window of nine words moves down one word at a time. What it holds is below 2^32 L, as the window
 * before left less than L; so the part above 2^252, q, is at most 2^32, and subtracting q L leaves
 * more than -2^158, since L is only 2^125 above 2^252: one L makes up for it.
 */
export function scalarReduce(work: usize): void {
  const order = work + ScalarWork.Order;
  store<u32>(work, 0, ScalarWork.Product + 2 * Scalar.Bytes);
  for (let window = work + Scalar.Bytes; window >= work; window -= 4) {
    const q = load<u64>(window, 28, 4) >> 28;
    let carry: u64 = 0;
    for (let offset: usize = 0; offset < <usize>Scalar.Bytes; offset += 4) {
      carry += q * <u64>load<u32>(order + offset);
      const word = load<u32>(window + offset);
      store<u32>(window + offset, word - <u32>carry);
      carry = (carry >> 32) + <u64>(word < <u32>carry);
    }
    if (load<u32>(window, 32) !== <u32>carry) {
      carry = 0;
      for (let offset: usize = 0; offset < <usize>Scalar.Bytes; offset += 4) {
        carry += <u64>load<u32>(window + offset) + <u64>load<u32>(order + offset);
        store<u32>(window + offset, <u32>carry);
        carry >>= 32;
      }
    }
    store<u32>(window, 0, 32);
  }
}

/**
 * Finds u = v h modulo 8 L, both short and v odd, for the h in `ScalarWork.Product`, below L.
 *
 * Euclid's algorithm on 8 L and h, with shifts for quotients. The rows begin as (8 L, -0) and (h, 1)
 * and keep their signs, as a multiple of one is only ever subtracted from the other. So
 * u0 v1 + u1 v0 = 8 L at all times, with no signs, and no coordinate is longer than 256 bits.
 *
 * u shrinks and v grows, and where u has 128 bits, v has no more. A row with even v is not taken. The
 * other v is odd then, since all of the lattice is combinations of the rows, and it stays odd while
 * its row is shortened by the even one, until u is no longer than v. They are a few bits longer than
 * 128 then, or many if the even row happens to have a very short u, and verification is slower.
 *
 * @returns `ScalarWork.NegativeRow` or `PositiveRow` of `work`, which says the sign of v
 */
export function scalarHalve(work: usize): usize {
  let long = work + ScalarWork.NegativeRow;
  let short = work + ScalarWork.PositiveRow;
  memory.fill(long, 0, 2 * HalfRow.Bytes);
  store<u64>(long, 0xc09318d2e7ae9f68);
  store<u64>(long, 0xa6f7cef517bce6b2, 8);
  store<u64>(long, 0x8000000000000000, 24);
  memory.copy(short, work + ScalarWork.Product, Scalar.Bytes);
  store<u64>(short, 1, HalfRow.V);
  let longKey = magnitude(long);
  let shortKey = magnitude(short);
  if (shortKey >> MANTISSA_BITS <= HALF_BITS) return short;
  do {
    if (longKey < shortKey || (longKey === shortKey && scalarIsBelow(long, short))) {
      const row = long;
      long = short;
      short = row;
      const key = longKey;
      longKey = shortKey;
      shortKey = key;
    }
    // The largest shift that surely leaves no less than 0.
    let shift = (longKey >> MANTISSA_BITS) - (shortKey >> MANTISSA_BITS);
    if (shift > 0 && (longKey & MANTISSA_MASK) <= (shortKey & MANTISSA_MASK)) shift--;
    // Words that cannot have bits are left out: v is below 8 L over the other u.
    const words = ((longKey >> MANTISSA_BITS) + 63) >> 6;
    addShifted(long, short, words, shift, -1);
    addShifted(long + HalfRow.V, short + HalfRow.V, (320 - (shortKey >> MANTISSA_BITS)) >> 6, shift, 0);
    longKey = magnitude(long);
  } while (
    (load<u8>(long, HalfRow.V) & 1) === 0 ||
    (longKey >> MANTISSA_BITS > HALF_BITS && scalarIsBelow(long + HalfRow.V, long))
  );
  return long;
}

/** The length of a number in bits, and below it the bits that it begins with: orders most numbers. */
function magnitude(a: usize): u64 {
  let offset: usize = 24;
  while (offset > 0 && load<u64>(a + offset) === 0) offset -= 8;
  let bits = load<u64>(a + offset);
  if (bits === 0) return 0;
  const zeros = clz<u64>(bits);
  bits <<= zeros;
  if (offset > 0) bits |= (load<u64>(a + offset - 8) >> 1) >> (63 - zeros);
  return ((((<u64>offset) << 3) + 64 - zeros) << MANTISSA_BITS) | (bits >> (64 - MANTISSA_BITS));
}

/**
 * Adds b * 2^shift (mask 0) or subtracts it (mask -1: adds its complement and 1) in place; `words` is
 * how many 64-bit words the result has.
 */
function addShifted(a: usize, b: usize, words: u64, shift: u64, mask: u64): void {
  const end = a + ((<usize>words) << 3);
  const bits = shift & 63;
  let carry = mask & 1;
  let below: u64 = 0;
  for (a += <usize>((shift >> 6) << 3); a < end; a += 8) {
    const word = load<u64>(b);
    const term = ((word << bits) | ((below >> 1) >> (63 - bits))) ^ mask;
    below = word;
    b += 8;
    const partial = load<u64>(a) + term;
    const sum = partial + carry;
    store<u64>(a, sum);
    carry = (<u64>(partial < term)) | (<u64>(sum < carry));
  }
}
