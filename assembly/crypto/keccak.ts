/**
 * SHAKE128 and SHAKE256, the extendable-output functions of FIPS 202 §6.2, streaming.
 *
 * A sponge lies where the caller says, so several may be in use: `shakeInit`, any number of
 * `shakeAbsorb`, `shakeFinish`, any number of `shakeByte`. Lanes are little-endian, as memory is, so
 * bytes are taken in and given out where they lie.
 */

/** A sponge in memory. */
export const enum Sponge {
  /** Twenty-five lanes of 64 bits (FIPS 202 §3.1). */
  Lanes = 0,
  /** Bytes of a block, u32. */
  Rate = 200,
  /** Where in the block the next byte goes, or comes from, u32. */
  Position = 204,
  Bytes = 208,
}

/** Bytes of a block (FIPS 202 §6.2: the capacity is twice the strength). */
export const enum Rate {
  Shake128 = 168,
  Shake256 = 136,
}

const LANE_BYTES: usize = 200;

/** The round constants of ι (FIPS 202 §3.2.5). */
const ROUND_CONSTANTS = memory.data<u64>([
  0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000, 0x000000000000808b,
  0x0000000080000001, 0x8000000080008081, 0x8000000000008009, 0x000000000000008a, 0x0000000000000088,
  0x0000000080008009, 0x000000008000000a, 0x000000008000808b, 0x800000000000008b, 0x8000000000008089,
  0x8000000000008003, 0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
  0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
]);
const ROUND_CONSTANTS_END = ROUND_CONSTANTS + 24 * 8;

/** The lanes in the order in which π moves them on from lane 1, as offsets in units of 8 bytes (§3.2.3). */
const PI_LANES = memory.data<u8>([
  10, 7, 11, 17, 18, 3, 5, 16, 8, 21, 24, 4, 15, 23, 19, 13, 12, 2, 20, 14, 22, 9, 6, 1,
]);

/** How far ρ rotates the lane that goes there (§3.2.2). */
const RHO_BITS = memory.data<u8>([
  1, 3, 6, 10, 15, 21, 28, 36, 45, 55, 2, 14, 27, 41, 56, 8, 25, 43, 62, 18, 39, 61, 20, 44,
]);

/** Empties a sponge. */
export function shakeInit(sponge: usize, rate: u32): void {
  memory.fill(sponge, 0, Sponge.Bytes);
  store<u32>(sponge, rate, Sponge.Rate);
}

/** Takes in bytes. */
export function shakeAbsorb(sponge: usize, pointer: usize, length: u32): void {
  for (const end = pointer + length; pointer < end; pointer++) shakeAbsorbByte(sponge, load<u8>(pointer));
}

/** Takes in one byte. */
export function shakeAbsorbByte(sponge: usize, byte: u32): void {
  const place = nextPlace(sponge);
  store<u8>(place, load<u8>(place) ^ byte);
}

/** Ends the input: the suffix of SHAKE and the padding (FIPS 202 §6.2 and §5.1). */
export function shakeFinish(sponge: usize): void {
  const place = nextPlace(sponge);
  store<u8>(place, load<u8>(place) ^ 0x1f);
  const rate = load<u32>(sponge, Sponge.Rate);
  const last = sponge + rate - 1;
  store<u8>(last, load<u8>(last) ^ 0x80);
  store<u32>(sponge, rate, Sponge.Position);
}

/** The next byte of the output. */
export function shakeByte(sponge: usize): u32 {
  return load<u8>(nextPlace(sponge));
}

/** Writes the next `length` bytes of the output. */
export function shakeSqueeze(sponge: usize, out: usize, length: u32): void {
  for (const end = out + length; out < end; out++) store<u8>(out, shakeByte(sponge));
}

/** The address of the next byte of the block; behind the last one, of the next block's first. */
function nextPlace(sponge: usize): usize {
  let position = load<u32>(sponge, Sponge.Position);
  if (position === load<u32>(sponge, Sponge.Rate)) {
    permute(sponge);
    position = 0;
  }
  store<u32>(sponge, position + 1, Sponge.Position);
  return sponge + position;
}

/** Keccak-f[1600] (FIPS 202 §3.3). */
function permute(lanes: usize): void {
  for (let round = ROUND_CONSTANTS; round < ROUND_CONSTANTS_END; round += 8) {
    // θ: each lane takes the parities of two columns.
    const c0 = columnParity(lanes);
    const c1 = columnParity(lanes + 8);
    const c2 = columnParity(lanes + 16);
    const c3 = columnParity(lanes + 24);
    const c4 = columnParity(lanes + 32);
    addToColumn(lanes, c4 ^ rotl<u64>(c1, 1));
    addToColumn(lanes + 8, c0 ^ rotl<u64>(c2, 1));
    addToColumn(lanes + 16, c1 ^ rotl<u64>(c3, 1));
    addToColumn(lanes + 24, c2 ^ rotl<u64>(c4, 1));
    addToColumn(lanes + 32, c3 ^ rotl<u64>(c0, 1));

    // ρ and π: all lanes but one form a single cycle.
    let moving = load<u64>(lanes, 8);
    for (let step: usize = 0; step < 24; step++) {
      const place = lanes + ((<usize>load<u8>(PI_LANES + step)) << 3);
      const next = load<u64>(place);
      store<u64>(place, rotl<u64>(moving, load<u8>(RHO_BITS + step)));
      moving = next;
    }

    // χ, row by row.
    for (let row = lanes; row < lanes + LANE_BYTES; row += 40) {
      const a0 = load<u64>(row);
      const a1 = load<u64>(row, 8);
      const a2 = load<u64>(row, 16);
      const a3 = load<u64>(row, 24);
      const a4 = load<u64>(row, 32);
      store<u64>(row, a0 ^ (~a1 & a2));
      store<u64>(row, a1 ^ (~a2 & a3), 8);
      store<u64>(row, a2 ^ (~a3 & a4), 16);
      store<u64>(row, a3 ^ (~a4 & a0), 24);
      store<u64>(row, a4 ^ (~a0 & a1), 32);
    }
    // ι
    store<u64>(lanes, load<u64>(lanes) ^ load<u64>(round));
  }
}

// @ts-ignore: decorator
@inline
function columnParity(column: usize): u64 {
  return (
    load<u64>(column) ^
    load<u64>(column, 40) ^
    load<u64>(column, 80) ^
    load<u64>(column, 120) ^
    load<u64>(column, 160)
  );
}

// @ts-ignore: decorator
@inline
function addToColumn(column: usize, value: u64): void {
  store<u64>(column, load<u64>(column) ^ value);
  store<u64>(column, load<u64>(column, 40) ^ value, 40);
  store<u64>(column, load<u64>(column, 80) ^ value, 80);
  store<u64>(column, load<u64>(column, 120) ^ value, 120);
  store<u64>(column, load<u64>(column, 160) ^ value, 160);
}
