/**
 * A description in plain words.
 */
import type {
  CommandDescription,
  Description,
  DigestDescription,
  SectionDescription,
} from "./description.ts";

/** What is added to the description. */
export interface Remarks {
  /** Who signed, if keys were given. */
  readonly signer?: string | undefined;
  readonly problem?: string | undefined;
}

/** The description as lines of text, without colours. */
export function descriptionText(description: Description, remarks: Remarks = {}): string {
  const lines = [
    ...head(description, remarks),
    ...description.sections.flatMap(section),
    ...(description.textSection === undefined ? [] : [sectionTitle(description.textSection)]),
    ...Object.entries(description.text ?? {}).flatMap(([language, texts]) => [
      `  ${language}`,
      ...Object.entries(texts).flatMap(([name, text]) => textLines(name, text)),
    ]),
    ...description.integratedPayloads.map(
      ({ name, bytes, sha256 }) =>
        `Payload ${JSON.stringify(name)} inside the envelope: ${bytes} bytes, sha-256 ${sha256}`,
    ),
    ...description.unknownMembers.map((member) => `Unknown: ${member}`),
    ...(remarks.problem === undefined ? [] : [`Problem: ${remarks.problem}`]),
  ];
  return lines.join("\n");
}

function head(description: Description, { signer }: Remarks): string[] {
  const { bytes, manifestBytes, version, sequenceNumber, components, referenceUri, dependencies } =
    description;
  const parts = [`SUIT envelope, ${bytes} bytes`];
  if (manifestBytes !== undefined) parts.push(`manifest of ${manifestBytes} bytes`);
  if (version !== undefined) parts.push(`version ${version}`);
  return [
    parts.join(", "),
    ...(sequenceNumber === undefined ? [] : [`Sequence number ${sequenceNumber}`]),
    ...(description.digest === undefined ? [] : [`Manifest digest ${digestWords(description.digest)}`]),
    ...signatures(description),
    ...(signer === undefined ? [] : [signer]),
    ...components.map((component, index) => `Component ${index}: ${component}`),
    ...(dependencies === undefined ? [] : [`Dependencies: ${dependencies}`]),
    ...(referenceUri === undefined ? [] : [`Reference URI ${referenceUri}`]),
  ];
}

function signatures({ signatures: blocks }: Description): string[] {
  if (blocks.length === 0) return ["Not signed"];
  return blocks.map(({ structure, algorithm, algorithmName, kid, signatureBytes }, index) => {
    const named = algorithm === undefined ? "no algorithm" : `${algorithmName ?? "algorithm"} (${algorithm})`;
    const size = signatureBytes === undefined ? "" : `, ${signatureBytes} bytes`;
    return `Signature ${index + 1}: ${structure} with ${named}${size}${kid === undefined ? "" : `, key identifier ${kid}`}`;
  });
}

function digestWords({ algorithm, hex, matches }: DigestDescription): string {
  const judgement = matches === undefined ? "" : matches ? " (matches)" : " (DOES NOT MATCH)";
  return `${algorithm} ${hex}${judgement}`;
}

function section(description: SectionDescription): string[] {
  return [
    sectionTitle(description),
    ...(description.commands ?? []).flatMap((command) => commandLines(command, 1)),
  ];
}

function sectionTitle({ name, place, bytes, digest }: SectionDescription): string {
  const title = `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
  if (place === "manifest") return `${title}, ${bytes ?? 0} bytes`;
  const severed = digest === undefined ? "not mentioned in the manifest" : `severed, ${digestWords(digest)}`;
  return place === "absent"
    ? `${title}: ${severed}, not in this envelope`
    : `${title}, ${bytes ?? 0} bytes: ${severed}`;
}

function commandLines(description: CommandDescription, depth: number): string[] {
  const { command, label, policy, parameters, branches, argument } = description;
  const indent = "  ".repeat(depth);
  const title = `${indent}${command} (${label})`;
  if (parameters !== undefined) {
    return [title, ...Object.entries(parameters).map(([name, value]) => `${indent}  ${name} = ${value}`)];
  }
  if (branches !== undefined) {
    return [
      title,
      ...branches.flatMap((branch, index) => branchLines(branch, index, branches.length, depth + 1)),
    ];
  }
  const rest = policy ?? argument;
  return [rest === undefined ? title : `${title}: ${rest}`];
}

function branchLines(
  branch: readonly CommandDescription[] | null,
  index: number,
  count: number,
  depth: number,
): string[] {
  const indent = "  ".repeat(depth);
  if (branch === null) return [`${indent}otherwise nothing`];
  const commands = branch.flatMap((command) => commandLines(command, count === 1 ? depth : depth + 1));
  return count === 1 ? commands : [`${indent}${index === 0 ? "either" : "or"}`, ...commands];
}

function textLines(name: string, text: string | Readonly<Record<string, string>>): string[] {
  if (typeof text !== "string") {
    return [`    component ${name}`, ...Object.entries(text).map(([key, value]) => `      ${key}: ${value}`)];
  }
  const [first = "", ...rest] = text.split("\n");
  return [`    ${name}: ${first}`, ...rest.map((line) => `      ${line}`.trimEnd())];
}
