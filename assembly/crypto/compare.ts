/**
 * Comparison whose time does not depend on the data.
 */

/**
 * Whether `length` bytes at `a` and at `b` are equal; all are read whatever they hold.
 *
 * Digests and tags are compared with this, so that an attacker cannot learn by timing how many
 * leading bytes of a guess are right. Two empty ranges are equal.
 */
export function equalConstantTime(a: usize, b: usize, length: u32): bool {
  let difference: u32 = 0;
  for (let offset: u32 = 0; offset < length; offset++) {
    difference |= load<u8>(a + offset) ^ load<u8>(b + offset);
  }
  return difference === 0;
}
