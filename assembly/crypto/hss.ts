/**
 * HSS: verification of a signature by a chain of up to eight Merkle trees (RFC 8554 §6).
 *
 * The first tree is that of the key; each signs the key of the next, and the last one the message. All
 * parameter sets of RFC 8554 are verified: SHA-256 with n = m = 32, w of 1, 2, 4 and 8, trees of height
 * 5, 10, 15, 20 and 25. A signature has exactly the bytes that its parts say.
 *
 * The message is streamed: `hssStart`, any number of `sha256Update`, `hssFinish`. Key and signature are
 * read in place. No heap; one verification runs at a time. The last tree is verified first, because its
 * message is the one in progress: the trees above it have theirs at hand, in the signature.
 */
import { testify } from "../hardening";
import { Status } from "../status";
import { equalConstantTime } from "./compare";
import { VALUE, VALUE_BYTES } from "./lmots";
import { LmsKey, lmsBytes, lmsCandidate, lmsCheck, lmsStart, wordAt } from "./lms";
import { sha256Update } from "./sha256";

/** Bytes of a public key: how many trees there are, and the key of the first (RFC 8554 §6.1). */
export const HSS_KEY_BYTES: u32 = 4 + LmsKey.Bytes;

/** Most trees of a key (RFC 8554 §6). */
const TREES_MAX: u32 = 8;

/** Key and signature of the last tree. */
let lastKey: usize = 0;
let lastSignature: usize = 0;
/** Trees whose root has not been reached, and any difference from one that was; 0 is good. */
let residue: u32 = 1;

/**
 * Opens a signature and begins its message.
 *
 * @param key the public key, `HSS_KEY_BYTES`
 * @param signature the signature @param signatureBytes its length
 * @returns Status.Ok; Status.KeyMalformed if the key has no such number of trees;
 *   Status.AlgorithmUnsupported for types that RFC 8554 does not have; Status.SignatureMalformed if a
 *   part is not what its key asks for, or the length is wrong
 */
// @ts-ignore: decorator
@inline
export function hssStart(key: usize, signature: usize, signatureBytes: u32): i32 {
  residue = 1;
  if (wordAt(key) - 1 >= TREES_MAX) return Status.KeyMalformed;
  if (signatureBytes < 4 || wordAt(signature) != wordAt(key) - 1) return Status.SignatureMalformed;
  residue = wordAt(key);
  const end = signature + signatureBytes;
  key += 4;
  signature += 4;
  for (let below = residue; ;) {
    const status = lmsCheck(key, signature, <u32>(end - signature));
    if (status != Status.Ok) return status;
    lastKey = key;
    lastSignature = signature;
    key = signature + lmsBytes(key);
    if (--below == 0) break;
    signature = key + LmsKey.Bytes;
    if (signature > end) return Status.SignatureMalformed;
  }
  if (key != end) return Status.SignatureMalformed;
  lmsStart(lastKey, lastSignature);
  return Status.Ok;
}

/**
 * Verifies the opened signature of the message that has been streamed (RFC 8554 §6.3, Algorithm 7).
 *
 * @param key as for `hssStart` @param signature likewise
 * @returns Status.Ok, or Status.SignatureInvalid if a tree's root is not that of its key
 */
// @ts-ignore: decorator
@inline
export function hssFinish(key: usize, signature: usize): i32 {
  // From the last tree to the first, and from there down to the one above the last.
  let treeKey = lastKey;
  let treeSignature = lastSignature;
  do {
    lmsCandidate(treeKey, treeSignature);
    residue = testify(VALUE, treeKey + LmsKey.Root, VALUE_BYTES, residue - 1);
    if (!equalConstantTime(VALUE, treeKey + LmsKey.Root, VALUE_BYTES)) return Status.SignatureInvalid;
    if (treeKey == lastKey) {
      treeKey = key + 4;
      treeSignature = signature + 4;
    } else {
      treeKey = treeSignature + lmsBytes(treeKey);
      treeSignature = treeKey + LmsKey.Bytes;
    }
    if (treeKey == lastKey) break;
    lmsStart(treeKey, treeSignature);
    sha256Update(treeSignature + lmsBytes(treeKey), LmsKey.Bytes);
  } while (true);
  return Status.Ok;
}

/**
 * Looks once more at what the last verification has left.
 *
 * @returns 0 if every tree's root was reached; another number if not or if nothing was verified
 */
export function hssResidue(): u32 {
  return residue;
}

/** Verifies a signature of a message in one piece; parameters and result as of `hssStart`. */
// @ts-ignore: decorator
@inline
export function hssVerify(
  key: usize,
  message: usize,
  length: u32,
  signature: usize,
  signatureBytes: u32,
): i32 {
  const status = hssStart(key, signature, signatureBytes);
  if (status != Status.Ok) return status;
  sha256Update(message, length);
  return hssFinish(key, signature);
}
