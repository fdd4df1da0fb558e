/**
 * COSE_Encrypt with a detached ciphertext, as encryption-info has it (RFC 9052 §5.1,
 * draft-ietf-suit-firmware-encryption-24 §6): finds the recipient that is this device, and unwraps the
 * content key.
 *
 * The device holds one secret, and only recipients that it can be meant for are tried, in their order: one
 * of AES key wrap (RFC 9053 §6.2.1) for a key encryption key, one of ECDH-ES with AES key wrap (§6.4.1) for
 * a private key. A kid is a hint that is not needed: unwrapping tells. Headers are not covered by the
 * order of deterministic encoding; a label that stands twice is refused.
 */
import {
  cborArray,
  cborBytes,
  cborContent,
  cborEnd,
  cborHead,
  cborArgument,
  cborInteger,
  cborIsNull,
  cborLength,
  cborLimit,
  cborMajor,
  cborMap,
  cborOpen,
  cborPeek,
  cborPosition,
  cborSeek,
  cborSkip,
  cborValue,
  Major,
} from "../cbor/reader";
import { AES_KW_OVERHEAD, aesKwUnwrap } from "../crypto/aes-kw";
import { ecdhP256 } from "../crypto/ecdh-p256";
import { hkdfSha256 } from "../crypto/hkdf-sha256";
import { PayloadKey } from "../layout";
import { Limit } from "../limits";
import { Status } from "../status";

/** Algorithms of content encryption (RFC 9053 §4, RFC 9459 §4). */
export const enum ContentAlgorithm {
  A128Gcm = 1,
  A256Gcm = 3,
  ChaCha20Poly1305 = 24,
  A256Ctr = -65532,
  A128Ctr = -65534,
}

/** How the content key reaches a recipient (RFC 9053 §6.2.1, §6.4.1). */
const enum RecipientAlgorithm {
  A128Kw = -3,
  A256Kw = -5,
  EcdhEsA128Kw = -29,
  EcdhEsA256Kw = -31,
}

/** Bytes of what this reads. */
const enum Size {
  Coordinate = 32,
  ContentKey = 32,
  /** A protected header that holds an algorithm of key agreement. */
  Header = 4,
  Context = 42,
  LongContext = 43,
}

const enum Tag {
  Encrypt = 96,
}

/** Labels of headers (RFC 9052 §3.1, RFC 9053 §6.3.1) and of an ephemeral key (§7.1). */
const enum Label {
  Alg = 1,
  Iv = 5,
  Ephemeral = -1,
  KeyType = 1,
  Curve = -1,
  X = -2,
  Y = -3,
}

/** Values of an ephemeral key. */
const enum Curve {
  TypeEc2 = 2,
  P256 = 1,
}

/**
 * COSE_KDF_Context for A128KW without identities (RFC 9053 §5.2, draft §6.2.3): [-3, [null, null, null], [null,
 * null, null], [128, protected header, "SUIT Payload Encryption"]]. For A256KW three places differ, and
 * the length in bits takes a byte more.
 */
// @ts-ignore: decorator
@lazy const CONTEXT: usize = memory.data<u8>([
  0x84, 0x22, 0x83, 0xf6, 0xf6, 0xf6, 0x83, 0xf6, 0xf6, 0xf6, 0x83, 0x18, 0x80, 0x44, 0xa1, 0x01, 0x38, 0x1c,
  0x57, 0x53, 0x55, 0x49, 0x54, 0x20, 0x50, 0x61, 0x79, 0x6c, 0x6f, 0x61, 0x64, 0x20, 0x45, 0x6e, 0x63, 0x72,
  0x79, 0x70, 0x74, 0x69, 0x6f, 0x6e,
]);

/** The same for A256KW. */
// @ts-ignore: decorator
@lazy const LONG_CONTEXT: usize = memory.data(Size.LongContext, 8);

/** The shared secret, then the key encryption key. */
// @ts-ignore: decorator
@lazy const KEY: usize = memory.data(32, 8);

/** Algorithm of the content, a `ContentAlgorithm`. */
export let contentAlgorithm: i64 = 0;
/** Bytes of its key. */
export let contentKeyBytes: u32 = 0;
/** The initialisation vector. */
export let contentIv: u32 = 0;
export let contentIvBytes: u32 = 0;
/** The protected header, which authenticated encryption covers. */
export let contentHeader: u32 = 0;
export let contentHeaderBytes: u32 = 0;

/** What the headers that were read last say; 0 for what is not there. */
let algorithm: i64 = 0;
let iv: u32 = 0;
let ivBytes: u32 = 0;
let ephemeral: u32 = 0;
let headerBytes: u32 = 0;
let header: u32 = 0;
/** Coordinates of the ephemeral key. */
let x: u32 = 0;
let y: u32 = 0;

/**
 * Reads an encryption-info and unwraps its content key.
 *
 * @param address the structure's first byte @param length its bytes
 * @param kind what the device's secret is, a `PayloadKey` @param secret the secret
 * @param out 32 bytes, of which `contentKeyBytes` are the content key if all is well
 * @returns Status.Ok; a status of group 0x01; EncryptionUnsupported; RecipientMissing if no recipient can be
 *   meant for this secret, and WrappedKeyInvalid if one could but is not
 */
export function openEncryption(address: u32, length: u32, kind: u32, secret: usize, out: usize): i32 {
  cborOpen(address, length);
  let status = cborSkip();
  if (status == Status.Ok) status = cborEnd();
  cborOpen(address, length);
  if (status == Status.Ok) status = cborHead();
  if (status != Status.Ok) return status;
  if (cborMajor != Major.Tag || cborArgument != Tag.Encrypt) return Status.EncryptionMalformed;
  status = cborArray();
  if (status != Status.Ok) return status;
  if (cborLength != 4) return Status.EncryptionMalformed;
  status = readHeaders();
  if (status != Status.Ok) return status;
  if (!cborIsNull()) return Status.EncryptionMalformed;
  status = takeContent();
  if (status != Status.Ok) return status;
  status = cborArray();
  if (status != Status.Ok) return status;
  if (cborLength == 0) return Status.EncryptionMalformed;
  if (cborLength > <u32>Limit.Recipients) return Status.EncryptionUnsupported;
  let found: i32 = Status.RecipientMissing;
  for (let left = cborLength; left > 0; left--) {
    const start = cborPosition;
    const limit = cborLimit;
    cborSkip();
    const next = cborPosition;
    cborSeek(start, limit);
    status = readRecipient(kind, secret, out);
    // What is malformed ends it; what is meant for others, or not to be understood, does not.
    if (status == Status.Ok || status >> 8 == 0x01) return status;
    if (status != Status.RecipientMissing) found = status;
    cborSeek(next, limit);
  }
  return found;
}

/** Notes what the headers say of the content. */
function takeContent(): i32 {
  contentAlgorithm = algorithm;
  contentIv = iv;
  contentIvBytes = ivBytes;
  contentHeader = header;
  contentHeaderBytes = headerBytes;
  const isCounter = algorithm == ContentAlgorithm.A128Ctr || algorithm == ContentAlgorithm.A256Ctr;
  const isLong = algorithm != ContentAlgorithm.A128Ctr && algorithm != ContentAlgorithm.A128Gcm;
  contentKeyBytes = isLong ? 32 : 16;
  if (iv == 0) return Status.EncryptionMalformed;
  if (isCounter) {
    // Counter mode authenticates nothing, so nothing may be said to be protected (RFC 9459 §3).
    return ivBytes == 16 && headerBytes == 0 ? Status.Ok : Status.EncryptionMalformed;
  }
  const isKnown =
    algorithm == ContentAlgorithm.A128Gcm ||
    algorithm == ContentAlgorithm.A256Gcm ||
    algorithm == ContentAlgorithm.ChaCha20Poly1305;
  if (!isKnown) return Status.EncryptionUnsupported;
  return headerBytes != 0 && ivBytes != 0 ? Status.Ok : Status.EncryptionMalformed;
}

/** Reads a recipient, and unwraps the content key if it can be meant for this device. */
function readRecipient(kind: u32, secret: usize, out: usize): i32 {
  let status = cborArray();
  if (status != Status.Ok) return status;
  if (cborLength != 3) return Status.EncryptionMalformed;
  status = readHeaders();
  if (status != Status.Ok) return status;
  status = cborBytes();
  if (status != Status.Ok) return status;
  const wrapped = cborContent;
  const wrappedBytes = cborLength;
  const isLong = algorithm == RecipientAlgorithm.A256Kw || algorithm == RecipientAlgorithm.EcdhEsA256Kw;
  const kekBytes: u32 = isLong ? 32 : 16;
  let kek = secret;
  if (algorithm == RecipientAlgorithm.A128Kw || algorithm == RecipientAlgorithm.A256Kw) {
    if (kind != (isLong ? PayloadKey.Kek256 : PayloadKey.Kek128)) return Status.RecipientMissing;
  } else {
    const isAgreement =
      algorithm == RecipientAlgorithm.EcdhEsA128Kw || algorithm == RecipientAlgorithm.EcdhEsA256Kw;
    if (kind != PayloadKey.P256 || !isAgreement) return Status.RecipientMissing;
  }
  if (wrappedBytes != contentKeyBytes + AES_KW_OVERHEAD) return Status.WrappedKeyMalformed;
  if (kind == PayloadKey.P256) {
    status = agree(secret, kekBytes);
    if (status != Status.Ok) return status;
    kek = KEY;
  }
  status = aesKwUnwrap(kek, kekBytes, wrapped, wrappedBytes, out);
  memory.fill(KEY, 0, 32);
  return status;
}

/** Derives the key encryption key from the device's private key and the recipient's ephemeral key. */
function agree(secret: usize, kekBytes: u32): i32 {
  // The context covers the protected header: its algorithm, and nothing else.
  if (headerBytes != Size.Header || ephemeral == 0) return Status.EncryptionMalformed;
  let status = readEphemeral();
  if (status != Status.Ok) return status;
  status = ecdhP256(secret, x, y, KEY);
  if (status != Status.Ok) return status;
  let context: usize = CONTEXT;
  let contextBytes: u32 = Size.Context;
  if (kekBytes == 32) {
    context = LONG_CONTEXT;
    contextBytes = Size.LongContext;
    memory.copy(context, CONTEXT, 11);
    memory.copy(context + 14, CONTEXT + 13, Size.Context - 13);
    store<u8>(context, 0x24, 1); // -5
    store<u8>(context, 0x19, 11); // 256
    store<u16>(context, 0x0001, 12);
    store<u8>(context, 0x1e, 18); // -31
  }
  return hkdfSha256(KEY, 32, KEY, 0, context, contextBytes, KEY, kekBytes);
}

/** Reads the ephemeral COSE_Key: P-256, both coordinates. */
function readEphemeral(): i32 {
  const position = cborPosition;
  const limit = cborLimit;
  cborSeek(ephemeral, limit);
  let status = cborMap();
  let keyType: i64 = 0;
  let curve: i64 = 0;
  x = 0;
  y = 0;
  for (let pairs = cborLength; status == Status.Ok && pairs > 0; pairs--) {
    status = cborInteger();
    if (status != Status.Ok) break;
    const label = cborValue;
    if (label == Label.X || label == Label.Y) {
      // A sign bit in place of y is not supported.
      if (label == Label.Y && cborPeek() == Major.Simple) return Status.EncryptionUnsupported;
      status = cborBytes();
      if (status != Status.Ok) break;
      const isFirst = label == Label.X ? x == 0 : y == 0;
      if (cborLength != Size.Coordinate || !isFirst) return Status.EncryptionMalformed;
      if (label == Label.X) x = cborContent;
      else y = cborContent;
    } else if (label == Label.KeyType || label == Label.Curve) {
      const isFirst = label == Label.KeyType ? keyType == 0 : curve == 0;
      status = cborInteger();
      if (status == Status.Ok && !isFirst) return Status.EncryptionMalformed;
      if (label == Label.KeyType) keyType = cborValue;
      else curve = cborValue;
    } else {
      status = cborSkip();
    }
  }
  cborSeek(position, limit);
  if (status != Status.Ok) return status;
  if (keyType != Curve.TypeEc2 || curve != Curve.P256) return Status.EncryptionUnsupported;
  return x != 0 && y != 0 ? Status.Ok : Status.EncryptionMalformed;
}

/** Reads a protected header, in a byte string, and the unprotected one behind it. */
function readHeaders(): i32 {
  algorithm = 0;
  iv = 0;
  ephemeral = 0;
  let status = cborBytes();
  if (status != Status.Ok) return status;
  header = cborContent;
  headerBytes = cborLength;
  if (headerBytes != 0) {
    const position = cborPosition;
    const limit = cborLimit;
    cborOpen(header, headerBytes);
    status = readHeaderMap(true);
    if (status == Status.Ok) status = cborEnd();
    cborSeek(position, limit);
    if (status != Status.Ok) return status;
  }
  return readHeaderMap(false);
}

/** Reads one header map; of a protected one nothing but the algorithm is known, and all must be. */
function readHeaderMap(isProtected: bool): i32 {
  let status = cborMap();
  if (status != Status.Ok) return status;
  for (let pairs = cborLength; pairs > 0; pairs--) {
    status = cborInteger();
    // A label may be text; none that is known is.
    if (status == Status.CborUnexpectedType) return Status.EncryptionUnsupported;
    if (status != Status.Ok) return status;
    const label = cborValue;
    if (label == Label.Alg) {
      if (algorithm != 0) return Status.EncryptionMalformed;
      status = cborInteger();
      algorithm = cborValue;
      if (status == Status.Ok && algorithm == 0) return Status.EncryptionUnsupported;
    } else if (isProtected) {
      return Status.EncryptionUnsupported;
    } else if (label == Label.Iv) {
      if (iv != 0) return Status.EncryptionMalformed;
      status = cborBytes();
      iv = cborContent;
      ivBytes = cborLength;
    } else if (label == Label.Ephemeral) {
      if (ephemeral != 0) return Status.EncryptionMalformed;
      ephemeral = cborPosition;
      status = cborSkip();
    } else {
      status = cborSkip();
    }
    if (status != Status.Ok) return status;
  }
  return Status.Ok;
}
