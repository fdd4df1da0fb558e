/**
 * The JSON of command sequences, and the flat arrays of commands and arguments they become
 * (draft-ietf-suit-manifest-37 §8.4.5 to §8.4.10).
 */
import { z } from "zod";
import { UserError } from "../user-error.ts";
import { all, type CborNode } from "./cbor-node.ts";
import { encodeCbor, type Cbor } from "./cbor-writer.ts";
import { ANY_CBOR, exact, form, orRaw, RawJson, type Form } from "./form.ts";
import {
  byLabel,
  byName,
  COMMANDS,
  PARAMETERS,
  referenceOf,
  type CommandKind,
  type CommandLabel,
} from "./labels.ts";
import { PARAMETER_MAP, ParametersJson } from "./parameter-json.ts";
import type { Sources } from "./source.ts";
import { exactlyOne, ONE_MEMBER, policyJson, PolicyJson, policyValue } from "./value-json.ts";

/** A command: its name, or an object with its name and its argument. */
export type CommandJson = string | { readonly [name: string]: unknown };

const policyCommands = COMMANDS.filter(({ kind }) => kind === "policy").map(({ name }) => name);
const parameterNames = PARAMETERS.map(({ name }) => name);

const PolicyArgument = z.strictObject({ policy: PolicyJson.optional() });
const IndexArgument = z.union([z.int().min(0), z.literal(true), z.array(z.int().min(0)).min(1)]);

/** A command sequence. */
export const SequenceJson: z.ZodType<readonly CommandJson[]> = z
  .lazy(() => z.array(Command).min(1))
  .meta({ id: "Sequence", description: "Commands in the order of their execution." });

const TryEachArgument = z.array(z.union([SequenceJson, z.null()])).min(2);
const IndexKey = z.string().regex(/^(0|[1-9][0-9]{0,14})$/, "must be a component index");
const ComponentParameters = z.record(IndexKey, ParametersJson);
const ComponentParameterLists = z.record(IndexKey, z.array(z.enum(parameterNames)).min(1));

const CustomCommand = z
  .strictObject({
    label: z.int().describe("The command's number; numbers below -256 are for your own use."),
    argument: ANY_CBOR.schema.optional(),
  })
  .describe("A command that has no name here.");

/** The form of each kind of argument. A policy depends on the command, so it has its own. */
const ARGUMENTS: Readonly<Record<Exclude<CommandKind, "policy">, Form>> = {
  "component-index": exact(form(IndexArgument, (json) => json, indexJson)),
  parameters: orRaw(PARAMETER_MAP),
  "try-each": orRaw(
    form(
      TryEachArgument,
      (json, sources) => json.map((branch) => (branch === null ? null : encodeSequence(branch, sources))),
      (node) => branchesJson(node),
    ),
  ),
  sequence: orRaw(form(SequenceJson, encodeSequence, (node) => decodeSequence(node.embedded()))),
  "component-parameters": orRaw(
    form(
      ComponentParameters,
      (json, sources) => indexed(json, (value) => PARAMETER_MAP.encode(value, sources)),
      (node) => byIndex(node, (value) => PARAMETER_MAP.decode(value)),
    ),
  ),
  "component-parameter-lists": exact(
    form(
      ComponentParameterLists,
      (json) => indexed(json, (names) => names.flatMap((name) => byName(PARAMETERS, name)?.label ?? [])),
      (node) => byIndex(node, parameterNamesJson),
    ),
  ),
};

function argumentSchema({ kind }: CommandLabel): z.ZodType {
  return kind === "policy" ? z.union([PolicyArgument, RawJson]) : ARGUMENTS[kind].schema;
}

/** How editors explain a command. */
function explanation(command: CommandLabel): string {
  const needs = command.needs.length === 0 ? "" : ` Needs ${command.needs.join(", ")}.`;
  return `${command.description}${needs} (${command.label}, ${referenceOf(command)})`;
}

const Command: z.ZodType<CommandJson> = z
  .union([
    z.enum(policyCommands).meta({
      enumDescriptions: COMMANDS.filter(({ kind }) => kind === "policy").map(explanation),
    }),
    z
      .strictObject({
        ...Object.fromEntries(
          COMMANDS.map((command) => [
            command.name,
            argumentSchema(command).optional().describe(explanation(command)),
          ]),
        ),
        custom: CustomCommand.optional(),
      })
      .refine(exactlyOne, ONE_MEMBER),
  ])
  .meta({ id: "Command", description: 'A command: "NAME", or {"NAME": argument}.' });

/** The encoded sequence: what stands inside the byte string of a section. */
export function encodeSequence(commands: readonly CommandJson[], sources: Sources): Uint8Array {
  return encodeCbor(commands.flatMap((command) => commandPair(command, sources)));
}

/** The commands of an array of commands and arguments in turn; undefined if it is not one. */
export function decodeSequence(node: CborNode | undefined): CommandJson[] | undefined {
  const items = node?.elements();
  if (items === undefined || items.length === 0 || items.length % 2 !== 0) return undefined;
  const commands = items.filter((_, index) => index % 2 === 0);
  const read = commands.map((command, index) => {
    const argument = items[index * 2 + 1];
    return argument === undefined ? undefined : commandJson(command, argument);
  });
  return all(read, (command) => command);
}

/** A command's name and its argument as they stand in the JSON. */
export function commandEntry(json: CommandJson): readonly [name: string, argument: unknown] {
  return typeof json === "string" ? [json, {}] : (Object.entries(json)[0] ?? ["", {}]);
}

/** A command's number and its argument. */
function commandPair(json: CommandJson, sources: Sources): [Cbor, Cbor] {
  const [name, argument] = commandEntry(json);
  if (name === "custom") {
    const custom = CustomCommand.parse(argument);
    return [custom.label, ANY_CBOR.encode(custom.argument ?? null, sources)];
  }
  const command = byName(COMMANDS, name);
  if (command === undefined)
    throw new UserError(
      "manifest-json",
      `${JSON.stringify(name)} is no command.`,
      "docs/manifest.md lists the commands.",
    );
  const form = command.kind === "policy" ? policyForm(command) : ARGUMENTS[command.kind];
  return [command.label, form.encode(argument, sources)];
}

function commandJson(label: CborNode, argument: CborNode): CommandJson | undefined {
  const number = label.smallInteger();
  if (number === undefined) return undefined;
  const command = byLabel(COMMANDS, number);
  if (command === undefined) return { custom: { label: number, argument: ANY_CBOR.decode(argument) } };
  const isUsual = argument.smallInteger() === command.defaultPolicy;
  if (command.kind === "policy" && isUsual) return command.name;
  const form = command.kind === "policy" ? policyForm(command) : ARGUMENTS[command.kind];
  return { [command.name]: form.decode(argument) };
}

/** A reporting policy, which each command has a usual one of. */
function policyForm({ defaultPolicy }: CommandLabel): Form {
  return exact(
    form(
      PolicyArgument,
      ({ policy }) => (policy === undefined ? defaultPolicy : policyValue(policy)),
      (node) => {
        const policy = node.smallInteger();
        return policy === undefined ? undefined : { policy: policy === 15 ? policy : policyJson(policy) };
      },
    ),
  );
}

function indexJson(node: CborNode): unknown {
  return node.boolean() ?? node.smallInteger() ?? all(node.elements(), (element) => element.smallInteger());
}

function branchesJson(node: CborNode): unknown {
  if ((node.elements()?.length ?? 0) < 2) return undefined;
  return all(node.elements(), (branch) =>
    branch.isNull ? { branch: null } : present(decodeSequence(branch.embedded())),
  )?.map(({ branch }) => branch);
}

function present(branch: CommandJson[] | undefined): { branch: CommandJson[] } | undefined {
  return branch === undefined ? undefined : { branch };
}

function indexed<Value>(
  json: Readonly<Record<string, Value>>,
  value: (value: Value) => Cbor,
): ReadonlyMap<Cbor, Cbor> {
  return new Map(Object.entries(json).map(([index, content]) => [Number(index), value(content)] as const));
}

function byIndex(node: CborNode, value: (node: CborNode) => unknown): unknown {
  const pairs = all(node.entries(), ([key, content]) => {
    const index = String(key.integer());
    const json = value(content);
    return json === undefined || !IndexKey.safeParse(index).success ? undefined : ([index, json] as const);
  });
  return pairs === undefined ? undefined : Object.fromEntries(pairs);
}

function parameterNamesJson(node: CborNode): unknown {
  return all(node.elements(), (element) => byLabel(PARAMETERS, element.integer() ?? 0n)?.name);
}
