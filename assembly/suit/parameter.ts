/**
 * override-parameters and set-parameters: reads a parameter map into the sets of the selected
 * components (SUIT §8.4.8).
 */
import {
  cborArgument,
  cborBytes,
  cborContent,
  cborEnd,
  cborHead,
  cborInteger,
  cborIntegerKey,
  cborKeysBefore,
  cborLength,
  cborLimit,
  cborMajor,
  cborMap,
  cborOpen,
  cborPosition,
  cborSeek,
  cborText,
  cborUnsigned,
  cborValue,
  Major,
  Simple,
} from "../cbor/reader";
import { Feature } from "../feature";
import { Status } from "../status";
import { field, setField } from "./component";
import { readDigest } from "./digest";
import { Parameter } from "./label";
import { setOf } from "./manifest";
import { checkVersionMatch, checkWaitInfo } from "./version";

const enum Identifier {
  Bytes = 16,
}

/** CBOR tag of an object identifier below 1.3.6.1.4.1 (RFC 9090 §3). */
const ENTERPRISE_TAG: u64 = 112;

const enum EnterpriseNumber {
  /** The most that one below 2^32 has. */
  Bytes = 5,
}

/** How a parameter's value is encoded; the order is that of the branches in `readValue`. */
const enum Kind {
  Unknown,
  Unsupported,
  Identifier,
  Bytes,
  Number,
  Boolean,
  Text,
  Digest,
  Time,
  Integer,
  VersionMatch,
  WaitInfo,
  Vendor,
  FetchArguments,
}

const enum Update {
  Time = Kind.Unsupported + Feature.UpdateManagement * (Kind.Time - Kind.Unsupported),
  Number = Kind.Unsupported + Feature.UpdateManagement * (Kind.Number - Kind.Unsupported),
  Integer = Kind.Unsupported + Feature.UpdateManagement * (Kind.Integer - Kind.Unsupported),
  VersionMatch = Kind.Unsupported + Feature.UpdateManagement * (Kind.VersionMatch - Kind.Unsupported),
  WaitInfo = Kind.Unsupported + Feature.UpdateManagement * (Kind.WaitInfo - Kind.Unsupported),
}

const enum Encrypted {
  Info = Kind.Unsupported + Feature.EncryptedPayloads * (Kind.Bytes - Kind.Unsupported),
}

const enum Argued {
  Bytes = Kind.Unsupported + Feature.Arguments * (Kind.Bytes - Kind.Unsupported),
  Fetch = Kind.Unsupported + Feature.Arguments * (Kind.FetchArguments - Kind.Unsupported),
}

const enum Numbered {
  Vendor = Kind.Identifier + Feature.EnterpriseNumbers * (Kind.Vendor - Kind.Identifier),
}

/** The kind of each parameter, by label. */
const KINDS: usize = memory.data<u8>([
  0,
  <u8>Numbered.Vendor,
  <u8>Kind.Identifier,
  <u8>Kind.Digest,
  <u8>Update.Time,
  <u8>Kind.Number,
  0,
  0,
  0,
  0,
  0,
  0,
  <u8>Kind.Boolean,
  <u8>Kind.Boolean,
  <u8>Kind.Number,
  0,
  0,
  0,
  <u8>Kind.Bytes,
  <u8>Encrypted.Info,
  0,
  <u8>Kind.Text,
  <u8>Kind.Number,
  <u8>Argued.Bytes,
  <u8>Kind.Identifier,
  <u8>Argued.Fetch,
  <u8>Update.Number,
  <u8>Update.Integer,
  <u8>Update.VersionMatch,
  <u8>Update.WaitInfo,
  <u8>Kind.Unsupported,
]);

/** What the last parameter map said of soft-failure: -1 nothing, 0 false, 1 true. */
export let softFailureSet: i32 = -1;

/**
 * Reads the parameter map at the cursor.
 *
 * @param selection components to set, as in `Frame.Selection`; 0 to check the map and set nothing
 * @param onlyUnset whether a parameter that has a value keeps it (set-parameters)
 * @returns Status.Ok, or why the map is refused
 */
// @ts-ignore: decorator
@inline
export function readParameters(selection: u32, onlyUnset: bool): i32 {
  softFailureSet = -1;
  let status = cborMap();
  if (status != Status.Ok) return status;
  if (cborLength == 0) return Status.ArgumentMalformed;
  let previous: u32 = 0;
  for (let pairs = cborLength; pairs > 0; pairs--) {
    const key = cborPosition;
    status = cborIntegerKey(previous);
    if (status != Status.Ok) return status;
    previous = cborKeysBefore(previous, key);
    // Custom parameters are negative; nothing here could mean them.
    if (cborValue < 0) return Status.ParameterUnsupported;
    if (cborValue >= Parameter.End) return Status.ParameterUnknown;
    const label = <u32>cborValue;
    const value = cborPosition;
    status = readValue(load<u8>(KINDS + label));
    if (status != Status.Ok) return status;
    if (label == Parameter.SoftFailure) softFailureSet = cborArgument == Simple.True ? 1 : 0;
    for (let left = selection; left != 0; left >>= 4) {
      const set = setOf((left & 15) - 1);
      if (!Feature.TrustDomains || !onlyUnset || field(set, label) == 0) setField(set, label, value);
    }
  }
  return Status.Ok;
}

/** What to say of a parameter that copy-params names; soft-failure and strict-order are of no component. */
export function copyableParameter(label: i64): i32 {
  if (label < 0) return Status.ParameterUnsupported;
  if (label >= Parameter.End) return Status.ParameterUnknown;
  const kind: i32 = load<u8>(KINDS + <u32>label);
  if (kind == Kind.Unknown) return Status.ParameterUnknown;
  return kind == Kind.Unsupported || kind == Kind.Boolean ? Status.ParameterUnsupported : Status.Ok;
}

/** Reads the value of a parameter and checks its form. */
function readValue(kind: i32): i32 {
  if (kind == Kind.Unknown) return Status.ParameterUnknown;
  if (kind == Kind.Unsupported) return Status.ParameterUnsupported;
  if (kind == Kind.Text) return cborText();
  if (kind == Kind.Number) {
    const status = cborUnsigned();
    return status == Status.Ok && cborArgument > <u64>u32.MAX_VALUE ? Status.NumberTooLarge : status;
  }
  if (kind == Kind.Boolean) {
    const status = cborHead();
    if (status != Status.Ok) return status;
    const isBoolean = cborMajor == Major.Simple && cborArgument - Simple.False <= 1;
    return isBoolean ? Status.Ok : Status.CborUnexpectedType;
  }
  if (Feature.UpdateManagement) {
    if (kind == Kind.Time) return cborUnsigned();
    if (kind == Kind.Integer) return cborInteger();
  }
  let status = cborBytes();
  if (Feature.EnterpriseNumbers && kind == Kind.Vendor) {
    if (status == Status.CborUnexpectedType && cborMajor == Major.Tag && cborArgument == ENTERPRISE_TAG) {
      return readEnterpriseNumber();
    }
    kind = Kind.Identifier;
  }
  // A CBOR-PEN, the other form of a vendor, takes EnterpriseNumbers; elsewhere it is not supported (SUIT §8.4.8.3).
  if (kind == Kind.Identifier) {
    if (status == Status.CborUnexpectedType && cborMajor == Major.Tag) return Status.ArgumentUnsupported;
    if (status == Status.Ok && cborLength != Identifier.Bytes) return Status.ArgumentMalformed;
  }
  if (status != Status.Ok || kind < Kind.Digest) return status;
  const position = cborPosition;
  const limit = cborLimit;
  cborOpen(cborContent, cborLength);
  if (Feature.Arguments && kind == Kind.FetchArguments) status = readOffset();
  else if (!Feature.UpdateManagement || kind == Kind.Digest) status = readDigest();
  else status = kind == Kind.WaitInfo ? checkWaitInfo() : checkVersionMatch();
  if (status == Status.Ok) status = cborEnd();
  cborSeek(position, limit);
  return status;
}

/** A private enterprise number: one arc of an object identifier, of as many bytes as 32 bits need (RFC 9090 §2). */
function readEnterpriseNumber(): i32 {
  const status = cborBytes();
  if (status != Status.Ok) return status;
  return cborLength - 1 < <u32>EnterpriseNumber.Bytes ? Status.Ok : Status.ArgumentMalformed;
}

/** What fetch-arguments are here: the offset of the content in the payload, and nothing else. */
function readOffset(): i32 {
  const isOffset = cborUnsigned() == Status.Ok && cborArgument <= <u64>u32.MAX_VALUE;
  return isOffset && cborPosition == cborLimit ? Status.Ok : Status.ArgumentUnsupported;
}
