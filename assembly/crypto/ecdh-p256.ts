/**
 * Diffie-Hellman over P-256 with the device's private key (SEC 1 §3.3.1; SP 800-56A §5.7.1.2), in constant
 * time: no branch and no address depends on the private key.
 *
 * Of k and n - k exactly one is odd, and both multiples of a point have the same x, so the odd one, K,
 * is taken. It is read in 63 windows of four bits and a last one of three, as odd signed digits (M. Joye,
 * M. Tunstall, Exponent Recoding and Regular Exponentiation Algorithms, 2009). Let K(j) be what lies above
 * bit j, made odd. Then K(255) = 1, and K(j) = 2^w K(j + w) + d with d odd and |d| < 2^w: as many
 * doublings and additions for every key, of a point found by reading the whole table.
 *
 * **No addition is special.** The accumulator is K(j + w) Q before the doublings, and 0 < K(j) < n: it is
 * never infinity, nor is a sum. Equal to d Q it would be if K(j) - 2 d were a multiple of n. As 2^w K(j + w) > |d|
 * that is positive, and but for the last window far below n. There, w being 3, n = 8 K(3) - d; so d = -1,
 * as n is 1 modulo 8 and 7 would make K larger than n, and K(3) = (n - 1) / 8. But that is even, and K(3) is
 * odd. (A last window of four bits would double for K = n - 2.) So `pointAddDistinct` is right for every key.
 */
import { Status } from "../status";
import { FieldElement, fieldCopy, fieldMultiply, fieldSet, fieldSetOne, fieldSquare } from "./p256-field";
import {
  ODD_MULTIPLES,
  ODD_MULTIPLE_COUNT,
  OPERAND_X,
  OPERAND_Y,
  buildOddMultiples,
} from "./p256-odd-multiples";
import { ACCUMULATOR, Point, WORK, pointAddDistinct, pointDouble } from "./p256-point";
import { readPublicKey } from "./p256-public-key";
import { Scalar, wordsFromBytes, wordsFromLimbs } from "./p256-scalar";

/** K, and eight zero bytes so that a window may be read across its end; also the result. */
// @ts-ignore: decorator
@lazy const MULTIPLIER = memory.data(40, 8);

/** n - K, or the result less p. */
// @ts-ignore: decorator
@lazy const DIFFERENCE = memory.data(32, 8);

/** Four elements that are free between operations on points. */
// @ts-ignore: decorator
@lazy const BASE = WORK;
// @ts-ignore: decorator
@lazy const POWER = WORK + FieldElement.Bytes;
// @ts-ignore: decorator
@lazy const RUN = WORK + 2 * FieldElement.Bytes;
// @ts-ignore: decorator
@lazy const RUN30 = WORK + 3 * FieldElement.Bytes;

/**
 * Computes the shared secret: the x coordinate of `secret` times the peer's public key.
 *
 * @param secret the private key, 32 bytes, big-endian
 * @param x the public key's x coordinate, 32 bytes, big-endian
 * @param y its y coordinate, likewise
 * @param out 32 bytes, big-endian
 * @returns Status.Ok; Status.KeyMalformed if the public key is not a point of the curve, or the private key
 *   not in 1 … n - 1
 */
export function ecdhP256(secret: usize, x: usize, y: usize, out: usize): i32 {
  if (!readPublicKey(x, y)) return Status.KeyMalformed;
  if (!readMultiplier(secret)) return Status.KeyMalformed;
  buildOddMultiples();
  memory.copy(ACCUMULATOR, ODD_MULTIPLES, 2 * FieldElement.Bytes);
  fieldSetOne(ACCUMULATOR + Point.Z);
  for (let bit = 251; bit >= 3; bit -= 4) addWindow(bit, 4);
  addWindow(0, 3);
  writeX(out);

  memory.fill(MULTIPLIER, 0, 40);
  memory.fill(DIFFERENCE, 0, 32);
  memory.fill(ACCUMULATOR, 0, Point.Bytes);
  memory.fill(WORK, 0, 4 * FieldElement.Bytes);
  memory.fill(OPERAND_X, 0, FieldElement.Bytes);
  memory.fill(OPERAND_Y, 0, FieldElement.Bytes);
  return Status.Ok;
}

/** Reads k and makes it odd; false unless it is in 1 … n - 1. */
function readMultiplier(secret: usize): bool {
  wordsFromBytes(MULTIPLIER, secret);
  store<u64>(MULTIPLIER, 0, 32);
  const borrow = subtractFrom(
    0xf3b9cac2fc632551,
    0xbce6faada7179e84,
    0xffffffffffffffff,
    0xffffffff00000000,
    MULTIPLIER,
  );
  const isValid = hasBits(MULTIPLIER) & hasBits(DIFFERENCE) & (borrow ^ 1);
  select(0 - ((load<u64>(MULTIPLIER) & 1) ^ 1));
  return isValid !== 0;
}

/** Doubles `width` times and adds the digit that begins at `bit`. */
function addWindow(bit: i32, width: i32): void {
  for (let doubling = 0; doubling < width; doubling++) pointDouble();
  const bits = <i32>(load<u64>(MULTIPLIER + ((<usize>(bit >> 5)) << 2), 0, 4) >> (bit & 31));
  const power = 1 << width;
  const digit = ((bits & (2 * power - 1)) | 1) - power;
  const sign = digit >> 31;
  readMultiple(((digit ^ sign) - sign) >> 1);
  for (let offset: usize = 0; offset < <usize>FieldElement.Bytes; offset += 4) {
    store<i32>(OPERAND_Y + offset, (load<i32>(OPERAND_Y + offset) ^ sign) - sign);
  }
  pointAddDistinct(OPERAND_X, OPERAND_Y);
}

/** Copies an entry of the table, all of which is read. */
function readMultiple(entry: i32): void {
  memory.fill(OPERAND_X, 0, FieldElement.Bytes);
  memory.fill(OPERAND_Y, 0, FieldElement.Bytes);
  let multiple: usize = ODD_MULTIPLES;
  for (let index = 0; index < ODD_MULTIPLE_COUNT; index++) {
    const mask = ((entry ^ index) - 1) >> 31;
    for (let offset: usize = 0; offset < <usize>FieldElement.Bytes; offset += 4) {
      addMasked(OPERAND_X + offset, load<i32>(multiple + offset, Point.X) & mask);
      addMasked(OPERAND_Y + offset, load<i32>(multiple + offset, Point.Y) & mask);
    }
    multiple += Point.Bytes;
  }
}

// @ts-ignore: decorator
@inline
function addMasked(place: usize, word: i32): void {
  store<i32>(place, load<i32>(place) | word);
}

/**
 * Writes X / Z^2. Out of Montgomery form, a product with 1 is (a + m p) / R with m < R and a in (-p, 2p):
 * from 0 to p, and p only for 0.
 */
function writeX(out: usize): void {
  fieldSquare(BASE, ACCUMULATOR + Point.Z);
  invertBase();
  fieldMultiply(POWER, ACCUMULATOR + Point.X, POWER);
  fieldSet(BASE, 1, 0, 0, 0, 0);
  fieldMultiply(BASE, POWER, BASE);
  wordsFromLimbs(MULTIPLIER, BASE);
  // p less the number is 0 for p alone: then it becomes 0.
  subtractFrom(0xffffffffffffffff, 0x00000000ffffffff, 0, 0xffffffff00000001, MULTIPLIER);
  select(hasBits(DIFFERENCE) - 1);
  for (let offset: usize = 0; offset < <usize>Scalar.Bytes; offset += 8) {
    store<u64>(out + offset, bswap<u64>(load<u64>(MULTIPLIER + 24 - offset)), 0, 1);
  }
}

/**
 * POWER = 1 / BASE, as its power p - 2 (Fermat): 255 squares and 12 products. In binary p - 2 is 32
 * ones, 31 zeros, a one, 96 zeros, 94 ones, a zero and a one.
 */
function invertBase(): void {
  fieldCopy(POWER, BASE);
  raise(1, BASE);
  raise(1, BASE);
  fieldCopy(RUN, POWER); // 3 ones
  raise(3, RUN);
  fieldCopy(RUN30, POWER); // 6
  raise(6, RUN30);
  raise(3, RUN);
  fieldCopy(RUN, POWER); // 15
  raise(15, RUN);
  fieldCopy(RUN30, POWER);
  raise(1, BASE);
  raise(1, BASE);
  fieldCopy(RUN, POWER); // 32
  raise(32, BASE);
  raise(128, RUN);
  raise(32, RUN);
  raise(30, RUN30);
  raise(2, BASE);
}

/** Squares the power so many times, and multiplies it. */
function raise(squares: u32, factor: usize): void {
  for (; squares > 0; squares--) fieldSquare(POWER, POWER);
  fieldMultiply(POWER, POWER, factor);
}

/** DIFFERENCE = the number with these words, least significant first, less the one at `b`; returns the borrow. */
function subtractFrom(word0: u64, word1: u64, word2: u64, word3: u64, b: usize): u64 {
  store<u64>(DIFFERENCE, word0);
  store<u64>(DIFFERENCE, word1, 8);
  store<u64>(DIFFERENCE, word2, 16);
  store<u64>(DIFFERENCE, word3, 24);
  let borrow: u64 = 0;
  for (let offset: usize = 0; offset < <usize>Scalar.Bytes; offset += 8) {
    const left = load<u64>(DIFFERENCE + offset);
    const right = load<u64>(b + offset);
    const rest = left - right - borrow;
    // The top bit says whether the subtraction passed below 0 (H. Warren, Hacker's Delight, §2-13).
    borrow = ((~left & right) | (~(left ^ right) & rest)) >> 63;
    store<u64>(DIFFERENCE + offset, rest);
  }
  return borrow;
}

/** MULTIPLIER = DIFFERENCE where the mask has ones. */
function select(mask: u64): void {
  for (let offset: usize = 0; offset < <usize>Scalar.Bytes; offset += 8) {
    const old = load<u64>(MULTIPLIER + offset);
    store<u64>(MULTIPLIER + offset, old ^ ((old ^ load<u64>(DIFFERENCE + offset)) & mask));
  }
}

/** 1 if a number is not 0, without asking. */
function hasBits(words: usize): u64 {
  const all = load<u64>(words) | load<u64>(words, 8) | load<u64>(words, 16) | load<u64>(words, 24);
  return (all | (0 - all)) >> 63;
}
