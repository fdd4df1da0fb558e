/**
 * One clear sentence for a mistake in a manifest's JSON: where it is, what is wrong, what was meant.
 */
import type { z } from "zod";
import { nearest } from "../nearest.ts";
import { UserError } from "../user-error.ts";
import {
  COMMANDS,
  COMPONENT_TEXT,
  DIGEST_ALGORITHMS,
  METADATA_MEMBERS,
  PARAMETERS,
  TEXT_MEMBERS,
  VERSION_COMPARISONS,
  WAIT_EVENTS,
} from "./labels.ts";

type Issue = z.core.$ZodIssue;
const MANUAL = "docs/manifest.md describes the form; an editor checks it by docs/schema/manifest.json.";
const LARGE = 'Beyond 2^53 an integer is its digits in quotes, as in "18446744073709551615".';

type Path = readonly PropertyKey[];

/** Turns zod's issues into the error for the first of them. */
export function jsonError(error: z.ZodError, input: unknown, memberNames: readonly string[]): UserError {
  const unknownKey = error.issues.find(({ code }) => code === "unrecognized_keys");
  const issue = unknownKey ?? error.issues[0];
  if (issue === undefined) return new UserError("manifest-json", "The manifest's JSON is wrong.", MANUAL);
  const { leaf, path } = mostSpecific(issue, [], input);
  const where = path.length === 0 ? "" : `${pathText(path)}: `;
  const { message, hint = MANUAL } = explain(leaf, valueAt(input, path), path, memberNames);
  return new UserError("manifest-json", `In the manifest's JSON, ${where}${message}`, hint);
}

/** A mistake with its place. */
interface Located {
  readonly leaf: Issue;
  readonly path: Path;
}

/** The alternative of a union that the input came closest to: the one that goes wrong deepest inside. */
function mostSpecific(issue: Issue, prefix: Path, input: unknown): Located {
  const path = [...prefix, ...issue.path];
  if (issue.code !== "invalid_union") return { leaf: issue, path };
  const leaves = issue.errors.flatMap((issues) => issues.map((each) => mostSpecific(each, path, input)));
  const [first, ...others] = leaves;
  if (first === undefined) return { leaf: issue, path };
  return others.reduce(
    (best, each) => (closeness(each, input) > closeness(best, input) ? each : best),
    first,
  );
}

/** How close the input came: the depth, and half a step more where at least the type is right. */
function closeness({ leaf, path }: Located, input: unknown): number {
  const isWord = leaf.code === "invalid_value" && typeof valueAt(input, path) === "string";
  const isOtherType = leaf.code === "invalid_type" || (leaf.code === "invalid_value" && !isWord);
  return path.length + (isOtherType ? 0 : 0.5);
}

function explain(
  issue: Issue,
  value: unknown,
  path: Path,
  memberNames: readonly string[],
): { message: string; hint?: string } {
  if (issue.code === "unrecognized_keys") {
    const key = issue.keys[0] ?? "";
    return suggestion(`${JSON.stringify(key)} is not known here.`, key, candidates(path, memberNames));
  }
  if (issue.code === "invalid_value") {
    const command = COMMANDS.find(({ name, kind }) => name === value && kind !== "policy");
    if (command !== undefined) {
      return { message: `${command.name} needs an argument.`, hint: `Write {"${command.name}": …}.` };
    }
    const options = issue.values.map(String);
    return suggestion(
      `${JSON.stringify(value)} is not one of the values allowed here.`,
      String(value),
      options,
    );
  }
  if (typeof value === "number" && !Number.isSafeInteger(value) && isNumeric(issue)) {
    const isLarge = Math.abs(value) > Number.MAX_SAFE_INTEGER;
    return isLarge
      ? { message: "this number is too large to be read exactly.", hint: LARGE }
      : { message: `this should be a whole number, and it is ${value}.` };
  }
  if (issue.code === "invalid_type") {
    const found = value === undefined ? "it is missing" : `it is ${typeName(value)}`;
    return { message: `this should be of type ${issue.expected}, and ${found}.` };
  }
  return { message: `${issue.message.charAt(0).toLowerCase()}${issue.message.slice(1)}.` };
}

/** Whether a number stands where one belongs, and is only not the right one. */
function isNumeric(issue: Issue): boolean {
  if (issue.code === "invalid_type") return issue.expected === "number" || issue.expected === "int";
  return issue.code === "too_big" || issue.code === "too_small";
}

function suggestion(
  message: string,
  word: string,
  known: readonly string[],
): { message: string; hint?: string } {
  const meant = nearest(word, known);
  if (meant !== undefined) return { message, hint: `Did you mean ${JSON.stringify(meant)}?` };
  return known.length > 0 && known.length <= 24
    ? { message, hint: `Known are ${known.join(", ")}.` }
    : { message };
}

/** Names that stand below a member of this name. */
const BELOW: ReadonlyMap<PropertyKey, readonly string[]> = new Map<PropertyKey, readonly string[]>([
  ["override-parameters", namesOf(PARAMETERS)],
  ["set-parameters", namesOf(PARAMETERS)],
  ["version", namesOf(VERSION_COMPARISONS)],
  ["image-digest", ["from", "manifest-of", ...namesOf(DIGEST_ALGORITHMS)]],
  ["wait-info", namesOf(WAIT_EVENTS)],
  ["component-metadata", namesOf(METADATA_MEMBERS)],
  ...COMMANDS.filter(({ kind, name }) => kind === "policy" && name !== "version").map(
    ({ name }) => [name, ["policy"]] as const,
  ),
]);

function namesOf(table: readonly { readonly name: string }[]): string[] {
  return table.map(({ name }) => name);
}

/** The names that could have been meant at a place. */
function candidates(path: Path, memberNames: readonly string[]): readonly string[] {
  const last = path.at(-1);
  if (last === undefined) return memberNames;
  if (path.at(-2) === "override-multiple") return namesOf(PARAMETERS);
  if (path[0] === "text")
    return path.includes("components") ? namesOf(COMPONENT_TEXT) : [...namesOf(TEXT_MEMBERS), "components"];
  if (typeof last === "number" && path[0] !== "components") return [...namesOf(COMMANDS), "custom"];
  return BELOW.get(last) ?? [];
}

function pathText(path: Path): string {
  return path
    .map((part, index) =>
      typeof part === "number" ? `[${part}]` : `${index === 0 ? "" : "."}${String(part)}`,
    )
    .join("");
}

function valueAt(input: unknown, path: Path): unknown {
  let value = input;
  for (const part of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = Object.entries(value).find(([key]) => key === String(part))?.[1];
  }
  return value;
}

function typeName(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "an array" : `of type ${typeof value}`;
}
