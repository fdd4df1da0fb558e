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
  cborIntegerKey,
  cborKeysBefore,
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
  cborUnsigned,
  cborValue,
  Major,
  Simple,
} from "../cbor/reader";
import { Feature } from "../feature";
import { Limit } from "../limits";
import { Status } from "../status";
import { evaluateCondition } from "./condition";
import { field, setField } from "./component";
import { openDependency, reopenRoot } from "./dependency";
import { direct, invokedBytes } from "./directive";
import {
  Command,
  conditions,
  directives,
  fleetingCommands,
  KNOWN_COMMANDS,
  Member,
  passedConditions,
  ReportingPolicy,
} from "./label";
import { isIdentityChecked } from "./identity";
import { dependencyIndex, indexCount, memberContent, memberLength, openMember, setOf } from "./manifest";
import { copyableParameter, readParameters, softFailureSet } from "./parameter";

/** How a section is run, as bits. */
export const enum Mode {
  /** Check everything, every branch, and do nothing. */
  Dry = 1,
  /** The shared sequence: only conditions and what arranges them (SUIT §8.4.5). */
  Shared = 2,
  /** Find out again where contents lie: what held at the update and is checked anew behind is passed. */
  Replay = 4,
}

const enum Kind {
  Section = 0,
  Run = 1,
  Try = 2,
  Dependency = 3,
}

/** A frame: the next command, and what to do when the sequence ends. */
const enum Frame {
  Position = 0,
  Limit = 4,
  Kind = 8,
  Soft = 12,
  /**
   * Selected components in the order in which commands visit them: 4 bits each, the first lowest, an
   * index and one; 0 behind the last.
   */
  Selection = 16,
  /** The component for which the nested sequence is being run, as a selection. */
  Component = 20,
  /** Components for which it is still to be run; of a dependency, how many sequences are left. */
  Pending = 24,
  /** First byte of the nested sequence, or of the first branch; of a dependency, the section. */
  Start = 28,
  /** End of the nested sequence; for a try-each, its number of elements. */
  Extent = 32,
  /** Branches of the try-each not tried yet, the trailing nil included. */
  Branches = 36,
  Bytes = 40,
}

const FRAMES: usize = memory.data((Limit.Nesting + 1) * Frame.Bytes, 4);

let frame: usize = 0;
let mode: u32 = 0;
/** The section that is run, or that the shared sequence in front is run for. */
export let section: u32 = 0;
/** The first byte of the last command that was begun, or 0. */
export let commandStart: u32 = 0;
/** One more than the index of the component that it was begun for; 0 if none was selected. */
let visited: u32 = 0;

/**
 * Runs a section of the open manifest, or its shared sequence.
 *
 * @param key the section
 * @param runMode bits of `Mode`; with `Mode.Shared` the shared sequence is run in front of it
 * @returns Status.Ok, also where there is none, or the status of what ended it
 */
export function runSequence(key: u32, runMode: u32): i32 {
  mode = runMode;
  section = key;
  frame = FRAMES;
  let status = openMember((mode & Mode.Shared) != 0 ? Member.Shared : key);
  if (status != Status.Ok || memberContent == 0) return status;
  status = openSection();
  // An image that was invoked has control; what stands behind the directive is never reached.
  while (status == Status.Ok && invokedBytes == 0) {
    if (cborPosition == cborLimit) {
      if (frame == FRAMES) return Status.Ok;
      status = endNested(true);
    } else {
      status = step();
    }
  }
  // A dependency may have invoked it: whoever acts on it looks at the root.
  return Feature.TrustDomains && status == Status.Ok ? reopenRoot() : status;
}

/** Starts the sequence that `openMember` has found in the current frame. */
function openSection(): i32 {
  setFrame(Frame.Soft, 0);
  // A manifest with one component need not select it (SUIT §8.4.10.1).
  setFrame(Frame.Selection, indexCount == 1 ? 1 : 0);
  return openSequence(memberContent, memberLength);
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

/** Whether what runs is the shared sequence. */
// @ts-ignore: decorator
@inline
export function runsShared(): bool {
  return (mode & Mode.Shared) != 0;
}

/** Forgets the last command, before another envelope is processed. */
export function forgetCommand(): void {
  commandStart = 0;
}

/** Index of the component for which the last command was begun; 0 if none was selected. */
export function selectedIndex(): u32 {
  return visited == 0 ? 0 : visited - 1;
}

/** Executes one command of the current frame. */
function step(): i32 {
  commandStart = cborPosition;
  const selection = get(Frame.Selection);
  visited = selection & 15;
  let status = cborInteger();
  if (status != Status.Ok) return status;
  if (cborValue < 0) return cborValue < -256 ? Status.CommandUnsupported : Status.CommandUnknown;
  if (cborValue >= Command.End) return Status.CommandUnknown;
  const command = <i32>cborValue;
  const bit = (<u64>1) << command;
  if ((KNOWN_COMMANDS & bit) == 0) return Status.CommandUnknown;
  if (command == Command.SetComponentIndex) return selectComponents();
  const isShared = runsShared();
  if (Feature.UpdateManagement && command == Command.OverrideMultiple) {
    return isShared ? <i32>Status.SharedCommandForbidden : overrideMultiple();
  }
  if (selection == 0) return Status.ComponentIndexInvalid;
  if (Feature.UpdateManagement && command == Command.CopyParameters) {
    return isShared ? <i32>Status.SharedCommandForbidden : copyParameters(selection);
  }
  if (command == Command.OverrideParameters) return overrideParameters(selection, false);
  if (Feature.TrustDomains && command == Command.SetParameters) return overrideParameters(selection, true);
  if (command == Command.TryEach) return enterTryEach(selection);
  if (command == Command.RunSequence) return enterRunSequence(selection);
  const isCondition = (conditions() & bit) != 0;
  if (!isCondition) {
    if ((directives() & bit) == 0) return Status.CommandUnsupported;
    if (isShared) return Status.SharedCommandForbidden;
    if (command == Command.Invoke && section != Member.Invoke) return Status.CommandUnsupported;
  }
  status = readPolicy();
  if (status != Status.Ok || (mode & Mode.Dry) != 0) return status;
  if (Feature.TrustDomains && command == Command.ProcessDependency) return enterDependency(selection);
  if ((mode & Mode.Replay) != 0) {
    if ((fleetingCommands() & bit) != 0) return Status.Ok;
    if ((passedConditions() & bit) != 0 && get(Frame.Soft) == 0) return Status.Ok;
  }
  return execute(command, isCondition, selection);
}

/** Executes a condition or a directive on every selected component. */
function execute(command: i32, isCondition: bool, selection: u32): i32 {
  const position = cborPosition;
  const limit = cborLimit;
  let status: i32 = Status.Ok;
  for (; selection != 0 && status == Status.Ok; selection >>= 4) {
    const index = (selection & 15) - 1;
    visited = index + 1;
    status = isCondition ? evaluateCondition(command, index, section) : direct(command, index);
  }
  cborSeek(position, limit);
  if (status == Status.Ok || !isCondition) return status;
  return command == Command.DependencyIntegrity ? status : failCondition(status);
}

/**
 * The sequences of a dependency, counted down: uninstall dry, which nothing runs, then shared dry, section dry,
 * shared, section.
 */
const enum Phase {
  Shared = 1,
  Real = 2,
  Uninstall = 4,
  Count = 5,
}

function readPolicy(): i32 {
  const status = cborUnsigned();
  const isTooLarge = status == Status.Ok && cborArgument > <u64>ReportingPolicy.Highest;
  return isTooLarge || status == Status.CborUnexpectedType ? <i32>Status.PolicyMalformed : status;
}

/** set-component-index: an index, all, or a list in the order of visits (SUIT §8.4.10.1). */
function selectComponents(): i32 {
  let selection: u32 = 0;
  let status: i32 = Status.Ok;
  const major = cborPeek();
  if (major == Major.Simple) {
    status = cborHead();
    if (status != Status.Ok) return status;
    if (cborArgument != Simple.True) return Status.ArgumentMalformed;
    selection = everything();
  } else {
    let count: u32 = 1;
    if (major == Major.Array) {
      status = cborArray();
      count = cborLength;
      if (status == Status.Ok && count == 0) return Status.ComponentIndexInvalid;
    } else if (major != Major.Unsigned) {
      return Status.ArgumentMalformed;
    }
    let seen: u32 = 0;
    for (let shift: u32 = 0; count > 0 && status == Status.Ok; count--) {
      status = cborUnsigned();
      if (status != Status.Ok) return status;
      if (cborArgument >= indexCount) return Status.ComponentIndexInvalid;
      const bit: u32 = 1 << (<u32>cborArgument);
      if ((seen & bit) != 0) return Status.ArgumentMalformed;
      seen |= bit;
      selection |= (<u32>cborArgument + 1) << shift;
      shift += 4;
    }
  }
  setFrame(Frame.Selection, selection);
  return status;
}

/** All components and dependencies, in ascending order. */
function everything(): u32 {
  return (<u32>0x7654321) & ((1 << (indexCount << 2)) - 1);
}

function overrideParameters(selection: u32, onlyUnset: bool): i32 {
  const status = readParameters((mode & Mode.Dry) != 0 ? 0 : selection, onlyUnset);
  if (status != Status.Ok || softFailureSet < 0) return status;
  const kind = get(Frame.Kind);
  if (frame == FRAMES || kind == Kind.Dependency) return Status.SoftFailureForbidden;
  setFrame(Frame.Soft, softFailureSet);
  return Status.Ok;
}

/** override-multiple: sets parameters of the named components; the last one stays selected. */
function overrideMultiple(): i32 {
  let status = cborMap();
  if (status != Status.Ok) return status;
  if (cborLength == 0) return Status.ArgumentMalformed;
  let previous: u32 = 0;
  for (let pairs = cborLength; pairs > 0; pairs--) {
    const key = cborPosition;
    status = readIndexKey(previous);
    if (status != Status.Ok) return status;
    previous = cborKeysBefore(previous, key);
    const selection = <u32>cborValue + 1;
    setFrame(Frame.Selection, selection);
    status = overrideParameters(selection, false);
    if (status != Status.Ok) return status;
  }
  return Status.Ok;
}

/** copy-params: takes over those of the named parameters that another component has set. */
function copyParameters(selection: u32): i32 {
  let status = cborMap();
  if (status != Status.Ok) return status;
  if (cborLength == 0) return Status.ArgumentMalformed;
  let previous: u32 = 0;
  for (let pairs = cborLength; pairs > 0; pairs--) {
    const key = cborPosition;
    status = readIndexKey(previous);
    if (status != Status.Ok) return status;
    previous = cborKeysBefore(previous, key);
    const source = setOf(<u32>cborValue);
    status = cborArray();
    if (status != Status.Ok) return status;
    if (cborLength == 0) return Status.ArgumentMalformed;
    for (let count = cborLength; count > 0; count--) {
      status = cborInteger();
      if (status == Status.Ok) status = copyableParameter(cborValue);
      if (status != Status.Ok) return status;
      const value = field(source, <u32>cborValue);
      if (value == 0) continue;
      for (let left = selection; left != 0; left >>= 4) {
        setField(setOf((left & 15) - 1), <u32>cborValue, value);
      }
    }
  }
  return Status.Ok;
}

/** Reads the index of a component as a map key; it is in `cborValue`. */
function readIndexKey(previous: u32): i32 {
  const status = cborIntegerKey(previous);
  if (status != Status.Ok) return status;
  return <u64>cborValue < <u64>indexCount ? Status.Ok : Status.ComponentIndexInvalid;
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
  return Feature.TrustDomains && kind == Kind.Dependency ? continueDependency() : startNested();
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
  const component = pending & 15;
  setFrame(Frame.Pending, pending >> 4);
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
  if (Feature.TrustDomains && get(Frame.Kind) == Kind.Dependency) return continueDependency();
  if (get(Frame.Kind) == Kind.Run) return leaveOrRepeat();
  // A dry run looks into every branch; else the first that completes is the only one.
  if (completed && (mode & Mode.Dry) == 0) return leaveOrRepeat();
  if (get(Frame.Branches) != 0) return startBranch(cborLimit);
  return completed ? leaveOrRepeat() : Status.TryEachExhausted;
}

/** Repeats the nested directive for the next component, or returns to the frame below. */
function leaveOrRepeat(): i32 {
  if (get(Frame.Pending) != 0) return startNested();
  leave();
  return Status.Ok;
}

/** Returns to the frame below. */
function leave(): void {
  frame -= Frame.Bytes;
  cborSeek(get(Frame.Position), get(Frame.Limit));
}

/**
 * process-dependency: runs the shared sequence of the dependency and its section of the same name,
 * both dry first. Where everything is selected it is for the dependency alone.
 */
function enterDependency(selection: u32): i32 {
  if (selection != everything() && selection != dependencyIndex + 1) return Status.NotDependency;
  if (dependencyIndex >= indexCount) return Status.NotDependency;
  const position = cborPosition;
  const limit = cborLimit;
  const status = openDependency(setOf(dependencyIndex));
  if (status != Status.Ok) return status;
  cborSeek(position, limit);
  return push(Kind.Dependency, Phase.Count, section, 0, position);
}

/** Goes on with the next sequence of a dependency, or back to its dependent behind the last. */
function continueDependency(): i32 {
  for (let phase = <i32>get(Frame.Pending); phase > 0;) {
    phase--;
    setFrame(Frame.Pending, phase);
    mode &= Mode.Replay;
    if (phase >= Phase.Real) mode |= Mode.Dry;
    if ((phase & Phase.Shared) != 0) mode |= Mode.Shared;
    else if (phase < Phase.Real && !isIdentityChecked()) return Status.IdentityUnchecked;
    section = phase == Phase.Uninstall ? Member.Uninstall : get(Frame.Start);
    const status = openMember((phase & Phase.Shared) != 0 ? Member.Shared : section);
    if (status != Status.Ok) return status;
    if (memberContent != 0) return openSection();
  }
  leave();
  const position = cborPosition;
  const limit = cborLimit;
  const status = reopenRoot();
  cborSeek(position, limit);
  return status;
}

/** What a failed condition means here. */
function failCondition(status: i32): i32 {
  // Only a rejection is soft: what cannot be evaluated says nothing about the condition.
  if (status >> 8 != 2 || get(Frame.Soft) == 0) return status;
  return endNested(false);
}
