/**
 * The SUIT envelope: its outer structure, and whether its manifest is authentic (SUIT §8.2, §8.3).
 *
 * Only the outer map is read before authentication; not one byte inside the manifest is looked at
 * until a trust anchor has signed its digest and the manifest has that digest (SUIT §6.2).
 *
 * One envelope is open at a time: the root, or while a dependency is looked at that one. Nothing is
 * kept of the other but where it starts; it is opened again.
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
import { anchorComponents, anchorX, openAnchor } from "../cose/key";
import { signatureResidue, signer, verifySign1 } from "../cose/sign1";
import { equalConstantTime } from "../crypto/compare";
import { requiredAnchors } from "../flash/device-page";
import { Feature } from "../feature";
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
/** The severed members that the envelope carries, as bits. */
export let severedMembers: u32 = 0;
/** The SUIT_Digest that the wrapper states, once `authenticate` has read it: its 32 bytes. */
export let manifestDigest: u32 = 0;
/** The integrated payload that `findPayload` found. */
export let payloadContent: u32 = 0;
export let payloadLength: u32 = 0;

/** The root envelope: where it starts and ends, and the first byte that is not its place. */
export let rootStart: u32 = 0;
export let rootEnd: u32 = 0;
export let rootLimit: u32 = 0;

/** Whether the manifest is authentic, a second time: see hardening.ts. */
export let signatureWitness: u32 = 0;
export let manifestWitness: u32 = 0;
/** Trust anchors whose signature was verified, as bits, and the sum of their keys' addresses. */
let signers: u32 = 0;
let signerKeys: u32 = 0;

let keptSignatureWitness: u32 = 0;
let keptManifestWitness: u32 = 0;
let keptSigners: u32 = 0;
let keptSignerKeys: u32 = 0;

/** Key of the first integrated payload, and how many there are. */
let payloadsStart: u32 = 0;
let payloadCount: u32 = 0;
let wrapperContent: u32 = 0;
let wrapperLength: u32 = 0;

/** Where each severed member lies: a byte string with its head. */
const SEVERED: usize = memory.data(Member.End * 4, 4);

/** Opens the envelope that everything starts with; parameters as for `openEnvelope`. */
export function openRoot(address: u32, capacity: u32, isExact: bool): i32 {
  rootStart = address;
  rootLimit = address + capacity;
  signatureWitness = 0;
  const status = openEnvelope(address, capacity, isExact);
  rootEnd = envelopeEnd;
  return status;
}

/**
 * Reads the outer structure of an envelope that starts at `address`.
 *
 * @param capacity bytes that may be read
 * @param isExact whether the envelope has to end where they end; in a slot it may end before
 * @returns Status.Ok with the exports of this file set, or why it is none
 */
export function openEnvelope(address: u32, capacity: u32, isExact: bool): i32 {
  envelopeStart = address;
  wrapperContent = 0;
  manifestStart = 0;
  severedMembers = 0;
  payloadCount = 0;
  cborOpen(address, capacity);
  let status = cborHead();
  if (status != Status.Ok) return status;
  if (cborMajor != Major.Tag || cborArgument != EnvelopeTag.Suit) {
    // Drafts before -14 had no tag; what is not tagged is not read as if it were of today.
    return cborMajor == Major.Map ? Status.DraftTooOld : Status.EnvelopeTag;
  }
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
    if (isPayload) {
      if (payloadCount++ == 0) payloadsStart = key;
      status = cborBytes();
    } else {
      status = readMember(cborValue);
    }
    if (status != Status.Ok) return status;
  }
  envelopeEnd = cborPosition;
  if (isExact && envelopeEnd != cborLimit) return Status.CborTrailing;
  if (wrapperContent == 0) return Status.AuthenticationMissing;
  return manifestStart == 0 ? Status.ManifestMissing : Status.Ok;
}

function readMember(key: i64): i32 {
  const start = cborPosition;
  const bit = memberBit(key);
  if ((bit & (MemberSet.Severable | (1 << Member.AuthenticationWrapper) | (1 << Member.Manifest))) == 0) {
    return refuseMember(bit, MemberSet.EnvelopeOldDraft, MemberSet.EnvelopeKnown);
  }
  const status = cborBytes();
  if (key == Member.AuthenticationWrapper) {
    wrapperContent = cborContent;
    wrapperLength = cborLength;
  } else if (key == Member.Manifest) {
    manifestStart = start;
    manifestContent = cborContent;
    manifestEnd = cborPosition;
  } else {
    severedMembers |= bit;
    store<u32>(SEVERED + ((<u32>key) << 2), start);
  }
  return status;
}

/** The bit of a member in a `MemberSet`; 0 for a key that is in none. */
export function memberBit(key: i64): u32 {
  return <u64>key < 32 ? 1 << (<u32>key) : 0;
}

/** What to say of a member that is not read: from an old draft, unsupported, or unknown. */
export function refuseMember(bit: u32, oldDraft: u32, known: u32): i32 {
  if ((oldDraft & bit) != 0) return Status.DraftTooOld;
  return (known & bit) != 0 ? Status.MemberUnsupported : Status.MemberUnknown;
}

/** Reads the severed member `key`, which the envelope carries, as a byte string. Moves the cursor. */
export function openSevered(key: u32): i32 {
  cborSeek(load<u32>(SEVERED + (key << 2)), envelopeEnd);
  return cborBytes();
}

/**
 * Whether the severed member `key` has the digest at `expected`; it covers the byte string with its
 * head (SUIT §8.6). Moves the cursor.
 */
export function severedHasDigest(key: u32, expected: u32): bool {
  const start = load<u32>(SEVERED + (key << 2));
  return openSevered(key) == Status.Ok && hasDigest(start, cborPosition - start, expected);
}

/**
 * Decides whether the manifest of the open envelope is authentic: a trust anchor signed its digest,
 * and it has that digest. Several signatures are alternatives, one that verifies is enough, unless
 * the device page requires certain anchors; one that is not supported never counts.
 *
 * @returns Status.Ok, or why not; with several signatures, why the first one was not accepted
 */
export function authenticate(): i32 {
  signatureWitness = 0;
  manifestWitness = 0;
  signers = 0;
  signerKeys = 0;
  cborOpen(wrapperContent, wrapperLength);
  const limit = cborLimit;
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
  manifestDigest = digestBytes;
  if (blocks > <u32>Limit.Signatures) return Status.TooManySignatures;
  cborSeek(digestEnd, limit);
  let verdict: i32 = Status.Unsigned;
  let residues: u32 = 0;
  for (let index: u32 = 0; index < blocks; index++) {
    status = cborBytes();
    if (status != Status.Ok) return status;
    const next = cborPosition;
    // Without trust domains one signature is enough; with them each may bring a right of its own.
    if (Feature.TrustDomains || verdict != Status.Ok) {
      status = verifySign1(cborContent, cborLength, digestStart, digestEnd - digestStart);
      if (status == Status.Ok) {
        residues |= signatureResidue();
        signatureWitness = Witness.Signature + residues;
        if (Feature.TrustDomains) addSigner();
      }
      if (index == 0 || status == Status.Ok) verdict = status;
    }
    cborSeek(next, limit);
  }
  status = cborEnd();
  if (status != Status.Ok) return status;
  if (verdict != Status.Ok) return verdict;
  if (Feature.TrustDomains && !isCosigned()) return Status.CosignatureMissing;
  const matches = hasDigest(manifestStart, manifestEnd - manifestStart, manifestDigest);
  manifestWitness = testifyDigest(manifestDigest, Witness.Manifest);
  return matches ? Status.Ok : Status.ManifestDigestMismatch;
}

function addSigner(): void {
  const bit: u32 = 1 << signer;
  if ((signers & bit) != 0) return;
  signers |= bit;
  signerKeys += anchorX;
}

/** Whether every trust anchor that the device page requires has signed. */
export function isCosigned(): bool {
  const required = requiredAnchors();
  return (signers & required) == required;
}

/**
 * The components of the device that the signers of the open envelope may touch, as bits; none if the
 * signers do not agree with the keys that verified. Moves the cursor.
 */
export function signerComponents(): u32 {
  let components: u32 = 0;
  let keys: u32 = 0;
  for (let index: u32 = 0; index < <u32>Limit.Anchors; index++) {
    if (((signers >> index) & 1) == 0 || openAnchor(index) != Status.Ok) continue;
    components |= anchorComponents;
    keys += anchorX;
  }
  return keys == signerKeys ? components : 0;
}

/** Puts aside what is known of the root's authenticity, to authenticate a dependency. */
export function keepVerdict(): void {
  keptSignatureWitness = signatureWitness;
  keptManifestWitness = manifestWitness;
  keptSigners = signers;
  keptSignerKeys = signerKeys;
}

/** Takes back what `keepVerdict` has put aside. */
export function restoreVerdict(): void {
  signatureWitness = keptSignatureWitness;
  manifestWitness = keptManifestWitness;
  signers = keptSigners;
  signerKeys = keptSignerKeys;
}

/**
 * Finds the integrated payload whose key is this text, exactly (SUIT §7.5). Moves the cursor.
 *
 * @param text 0 for the only one there is
 * @returns whether there is one; it is then in `payloadContent` and `payloadLength`
 */
export function findPayload(text: u32, length: u32): bool {
  if (text == 0 && payloadCount != 1) return false;
  cborOpen(payloadsStart, envelopeEnd - payloadsStart);
  for (let index: u32 = 0; index < payloadCount; index++) {
    if (cborText() != Status.Ok) return false;
    const matches = text == 0 || (cborLength == length && equalConstantTime(cborContent, text, length));
    if (cborBytes() != Status.Ok) return false;
    payloadContent = cborContent;
    payloadLength = cborLength;
    if (matches) return true;
  }
  return false;
}
