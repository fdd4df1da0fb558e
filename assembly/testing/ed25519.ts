/**
 * Testing entry: SHA-512 and Ed25519 with their inner layers, for tests.
 *
 * Not part of the bootloader. A caller writes operands into `INPUT`, or into the mapped flash below
 * RAM, and reads results from `OUTPUT`.
 */
export { ed25519Finish, ed25519Residue, ed25519Start, ed25519Verify } from "../crypto/ed25519";
export { BASE_MULTIPLE_MAX, baseMultiple } from "../crypto/ed25519-base-table";
export {
  fieldAddSubtract,
  fieldCarry,
  fieldFromBytes,
  fieldIsZero,
  fieldMultiply,
  fieldReduce,
  fieldScaleSubtract,
  fieldSquare,
} from "../crypto/ed25519-field";
export { COMMITMENT_TABLE, KEY_TABLE, buildTable, multiplyAdd, setScalars } from "../crypto/ed25519-multiply";
export {
  ACCUMULATOR,
  pointAdd,
  pointCache,
  pointDecode,
  pointDouble,
  pointHasY,
  pointIsOpposite,
  pointSetNeutral,
} from "../crypto/ed25519-point";
export {
  scalarHalve,
  scalarIsBelow,
  scalarMultiply,
  scalarReduce,
  scalarSetOrder,
} from "../crypto/ed25519-scalar";
export { sha512, sha512Final, sha512Init, sha512Update } from "../crypto/sha512";
export { __heap_base };

/** Operands: 512 bytes. */
export const INPUT = memory.data(512, 8);

/** Results: 256 bytes. */
export const OUTPUT = memory.data(256, 8);
