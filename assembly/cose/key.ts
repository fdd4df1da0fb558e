/**
 * Trust anchors: the COSE_Keys of the device page (RFC 9052 §7, RFC 9053 §7.1.1).
 *
 * Only P-256 keys are usable. A key that carries an algorithm is pinned to it (RFC 9052 §7.1); one
 * that does not is pinned by its curve, which admits ESP256 and its polymorphic alias ES256
 * (RFC 9864 §2).
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
  cborSkip,
  cborUnsigned,
  cborValue,
} from "../cbor/reader";
import { Feature } from "../feature";
import { anchorsAddress, anchorsBytes } from "../flash/device-page";
import { Limit } from "../limits";
import { Status } from "../status";

/** COSE algorithm identifiers that verify on this build. */
export const enum Algorithm {
  None = 0,
  Es256 = -7,
  Esp256 = -9,
}

const enum KeyLabel {
  Kty = 1,
  Alg = 3,
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
  Ec2 = 2,
}

const enum Curve {
  P256 = 1,
}

/** Address of the 32-byte x coordinate of the anchor last opened. */
export let anchorX: u32 = 0;
/** Address of the 32-byte y coordinate of the anchor last opened. */
export let anchorY: u32 = 0;
/** The components that the anchor last opened may touch, as bits. */
export let anchorComponents: u32 = 0;
let anchorAlgorithm: i64 = 0;

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
 * @returns Status.Ok, Status.AlgorithmUnsupported for a key that is not P-256, Status.KeyMalformed,
 *   or a status of group 0x01
 */
export function openAnchor(index: u32): i32 {
  cborOpen(anchorsAddress(), anchorsBytes());
  let status = cborArray();
  for (; status == Status.Ok && index > 0; index--) status = cborSkip();
  if (status == Status.Ok) status = cborMap();
  return status != Status.Ok ? status : readKey(cborLength);
}

/** Whether the anchor last opened may be used with `algorithm`. */
export function anchorAccepts(algorithm: i64): bool {
  if (anchorAlgorithm != Algorithm.None) return anchorAlgorithm == algorithm;
  return algorithm == Algorithm.Esp256 || algorithm == Algorithm.Es256;
}

function readKey(pairs: u32): i32 {
  anchorX = 0;
  anchorY = 0;
  anchorAlgorithm = Algorithm.None;
  anchorComponents = u32.MAX_VALUE;
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
    } else if (label == KeyLabel.Components) {
      // A build that does not know of rights must not use a key whose rights are limited.
      if (!Feature.TrustDomains || cborUnsigned() != Status.Ok) return Status.KeyMalformed;
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
  if (type != KeyType.Ec2 || curve != Curve.P256) return Status.AlgorithmUnsupported;
  return anchorX != 0 && anchorY != 0 ? Status.Ok : Status.KeyMalformed;
}
