/**
 * LMS: verification of one signature by one Merkle tree (RFC 8554 §5.4).
 *
 * Key and signature are read where they lie. Everything verified is public, so time depends on it.
 */
import { Status } from "../status";
import {
  HEADING,
  IDENTIFIER_BYTES,
  Kind,
  VALUE,
  VALUE_BYTES,
  chainCount,
  hashStart,
  lmotsCandidate,
} from "./lmots";
import { sha256Final, sha256Update } from "./sha256";

/** Where everything lies in a public key (RFC 8554 §5.3). */
export const enum LmsKey {
  Type = 0,
  OneTimeType = 4,
  Identifier = 8,
  Root = 24,
  Bytes = 56,
}

/** Where everything lies in a signature (RFC 8554 §5.4); the rest depends on its types. */
const enum LmsSignature {
  Leaf = 0,
  OneTimeType = 4,
  Randomizer = 8,
  Chains = 40,
}

/** The LMS types, with trees of height 5, 10, 15, 20 and 25 (RFC 8554 §5.1). */
const FIRST_TYPE: u32 = 5;
const LAST_TYPE: u32 = 9;
/** The LM-OTS types, with digits of 1, 2, 4 and 8 bits, are 1 to this (RFC 8554 §4.1). */
const LAST_ONE_TIME_TYPE: u32 = 4;

/** Bytes of a signature, known from its key. */
export function lmsBytes(key: usize): u32 {
  const chains = chainCount(wordAt(key + LmsKey.OneTimeType));
  return LmsSignature.Chains + 4 + (chains + heightOf(key)) * VALUE_BYTES;
}

/**
 * Checks that a signature has the form that its key asks for.
 *
 * @param key the public key, 56 bytes
 * @param capacity bytes that may be read; the signature may end before
 * @returns Status.Ok; Status.AlgorithmUnsupported for a key of other types than those of RFC 8554;
 *   Status.SignatureMalformed if it has other types than the key, ends too early, or is by a leaf that
 *   the tree does not have
 */
export function lmsCheck(key: usize, signature: usize, capacity: u32): i32 {
  // The words are read again and again, as a local would cost RAM in the deepest frame.
  if (wordAt(key) - FIRST_TYPE > LAST_TYPE - FIRST_TYPE) return Status.AlgorithmUnsupported;
  if (wordAt(key + LmsKey.OneTimeType) - 1 >= LAST_ONE_TIME_TYPE) return Status.AlgorithmUnsupported;
  if (capacity < lmsBytes(key)) return Status.SignatureMalformed;
  if (wordAt(signature + LmsSignature.OneTimeType) != wordAt(key + LmsKey.OneTimeType))
    return Status.SignatureMalformed;
  if (wordAt(signature + lmsBytes(key) - heightOf(key) * VALUE_BYTES - 4) != wordAt(key))
    return Status.SignatureMalformed;
  return wordAt(signature) >> heightOf(key) == 0 ? Status.Ok : Status.SignatureMalformed;
}

/** Begins the message; it follows with `sha256Update`. */
// @ts-ignore: decorator
@inline
export function lmsStart(key: usize, signature: usize): void {
  memory.copy(HEADING, signature + LmsSignature.Leaf, 4);
  hashStart(key + LmsKey.Identifier, Kind.Message);
  sha256Update(signature + LmsSignature.Randomizer, VALUE_BYTES);
}

/**
 * Computes the root that a signature of the message in progress leads to (RFC 8554 §5.4.2, Algorithm
 * 6a), into `VALUE`.
 */
// @ts-ignore: decorator
@inline
export function lmsCandidate(key: usize, signature: usize): void {
  lmotsCandidate(key + LmsKey.Identifier, wordAt(key + LmsKey.OneTimeType), signature + LmsSignature.Chains);
  let node = ((<u32>1) << heightOf(key)) + wordAt(signature);
  signature += lmsBytes(key) - heightOf(key) * VALUE_BYTES;
  startNode(key, node, Kind.Leaf);
  sha256Update(VALUE, VALUE_BYTES);
  sha256Final(VALUE);
  for (; node > 1; node >>= 1) {
    startNode(key, node >> 1, Kind.Interior);
    sha256Update((node & 1) != 0 ? signature : VALUE, VALUE_BYTES);
    sha256Update((node & 1) != 0 ? VALUE : signature, VALUE_BYTES);
    sha256Final(VALUE);
    signature += VALUE_BYTES;
  }
}

/** Begins the hash of a node. */
// @ts-ignore: decorator
@inline
function startNode(key: usize, node: u32, kind: u32): void {
  store<u32>(HEADING, bswap<u32>(node));
  hashStart(key + LmsKey.Identifier, kind);
}

/** The big-endian word at an address. */
export function wordAt(address: usize): u32 {
  return bswap<u32>(load<u32>(address, 0, 1));
}

/** Height of the tree of a key, a multiple of 5. */
function heightOf(key: usize): u32 {
  return (wordAt(key) - FIRST_TYPE + 1) * 5;
}
