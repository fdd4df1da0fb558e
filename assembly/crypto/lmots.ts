/**
 * LM-OTS: what a one-time signature says its public key is (RFC 8554 §4), with SHA-256 and n = 32.
 *
 * Every hash of LMS begins with the identifier I of the tree, which is read from the key, a number and
 * a word that tells what is hashed. RAM: these 6 bytes, and 34 whose digits are signed.
 */
import { CHAIN_NUMBER, CHAIN_VALUE, sha256Chain } from "./sha256-chain";
import { sha256Final, sha256Init, sha256Update } from "./sha256";

/** Bytes of a hash value: the n of RFC 8554 §4.1, and the m of §5.1. */
export const VALUE_BYTES: u32 = 32;
/** Bytes of an identifier, I. */
export const IDENTIFIER_BYTES: u32 = 16;

/** What is hashed, in the order in which its bytes are stored (RFC 8554 §3.1). */
export const enum Kind {
  PublicKey = 0x8080,
  Message = 0x8181,
  Leaf = 0x8282,
  Interior = 0x8383,
}

/** What follows I: the big-endian number of a leaf or a node, and the kind in 2 bytes. */
// @ts-ignore: decorator
@lazy export const HEADING = CHAIN_NUMBER;

/**
 * The hash of the message and its checksum, which the chains sign digit by digit; after that what the
 * signature leads to, 32 bytes.
 */
// @ts-ignore: decorator
@lazy export const VALUE = memory.data(34, 2);

/** Chains in a signature, p (RFC 8554 §4.1): the digits of the hash, and 9, 5, 3 or 2 of the checksum. */
export function chainCount(type: u32): u32 {
  return (512 >> type) + ((0x02030509 >> ((type - 1) << 3)) & 15);
}

/** Begins a hash with I and the number in `HEADING`. */
// @ts-ignore: decorator
@inline
export function hashStart(identifier: usize, kind: u32): void {
  store<u16>(HEADING, <u16>kind, 4);
  sha256Init();
  sha256Update(identifier, IDENTIFIER_BYTES);
  sha256Update(HEADING, 6);
}

/**
 * Computes the public key K that a signature of the message in progress has (RFC 8554 §4.6, Algorithm
 * 4b), into `VALUE`. The number in `HEADING` is that of the leaf.
 *
 * @param type LM-OTS type, 1 to 4
 * @param chains y of the signature: `chainCount` times 32 bytes
 */
// @ts-ignore: decorator
@inline
export function lmotsCandidate(identifier: usize, type: u32, chains: usize): void {
  sha256Final(VALUE);
  // A digit has w bits: 1, 2, 4 or 8.
  const last: u32 = ((<u32>1) << ((<u32>1) << (type - 1))) - 1;
  let checksum: u32 = 0;
  let count: u32 = 512 >> type;
  while (count > 0) checksum += last - digitAt(--count, last);
  // Its digits are the leading ones of 16 bits: the shift is 7, 6, 4 or 0 (RFC 8554 §4.4).
  checksum <<= (0x00040607 >> ((type - 1) << 3)) & 7;
  store<u8>(VALUE, <u8>(checksum >> 8), 32);
  store<u8>(VALUE, <u8>checksum, 33);

  hashStart(identifier, Kind.PublicKey);
  for (; count < chainCount(type); count++) {
    const step = (count << 16) | (digitAt(count, last) << 8);
    sha256Chain(identifier, step, (count << 16) | (last << 8), chains);
    sha256Update(CHAIN_VALUE, VALUE_BYTES);
    chains += VALUE_BYTES;
  }
  sha256Final(VALUE);
}

/** Digit `index` of what is signed (RFC 8554 §3.1.3, coef); `last` is the largest there is. */
function digitAt(index: u32, last: u32): u32 {
  const place = index * popcnt<u32>(last);
  // What lies below the digit is shifted out: 8 bits less those before it and its own.
  return (load<u8>(VALUE + (place >> 3)) >> (8 - (place & 7) - popcnt<u32>(last))) & last;
}
