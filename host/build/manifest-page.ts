/**
 * The generated parts of docs/manifest.md: labels and lint rules, made from the tables that the code
 * uses. Each stands between `<!-- generated NAME -->` and `<!-- /generated -->`.
 */
import { format } from "prettier";
import {
  COMMANDS,
  COMMON_MEMBERS,
  DOCUMENTS,
  ENVELOPE_MEMBERS,
  MANIFEST_MEMBERS,
  PARAMETERS,
  type CommandLabel,
  type Label,
  type MemberLabel,
} from "../manifest/labels.ts";
import { RULES } from "../manifest/lint/rule.ts";
import { MANIFEST_TEMPLATES } from "../manifest/template.ts";
import { table } from "./markdown-table.ts";

/** What stands under each name. */
const PARTS: Readonly<Record<string, () => string>> = {
  members: () =>
    table(
      ["JSON", "number", "what it is", "severable", "defined in", "device"],
      [...MANIFEST_MEMBERS.filter(({ kind }) => kind !== "common"), ...COMMON_MEMBERS].map(memberRow),
    ),
  commands: () =>
    table(["command", "number", "argument", "what it does", "defined in", "device"], COMMANDS.map(commandRow)),
  parameters: () =>
    table(["parameter", "number", "value", "what it says", "defined in", "device"], PARAMETERS.map(parameterRow)),
  templates: () =>
    table(
      ["template", "what it is"],
      Object.entries(MANIFEST_TEMPLATES).map(([name, text]) => [code(name), text]),
    ),
  rules: () =>
    table(
      ["rule", "", "what is wrong", "what to do"],
      Object.entries(RULES).map(([id, { severity, sentence, fix }]) => [code(id), severity, sentence, fix]),
    ),
  support: () =>
    table(
      ["", "processed", "known, refused as unsupported"],
      [
        supportRow("manifest", [...MANIFEST_MEMBERS, ...COMMON_MEMBERS.filter(({ kind }) => kind === "dependencies")]),
        supportRow("conditions", COMMANDS.filter(({ directive }) => !directive)),
        supportRow("directives", COMMANDS.filter(({ directive }) => directive)),
        supportRow("parameters", PARAMETERS),
        ["algorithms", "ESP256, ES256, SHA-256", "all others"],
      ],
    ),
  documents: () =>
    `${Object.entries(DOCUMENTS)
      .map(([letter, name]) => `${letter} is ${name}`)
      .join(", ")}. "device" says what the bootloader of this repository processes.`,
};

/** The manual with its generated parts made again, formatted by prettier like every other file. */
export function manifestPage(manual: string): Promise<string> {
  const page = manual.replace(
    /<!-- generated ([a-z]+) -->[\s\S]*?<!-- \/generated -->/g,
    (whole, name: string) => {
      const part = PARTS[name];
      return part === undefined ? whole : `<!-- generated ${name} -->\n\n${part()}\n\n<!-- /generated -->`;
    },
  );
  return format(page, { parser: "markdown", printWidth: 110 });
}

function memberRow(member: MemberLabel): string[] {
  const isSeverable = ENVELOPE_MEMBERS.some(({ label }) => member.severable && label === member.label);
  return [code(member.json), String(member.label), member.description, isSeverable ? "yes" : "", ...tail(member)];
}

function commandRow(command: CommandLabel): string[] {
  const needs = command.needs.length === 0 ? "" : ` Needs ${command.needs.join(", ")}.`;
  const kind = command.directive ? command.kind : `${command.kind}, condition`;
  return [code(command.name), String(command.label), kind, `${command.description}${needs}`, ...tail(command)];
}

function parameterRow(parameter: Label): string[] {
  return [code(parameter.name), String(parameter.label), parameter.kind, parameter.description, ...tail(parameter)];
}

function tail({ document, section, supported }: Label): string[] {
  return [`${document} §${section}`, supported ? "yes" : ""];
}

function supportRow(name: string, rows: readonly Label[]): string[] {
  const names = (supported: boolean): string =>
    rows
      .filter((row) => row.supported === supported)
      .map((row) => row.name)
      .join(", ");
  return [name, names(true), names(false)];
}

function code(text: string): string {
  return `\`${text}\``;
}
