/**
 * Decrypting a payload while it is received, so that the slot only ever holds plain bytes.
 *
 * The envelope lies in the slot already, and nobody has judged it: what it says is believed only so
 * far as to try. If there is nothing in it that this device can open, the payload is written as it comes,
 * and the bootloader refuses it by its digest. Counter mode can be entered at any block, and the same
 * ciphertext gives the same plaintext, so a download that a power cut has ended begins anew like any other.
 *
 * The encryption-info is looked for in the shared sequence, payload-fetch and install, of the manifest or of
 * the envelope if they are severable; not in sequences within these. The first one counts: there is one payload.
 */
import {
  cborArray,
  cborBytes,
  cborContent,
  cborHead,
  cborInteger,
  cborLength,
  cborLimit,
  cborMajor,
  cborMap,
  cborOpen,
  cborPeek,
  cborPosition,
  cborSkip,
  cborValue,
  Major,
} from "../cbor/reader";
import {
  ContentAlgorithm,
  contentAlgorithm,
  contentIv,
  contentKeyBytes,
  openEncryption,
} from "../cose/encrypt";
import { aesSetKey } from "../crypto/aes";
import { CounterWidth, aesCtrForget, aesCtrInit, aesCtrSeek, aesCtrUpdate } from "../crypto/aes-ctr";
import { payloadKeyAddress, payloadKeyKind } from "../flash/device-page";
import { watchdogKick } from "../hal";
import { PayloadKey } from "../layout";
import { Status } from "../status";
import { Command, CommonMember, Member, Parameter } from "../suit/label";

/** The content key, until the round keys are made of it. */
// @ts-ignore: decorator
@lazy
const CONTENT_KEY: usize = memory.data(32, 8);

/** The member that was found. */
let memberAddress: u32 = 0;
let memberBytes: u32 = 0;

/** Whether the payload is decrypted. */
let isDecrypting: bool = false;

/** Makes ready to decrypt the payload of an envelope that lies in flash, if it is to be decrypted. */
export function beginDecryption(envelope: u32, length: u32): void {
  isDecrypting = false;
  const kind = payloadKeyKind();
  if (kind == PayloadKey.None || !findInfo(envelope, length)) return;
  watchdogKick();
  const status = openEncryption(cborContent, cborLength, kind, payloadKeyAddress(), CONTENT_KEY);
  const isCounter =
    contentAlgorithm == ContentAlgorithm.A128Ctr || contentAlgorithm == ContentAlgorithm.A256Ctr;
  if (status == Status.Ok && isCounter) {
    aesSetKey(CONTENT_KEY, contentKeyBytes);
    aesCtrInit(contentIv, CounterWidth.Whole);
    isDecrypting = true;
  }
  memory.fill(CONTENT_KEY, 0, 32);
}

/** Decrypts `length` bytes of the payload, in place, that begin at `offset` in it. */
export function decryptPiece(pointer: usize, length: u32, offset: u32): void {
  if (!isDecrypting) return;
  aesCtrSeek(offset);
  aesCtrUpdate(pointer, length, pointer);
}

/** Forgets the content key: what is downloaded next is no payload of this envelope. */
export function endDecryption(): void {
  if (isDecrypting) aesCtrForget();
  isDecrypting = false;
}

/** Looks for an encryption-info; false if there is none that can be read. */
function findInfo(envelope: u32, length: u32): bool {
  cborOpen(envelope, length);
  if (cborHead() != Status.Ok || cborMajor != Major.Tag) return false;
  const members = cborPosition;
  const membersBytes = cborLimit - members;
  if (!findMember(members, membersBytes, Member.Manifest)) return false;
  const manifest = memberAddress;
  const manifestBytes = memberBytes;
  if (findMember(manifest, manifestBytes, Member.Common)) {
    if (findInfoIn(memberAddress, memberBytes, CommonMember.SharedSequence)) return true;
  }
  return (
    findInfoIn(manifest, manifestBytes, Member.PayloadFetch) ||
    findInfoIn(members, membersBytes, Member.PayloadFetch) ||
    findInfoIn(manifest, manifestBytes, Member.Install) ||
    findInfoIn(members, membersBytes, Member.Install)
  );
}

/** Looks for a member of a map that is a byte string; its content is at `memberAddress`. */
function findMember(address: u32, bytes: u32, label: i64): bool {
  cborOpen(address, bytes);
  if (cborMap() != Status.Ok) return false;
  for (let pairs = cborLength; pairs > 0; pairs--) {
    // Integrated payloads have names in place of numbers.
    const isNumber = cborPeek() <= Major.Negative;
    const status = isNumber ? cborInteger() : cborSkip();
    if (status != Status.Ok) return false;
    if (isNumber && cborValue == label && cborPeek() == Major.Bytes) {
      if (cborBytes() != Status.Ok) return false;
      memberAddress = cborContent;
      memberBytes = cborLength;
      return true;
    }
    if (cborSkip() != Status.Ok) return false;
  }
  return false;
}

/** Looks for an encryption-info among the parameters that a sequence, a member of a map, sets. */
function findInfoIn(address: u32, bytes: u32, label: i64): bool {
  if (!findMember(address, bytes, label)) return false;
  cborOpen(memberAddress, memberBytes);
  if (cborArray() != Status.Ok) return false;
  for (let items = cborLength; items > 1; items -= 2) {
    if (cborInteger() != Status.Ok) return false;
    if (cborValue != Command.OverrideParameters && cborValue != Command.SetParameters) {
      if (cborSkip() != Status.Ok) return false;
      continue;
    }
    if (cborMap() != Status.Ok) return false;
    for (let pairs = cborLength; pairs > 0; pairs--) {
      if (cborInteger() != Status.Ok) return false;
      if (cborValue == Parameter.EncryptionInfo) return cborBytes() == Status.Ok;
      if (cborSkip() != Status.Ok) return false;
    }
  }
  return false;
}
