/**
 * override-parameters: reads a parameter map into the sets of the selected components (SUIT §8.4.8).
 */
import {
  cborArgument,
  cborBytes,
  cborContent,
  cborEnd,
  cborHead,
  cborIntegerKey,
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
import { Status } from "../status";
import { componentCount } from "./manifest";
import { Field, Flag, raiseFlags, setField } from "./component";
import { digestBytes, readDigest } from "./digest";
import { KNOWN_PARAMETERS, Parameter } from "./label";

const enum Identifier {
  Bytes = 16,
}

/** What the last parameter map said of soft-failure: -1 nothing, 0 false, 1 true. */
export let softFailureSet: i32 = -1;

/**
 * Reads the parameter map at the cursor.
 *
 * @param selection components to set, as bits; 0 to check the map and set nothing
 * @returns Status.Ok, or why the map is refused
 */
export function readParameters(selection: u32): i32 {
  softFailureSet = -1;
  let status = cborMap();
  if (status != Status.Ok) return status;
  if (cborLength == 0) return Status.ArgumentMalformed;
  let previous: u32 = 0;
  for (let pairs = cborLength; pairs > 0; pairs--) {
    const key = cborPosition;
    status = cborIntegerKey(previous);
    if (status != Status.Ok) return status;
    previous = key;
    status = readParameter(cborValue, selection);
    if (status != Status.Ok) return status;
  }
  return Status.Ok;
}

function readParameter(key: i64, selection: u32): i32 {
  if (key == Parameter.VendorIdentifier) return readIdentifier(selection, Field.VendorIdentifier);
  if (key == Parameter.ClassIdentifier) return readIdentifier(selection, Field.ClassIdentifier);
  if (key == Parameter.DeviceIdentifier) return readIdentifier(selection, Field.DeviceIdentifier);
  if (key == Parameter.ImageDigest) return readImageDigest(selection);
  if (key == Parameter.ComponentSlot) return readNumber(selection, Field.Slot, Flag.SlotSet);
  if (key == Parameter.ImageSize) return readNumber(selection, Field.ImageSize, Flag.ImageSizeSet);
  if (key == Parameter.Uri) {
    const status = cborText();
    assign(selection, Field.Uri, cborContent);
    assign(selection, Field.UriBytes, cborLength);
    return status;
  }
  if (key == Parameter.StrictOrder) return readBoolean();
  if (key == Parameter.SoftFailure) {
    const status = readBoolean();
    softFailureSet = cborArgument == Simple.True ? 1 : 0;
    return status;
  }
  // Custom parameters are negative; nothing here could mean them.
  if (key < 0) return Status.ParameterUnsupported;
  if (key >= Parameter.End) return Status.ParameterUnknown;
  return ((KNOWN_PARAMETERS >> (<u64>key)) & 1) != 0 ? Status.ParameterUnsupported : Status.ParameterUnknown;
}

/** Reads a UUID; a CBOR-PEN identifier, the other form, is not supported (SUIT §8.4.8.3). */
function readIdentifier(selection: u32, offset: usize): i32 {
  const status = cborBytes();
  if (status == Status.CborUnexpectedType && cborMajor == Major.Tag) return Status.ArgumentUnsupported;
  if (status != Status.Ok) return status;
  if (cborLength != Identifier.Bytes) return Status.ArgumentMalformed;
  assign(selection, offset, cborContent);
  return Status.Ok;
}

function readImageDigest(selection: u32): i32 {
  let status = cborBytes();
  if (status != Status.Ok) return status;
  const position = cborPosition;
  const limit = cborLimit;
  cborOpen(cborContent, cborLength);
  status = readDigest();
  if (status == Status.Ok) status = cborEnd();
  cborSeek(position, limit);
  assign(selection, Field.ImageDigest, digestBytes);
  return status;
}

function readNumber(selection: u32, offset: usize, flag: u32): i32 {
  const status = cborUnsigned();
  if (status != Status.Ok) return status;
  if (cborArgument > <u64>u32.MAX_VALUE) return Status.NumberTooLarge;
  assign(selection, offset, <u32>cborArgument);
  for (let component: u32 = 0; component < componentCount; component++) {
    if (((selection >> component) & 1) != 0) raiseFlags(component, flag);
  }
  return Status.Ok;
}

function readBoolean(): i32 {
  const status = cborHead();
  if (status != Status.Ok) return status;
  const isBoolean =
    cborMajor == Major.Simple && (cborArgument == Simple.False || cborArgument == Simple.True);
  return isBoolean ? Status.Ok : Status.CborUnexpectedType;
}

function assign(selection: u32, offset: usize, value: u32): void {
  for (let component: u32 = 0; component < componentCount; component++) {
    if (((selection >> component) & 1) != 0) setField(component, offset, value);
  }
}
