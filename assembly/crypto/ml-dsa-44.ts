/**
 * ML-DSA-44: verification (FIPS 204 §5.3 and §6.3, algorithms 3 and 8).
 *
 * Key and signature are read where they lie. The matrix is expanded coefficient by coefficient and
 * never kept, and the sum is made one row at a time, with the response transformed anew for each:
 * three polynomials, the powers of the root, and two sponges are all the RAM there is. Everything
 * verified is public, so time depends on the data. One verification runs at a time.
 */
import { Status } from "../status";
import { equalConstantTime } from "./compare";
import {
  Rate,
  Sponge,
  shakeAbsorb,
  shakeAbsorbByte,
  shakeByte,
  shakeFinish,
  shakeInit,
  shakeSqueeze,
} from "./keccak";
import { MODULUS, Polynomial, reduceProduct, ringInit, transform, transformBack } from "./ml-dsa-ring";

/** Sizes of ML-DSA-44 (FIPS 204 table 2), and where things are in a key and in a signature (§7.2). */
export const enum MlDsa44 {
  KeyBytes = 1312,
  SignatureBytes = 2420,
  /** In the key: the seed ρ, then t1 with 320 bytes to a row. */
  SeedBytes = 32,
  RowBytes = 320,
  /** In the signature: the commitment hash, then z with 576 bytes to a column, then the hints. */
  CommitmentBytes = 32,
  ColumnBytes = 576,
  Hints = 2336,
  /** Longest context string (§5.2). */
  ContextBytesMax = 255,
}

/** Rows k of the matrix, and as many columns l (table 1). */
const ROWS: u32 = 4;
/** Bound on the ones in a hint, ω. */
const HINTS_MAX: u32 = 80;
/** Coefficients of the challenge that are not zero, τ. */
const CHALLENGE_WEIGHT: u32 = 39;
/** γ1, and γ1 - β, which the response stays below. */
// @ts-ignore: decorator
@inline const RESPONSE_CENTRE: i32 = 1 << 17;
// @ts-ignore: decorator
@inline const RESPONSE_BOUND: i32 = (1 << 17) - 78;
/** 2 γ2 = (q - 1) / 44, and the number of high parts. */
// @ts-ignore: decorator
@inline const LOW_RANGE: i32 = 190464;
// @ts-ignore: decorator
@inline const HIGH_PARTS: i32 = 44;

/** Length of tr and of μ. */
const REPRESENTATIVE_BYTES = 64;

const CHALLENGE = memory.data(Polynomial.Bytes, 4);
const FACTOR = memory.data(Polynomial.Bytes, 4);
const SUM = memory.data(Polynomial.Bytes, 4);
/** Expands the seed, the challenge and the matrix. */
const EXPANSION = memory.data(Sponge.Bytes, 8);
/** Hashes the message, then the commitment while rows are made. */
const HASH = memory.data(Sponge.Bytes, 8);
const REPRESENTATIVE = memory.data(REPRESENTATIVE_BYTES, 8);

/**
 * Verifies a signature with a context string (algorithm 3).
 *
 * @param key `MlDsa44.KeyBytes`
 * @param context up to 255 bytes; COSE uses none
 * @param signature `MlDsa44.SignatureBytes`
 * @returns Status.Ok; Status.ArgumentMalformed for a longer context; Status.SignatureMalformed if the
 *   hints are not encoded in the one way there is; otherwise Status.SignatureInvalid
 */
export function mlDsa44Verify(
  key: usize,
  message: usize,
  messageBytes: u32,
  context: usize,
  contextBytes: u32,
  signature: usize,
): i32 {
  if (contextBytes > <u32>MlDsa44.ContextBytesMax) return Status.ArgumentMalformed;
  if (!hintsAreWellFormed(signature + MlDsa44.Hints)) return Status.SignatureMalformed;
  ringInit();
  represent(key, message, messageBytes, context, contextBytes);
  expandChallenge(signature);
  shakeInit(HASH, Rate.Shake256);
  shakeAbsorb(HASH, REPRESENTATIVE, REPRESENTATIVE_BYTES);
  let hint = signature + MlDsa44.Hints;
  for (let row: u32 = 0; row < ROWS; row++) {
    if (!sumRow(row, key, signature)) return Status.SignatureInvalid;
    const end = signature + MlDsa44.Hints + load<u8>(signature + MlDsa44.Hints + HINTS_MAX + row);
    absorbHighParts(hint, end);
    hint = end;
  }
  shakeFinish(HASH);
  shakeSqueeze(HASH, REPRESENTATIVE, MlDsa44.CommitmentBytes);
  return equalConstantTime(REPRESENTATIVE, signature, MlDsa44.CommitmentBytes)
    ? <i32>Status.Ok
    : <i32>Status.SignatureInvalid;
}

/** Whether the hints are ascending in every row and nothing follows them (§7.1, algorithm 21). */
function hintsAreWellFormed(hints: usize): bool {
  let index: u32 = 0;
  for (let row: u32 = 0; row < ROWS; row++) {
    const end: u32 = load<u8>(hints + HINTS_MAX + row);
    if (end < index || end > HINTS_MAX) return false;
    for (const first = index; index < end; index++) {
      if (index > first && load<u8>(hints + index - 1) >= load<u8>(hints + index)) return false;
    }
  }
  for (; index < HINTS_MAX; index++) if (load<u8>(hints + index) !== 0) return false;
  return true;
}

/** μ, from the hash of the key, the context and the message (algorithms 3 and 8). */
function represent(key: usize, message: usize, messageBytes: u32, context: usize, contextBytes: u32): void {
  shakeInit(HASH, Rate.Shake256);
  shakeAbsorb(HASH, key, MlDsa44.KeyBytes);
  shakeFinish(HASH);
  shakeSqueeze(HASH, REPRESENTATIVE, REPRESENTATIVE_BYTES);
  shakeInit(HASH, Rate.Shake256);
  shakeAbsorb(HASH, REPRESENTATIVE, REPRESENTATIVE_BYTES);
  // A message as it is, not its hash.
  shakeAbsorbByte(HASH, 0);
  shakeAbsorbByte(HASH, contextBytes);
  shakeAbsorb(HASH, context, contextBytes);
  shakeAbsorb(HASH, message, messageBytes);
  shakeFinish(HASH);
  shakeSqueeze(HASH, REPRESENTATIVE, REPRESENTATIVE_BYTES);
}

/** The transformed challenge, from the commitment hash (§7.3, algorithm 29). */
function expandChallenge(commitment: usize): void {
  shakeInit(EXPANSION, Rate.Shake256);
  shakeAbsorb(EXPANSION, commitment, MlDsa44.CommitmentBytes);
  shakeFinish(EXPANSION);
  let signs: u64 = 0;
  for (let shift: u64 = 0; shift < 64; shift += 8) signs |= (<u64>shakeByte(EXPANSION)) << shift;
  memory.fill(CHALLENGE, 0, Polynomial.Bytes);
  for (
    let place: u32 = Polynomial.Coefficients - CHALLENGE_WEIGHT;
    place < <u32>Polynomial.Coefficients;
    place++
  ) {
    let other = shakeByte(EXPANSION);
    while (other > place) other = shakeByte(EXPANSION);
    store<i32>(CHALLENGE + (place << 2), load<i32>(CHALLENGE + (other << 2)));
    store<i32>(CHALLENGE + (other << 2), 1 - <i32>((signs & 1) << 1));
    signs >>= 1;
  }
  transform(CHALLENGE);
}

/** One row of A z - c t1 2^d, in `SUM`; false if a coefficient of z is too large. */
function sumRow(row: u32, key: usize, signature: usize): bool {
  const parts = key + MlDsa44.SeedBytes + row * MlDsa44.RowBytes;
  for (let index: u32 = 0; index < <u32>Polynomial.Coefficients; index++) {
    // t1 (§7.1, algorithm 18: ten bits each) times 2^13, negated as the product is subtracted.
    store<i32>(FACTOR + (index << 2), -(<i32>(bitsAt(parts, index, 10) << 13)));
  }
  transform(FACTOR);
  memory.fill(SUM, 0, Polynomial.Bytes);
  for (let at: usize = 0; at < <usize>Polynomial.Bytes; at += 4) {
    addProduct(at, load<i32>(CHALLENGE + at));
  }
  for (let column: u32 = 0; column < ROWS; column++) {
    if (!readResponse(signature + MlDsa44.CommitmentBytes + column * MlDsa44.ColumnBytes)) return false;
    transform(FACTOR);
    addMatrixProduct(key, row, column);
  }
  transformBack(SUM);
  return true;
}

/** Reads a polynomial of the response (algorithm 19: γ1 less eighteen bits); false if it is too large. */
function readResponse(bytes: usize): bool {
  for (let index: u32 = 0; index < <u32>Polynomial.Coefficients; index++) {
    const coefficient = RESPONSE_CENTRE - <i32>bitsAt(bytes, index, 18);
    if (abs(coefficient) >= RESPONSE_BOUND) return false;
    store<i32>(FACTOR + (index << 2), coefficient);
  }
  return true;
}

/** The field of so many bits with this index; none is wider than 18, so four bytes hold it. */
function bitsAt(bytes: usize, index: u32, width: u32): u32 {
  const bit = index * width;
  const mask = ((<u32>1) << width) - 1;
  // The last field ends with its row; reading four bytes there would look beyond the signature.
  const byte = min(bit >> 3, ((width << 8) >> 3) - 4);
  return (load<u32>(bytes + byte, 0, 1) >> (bit - (byte << 3))) & mask;
}

/** Adds the matrix element times `FACTOR`, sampling it as it goes (§7.3, algorithms 30 and 32). */
function addMatrixProduct(key: usize, row: u32, column: u32): void {
  shakeInit(EXPANSION, Rate.Shake128);
  shakeAbsorb(EXPANSION, key, MlDsa44.SeedBytes);
  shakeAbsorbByte(EXPANSION, column);
  shakeAbsorbByte(EXPANSION, row);
  shakeFinish(EXPANSION);
  for (let at: usize = 0; at < <usize>Polynomial.Bytes;) {
    let coefficient = shakeByte(EXPANSION);
    coefficient |= shakeByte(EXPANSION) << 8;
    coefficient |= (shakeByte(EXPANSION) & 0x7f) << 16;
    if (coefficient >= <u32>MODULUS) continue;
    addProduct(at, coefficient);
    at += 4;
  }
}

/** Adds `value` times the coefficient of `FACTOR` to that of `SUM`. */
// @ts-ignore: decorator
@inline
function addProduct(at: usize, value: i32): void {
  const product = reduceProduct(<i64>load<i32>(FACTOR + at) * <i64>value);
  store<i32>(SUM + at, load<i32>(SUM + at) + product);
}

/**
 * Hashes the high parts of a row, corrected where a hint says so (§7.4, algorithms 36, 37 and 40), six bits each,
 * four to three bytes (algorithm 28).
 *
 * @param hint the indices of the row's hints, ascending, up to `end`
 */
function absorbHighParts(hint: usize, end: usize): void {
  let packed: u32 = 0;
  for (let index: u32 = 0; index < <u32>Polynomial.Coefficients; index++) {
    const value = load<i32>(SUM + (index << 2));
    let high = (value + (LOW_RANGE >> 1) - 1) / LOW_RANGE;
    // The low part, in (-γ2, γ2]; the last γ2 values before q have high part 0 and a negative low part.
    const isPositive = value > high * LOW_RANGE;
    if (high === HIGH_PARTS) high = 0;
    if (hint < end && load<u8>(hint) === index) {
      hint++;
      if (isPositive) high = high === HIGH_PARTS - 1 ? 0 : high + 1;
      else high = high === 0 ? HIGH_PARTS - 1 : high - 1;
    }
    packed |= high << ((index & 3) * 6);
    if ((index & 3) === 3) {
      shakeAbsorbByte(HASH, packed & 255);
      shakeAbsorbByte(HASH, (packed >> 8) & 255);
      shakeAbsorbByte(HASH, packed >> 16);
      packed = 0;
    }
  }
}
