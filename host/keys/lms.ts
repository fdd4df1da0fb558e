/**
 * LMS and LM-OTS with SHA-256, n = m = 32 (RFC 8554 §3 to §5): parameter sets, where the parts of a
 * signature lie, and the root that a signature leads to.
 *
 * This is the host's own code, independent of `assembly/crypto/lms.ts`: the two must agree. The hash
 * function is handed in, so the same steps can be timed with another one.
 */

/** SHA-256 of a message, 32 bytes. */
export type Hash = (message: Uint8Array) => Uint8Array;

/** One tree's parameters: its type numbers are in the tables below. */
export interface LmsParameters {
  /** Height of the tree, h: it has 2^h leaves. */
  readonly height: number;
  /** Bits that one hash chain signs, w. */
  readonly digitBits: number;
}

/** Bytes of a hash value, of I, of C and of everything on a path. */
export const VALUE_BYTES = 32;
/** Bytes of the identifier I. */
export const IDENTIFIER_BYTES = 16;
/** Bytes of an LMS public key: its two types, I and T[1]. */
export const LMS_KEY_BYTES = 8 + IDENTIFIER_BYTES + VALUE_BYTES;

/** What is hashed (RFC 8554 §3.1). */
export const Kind = { PublicKey: 0x8080, Message: 0x8181, Leaf: 0x8282, Interior: 0x8383 } as const;

/** Heights by LMS type, and digits by LM-OTS type. */
const HEIGHTS: ReadonlyMap<number, number> = new Map([
  [5, 5],
  [6, 10],
  [7, 15],
  [8, 20],
  [9, 25],
]);
const DIGIT_BITS: ReadonlyMap<number, number> = new Map([
  [1, 1],
  [2, 2],
  [3, 4],
  [4, 8],
]);
/** Digits of the checksum by digit size: the p of RFC 8554 §4.1 less the digits of the hash. */
const CHECKSUM_DIGITS: ReadonlyMap<number, number> = new Map([
  [1, 9],
  [2, 5],
  [4, 3],
  [8, 2],
]);

/** All parameter sets, lowest tree and smallest digit first. */
export const PARAMETER_SETS: readonly LmsParameters[] = [...HEIGHTS.values()].flatMap((height) =>
  [...DIGIT_BITS.values()].map((digitBits) => ({ height, digitBits })),
);

/** The parameters of a public key by its two types; undefined if they are none of RFC 8554. */
export function parametersOf(key: Uint8Array): LmsParameters | undefined {
  const height = HEIGHTS.get(wordAt(key, 0));
  const digitBits = DIGIT_BITS.get(wordAt(key, 4));
  return height === undefined || digitBits === undefined ? undefined : { height, digitBits };
}

/** The LMS type and the LM-OTS type, 4 bytes each. */
export function typesOf({ height, digitBits }: LmsParameters): Uint8Array {
  return Uint8Array.of(0, 0, 0, height / 5 + 4, 0, 0, 0, Math.log2(digitBits) + 1);
}

/** Hash chains in a signature, p. */
export function chainCount({ digitBits }: LmsParameters): number {
  return 256 / digitBits + (CHECKSUM_DIGITS.get(digitBits) ?? 0);
}

/** Bytes of a signature of one tree. */
export function lmsSignatureBytes(parameters: LmsParameters): number {
  return 12 + VALUE_BYTES * (1 + chainCount(parameters) + parameters.height);
}

/** Why a signature of one tree cannot be its key's, as the end of a sentence; undefined if it can. */
export function lmsMalformation(
  key: Uint8Array,
  parameters: LmsParameters,
  signature: Uint8Array,
): string | undefined {
  const bytes = lmsSignatureBytes(parameters);
  if (signature.length < bytes) return `a tree's signature has ${bytes} bytes and ends too early`;
  if (wordAt(signature, 4) !== wordAt(key, 4)) return "its LM-OTS type is not the key's";
  if (wordAt(signature, bytes - VALUE_BYTES * parameters.height - 4) !== wordAt(key, 0)) {
    return "its LMS type is not the key's";
  }
  return wordAt(signature, 0) < 2 ** parameters.height ? undefined : "its leaf is not in the tree";
}

/**
 * The root that a signature of a message leads to (RFC 8554 §5.4.2, Algorithm 6a): that of the key if
 * the signature is good.
 *
 * @param signature what `lmsMalformation` has nothing against
 */
export function lmsCandidate(
  key: Uint8Array,
  parameters: LmsParameters,
  signature: Uint8Array,
  message: Uint8Array,
  hash: Hash,
): Uint8Array {
  const identifier = key.subarray(8, 8 + IDENTIFIER_BYTES);
  const leaf = wordAt(signature, 0);
  const chainsEnd = 8 + VALUE_BYTES * (1 + chainCount(parameters));
  const digits = digitsOf(
    parameters,
    hash(joined(prefix(identifier, leaf, Kind.Message), signature.subarray(8, 8 + VALUE_BYTES), message)),
  );
  const ends = digits.map((digit, index) => {
    const start = 8 + VALUE_BYTES * (1 + index);
    const value = signature.subarray(start, start + VALUE_BYTES);
    return chain(prefix(identifier, leaf, index), value, digit, 2 ** parameters.digitBits - 1, hash);
  });
  let value = hash(joined(prefix(identifier, leaf, Kind.PublicKey), ...ends));
  let node = 2 ** parameters.height + leaf;
  value = hash(joined(prefix(identifier, node, Kind.Leaf), value));
  for (let start = chainsEnd + 4; node > 1; start += VALUE_BYTES) {
    const sibling = signature.subarray(start, start + VALUE_BYTES);
    const children = node % 2 === 1 ? [sibling, value] : [value, sibling];
    node = Math.floor(node / 2);
    value = hash(joined(prefix(identifier, node, Kind.Interior), ...children));
  }
  return value;
}

/** The digits that are signed: those of a hash, and those of their checksum (RFC 8554 §3.1.3 and §4.4). */
export function digitsOf(parameters: LmsParameters, hashed: Uint8Array): number[] {
  const { digitBits } = parameters;
  const digits = digitsIn(hashed, digitBits, 256 / digitBits);
  const checksum = digits.reduce((sum, digit) => sum + (2 ** digitBits - 1 - digit), 0);
  const count = CHECKSUM_DIGITS.get(digitBits) ?? 0;
  // They are the leading digits of 16 bits.
  const shifted = checksum * 2 ** (16 - count * digitBits);
  return [...digits, ...digitsIn(Uint8Array.of(shifted >> 8, shifted & 255), digitBits, count)];
}

function digitsIn(bytes: Uint8Array, digitBits: number, count: number): number[] {
  const perByte = 8 / digitBits;
  return Array.from({ length: count }, (_, index) => {
    const byte = bytes[Math.floor(index / perByte)] ?? 0;
    return (byte >> (8 - digitBits * ((index % perByte) + 1))) & (2 ** digitBits - 1);
  });
}

/**
 * Goes along a hash chain (RFC 8554 §4.3).
 *
 * @param start I, q and the chain's number, 22 bytes
 * @param from the step that `value` stands before
 * @param to the step to end before
 */
export function chain(
  start: Uint8Array,
  value: Uint8Array,
  from: number,
  to: number,
  hash: Hash,
): Uint8Array {
  const message = joined(start, Uint8Array.of(from), value);
  for (let step = from; step < to; step += 1) {
    message[start.length] = step;
    message.set(hash(message), start.length + 1);
  }
  return message.slice(start.length + 1);
}

/** I, a number of 32 bits and one of 16: the beginning of every hash. */
export function prefix(identifier: Uint8Array, number: number, kind: number): Uint8Array {
  return joined(identifier, word(number), Uint8Array.of(kind >> 8, kind & 255));
}

/** A number as 4 big-endian bytes. */
export function word(number: number): Uint8Array {
  return Uint8Array.of(number >>> 24, (number >>> 16) & 255, (number >>> 8) & 255, number & 255);
}

/** The number in the 4 big-endian bytes at an offset; 0 where there are none. */
export function wordAt(bytes: Uint8Array, offset: number): number {
  return bytes.subarray(offset, offset + 4).reduce((value, byte) => value * 256 + byte, 0);
}

/** Byte strings one after the other. */
export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
