/**
 * The JSON form of an envelope as the linter looks at it: sections with their commands, components,
 * dependencies, payloads.
 */
import { z } from "zod";
import { commandEntry, type CommandJson } from "../command-json.ts";
import type { EnvelopeJson } from "../decode.ts";
import { MANIFEST_MEMBERS, type MemberLabel } from "../labels.ts";

/** A command with where it stands. */
export interface PlacedCommand {
  readonly name: string;
  readonly argument: unknown;
  readonly path: string;
}

/** A section of the manifest. */
export interface Section {
  /** Its name in the JSON form, where paths begin. */
  readonly json: string;
  /** Its row; undefined for the shared sequence. */
  readonly member: MemberLabel | undefined;
  /** Its commands; undefined if they are not here or cannot be read. */
  readonly commands: readonly PlacedCommand[] | undefined;
}

/** The manifest of an envelope. */
export interface ManifestView {
  readonly json: EnvelopeJson;
  readonly sequenceNumber: bigint;
  /** Components as JSON. */
  readonly components: readonly unknown[];
  readonly dependencies: ReadonlySet<number>;
  readonly shared: Section | undefined;
  /** All sections but the shared one, in the order of their numbers. */
  readonly sections: readonly Section[];
  /** Names of integrated payloads. */
  readonly integrated: readonly string[];
}

const Record = z.record(z.string(), z.unknown());
const Commands = z.array(z.union([z.string(), Record]));

/** Looks at the JSON form. */
export function viewOf(json: EnvelopeJson): ManifestView {
  const number = z.union([z.int(), z.string().regex(/^[0-9]+$/)]).safeParse(json["sequenceNumber"]);
  const components = z.array(z.unknown()).safeParse(json["components"]);
  return {
    json,
    sequenceNumber: number.success ? BigInt(number.data) : 0n,
    components: components.success ? components.data : [],
    dependencies: new Set(Object.keys(recordOf(json["dependencies"])).map(Number)),
    shared: json["shared"] === undefined ? undefined : section("shared", undefined, json["shared"]),
    sections: MANIFEST_MEMBERS.filter(
      ({ kind, json: name }) => kind === "sequence" && json[name] !== undefined,
    ).map((member) => section(member.json, member, json[member.json])),
    integrated: Object.keys(recordOf(json["integrated"])),
  };
}

/** An object's members; none for anything else. */
export function recordOf(json: unknown): Readonly<Record<string, unknown>> {
  const parsed = Record.safeParse(json);
  return parsed.success ? parsed.data : {};
}

/** The commands of a sequence; undefined if it is no list of commands. */
export function placedCommands(json: unknown, path: string): PlacedCommand[] | undefined {
  const parsed = Commands.safeParse(json);
  if (!parsed.success) return undefined;
  return parsed.data.map((command: CommandJson, index) => {
    const [name, argument] = commandEntry(command);
    return { name, argument, path: `${path}[${index}]` };
  });
}

function section(name: string, member: MemberLabel | undefined, json: unknown): Section {
  const { content } = recordOf(json);
  const commands =
    content === undefined ? placedCommands(json, name) : placedCommands(content, `${name}.content`);
  return { json: name, member, commands };
}

/** The sequences nested in a command, with their paths; null for a branch that does nothing. */
export function nestedSequences({
  name,
  argument,
  path,
}: PlacedCommand): (PlacedCommand[] | null | undefined)[] {
  if (name === "run-sequence") return [placedCommands(argument, `${path}.${name}`)];
  if (name !== "try-each" || !Array.isArray(argument)) return [];
  return argument.map((branch: unknown, index) =>
    branch === null ? null : placedCommands(branch, `${path}.${name}[${index}]`),
  );
}

/** A sequence's commands with all that are nested in them. */
export function* everyCommand(
  commands: readonly PlacedCommand[] | undefined,
  depth = 0,
): Generator<{ readonly command: PlacedCommand; readonly depth: number }> {
  for (const command of commands ?? []) {
    yield { command, depth };
    for (const nested of nestedSequences(command)) yield* everyCommand(nested ?? [], depth + 1);
  }
}

/** The parameter maps of a command: one, or one for each component that it names. */
export function parameterMaps({ name, argument, path }: PlacedCommand): {
  readonly component: number | undefined;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly path: string;
}[] {
  if (name === "override-parameters" || name === "set-parameters")
    return [{ component: undefined, parameters: recordOf(argument), path: `${path}.${name}` }];
  if (name !== "override-multiple") return [];
  return Object.entries(recordOf(argument)).map(([index, parameters]) => ({
    component: Number(index),
    parameters: recordOf(parameters),
    path: `${path}.${name}.${index}`,
  }));
}
