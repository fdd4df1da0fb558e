/**
 * One clear sentence for a mistake in a manifest's JSON: where it is, what is wrong, what was meant.
 */
import type { z } from "zod";
import { nearest } from "../nearest.ts";
import { UserError } from "../user-error.ts";
import { COMMANDS, PARAMETERS } from "./labels.ts";

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/** Turns zod's issues into the error for the first of them. */
export function jsonError(error: z.ZodError, input: unknown, memberNames: readonly string[]): UserError {
  const unknownKey = error.issues.find(({ code }) => code === "unrecognized_keys");
  const issue = unknownKey ?? error.issues[0];
  if (issue === undefined) return new UserError("manifest-json", "The manifest's JSON is wrong.");
  const { leaf, path } = mostSpecific(issue, []);
  const where = path.length === 0 ? "" : `${pathText(path)}: `;
  const { message, hint } = explain(leaf, valueAt(input, path), path, memberNames);
  return new UserError("manifest-json", `In the manifest's JSON, ${where}${message}`, hint);
}

/** The alternative of a union that the input came closest to. */
function mostSpecific(issue: Issue, prefix: Path): { leaf: Issue; path: Path } {
  const path = [...prefix, ...issue.path];
  if (issue.code !== "invalid_union") return { leaf: issue, path };
  const branches = issue.errors.flatMap((issues) => issues.slice(0, 1));
  const best =
    branches.find((branch) => branch.code !== "invalid_type" || branch.path.length > 0) ?? branches[0];
  return best === undefined ? { leaf: issue, path } : mostSpecific(best, path);
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
  if (issue.code === "invalid_type") {
    const found = value === undefined ? "it is missing" : `it is ${typeName(value)}`;
    return { message: `this should be of type ${issue.expected}, and ${found}.` };
  }
  return { message: `${issue.message.charAt(0).toLowerCase()}${issue.message.slice(1)}.` };
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

/** The names that could have been meant at a place. */
function candidates(path: Path, memberNames: readonly string[]): readonly string[] {
  const last = path.at(-1);
  if (last === undefined) return memberNames;
  if (last === "override-parameters" || last === "set-parameters") return PARAMETERS.map(({ name }) => name);
  if (typeof last === "number" && path[0] !== "components")
    return [...COMMANDS.map(({ name }) => name), "custom"];
  return [];
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
