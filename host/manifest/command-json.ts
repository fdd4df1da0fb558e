/**
 * The JSON of command sequences, and the flat arrays of commands and arguments they become
 * (draft-ietf-suit-manifest-37 §8.4.5 to §8.4.10).
 */
import { z } from "zod";
import { encodeCbor, type Cbor } from "./cbor-writer.ts";
import { byName, COMMANDS, PARAMETERS, type CommandKind, type CommandLabel } from "./labels.ts";
import type { Sources } from "./source.ts";
import { UserError } from "../user-error.ts";
import {
  BytesJson,
  bytesValue,
  exactlyOne,
  ONE_MEMBER,
  PARAMETER_SCHEMAS,
  parameterValue,
  PolicyJson,
  policyValue,
} from "./value-json.ts";

/** A command: its name, or an object with its name and its argument. */
export type CommandJson = string | { readonly [name: string]: unknown };

const policyCommands = COMMANDS.filter(({ kind }) => kind === "policy").map(({ name }) => name);
const parameterNames = PARAMETERS.map(({ name }) => name);

const PolicyArgument = z.strictObject({ policy: PolicyJson.optional() });

const ParametersArgument = z
  .strictObject(
    Object.fromEntries(PARAMETERS.map(({ name, kind }) => [name, PARAMETER_SCHEMAS[kind].optional()])),
  )
  .refine((value) => Object.keys(value).length > 0, "must set at least one parameter")
  .meta({ id: "Parameters", description: "Parameters by name." });

const IndexArgument = z.union([z.int().min(0), z.literal(true), z.array(z.int().min(0)).min(1)]);

/** A command sequence. */
export const SequenceJson: z.ZodType<readonly CommandJson[]> = z
  .lazy(() => z.array(Command).min(1))
  .meta({ id: "Sequence", description: "Commands in the order of their execution." });

const TryEachArgument = z.array(z.union([SequenceJson, z.null()])).min(2);
const IndexKey = z.string().regex(/^[0-9]+$/, "must be a component index");
const ComponentParameters = z.record(IndexKey, ParametersArgument);
const ComponentParameterLists = z.record(IndexKey, z.array(z.enum(parameterNames)).min(1));

const CustomArgument = z.strictObject({
  label: z.int().max(-257).describe("The command's number, below -256."),
  argument: z.union([z.null(), z.int(), z.string(), BytesJson]).optional(),
});

const ARGUMENTS: Readonly<Record<CommandKind, z.ZodType>> = {
  policy: PolicyArgument,
  "component-index": IndexArgument,
  parameters: ParametersArgument,
  "try-each": TryEachArgument,
  sequence: SequenceJson,
  "component-parameters": ComponentParameters,
  "component-parameter-lists": ComponentParameterLists,
};

const Command: z.ZodType<CommandJson> = z
  .union([
    z.enum(policyCommands),
    z
      .strictObject({
        ...Object.fromEntries(COMMANDS.map(({ name, kind }) => [name, ARGUMENTS[kind].optional()])),
        custom: CustomArgument.optional(),
      })
      .refine(exactlyOne, ONE_MEMBER),
  ])
  .meta({ id: "Command", description: 'A command: "NAME", or {"NAME": argument}.' });

/** The encoded sequence: what stands inside the byte string of a section. */
export function encodeSequence(commands: readonly CommandJson[], sources: Sources): Uint8Array {
  return encodeCbor(commands.flatMap((command) => commandPair(command, sources)));
}

/** A command's number and its argument. */
function commandPair(json: CommandJson, sources: Sources): [Cbor, Cbor] {
  const [name, argument] = typeof json === "string" ? [json, {}] : (Object.entries(json)[0] ?? ["", {}]);
  if (name === "custom") return customPair(CustomArgument.parse(argument), sources);
  const command = byName(COMMANDS, name);
  if (command === undefined) throw new UserError("manifest-json", `${JSON.stringify(name)} is no command.`);
  return [command.label, argumentValue(command, argument, sources)];
}

function customPair(custom: z.infer<typeof CustomArgument>, sources: Sources): [Cbor, Cbor] {
  const { label, argument } = custom;
  if (argument === undefined || argument === null) return [label, null];
  return [label, typeof argument === "object" ? bytesValue(argument, sources) : argument];
}

function argumentValue(command: CommandLabel, json: unknown, sources: Sources): Cbor {
  switch (command.kind) {
    case "policy": {
      const { policy } = PolicyArgument.parse(json);
      return policy === undefined ? command.defaultPolicy : policyValue(policy);
    }
    case "component-index":
      return IndexArgument.parse(json);
    case "parameters":
      return parameterMap(ParametersArgument.parse(json), sources);
    case "try-each":
      return TryEachArgument.parse(json).map((branch) =>
        branch === null ? null : encodeSequence(branch, sources),
      );
    case "sequence":
      return encodeSequence(SequenceJson.parse(json), sources);
    case "component-parameters":
      return new Map(
        Object.entries(ComponentParameters.parse(json)).map(([index, parameters]) => [
          Number(index),
          parameterMap(parameters, sources),
        ]),
      );
    case "component-parameter-lists":
      return new Map(
        Object.entries(ComponentParameterLists.parse(json)).map(([index, names]) => [
          Number(index),
          names.flatMap((name) => byName(PARAMETERS, name)?.label ?? []),
        ]),
      );
  }
}

function parameterMap(json: { readonly [name: string]: unknown }, sources: Sources): Cbor {
  const values = new Map<Cbor, Cbor>();
  for (const [name, value] of Object.entries(json)) {
    const parameter = byName(PARAMETERS, name);
    if (parameter !== undefined && value !== undefined) {
      values.set(parameter.label, parameterValue(parameter.kind, value, sources));
    }
  }
  return values;
}
