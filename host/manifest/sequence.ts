/**
 * The rules for command sequences, their arguments and parameters that need no device to check
 * (draft-ietf-suit-manifest-37 §8.4.5 to §8.4.10).
 */
import { Status } from "../../assembly/status.ts";
import type { Capability } from "./capability.ts";
import { CborReader, Major, type IntegerKey, type Span } from "./cbor-reader.ts";
import { byLabel, COMMANDS, PARAMETERS, type CommandLabel, type ParameterLabel } from "./labels.ts";
import { checkParameter } from "./parameter-check.ts";
import { Refusal } from "./refusal.ts";

/** Where a sequence stands. */
export interface SequenceContext {
  /** What to call the section in messages. */
  readonly name: string;
  /** How many components and dependencies can be selected. */
  readonly indexCount: number;
  /** Whether it is the shared sequence or nested in it. */
  readonly shared: boolean;
  /** Of the bootloader that is to execute it. */
  readonly capability: Capability;
}

/** Commands below this number are custom ones (draft-ietf-suit-manifest-37 §8.4.11). */
const LAST_REGISTERED_COMMAND = -256n;
/** Reporting policies have four bits. */
const MAXIMUM_POLICY = 15n;

/**
 * Checks a command sequence with all that is nested in it.
 *
 * @param depth how many try-each and run-sequence commands it is nested in
 * @throws Refusal
 */
export function checkSequence(bytes: Uint8Array, span: Span, context: SequenceContext, depth = 0): void {
  const { nesting, unorderedMaps } = context.capability;
  if (depth > nesting) {
    throw new Refusal(
      Status.NestingTooDeep,
      span.start,
      `The ${context.name} sequence nests deeper than the ${nesting} levels of this build`,
    );
  }
  const reader = new CborReader(bytes, span.from, span.to, unorderedMaps);
  const count = reader.array(`The ${context.name} sequence`);
  if (count === 0 || count % 2 !== 0) {
    throw new Refusal(
      Status.SequenceMalformed,
      span.from,
      count === 0
        ? `The ${context.name} sequence is empty`
        : `The ${context.name} sequence has ${count} elements, so a command without its argument`,
    );
  }
  requireItems(reader, count, context);
  // With several components a section selects before it does anything; a nested sequence inherits.
  let isSelected = context.indexCount === 1 || depth > 0;
  for (let index = 0; index < count; index += 2) {
    const start = reader.offset;
    const label = reader.integer(`A command of the ${context.name} sequence`);
    const command = knownCommand(label, start, context);
    if (selects(command, context)) isSelected = true;
    if (!isSelected) {
      throw new Refusal(
        Status.ComponentIndexInvalid,
        start,
        `The ${context.name} sequence has ${command.name} before it selects one of the components`,
      );
    }
    requireSupported(command, start, context);
    checkArgument(reader, command, context, depth);
  }
}

/** Whether a command selects components: override-multiple does as well, and the last one stays selected. */
function selects({ kind, label }: CommandLabel, { capability }: SequenceContext): boolean {
  return kind === "component-index" || (kind === "component-parameters" && capability.commands.has(label));
}

/** The whole array is CBOR and fills its byte string, before any command of it is looked at. */
function requireItems({ bytes, offset, end }: CborReader, count: number, context: SequenceContext): void {
  const reader = new CborReader(bytes, offset, end);
  for (let index = 0; index < count; index++) reader.skip(`An element of the ${context.name} sequence`);
  reader.finish(`the ${context.name} sequence`);
}

function knownCommand(label: bigint, start: number, context: SequenceContext): CommandLabel {
  const command = byLabel(COMMANDS, label);
  if (command !== undefined) return command;
  const isCustom = label < LAST_REGISTERED_COMMAND;
  throw new Refusal(
    isCustom ? Status.CommandUnsupported : Status.CommandUnknown,
    start,
    `The ${context.name} sequence has the ${isCustom ? "custom" : "unknown"} command ${label}`,
  );
}

function requireSupported(command: CommandLabel, start: number, context: SequenceContext): void {
  if (!context.capability.commands.has(command.label)) {
    throw new Refusal(
      Status.CommandUnsupported,
      start,
      `The ${context.name} sequence has ${command.name} (${command.label}), which this build does not execute`,
    );
  }
  if (context.shared && !command.shared) {
    throw new Refusal(
      Status.SharedCommandForbidden,
      start,
      `The shared sequence has ${command.name} (${command.label}), which is not allowed there`,
    );
  }
  if (command.name === "invoke" && context.name !== "invoke") {
    throw new Refusal(
      Status.CommandUnsupported,
      start,
      `The ${context.name} sequence has invoke (${command.label}), which this build executes in the invoke sequence only`,
    );
  }
}

function checkArgument(
  reader: CborReader,
  command: CommandLabel,
  context: SequenceContext,
  depth: number,
): void {
  const what = `The argument of ${command.name}`;
  switch (command.kind) {
    case "policy": {
      checkPolicy(reader, what);
      return;
    }
    case "component-index": {
      checkComponentIndex(reader, context.indexCount);
      return;
    }
    case "parameters": {
      checkParameters(reader, command, context, depth);
      return;
    }
    case "try-each": {
      checkTryEach(reader, context, depth);
      return;
    }
    case "sequence": {
      checkSequence(reader.bytes, reader.byteString(what), context, depth + 1);
      return;
    }
    case "component-parameters": {
      checkIndexed(reader, command, context, () => {
        checkParameters(reader, command, context, depth);
      });
      return;
    }
    case "component-parameter-lists": {
      checkIndexed(reader, command, context, () => {
        checkParameterList(reader, command, context);
      });
      return;
    }
  }
}

function checkPolicy(reader: CborReader, what: string): void {
  const start = reader.offset;
  const head = reader.head();
  if (head.major !== Major.Unsigned || head.argument > MAXIMUM_POLICY) {
    throw new Refusal(Status.PolicyMalformed, start, `${what} is not a reporting policy from 0 to 15`);
  }
}

function checkComponentIndex(reader: CborReader, indexCount: number): void {
  const start = reader.offset;
  if (reader.peek() === Major.Array) {
    checkIndexList(reader, indexCount);
    return;
  }
  const head = reader.head();
  if (head.major === Major.Simple && head.information === 21) return;
  if (head.major !== Major.Unsigned) {
    throw new Refusal(
      Status.ArgumentMalformed,
      start,
      "The argument of set-component-index is not an index, a list of indices or true",
    );
  }
  requireIndex(head.argument, head.start, indexCount);
}

/** Indices in the order in which the components are to be visited, each once. */
function checkIndexList(reader: CborReader, indexCount: number): void {
  const start = reader.offset;
  const count = reader.array("The list of component indices");
  if (count === 0) {
    throw new Refusal(Status.ComponentIndexInvalid, start, "The list of component indices is empty");
  }
  const seen = new Set<bigint>();
  for (let position = 0; position < count; position++) {
    const itemStart = reader.offset;
    const index = reader.unsigned("A component index");
    requireIndex(index, itemStart, indexCount);
    if (seen.has(index)) {
      throw new Refusal(Status.ArgumentMalformed, itemStart, `Component index ${index} stands twice`);
    }
    seen.add(index);
  }
}

function requireIndex(index: bigint, start: number, indexCount: number): void {
  if (index < BigInt(indexCount)) return;
  throw new Refusal(
    Status.ComponentIndexInvalid,
    start,
    `Component index ${index} is not below the number of components and dependencies, ${indexCount}`,
  );
}

/** `[2* bstr, ?null]`; one sequence and null is accepted as well, as the draft's templates write it. */
function checkTryEach(reader: CborReader, context: SequenceContext, depth: number): void {
  const start = reader.offset;
  const count = reader.array("The argument of try-each");
  if (count < 2) {
    throw new Refusal(
      Status.ArgumentMalformed,
      start,
      "The argument of try-each offers less than two branches",
    );
  }
  const branches: Span[] = [];
  for (let index = 0; index < count; index++) {
    if (index === count - 1 && reader.takeNull()) break;
    branches.push(reader.byteString("A branch of try-each"));
  }
  for (const branch of branches) checkSequence(reader.bytes, branch, context, depth + 1);
}

/** A map by the index of a component. */
function checkIndexed(
  reader: CborReader,
  command: CommandLabel,
  { indexCount }: SequenceContext,
  checkValue: () => void,
): void {
  const start = reader.offset;
  let count = 0;
  reader.entries(`The argument of ${command.name}`, ({ keyStart, label }) => {
    count += 1;
    // A negative index is none either.
    requireIndex(label < 0n ? BigInt(indexCount) : label, keyStart, indexCount);
    checkValue();
  });
  if (count === 0) throw new Refusal(Status.ArgumentMalformed, start, `${command.name} names no component`);
}

/** The parameters that copy-params takes over; those of the processor are no component's. */
function checkParameterList(
  reader: CborReader,
  command: CommandLabel,
  { capability }: SequenceContext,
): void {
  const start = reader.offset;
  const count = reader.array(`The parameters of ${command.name}`);
  if (count === 0) throw new Refusal(Status.ArgumentMalformed, start, `${command.name} names no parameter`);
  for (let position = 0; position < count; position++) {
    const keyStart = reader.offset;
    const label = reader.integer(`A parameter of ${command.name}`);
    const parameter = supportedParameter({ keyStart, label }, capability);
    if (parameter.kind !== "bool") continue;
    throw new Refusal(
      Status.ParameterUnsupported,
      keyStart,
      `${command.name} names ${parameter.name}, which is no component's`,
    );
  }
}

function checkParameters(
  reader: CborReader,
  command: CommandLabel,
  { capability }: SequenceContext,
  depth: number,
): void {
  const start = reader.offset;
  let count = 0;
  let softFailureStart: number | undefined;
  reader.entries(`The argument of ${command.name}`, (entry) => {
    count += 1;
    const parameter = supportedParameter(entry, capability);
    if (parameter.name === "soft-failure") softFailureStart = entry.keyStart;
    checkParameter(reader, parameter, entry.keyStart, capability);
  });
  if (count === 0) throw new Refusal(Status.ArgumentMalformed, start, `${command.name} sets no parameter`);
  if (softFailureStart !== undefined && depth === 0) {
    throw new Refusal(
      Status.SoftFailureForbidden,
      softFailureStart,
      "soft-failure is set outside of try-each and run-sequence",
    );
  }
}

function supportedParameter(entry: IntegerKey, capability: Capability): ParameterLabel {
  const parameter = byLabel(PARAMETERS, entry.label);
  if (parameter === undefined) {
    const custom = entry.label < 0n;
    throw new Refusal(
      custom ? Status.ParameterUnsupported : Status.ParameterUnknown,
      entry.keyStart,
      `The ${custom ? "custom" : "unknown"} parameter ${entry.label} is set`,
    );
  }
  if (!capability.parameters.has(parameter.label)) {
    throw new Refusal(
      Status.ParameterUnsupported,
      entry.keyStart,
      `The parameter ${parameter.name} (${parameter.label}) is set, which this build does not use`,
    );
  }
  return parameter;
}
