/**
 * Protection against glitches: no single skipped instruction and no single inverted branch may make
 * the device run what it must refuse (docs/glitches.md).
 *
 * A status that travels up through ten callers is one bit of evidence, and any of the ten branches
 * can lose it. So every check that decides over authenticity leaves a witness besides its status: a
 * number that comes out right only if the compared data agree, computed without a branch from the
 * data themselves, by other code than the check. Whoever acts on a status looks at all witnesses
 * first. A glitch in the check is contradicted by the witness, a glitch in the witness by the check.
 *
 * A witness of 0 never counts, so neither fresh memory nor a call that was not made looks like one;
 * any two witnesses differ in at least 12 bits.
 */
export const enum Witness {
  Signature = 0x5a3c96e1,
  Manifest = 0x3c69a5d2,
  Vendor = 0x69965ab4,
  Class = 0x96a53c78,
  Image = 0xa5c3691e,
  Dependency = 0xc3695a3c,
}

/**
 * The witness that `length` bytes at `a` and `b` are equal: `witness` if they are, another number if
 * not. Walks downward, so that it shares neither code nor order with `equalConstantTime`.
 *
 * The witness is the last argument: a call that is not made may leave its first one for a result. A
 * length of 0 would be evidence of nothing, and there is none: it goes on until it faults.
 */
export function testify(a: usize, b: usize, length: u32, witness: u32): u32 {
  do {
    length--;
    witness += load<u8>(a + length) ^ load<u8>(b + length);
  } while (length > 0);
  return witness;
}
