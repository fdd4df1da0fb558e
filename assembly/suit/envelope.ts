/**
 * The SUIT envelope: its outer structure, and whether its manifest is authentic (SUIT §8.2, §8.3).
 *
 * Only the outer map is read before authentication; not one byte inside the manifest is looked at
 * until a trust anchor has signed its digest and the manifest has that digest (SUIT §6.2).
 */
import {
  cborArgument,
  cborArray,
  cborBytes,
  cborContent,
  cborEnd,
  cborHead,
  cborInteger,
  cborKeyFollows,
  cborLength,
  cborLimit,
  cborMajor,
  cborMap,
  cborOpen,
  cborPeek,
  cborPosition,
  cborSeek,
  cborText,
  cborValue,
  Major,
} from "../cbor/reader";
import { signature, verifySign1 } from "../cose/sign1";
import { equalConstantTime } from "../crypto/compare";
import { ecdsaP256Residue } from "../crypto/ecdsa-p256";
import { Witness } from "../hardening";
import { Limit } from "../limits";
import { Status } from "../status";
import { digestBytes, hasDigest, readDigest, testifyDigest } from "./digest";
import { EnvelopeTag, Member, MemberSet } from "./label";

/** First byte of the envelope that is open. */
export let envelopeStart: u32 = 0;
/** First byte after it. */
export let envelopeEnd: u32 = 0;
/** The manifest as a byte string with its head: what the digest covers. */
export let manifestStart: u32 = 0;
export let manifestEnd: u32 = 0;
/** The manifest map itself. */
export let manifestContent: u32 = 0;
/** The severed install section as a byte string with its head; 0 if the envelope has none. */
export let installStart: u32 = 0;
export let installEnd: u32 = 0;
/** The severed text as a byte string with its head; 0 if the envelope has none. */
export let textStart: u32 = 0;
export let textEnd: u32 = 0;
/** Key of the first integrated payload, and how many there are. */
export let payloadsStart: u32 = 0;
export let payloadCount: u32 = 0;
/** The integrated payload that `findPayload` found. */
export let payloadContent: u32 = 0;
export let payloadLength: u32 = 0;

/** Whether the manifest is authentic, a second time: see hardening.ts. */
export let signatureWitness: u32 = 0;
export let manifestWitness: u32 = 0;

let wrapperContent: u32 = 0;
let wrapperLength: u32 = 0;

/**
 * Reads the outer structure of an envelope that starts at `address`.
 *
 * @param capacity bytes that may be read
 * @param isExact whether the envelope has to end where they end; in a slot it may end before
 * @returns Status.Ok with the exports of this file set, or why it is none
 */
export function openEnvelope(address: u32, capacity: u32, isExact: bool): i32 {
  envelopeStart = address;
  signatureWitness = 0;
  manifestWitness = 0;
  wrapperContent = 0;
  manifestStart = 0;
  installStart = 0;
  textStart = 0;
  payloadsStart = 0;
  payloadCount = 0;
  cborOpen(address, capacity);
  let status = cborHead();
  if (status != Status.Ok) return status;
  // Drafts before -14 had no tag; what is not tagged is not read as if it were of today.
  if (cborMajor == Major.Map) return Status.DraftTooOld;
  if (cborMajor != Major.Tag || cborArgument != EnvelopeTag.Suit) return Status.EnvelopeTag;
  status = cborMap();
  if (status != Status.Ok) return status;
  let previous: u32 = 0;
  for (let pairs = cborLength; pairs > 0; pairs--) {
    const key = cborPosition;
    const isPayload = cborPeek() == Major.Text;
    status = isPayload ? cborText() : cborInteger();
    if (status == Status.Ok) status = cborKeyFollows(previous, key);
    if (status != Status.Ok) return status;
    previous = key;
    status = isPayload ? addPayload(key) : readMember(cborValue);
    if (status != Status.Ok) return status;
  }
  envelopeEnd = cborPosition;
  if (isExact && envelopeEnd != cborLimit) return Status.CborTrailing;
  if (wrapperContent == 0) return Status.AuthenticationMissing;
  return manifestStart == 0 ? Status.ManifestMissing : Status.Ok;
}

/**
 * Decides whether the manifest of the open envelope is authentic: a trust anchor signed its digest,
 * and it has that digest. Several signatures are alternatives; one that verifies is enough, and one
 * that is not supported never counts.
 *
 * @returns Status.Ok, or why not; with several signatures, why the first one was not accepted
 */
export function authenticate(): i32 {
  cborOpen(wrapperContent, wrapperLength);
  const limit = wrapperContent + wrapperLength;
  let status = cborArray();
  if (status != Status.Ok) return status;
  if (cborLength == 0) return Status.AuthenticationMissing;
  const blocks = cborLength - 1;
  const digestStart = cborPosition;
  status = cborBytes();
  if (status != Status.Ok) return status;
  const digestEnd = cborPosition;
  cborOpen(cborContent, cborLength);
  status = readDigest();
  if (status == Status.Ok) status = cborEnd();
  if (status != Status.Ok) return status;
  const digest = digestBytes;
  if (blocks > <u32>Limit.Signatures) return Status.TooManySignatures;
  cborSeek(digestEnd, limit);
  let verdict: i32 = Status.Unsigned;
  for (let index: u32 = 0; index < blocks; index++) {
    status = cborBytes();
    if (status != Status.Ok) return status;
    const next = cborPosition;
    if (verdict == Status.Ok) continue;
    status = verifySign1(cborContent, cborLength, digestStart, digestEnd - digestStart);
    if (index == 0 || status == Status.Ok) verdict = status;
    cborSeek(next, limit);
  }
  status = cborEnd();
  if (status != Status.Ok) return status;
  if (verdict != Status.Ok) return verdict;
  signatureWitness = Witness.Signature + ecdsaP256Residue(signature);
  const matches = hasDigest(manifestStart, manifestEnd - manifestStart, digest);
  manifestWitness = testifyDigest(Witness.Manifest, digest);
  return matches ? Status.Ok : Status.ManifestDigestMismatch;
}

/**
 * Finds the integrated payload whose key is this text, exactly (SUIT §7.5). Moves the cursor.
 *
 * @returns whether there is one; it is then in `payloadContent` and `payloadLength`
 */
export function findPayload(text: u32, length: u32): bool {
  cborOpen(payloadsStart, envelopeEnd - payloadsStart);
  for (let index: u32 = 0; index < payloadCount; index++) {
    if (cborText() != Status.Ok) return false;
    const matches = cborLength == length && equalConstantTime(cborContent, text, length);
    if (cborBytes() != Status.Ok) return false;
    payloadContent = cborContent;
    payloadLength = cborLength;
    if (matches) return true;
  }
  return false;
}

/** The only integrated payload of the envelope, if it has exactly one. Moves the cursor. */
export function findSolePayload(): bool {
  if (payloadCount != 1) return false;
  cborOpen(payloadsStart, envelopeEnd - payloadsStart);
  if (cborText() != Status.Ok || cborBytes() != Status.Ok) return false;
  payloadContent = cborContent;
  payloadLength = cborLength;
  return true;
}

function addPayload(key: u32): i32 {
  if (payloadCount == 0) payloadsStart = key;
  payloadCount += 1;
  return cborBytes();
}

function readMember(key: i64): i32 {
  const start = cborPosition;
  if (key == Member.AuthenticationWrapper) {
    const status = cborBytes();
    wrapperContent = cborContent;
    wrapperLength = cborLength;
    return status;
  }
  if (key == Member.Manifest) {
    const status = cborBytes();
    manifestStart = start;
    manifestContent = cborContent;
    manifestEnd = cborPosition;
    return status;
  }
  if (key == Member.Install) {
    installStart = start;
    const status = cborBytes();
    installEnd = cborPosition;
    return status;
  }
  if (key == Member.Text) {
    textStart = start;
    const status = cborBytes();
    textEnd = cborPosition;
    return status;
  }
  return refuseMember(key, MemberSet.EnvelopeOldDraft, MemberSet.EnvelopeUnsupported);
}

/** What to say of a member that is not read: from an old draft, unsupported, or unknown. */
export function refuseMember(key: i64, oldDraft: u32, unsupported: u32): i32 {
  const bit: u32 = key >= 0 && key < 32 ? 1 << (<u32>key) : 0;
  if ((oldDraft & bit) != 0) return Status.DraftTooOld;
  return (unsupported & bit) != 0 ? Status.MemberUnsupported : Status.MemberUnknown;
}
