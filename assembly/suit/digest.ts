/**
 * SUIT_Digest: `[algorithm, bytes]` (SUIT §10), SHA-256 only.
 */
import { cborArray, cborBytes, cborContent, cborInteger, cborLength, cborValue } from "../cbor/reader";
import { equalConstantTime } from "../crypto/compare";
import { sha256 } from "../crypto/sha256";
import { testify } from "../hardening";
import { Status } from "../status";
import { DigestAlgorithm } from "./label";

/** Bytes of a SHA-256 digest. */
export const enum Sha256 {
  Bytes = 32,
}

const COMPUTED: usize = memory.data(Sha256.Bytes);

/** Address of the 32 digest bytes that `readDigest` found. */
export let digestBytes: u32 = 0;

/**
 * Reads a SUIT_Digest at the cursor.
 *
 * @returns Status.Ok, Status.DraftTooOld for the algorithm number of old drafts,
 *   Status.DigestUnsupported, Status.DigestMalformed, or a status of group 0x01
 */
export function readDigest(): i32 {
  let status = cborArray();
  if (status != Status.Ok) return status;
  if (cborLength != 2) return Status.DigestMalformed;
  status = cborInteger();
  if (status != Status.Ok) return status;
  if (cborValue == DigestAlgorithm.OldSha256) return Status.DraftTooOld;
  if (cborValue != DigestAlgorithm.Sha256) return Status.DigestUnsupported;
  status = cborBytes();
  if (status != Status.Ok) return status;
  digestBytes = cborContent;
  return cborLength == Sha256.Bytes ? Status.Ok : Status.DigestMalformed;
}

/** Whether `length` bytes at `address` have the SHA-256 digest at `expected`; in constant time. */
export function hasDigest(address: u32, length: u32, expected: u32): bool {
  sha256(address, length, COMPUTED);
  return equalConstantTime(COMPUTED, expected, Sha256.Bytes);
}

/** The witness that the digest last computed by `hasDigest` is the one at `expected`. */
export function testifyDigest(expected: u32, witness: u32): u32 {
  return testify(expected, COMPUTED, Sha256.Bytes, witness);
}
