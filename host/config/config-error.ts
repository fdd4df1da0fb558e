/**
 * Checks a configuration file against its schema; a mistake is one sentence that names the place, and
 * an unknown key is met with the one that was probably meant.
 */
import { z } from "zod";
import { nearest } from "../nearest.ts";
import { UserError } from "../user-error.ts";

/** Whose mistake it would be. */
export interface ConfigSource {
  /** Code of the error, as in `layout-json`. */
  readonly code: string;
  /** The file as the user named it. */
  readonly file: string;
}

/**
 * The JSON, checked.
 *
 * @throws UserError with the code of the source
 */
export function checkedConfig<T extends z.ZodType>(
  schema: T,
  json: unknown,
  source: ConfigSource,
): z.output<T> {
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const unknownKey = result.error.issues.find(({ code }) => code === "unrecognized_keys");
  const issue = unknownKey ?? result.error.issues[0];
  if (issue === undefined) throw new Error("Zod refused without an issue.");
  const where = issue.path.length === 0 ? "" : `${pathText(issue.path)}: `;
  const { message, hint } = explain(issue, schema, json);
  throw new UserError(source.code, `In ${source.file}, ${where}${message}.`, hint);
}

interface Explanation {
  readonly message: string;
  readonly hint: string;
}

function explain(issue: z.core.$ZodIssue, schema: z.ZodType, json: unknown): Explanation {
  if (issue.code === "unrecognized_keys") {
    const key = issue.keys[0] ?? "";
    return suggestion(`${JSON.stringify(key)} is not known here`, key, knownKeys(schema, issue.path));
  }
  const value = valueAt(json, issue.path);
  if (value === undefined) return { message: "this is missing", hint: MANUAL };
  if (issue.code === "invalid_value") {
    const message = `${JSON.stringify(value)} is not one of the values allowed here`;
    return suggestion(message, typeof value === "string" ? value : "", issue.values.map(String));
  }
  if (issue.code === "invalid_type")
    return { message: `this should be of type ${issue.expected}`, hint: MANUAL };
  return { message: `${issue.message.charAt(0).toLowerCase()}${issue.message.slice(1)}`, hint: MANUAL };
}

const MANUAL = "docs/bring-your-own.md describes every member.";

function suggestion(message: string, word: string, known: readonly string[]): Explanation {
  const meant = nearest(word, known);
  if (meant !== undefined) return { message, hint: `Did you mean ${JSON.stringify(meant)}?` };
  return { message, hint: known.length === 0 ? MANUAL : `Known are ${known.join(", ")}.` };
}

/** The keys that the object at a path may have, read off the schema as JSON Schema. */
function knownKeys(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let nodes: SchemaNode[] = [SchemaNode.parse(z.toJSONSchema(schema, { io: "input" }))];
  for (const step of path) {
    nodes = nodes.flatMap(alternatives).flatMap(({ properties, items }) => {
      const next = typeof step === "number" ? items : properties?.[String(step)];
      return next === undefined ? [] : [SchemaNode.parse(next)];
    });
  }
  return nodes.flatMap(alternatives).flatMap(({ properties }) => Object.keys(properties ?? {}));
}

/** As much of JSON Schema as a walk along a path needs. */
const SchemaNode = z.object({
  properties: z.record(z.string(), z.unknown()).optional(),
  items: z.unknown().optional(),
  anyOf: z.array(z.unknown()).optional(),
});
type SchemaNode = z.infer<typeof SchemaNode>;

function alternatives(node: SchemaNode): SchemaNode[] {
  return [node, ...(node.anyOf ?? []).flatMap((each) => alternatives(SchemaNode.parse(each)))];
}

function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((part, index) =>
      typeof part === "number" ? `[${part}]` : `${index === 0 ? "" : "."}${String(part)}`,
    )
    .join("");
}

function valueAt(json: unknown, path: readonly PropertyKey[]): unknown {
  let value = json;
  for (const part of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = Object.entries(value).find(([key]) => key === String(part))?.[1];
  }
  return value;
}
