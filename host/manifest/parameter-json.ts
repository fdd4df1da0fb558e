/**
 * The JSON of parameters: one form for each kind of value (draft-ietf-suit-manifest-37 §8.4.8).
 */
import { z } from "zod";
import { all, type CborNode } from "./cbor-node.ts";
import type { Cbor } from "./cbor-writer.ts";
import { ENCRYPTION_INFO } from "./encryption-json.ts";
import { ANY_CBOR, exact, form, type Form } from "./form.ts";
import { CLASS, DEVICE, VENDOR } from "./identifier-json.ts";
import { byLabel, byName, PARAMETERS, referenceOf, type Label, type ParameterKind } from "./labels.ts";
import { COMPONENT_METADATA, VERSION_MATCH, WAIT_INFO } from "./management-json.ts";
import type { Sources } from "./source.ts";
import { UserError } from "../user-error.ts";
import {
  BOOLEAN,
  BYTES,
  FETCH_ARGUMENTS,
  INTEGER,
  SIZE,
  TEXT,
  UNSIGNED,
  WRAPPED_DIGEST,
} from "./value-json.ts";

/** The form of each kind of parameter. */
const PARAMETER_FORMS: Readonly<Record<ParameterKind, Form>> = {
  "vendor-identifier": exact(VENDOR),
  "class-identifier": exact(CLASS),
  "device-identifier": exact(DEVICE),
  digest: exact(WRAPPED_DIGEST),
  "encryption-info": exact(ENCRYPTION_INFO),
  "version-match": exact(VERSION_MATCH),
  "wait-info": exact(WAIT_INFO),
  "component-metadata": exact(COMPONENT_METADATA),
  size: exact(SIZE),
  uint: exact(UNSIGNED),
  time: exact(UNSIGNED),
  int: exact(INTEGER),
  bool: exact(BOOLEAN),
  tstr: exact(TEXT),
  bstr: exact(BYTES),
  "fetch-arguments": exact(FETCH_ARGUMENTS),
};

/** A label as the key of a JSON object. */
export const LabelKey = z.string().regex(/^(0|-?[1-9][0-9]{0,19})$/, "must be an integer");

/** Members under numbers that have no name, by number. */
export const CustomMembers = z
  .record(LabelKey, ANY_CBOR.schema)
  .describe("What has no name here, by its number; the drafts reserve numbers below -255 for your own use.");

/** Parameters by name. */
export const ParametersJson = z
  .strictObject({
    ...Object.fromEntries(
      PARAMETERS.map((row) => [
        row.name,
        PARAMETER_FORMS[row.kind].schema
          .optional()
          .describe(`${row.description} (${row.label}, ${referenceOf(row)})`),
      ]),
    ),
    custom: CustomMembers.optional(),
  })
  .refine((value) => Object.keys(value).length > 0, "must set at least one parameter")
  .meta({ id: "Parameters", description: "Parameters by name." });

/** A map of parameters. */
export const PARAMETER_MAP: Form = form(ParametersJson, encodeParameters, decodeParameters);

function encodeParameters(json: z.infer<typeof ParametersJson>, sources: Sources): Cbor {
  const values = new Map<Cbor, Cbor>();
  for (const [name, value] of Object.entries(json)) {
    const parameter = byName(PARAMETERS, name);
    if (parameter !== undefined && value !== undefined) {
      values.set(parameter.label, PARAMETER_FORMS[parameter.kind].encode(value, sources));
    }
  }
  for (const [label, value] of customMembers(PARAMETERS, json.custom, sources)) values.set(label, value);
  return values;
}

/**
 * The members under numbers that have no name.
 *
 * @param table the numbers that have one
 * @throws UserError manifest-json for one that has
 */
export function customMembers(
  table: readonly Pick<Label, "label" | "name">[],
  json: z.infer<typeof CustomMembers> | undefined,
  sources: Sources,
): [bigint, Cbor][] {
  return Object.entries(json ?? {}).map(([key, value]) => {
    const known = byLabel(table, BigInt(key));
    if (known === undefined) return [BigInt(key), ANY_CBOR.encode(value, sources)];
    throw new UserError(
      "manifest-json",
      `In the manifest's JSON, custom has the number ${key}, which is ${known.name}.`,
      `Write "${known.name}".`,
    );
  });
}

function decodeParameters(node: CborNode): unknown {
  const custom: [string, unknown][] = [];
  const entries = node.entries();
  const named = all(entries?.length === 0 ? undefined : entries, ([key, value]) => {
    const label = key.integer();
    if (label === undefined) return undefined;
    const parameter = byLabel(PARAMETERS, label);
    if (parameter !== undefined) return [parameter.name, PARAMETER_FORMS[parameter.kind].decode(value)];
    custom.push([String(label), ANY_CBOR.decode(value)]);
    return [];
  });
  if (named === undefined) return undefined;
  const pairs = named.flatMap(([name, value]) => (typeof name === "string" ? [[name, value] as const] : []));
  return {
    ...Object.fromEntries(pairs),
    ...(custom.length === 0 ? {} : { custom: Object.fromEntries(custom) }),
  };
}
