/**
 * Ed25519: verification (RFC 8032 §5.1.7), cofactorless.
 *
 * A signature (R, S) under the key A is good if S B = R + k A, where k is SHA-512(R || A || message)
 * modulo L. Of the two equations that RFC 8032 admits this is the stricter one, without the factor
 * 8: what it accepts the other one accepts too. Beyond that, S is below L, A and R are encoded in the
 * one canonical way, and A is not of small order, as such a key would verify signatures of messages
 * that nobody signed. A key with a part of small order beside a large one is taken as it is.
 *
 * The message is streamed: `ed25519Start`, any number of `sha512Update`, `ed25519Finish`. Everything
 * verified is public, so time depends on the data. No heap; everything lives in static buffers of
 * the files imported here, so one verification runs at a time.
 */
import { Status } from "../status";
import { COMMITMENT_TABLE, KEY_TABLE, buildTable, multiplyAdd, setScalars } from "./ed25519-multiply";
import { pointDecode, pointHasY, pointIsOpposite } from "./ed25519-point";
import {
  HalfRow,
  Scalar,
  ScalarWork,
  scalarHalve,
  scalarIsBelow,
  scalarMultiply,
  scalarReduce,
  scalarSetOrder,
} from "./ed25519-scalar";
import { sha512Final, sha512Init, sha512Update } from "./sha512";

/** Begins a verification: the message follows with `sha512Update`. Both are as in `ed25519Finish`. */
export function ed25519Start(key: usize, signature: usize): void {
  sha512Init();
  sha512Update(signature, 32);
  sha512Update(key, 32);
}

/**
 * Verifies a signature of the message that has been streamed.
 *
 * @param key the public key A, 32 bytes (RFC 8032 §5.1.5)
 * @param signature R and S, 32 bytes each (RFC 8032 §5.1.6)
 * @returns Status.Ok; Status.SignatureMalformed if S is not below L or R is not the canonical encoding
 *   of a point; Status.KeyMalformed if A is not, or is of small order; otherwise Status.SignatureInvalid
 */
export function ed25519Finish(key: usize, signature: usize): i32 {
  const work = KEY_TABLE;
  sha512Final(work + ScalarWork.Product);
  scalarSetOrder(work);
  memory.copy(work + ScalarWork.Response, signature + 32, Scalar.Bytes);
  if (!scalarIsBelow(work + ScalarWork.Response, work + ScalarWork.Order)) return Status.SignatureMalformed;
  scalarReduce(work);
  const row = scalarHalve(work);
  scalarMultiply(work, row + HalfRow.V, work + ScalarWork.Response);
  scalarReduce(work);

  // v S B - u A - v R = 0; for a negative v all signs are changed, so that R's stays. v is odd: one R
  // is left out of the sum, which is to be R then, and so never is what an empty sum is.
  store<u8>(row, load<u8>(row, HalfRow.V) - 1, HalfRow.V);
  setScalars(row + HalfRow.U, row + HalfRow.V, work + ScalarWork.Product);
  const isNegative = row === work + ScalarWork.NegativeRow;
  if (!pointDecode(key, !isNegative, KEY_TABLE) || buildTable(KEY_TABLE)) return Status.KeyMalformed;
  if (!pointDecode(signature, true, COMMITMENT_TABLE)) return Status.SignatureMalformed;
  buildTable(COMMITMENT_TABLE);
  multiplyAdd();
  return pointIsOpposite(COMMITMENT_TABLE) ? Status.Ok : Status.SignatureInvalid;
}

/**
 * Looks once more at the point that the last verification has left.
 *
 * @param signature the one that was verified
 * @returns 0 if the point is what the signature states, 1 if not or if nothing was verified; 1 also for
 *   a neutral R, which no signer makes
 */
export function ed25519Residue(signature: usize): u32 {
  return pointHasY(signature) ? 0 : 1;
}

/** Verifies a signature of a message in one piece; parameters and result as of `ed25519Finish`. */
// @ts-ignore: decorator
@inline
export function ed25519Verify(key: usize, message: usize, length: u32, signature: usize): i32 {
  ed25519Start(key, signature);
  sha512Update(message, length);
  return ed25519Finish(key, signature);
}
