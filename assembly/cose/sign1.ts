/**
 * COSE_Sign1 with a detached payload (RFC 9052 §4.2, §4.4).
 *
 * The Sig_structure is never built: its parts are streamed into the digest where they lie.
 */
import {
  cborArray,
  cborArgument,
  cborBytes,
  cborContent,
  cborEnd,
  cborHead,
  cborInteger,
  cborIsNull,
  cborKeyFollows,
  cborLength,
  cborLimit,
  cborMajor,
  cborMap,
  cborOpen,
  cborPeek,
  cborPosition,
  cborSeek,
  cborSkip,
  cborText,
  cborValue,
  Major,
} from "../cbor/reader";
import { ecdsaP256Residue, ecdsaP256Verify } from "../crypto/ecdsa-p256";
import { ed25519Finish, ed25519Residue, ed25519Start } from "../crypto/ed25519";
import { hssFinish, hssResidue, hssStart } from "../crypto/hss";
import { sha256Final, sha256Init, sha256Update } from "../crypto/sha256";
import { sha512Update } from "../crypto/sha512";
import { Status } from "../status";
import {
  Algorithm,
  anchorAccepts,
  anchorCount,
  anchorX,
  anchorY,
  isEdwards,
  isHashBased,
  openAnchor,
} from "./key";
import { ECDSA_P256, ED25519, HSS_LMS } from "./signature-switch";

const enum Tag {
  Mac0 = 17,
  Sign1 = 18,
  Mac = 97,
  Sign = 98,
}

const enum HeaderLabel {
  Alg = 1,
  Crit = 2,
}

const enum Signature {
  /** r and s of P-256, or R and S of Ed25519; what HSS/LMS has depends on the key. */
  Bytes = 64,
}

/** `["Signature1", …`: the head of a Sig_structure of four elements and its context string. */
const SIG_STRUCTURE: usize = memory.data<u8>([
  0x84, 0x6a, 0x53, 0x69, 0x67, 0x6e, 0x61, 0x74, 0x75, 0x72, 0x65, 0x31,
]);
/** The empty external_aad. */
const EMPTY_BYTES: usize = memory.data<u8>([0x40]);
const DIGEST: usize = memory.data(32);

/** What the block under test holds. */
let protectedStart: u32 = 0;
let protectedEnd: u32 = 0;
/** Its signature. */
export let signature: u32 = 0;
/** Index of the trust anchor that verified it. */
export let signer: u32 = 0;
let signatureBytes: u32 = 0;
let algorithm: i64 = 0;
/** Whether its protected header states an algorithm; 0 is a number like any other, though reserved. */
let hasAlgorithm: bool = false;
/** The header label last read. */
let label: i64 = 0;

/**
 * Verifies a tagged COSE_Sign1 against the trust anchors.
 *
 * @param address the block's first byte
 * @param length the block's bytes
 * @param payload the detached payload as a byte string, its head included
 * @param payloadLength bytes of that byte string
 * @returns Status.Ok if a trust anchor verifies it; otherwise why not
 */
// @ts-ignore: decorator
@inline
export function verifySign1(address: u32, length: u32, payload: u32, payloadLength: u32): i32 {
  let status = readSign1(address, length);
  if (status != Status.Ok) return status;
  if (algorithm != Algorithm.Esp256 && algorithm != Algorithm.Es256) {
    if (!isEdwards(algorithm) && !isHashBased(algorithm)) return Status.AlgorithmUnsupported;
  } else if (!ECDSA_P256) {
    return Status.AlgorithmUnsupported;
  }
  if (!isHashBased(algorithm) && signatureBytes != Signature.Bytes) return Status.SignatureMalformed;
  if (ECDSA_P256 && !isEdwards(algorithm) && !isHashBased(algorithm)) {
    sha256Init();
    hashMessage(payload, payloadLength);
    sha256Final(DIGEST);
  }
  const anchors = anchorCount();
  let result: i32 = Status.KeyAlgorithmMismatch;
  for (let index: u32 = 0; index < anchors; index++) {
    if (openAnchor(index) != Status.Ok || !anchorAccepts(algorithm)) continue;
    if (HSS_LMS && isHashBased(algorithm)) status = verifyHss(payload, payloadLength);
    else if (ECDSA_P256 && !isEdwards(algorithm))
      status = ecdsaP256Verify(anchorX, anchorY, DIGEST, signature);
    else if (ED25519) status = verifyEd25519(payload, payloadLength);
    if (status == Status.Ok) {
      signer = index;
      return Status.Ok;
    }
    result = status;
  }
  return result;
}

/**
 * Looks once more at what the last verification has left, by other code.
 *
 * @returns 0 if it was good for `signature`, 1 if not or if nothing was verified
 */
// @ts-ignore: decorator
@inline
export function signatureResidue(): u32 {
  if (HSS_LMS && isHashBased(algorithm)) return hssResidue();
  if (ECDSA_P256 && !isEdwards(algorithm)) return ecdsaP256Residue(signature);
  return ED25519 ? ed25519Residue(signature) : 1;
}

/** Verifies under the anchor last opened; the key is hashed too, so every anchor hashes anew. */
function verifyEd25519(payload: u32, payloadLength: u32): i32 {
  ed25519Start(anchorX, signature);
  sha512Update(SIG_STRUCTURE, 12);
  sha512Update(protectedStart, protectedEnd - protectedStart);
  sha512Update(EMPTY_BYTES, 1);
  sha512Update(payload, payloadLength);
  return ed25519Finish(anchorX, signature);
}

/** Verifies under the anchor last opened, whose identifier is hashed with the message. */
function verifyHss(payload: u32, payloadLength: u32): i32 {
  const status = hssStart(anchorX, signature, signatureBytes);
  if (status != Status.Ok) return status;
  hashMessage(payload, payloadLength);
  return hssFinish(anchorX, signature);
}

/** Appends the Sig_structure to the message in progress. */
// @ts-ignore: decorator
@inline
function hashMessage(payload: u32, payloadLength: u32): void {
  sha256Update(SIG_STRUCTURE, 12);
  sha256Update(protectedStart, protectedEnd - protectedStart);
  sha256Update(EMPTY_BYTES, 1);
  sha256Update(payload, payloadLength);
}

// @ts-ignore: decorator
@inline
function readSign1(address: u32, length: u32): i32 {
  cborOpen(address, length);
  let status = cborHead();
  if (status != Status.Ok) return status;
  if (cborMajor != Major.Tag) return Status.CoseMalformed;
  if (cborArgument != Tag.Sign1)
    return isOtherCose(cborArgument) ? Status.CoseUnsupported : Status.CoseMalformed;
  status = cborArray();
  if (status != Status.Ok) return status;
  if (cborLength != 4) return Status.CoseMalformed;
  protectedStart = cborPosition;
  status = cborBytes();
  if (status != Status.Ok) return status;
  protectedEnd = cborPosition;
  const limit = cborLimit;
  hasAlgorithm = false;
  if (cborLength != 0) {
    cborOpen(cborContent, cborLength);
    status = readHeader(true);
    if (status == Status.Ok) status = cborEnd();
    if (status != Status.Ok) return status;
    cborSeek(protectedEnd, limit);
  }
  status = readHeader(false);
  if (status != Status.Ok) return status;
  if (!hasAlgorithm) return Status.AlgorithmUnprotected;
  if (cborPeek() == Major.Bytes) return Status.PayloadEmbedded;
  if (!cborIsNull()) return Status.CoseMalformed;
  status = cborBytes();
  if (status != Status.Ok) return status;
  signature = cborContent;
  signatureBytes = cborLength;
  return cborEnd();
}

function isOtherCose(tag: u64): bool {
  return tag == Tag.Mac0 || tag == Tag.Mac || tag == Tag.Sign;
}

/**
 * Reads one of the two headers. The algorithm belongs in the protected one, and nothing may be
 * critical in either, for this build understands no further header (RFC 9052 §3).
 */
function readHeader(isProtected: bool): i32 {
  let status = cborMap();
  if (status != Status.Ok) return status;
  let previous: u32 = 0;
  for (let pairs = cborLength; pairs > 0; pairs--) {
    const key = cborPosition;
    status = readLabel();
    if (status == Status.Ok) status = cborKeyFollows(previous, key);
    if (status != Status.Ok) return status;
    previous = key;
    if (label == HeaderLabel.Crit) return Status.CriticalHeader;
    if (label != HeaderLabel.Alg) {
      status = cborSkip();
    } else if (!isProtected) {
      return hasAlgorithm ? Status.CoseMalformed : Status.AlgorithmUnprotected;
    } else {
      if (cborPeek() > Major.Negative) return Status.AlgorithmUnsupported;
      status = cborInteger();
      algorithm = cborValue;
      hasAlgorithm = true;
    }
    if (status != Status.Ok) return status;
  }
  return Status.Ok;
}

/** Reads a header label into `label`; text labels, none of which matter here, become 0. */
function readLabel(): i32 {
  const isText = cborPeek() == Major.Text;
  const status = isText ? cborText() : cborInteger();
  label = isText ? 0 : cborValue;
  return status;
}
