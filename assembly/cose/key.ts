/**
 * Trust anchors: the COSE_Keys of the device page (RFC 9052 §7, RFC 9053 §7.1.1, RFC 8778 §4).
 *
 * Only keys of the kinds that `signature-switch.ts` names are usable: P-256, Ed25519, or HSS/LMS. A key
 * that carries an algorithm is pinned to it (RFC 9052 §7.1); one that does not is pinned by its curve,
 * which admits ESP256 and its polymorphic alias ES256, or Ed25519 and its alias EdDSA (RFC 9864 §2). For
 * HSS/LMS there is one algorithm only.
 */
import {
  cborArgument,
  cborArray,
  cborBytes,
  cborContent,
  cborInteger,
  cborLength,
  cborMap,
  cborOpen,
  cborPeek,
  cborSkip,
  cborUnsigned,
  cborValue,
  Major,
} from "../cbor/reader";
import { Feature } from "../feature";
import { anchorsAddress, anchorsBytes } from "../flash/device-page";
import { Limit } from "../limits";
import { Status } from "../status";
import { HSS_KEY_BYTES } from "../crypto/hss";
import { ECDSA_P256, ED25519, HSS_LMS } from "./signature-switch";

/** COSE algorithm identifiers that verify on this build. */
export const enum Algorithm {
  None = 0,
  Es256 = -7,
  EdDsa = -8,
  Esp256 = -9,
  Ed25519 = -19,
  HssLms = -46,
}

const enum KeyLabel {
  Kty = 1,
  Alg = 3,
  /** The curve; the public key itself of HSS-LMS. */
  Crv = -1,
  X = -2,
  Y = -3,
  /**
   * Of this project, from the range for private use: which components of the device the key may
   * touch, as bits in the order of the device page. All of them unless it is there.
   */
  Components = -65537,
}

const enum KeyType {
  Okp = 1,
  Ec2 = 2,
  HssLms = 5,
}

const enum Curve {
  P256 = 1,
  Ed25519 = 6,
}

/** Address of the anchor last opened: its x coordinate or Ed25519 key, 32 bytes, or an HSS/LMS key. */
export let anchorX: u32 = 0;
/** Address of the 32-byte y coordinate of the anchor last opened; 0 if it has none. */
export let anchorY: u32 = 0;
/** The components that the anchor last opened may touch, as bits. */
export let anchorComponents: u32 = 0;
let anchorAlgorithm: i64 = 0;
/** Whether the anchor last opened is an HSS/LMS key. */
let isHashBasedAnchor: bool = false;

/**
 * How many trust anchors the device page holds, at most `Limit.Anchors`; 0 if the list is damaged.
 */
export function anchorCount(): u32 {
  cborOpen(anchorsAddress(), anchorsBytes());
  if (cborArray() != Status.Ok) return 0;
  return min<u32>(cborLength, Limit.Anchors);
}

/**
 * Opens trust anchor `index`.
 *
 * @returns Status.Ok, Status.AlgorithmUnsupported for a key of another curve, Status.KeyMalformed,
 *   or a status of group 0x01
 */
export function openAnchor(index: u32): i32 {
  cborOpen(anchorsAddress(), anchorsBytes());
  let status = cborArray();
  for (; status == Status.Ok && index > 0; index--) status = cborSkip();
  if (status == Status.Ok) status = cborMap();
  return status != Status.Ok ? status : readKey(cborLength);
}

/** Whether an algorithm is for Ed25519 keys; never in a build without them. */
// @ts-ignore: decorator
@inline
export function isEdwards(algorithm: i64): bool {
  return ED25519 && (algorithm == Algorithm.Ed25519 || algorithm == Algorithm.EdDsa);
}

/** Whether an algorithm is for HSS/LMS keys; never in a build without them. */
// @ts-ignore: decorator
@inline
export function isHashBased(algorithm: i64): bool {
  return HSS_LMS && algorithm == Algorithm.HssLms;
}

/** Whether the anchor last opened may be used with `algorithm`. */
export function anchorAccepts(algorithm: i64): bool {
  // A key of one kind may state an algorithm of another.
  if (HSS_LMS && isHashBased(algorithm) != isHashBasedAnchor) return false;
  if (ED25519 && isEdwards(algorithm) != (anchorY == 0 && !(HSS_LMS && isHashBasedAnchor))) return false;
  if (anchorAlgorithm != Algorithm.None) return anchorAlgorithm == algorithm;
  if (HSS_LMS && isHashBasedAnchor) return true;
  return (ED25519 && anchorY == 0) || algorithm == Algorithm.Esp256 || algorithm == Algorithm.Es256;
}

// @ts-ignore: decorator
@inline
function readKey(pairs: u32): i32 {
  anchorX = 0;
  anchorY = 0;
  anchorAlgorithm = Algorithm.None;
  anchorComponents = u32.MAX_VALUE;
  if (HSS_LMS) isHashBasedAnchor = false;
  let type: i64 = 0;
  let curve: i64 = 0;
  for (; pairs > 0; pairs--) {
    let status = cborInteger();
    if (status != Status.Ok) return status;
    const label = cborValue;
    if (label == KeyLabel.X || label == KeyLabel.Y) {
      // A key of another type may have something else here, and is turned down below.
      if (cborBytes() != Status.Ok || cborLength != 32) return Status.KeyMalformed;
      if (label == KeyLabel.X) anchorX = cborContent;
      else anchorY = cborContent;
    } else if (HSS_LMS && label == KeyLabel.Crv && cborPeek() == Major.Bytes) {
      if (cborBytes() != Status.Ok || cborLength != HSS_KEY_BYTES) return Status.KeyMalformed;
      anchorX = cborContent;
      isHashBasedAnchor = true;
    } else if (label == KeyLabel.Components) {
      // A build that does not know of rights must not use a key whose rights are limited.
      if (!Feature.TrustDomains || cborUnsigned() != Status.Ok) return Status.KeyMalformed;
      // Nor one whose rights it cannot hold.
      if (cborArgument > <u64>u32.MAX_VALUE) return Status.KeyMalformed;
      anchorComponents = <u32>cborArgument;
    } else if (label == KeyLabel.Kty || label == KeyLabel.Crv || label == KeyLabel.Alg) {
      status = cborInteger();
      if (label == KeyLabel.Kty) type = cborValue;
      else if (label == KeyLabel.Crv) curve = cborValue;
      else anchorAlgorithm = cborValue;
    } else {
      status = cborSkip();
    }
    if (status != Status.Ok) return status;
  }
  // A public key in the place of a curve is one of HSS-LMS, and its only member.
  if (HSS_LMS && (type == KeyType.HssLms || isHashBasedAnchor)) {
    return type == KeyType.HssLms && isHashBasedAnchor && anchorY == 0 ? Status.Ok : Status.KeyMalformed;
  }
  if (ED25519 && type == KeyType.Okp && curve == Curve.Ed25519) {
    return anchorX != 0 && anchorY == 0 ? Status.Ok : Status.KeyMalformed;
  }
  if (!ECDSA_P256 || type != KeyType.Ec2 || curve != Curve.P256) return Status.AlgorithmUnsupported;
  return anchorX != 0 && anchorY != 0 ? Status.Ok : Status.KeyMalformed;
}
