/**
 * Why an attempt ended, for those who do not know our Status codes: SUIT_Report reasons
 * (draft-ietf-suit-report §4.2). Every Status has exactly one.
 */

import { Status } from "../status";

/** SUIT_Report_Reasons. */
export const enum Reason {
  Ok = 0,
  CborParse = 1,
  CoseUnsupported = 2,
  AlgorithmUnsupported = 3,
  Unauthorised = 4,
  CommandUnsupported = 5,
  ComponentUnsupported = 6,
  ComponentUnauthorised = 7,
  ParameterUnsupported = 8,
  SeveringUnsupported = 9,
  ConditionFailed = 10,
  OperationFailed = 11,
  InvokePending = 12,
}

/**
 * The reason of each Status of the groups 1, 3, 4 and 2, one group behind the other. What has no place
 * here is an operation that failed.
 */
// @ts-ignore: decorator
@lazy
const TABLE: usize = memory.data<u8>([
  // 0x01xx, from CborTruncated on: the bytes themselves. AuthenticationMissing, CoseMalformed and
  // KeyMalformed are about something else.
  1, 1, 1, 1, 1, 1, 1, 1, 1, 4, 1, 1, 2, 1, 1, 1, 1, 1, 11,
  // 0x03xx: DraftTooOld, VersionUnsupported, MemberUnsupported, MemberUnknown, CommandUnsupported,
  // CommandUnknown, ParameterUnsupported, ParameterUnknown, CoseUnsupported, AlgorithmUnsupported,
  // DigestUnsupported, ArgumentUnsupported, DependenciesUnsupported
  1, 1, 5, 5, 5, 5, 8, 8, 2, 3, 3, 5, 6,
  // 0x04xx: EnvelopeTooLarge, TooManyComponents, NestingTooDeep, TooManySignatures, ImageTooLarge,
  // NumberTooLarge, DatagramTooLarge; and, at 0x0410, TooManyDependencies
  11, 6, 5, 2, 11, 1, 11, 11, 11, 11, 11, 11, 11, 11, 11, 6,
  // 0x02xx, Unsigned to SeveredDigestMismatch: who says so. AlgorithmUnprotected and PayloadEmbedded are
  // forms of COSE that SUIT does not allow; the sequence number is a condition that every device sets.
  4, 4, 4, 4, 2, 2, 4, 10, 4,
  // MemberRedundant, ComponentUnknown, SharedCommandForbidden, ComponentIndexInvalid, SoftFailureForbidden
  1, 6, 5, 6, 8,
  // VendorMismatch to ConditionParameterMissing, DirectiveParameterMissing
  10, 10, 10, 10, 10, 10, 10, 11,
  // TryEachExhausted, IdentityUnchecked, ImageUnchecked, PayloadSizeMismatch, NothingInvoked, PayloadMissing
  10, 10, 10, 11, 11, 11,
  // SeveredMemberMissing, CriticalHeader; one that is not given out
  11, 2, 11,
  // ComponentUnauthorized, CosignatureMissing, DependencyUnchecked to WaitTimedOut
  7, 4, 10, 10, 10, 10, 10, 10, 10, 10, 10, 11,
  // Behind it all, the command that ends with a Status, from ComponentIndexInvalid on; 63 is none.
  // ComponentIndexInvalid, SoftFailureForbidden, VendorMismatch, ClassMismatch, DeviceMismatch
  12, 20, 1, 2, 24,
  // ImageMismatch, ComponentSlotMismatch, ManifestAborted, ConditionParameterMissing, DirectiveParameterMissing
  3,
  5, 14, 63, 63,
  // TryEachExhausted, IdentityUnchecked, ImageUnchecked, PayloadSizeMismatch, NothingInvoked, PayloadMissing
  15, 63, 23, 21, 63, 21,
  // SeveredMemberMissing to CosignatureMissing; DependencyUnchecked, DependencyMismatch, NotDependency, ContentMismatch
  63,
  63, 63, 63, 63, 11, 7, 8, 6,
  // UseBeforeExpired, ImageMatches, BatteryTooLow, UpdateUnauthorized, VersionMismatch, WaitTimedOut
  4, 25, 26, 27, 28, 29,
]);

const TABLE_BYTES: u32 = 91;
/** Where the groups 1 to 4 begin in it, a byte each. */
const GROUPS: u32 = 0 | (48 << 8) | (19 << 16) | (32 << 24);

/** The SUIT_Report reason of a Status; Reason.Ok for Status.Ok alone. */
export function reasonFor(status: u32): u32 {
  if (status == 0) return Reason.Ok;
  const group = status >> 8;
  const place = ((GROUPS >> ((group - 1) << 3)) & 0xff) + (status & 0xff) - 1;
  return group < 5 && place < TABLE_BYTES ? <u32>load<u8>(TABLE + place) : Reason.OperationFailed;
}

/** In place of a command: the Status is not about one. */
export const NO_COMMAND: u32 = 63;

/** The first Status with a command. */
const FIRST_COMMAND_STATUS: u32 = 0x020d;

/** The command that ends with a Status: its number, 0 for one that the device does not have, or NO_COMMAND. */
export function commandOf(status: u32): u32 {
  if (status - Status.CommandUnsupported < 2) return 0;
  if (status - Status.ParameterUnsupported < 2) return 20;
  const index = status - FIRST_COMMAND_STATUS;
  return index < 31 ? load<u8>(TABLE + TABLE_BYTES + index) : NO_COMMAND;
}
