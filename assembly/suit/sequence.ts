/**
 * The command interpreter (SUIT §6.4, §8.4.7 to §8.4.10).
 *
 * One loop and a bounded stack of frames; nothing recurses. A frame is a command sequence that is
 * being run: the section itself, a run-sequence, or a branch of a try-each. The directives that nest
 * are run once per selected component, with that component alone selected inside.
 *
 * A failed condition ends its sequence if the sequence is soft: a try-each goes on to the next
 * branch, a run-sequence counts as done. Everything else that fails ends the whole section.
 */
import {
  cborArgument,
  cborArray,
  cborBytes,
  cborContent,
  cborHead,
  cborInteger,
  cborIsNull,
  cborLength,
  cborLimit,
  cborMajor,
  cborOpen,
  cborPeek,
  cborPosition,
  cborSeek,
  cborSkip,
  cborUnsigned,
  cborValue,
  Major,
  Simple,
} from "../cbor/reader";
import { Limit } from "../limits";
import { Status } from "../status";
import { evaluateCondition } from "./condition";
import { fetch, invoke, invokedBytes } from "./directive";
import { Command, KNOWN_COMMANDS, ReportingPolicy } from "./label";
import { componentCount } from "./manifest";
import { readParameters, softFailureSet } from "./parameter";

/** How a section is run, as bits. */
export const enum Mode {
  /** Check everything, every branch, and do nothing. */
  Dry = 1,
  /** The shared sequence: only conditions and what arranges them (SUIT §8.4.5). */
  Shared = 2,
  /** The invoke section: the only one that may invoke an image. */
  Invoke = 4,
}

const enum Kind {
  Section = 0,
  Run = 1,
  Try = 2,
}

/** A frame: the next command, and what to do when the sequence ends. */
const enum Frame {
  Position = 0,
  Limit = 4,
  Kind = 8,
  Soft = 12,
  /** Selected components, as bits. */
  Selection = 16,
  /** The component for which the nested sequence is being run, as a bit. */
  Component = 20,
  /** Components for which it is still to be run, as bits. */
  Pending = 24,
  /** First byte of the nested sequence, or of the first branch. */
  Start = 28,
  /** End of the nested sequence; for a try-each, its number of elements. */
  Extent = 32,
  /** Branches of the try-each not tried yet, the trailing nil included. */
  Branches = 36,
  Bytes = 40,
}

const FRAMES: usize = memory.data((Limit.Nesting + 1) * Frame.Bytes);

let frame: usize = 0;
let mode: u32 = 0;
let slot: u32 = 0;

/**
 * Runs a command sequence.
 *
 * @param content the encoded sequence, without the byte string around it
 * @param runMode bits of `Mode`
 * @param runSlot the slot in which the envelope lies
 * @returns Status.Ok, or the status of what ended it
 */
export function runSequence(content: u32, length: u32, runMode: u32, runSlot: u32): i32 {
  mode = runMode;
  slot = runSlot;
  frame = FRAMES;
  setFrame(Frame.Kind, Kind.Section);
  setFrame(Frame.Soft, 0);
  // A manifest with one component need not select it (SUIT §8.4.10.1).
  setFrame(Frame.Selection, componentCount == 1 ? 1 : 0);
  let status = openSequence(content, length);
  // An image that was invoked has control; what stands behind the directive is never reached.
  while (status == Status.Ok && invokedBytes == 0) {
    if (cborPosition == cborLimit) {
      if (frame == FRAMES) return Status.Ok;
      status = endNested(true);
    } else {
      status = step();
    }
  }
  return status;
}

// @ts-ignore: decorator
@inline
function get(offset: usize): u32 {
  return load<u32>(frame + offset);
}

// @ts-ignore: decorator
@inline
function setFrame(offset: usize, value: u32): void {
  store<u32>(frame + offset, value);
}

/** Places the cursor on the first command of a sequence: an array of pairs, at least one. */
function openSequence(content: u32, length: u32): i32 {
  cborOpen(content, length);
  const status = cborArray();
  if (status != Status.Ok) return status;
  if (cborLength == 0 || (cborLength & 1) != 0) return Status.SequenceMalformed;
  // The cursor runs to the end of the bytes, so the count has to agree with what is there.
  return countItems(cborLength);
}

/** Checks that exactly `items` items fill the rest, and puts the cursor back. */
function countItems(items: u32): i32 {
  const start = cborPosition;
  for (; items > 0; items--) {
    const status = cborSkip();
    if (status != Status.Ok) return status;
  }
  if (cborPosition != cborLimit) return Status.CborTrailing;
  cborSeek(start, cborLimit);
  return Status.Ok;
}

/** Executes one command of the current frame. */
function step(): i32 {
  let status = cborInteger();
  if (status != Status.Ok) return status;
  if (cborValue < 0) return cborValue < -256 ? Status.CommandUnsupported : Status.CommandUnknown;
  if (cborValue >= Command.End) return Status.CommandUnknown;
  const command = <i32>cborValue;
  if (((KNOWN_COMMANDS >> (<u64>command)) & 1) == 0) return Status.CommandUnknown;
  if (command == Command.SetComponentIndex) return selectComponents();
  const selection = get(Frame.Selection);
  if (selection == 0) return Status.ComponentIndexInvalid;
  if (command == Command.OverrideParameters) return overrideParameters(selection);
  if (command == Command.TryEach) return enterTryEach(selection);
  if (command == Command.RunSequence) return enterRunSequence(selection);
  if (command == Command.Fetch || command == Command.Invoke) return direct(command, selection);
  if (!isCondition(command)) return Status.CommandUnsupported;
  status = readPolicy();
  if (status != Status.Ok || (mode & Mode.Dry) != 0) return status;
  for (let component: u32 = 0; component < componentCount; component++) {
    if (((selection >> component) & 1) == 0) continue;
    status = evaluateCondition(command, component, slot);
    if (status != Status.Ok) return failCondition(status);
  }
  return Status.Ok;
}

function isCondition(command: i32): bool {
  return (
    command == Command.VendorIdentifier ||
    command == Command.ClassIdentifier ||
    command == Command.DeviceIdentifier ||
    command == Command.ImageMatch ||
    command == Command.ComponentSlot ||
    command == Command.Abort
  );
}

/** Fetch and invoke, on every selected component. */
function direct(command: i32, selection: u32): i32 {
  if ((mode & Mode.Shared) != 0) return Status.SharedCommandForbidden;
  if (command == Command.Invoke && (mode & Mode.Invoke) == 0) return Status.CommandUnsupported;
  let status = readPolicy();
  if ((mode & Mode.Dry) != 0) return status;
  const position = cborPosition;
  const limit = cborLimit;
  for (let component: u32 = 0; component < componentCount && status == Status.Ok; component++) {
    if (((selection >> component) & 1) == 0) continue;
    status = command == Command.Fetch ? fetch(component, slot) : invoke(component);
  }
  cborSeek(position, limit);
  return status;
}

function readPolicy(): i32 {
  const status = cborUnsigned();
  if (status == Status.CborUnexpectedType) return Status.PolicyMalformed;
  if (status != Status.Ok) return status;
  return cborArgument <= <u64>ReportingPolicy.Highest ? Status.Ok : Status.PolicyMalformed;
}

/** set-component-index: an index, all, or a list in ascending order (SUIT §8.4.10.1). */
function selectComponents(): i32 {
  let selection: u32 = 0;
  if (cborPeek() == Major.Array) {
    let status = cborArray();
    if (status != Status.Ok) return status;
    if (cborLength == 0) return Status.ComponentIndexInvalid;
    for (let count = cborLength; count > 0; count--) {
      status = cborUnsigned();
      if (status != Status.Ok) return status;
      if (cborArgument >= componentCount) return Status.ComponentIndexInvalid;
      const bit: u32 = 1 << (<u32>cborArgument);
      // Components are visited in ascending order, so no other order can be honoured.
      if (bit <= selection) return Status.ArgumentUnsupported;
      selection |= bit;
    }
  } else {
    const status = cborHead();
    if (status != Status.Ok) return status;
    if (cborMajor == Major.Simple && cborArgument == Simple.True) {
      selection = (1 << componentCount) - 1;
    } else if (cborMajor != Major.Unsigned) {
      return Status.ArgumentMalformed;
    } else if (cborArgument >= componentCount) {
      return Status.ComponentIndexInvalid;
    } else {
      selection = 1 << (<u32>cborArgument);
    }
  }
  setFrame(Frame.Selection, selection);
  return Status.Ok;
}

function overrideParameters(selection: u32): i32 {
  const status = readParameters((mode & Mode.Dry) != 0 ? 0 : selection);
  if (status != Status.Ok || softFailureSet < 0) return status;
  if (get(Frame.Kind) == Kind.Section) return Status.SoftFailureForbidden;
  setFrame(Frame.Soft, softFailureSet);
  return Status.Ok;
}

/** Opens a frame above the current one, whose cursor goes on after the nested argument. */
function push(kind: u32, selection: u32, start: u32, extent: u32, after: u32): i32 {
  if (frame == FRAMES + Limit.Nesting * Frame.Bytes) return Status.NestingTooDeep;
  setFrame(Frame.Position, after);
  setFrame(Frame.Limit, cborLimit);
  frame += Frame.Bytes;
  setFrame(Frame.Kind, kind);
  setFrame(Frame.Pending, selection);
  setFrame(Frame.Start, start);
  setFrame(Frame.Extent, extent);
  return startNested();
}

function enterRunSequence(selection: u32): i32 {
  const status = cborBytes();
  if (status != Status.Ok) return status;
  return push(Kind.Run, selection, cborContent, cborContent + cborLength, cborPosition);
}

/** try-each: an array of sequences, at least one, and perhaps nil (SUIT §8.4.10.2). */
function enterTryEach(selection: u32): i32 {
  let status = cborArray();
  if (status != Status.Ok) return status;
  const branches = cborLength;
  const start = cborPosition;
  // A directive that offers nothing to choose from is a mistake, not a choice.
  if (branches < 2) return Status.ArgumentMalformed;
  for (let index: u32 = 0; index < branches; index++) {
    if (index + 1 == branches && index > 0 && cborIsNull()) break;
    status = cborBytes();
    if (status != Status.Ok) return status;
  }
  return push(Kind.Try, selection, start, branches, cborPosition);
}

/** Starts the nested sequence, or the first branch, for the next pending component. */
function startNested(): i32 {
  const pending = get(Frame.Pending);
  const component = pending & (0 - pending);
  setFrame(Frame.Pending, pending ^ component);
  setFrame(Frame.Component, component);
  if (get(Frame.Kind) == Kind.Run) {
    setFrame(Frame.Selection, component);
    setFrame(Frame.Soft, 0);
    return openSequence(get(Frame.Start), get(Frame.Extent) - get(Frame.Start));
  }
  setFrame(Frame.Branches, get(Frame.Extent));
  return startBranch(get(Frame.Start));
}

/** Starts the branch at `position`; nil is a branch without commands. */
function startBranch(position: u32): i32 {
  setFrame(Frame.Branches, get(Frame.Branches) - 1);
  setFrame(Frame.Selection, get(Frame.Component));
  setFrame(Frame.Soft, 1);
  cborSeek(position, load<u32>(frame - Frame.Bytes + Frame.Limit));
  if (cborIsNull()) {
    cborSeek(cborPosition, cborPosition);
    return Status.Ok;
  }
  const status = cborBytes();
  return status != Status.Ok ? status : openSequence(cborContent, cborLength);
}

/** Ends the current nested sequence: because it completed, or because it failed softly. */
function endNested(completed: bool): i32 {
  if (get(Frame.Kind) == Kind.Run) return leaveOrRepeat();
  // A dry run looks into every branch; else the first that completes is the only one.
  if (completed && (mode & Mode.Dry) == 0) return leaveOrRepeat();
  if (get(Frame.Branches) != 0) return startBranch(cborLimit);
  return completed ? leaveOrRepeat() : Status.TryEachExhausted;
}

/** Repeats the nested directive for the next component, or returns to the frame below. */
function leaveOrRepeat(): i32 {
  if (get(Frame.Pending) != 0) return startNested();
  frame -= Frame.Bytes;
  cborSeek(get(Frame.Position), get(Frame.Limit));
  return Status.Ok;
}

/** What a failed condition means here. */
function failCondition(status: i32): i32 {
  // Only a rejection is soft: what cannot be evaluated says nothing about the condition.
  if (status >> 8 != 2 || get(Frame.Soft) == 0) return status;
  return endNested(false);
}
