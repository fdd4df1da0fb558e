/**
 * An envelope's content as data: what `manifest inspect --json` prints.
 *
 * Names are the drafts'. Bytes are hex, integers beyond 2^53 are decimal strings. What is not there,
 * or could not be read, is left out.
 */
import { equalBytes } from "../keys/key.ts";
import { Major } from "./cbor-reader.ts";
import { digestOf } from "./digest.ts";
import {
  byLabel,
  COMMANDS,
  COMPONENT_TEXT,
  COSE_TAGS,
  DIGEST_ALGORITHMS,
  ENVELOPE_MEMBERS,
  MANIFEST_MEMBERS,
  PARAMETERS,
  SIGNATURE_ALGORITHMS,
  TEXT_MEMBERS,
  type Label,
} from "./labels.ts";
import { componentText, policyText } from "./shape.ts";
import type { Item } from "./item.ts";
import { contentOf, integerOf, pairsOf, valueAt, type Pair, type Tree } from "./tree.ts";

/** A digest; `matches` says whether the bytes it is for have it, if they are there. */
export interface DigestDescription {
  readonly algorithm: string;
  readonly hex: string;
  readonly matches?: boolean;
}

/** An authentication block. */
export interface SignatureDescription {
  /** COSE_Sign1, COSE_Mac0, … */
  readonly structure: string;
  /** The COSE number of the algorithm in the protected header. */
  readonly algorithm?: number;
  readonly algorithmName?: string;
  /** Key identifier as hex. */
  readonly kid?: string;
  readonly signatureBytes?: number;
}

/** A command with its argument in the one form that it has. */
export interface CommandDescription {
  readonly command: string;
  readonly label: number | string;
  /** What is reported. */
  readonly policy?: string;
  /** Parameters by name. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Branches of try-each, or the one sequence of run-sequence; null does nothing. */
  readonly branches?: readonly (readonly CommandDescription[] | null)[];
  /** Any other argument. */
  readonly argument?: string;
}

/** A member that may be severed. */
export interface SectionDescription {
  readonly name: string;
  /** Where its content is. */
  readonly place: "manifest" | "envelope" | "absent";
  /** Bytes of its content. */
  readonly bytes?: number;
  /** The digest that stands in its place if it was severed. */
  readonly digest?: DigestDescription;
  /** Its commands, if it is a sequence that could be read. */
  readonly commands?: readonly CommandDescription[];
}

/** A payload inside the envelope. */
export interface PayloadDescription {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** Text for people, by language; texts by name, and those of components by component. */
export type TextDescription = Readonly<
  Record<string, Readonly<Record<string, string | Readonly<Record<string, string>>>>>
>;

/** What an envelope holds. */
export interface Description {
  readonly bytes: number;
  readonly digest?: DigestDescription;
  readonly signatures: readonly SignatureDescription[];
  readonly manifestBytes?: number;
  readonly version?: number | string;
  readonly sequenceNumber?: number | string;
  readonly referenceUri?: string;
  readonly components: readonly string[];
  readonly dependencies?: number;
  /** Command sequences, the shared one first, in the order of their keys. */
  readonly sections: readonly SectionDescription[];
  /** State of the text member; its content is in `text`. */
  readonly textSection?: SectionDescription;
  readonly text?: TextDescription;
  readonly integratedPayloads: readonly PayloadDescription[];
  /** Members that have no meaning here, by their number. */
  readonly unknownMembers: readonly string[];
}

/** Describes a tree of `ENVELOPE_SHAPE`. */
export function describeEnvelope(tree: Tree): Description {
  const root = tree.roots[0];
  const envelope = root?.major === Major.Tag ? root.items[0] : root;
  const wrapper = valueAt(envelope, 2)?.embedded?.[0];
  const manifestItem = valueAt(envelope, 3);
  const manifest = manifestItem?.embedded?.[0];
  const common = valueAt(manifest, 3)?.embedded?.[0];
  const digest = describeDigest(tree, wrapper?.items[0]?.embedded?.[0], manifestItem);
  const sections = describeSections(tree, envelope, manifest, common);
  const textItem = valueAt(manifest, 23);
  const textContent = (textItem?.embedded ?? valueAt(envelope, 23)?.embedded)?.[0];
  const referenceUri = valueAt(manifest, 4);
  const dependencies = valueAt(common, 1);
  return {
    bytes: tree.bytes.length,
    ...optional("digest", digest),
    signatures: (wrapper?.items.slice(1) ?? []).map((block) => describeSignature(tree, block)),
    ...optional(
      "manifestBytes",
      manifestItem === undefined ? undefined : manifestItem.end - manifestItem.headEnd,
    ),
    ...optional("version", number(valueAt(manifest, 1))),
    ...optional("sequenceNumber", number(valueAt(manifest, 2))),
    ...optional("referenceUri", referenceUri?.major === Major.Text ? textOf(tree, referenceUri) : undefined),
    components: (valueAt(common, 2)?.items ?? []).map((component) => componentText(component, tree.bytes)),
    ...optional("dependencies", dependencies?.major === Major.Map ? pairsOf(dependencies).length : undefined),
    sections,
    ...optional("textSection", describeMember(tree, "text", textItem, valueAt(envelope, 23))),
    ...optional("text", textContent === undefined ? undefined : describeText(tree, textContent)),
    integratedPayloads: describePayloads(tree, envelope),
    unknownMembers: [
      ...unknownKeys(envelope, ENVELOPE_MEMBERS, "envelope"),
      ...unknownKeys(manifest, MANIFEST_MEMBERS, "manifest"),
    ],
  };
}

function describeSections(
  tree: Tree,
  envelope: Item | undefined,
  manifest: Item | undefined,
  common: Item | undefined,
): SectionDescription[] {
  const shared = describeMember(tree, "shared", valueAt(common, 4), undefined);
  const sections = shared === undefined ? [] : [shared];
  for (const { label, name, kind } of MANIFEST_MEMBERS) {
    if (kind !== "sequence" && kind !== "coswid") continue;
    const section = describeMember(tree, name, valueAt(manifest, label), valueAt(envelope, label));
    if (section !== undefined) sections.push(section);
  }
  return sections;
}

/** A member of the manifest: its own bytes, or the digest of what the envelope has. */
function describeMember(
  tree: Tree,
  name: string,
  held: Item | undefined,
  severed: Item | undefined,
): SectionDescription | undefined {
  if (held === undefined && severed === undefined) return undefined;
  const content = held?.major === Major.Bytes ? held : severed;
  const commands = content?.embedded?.[0];
  return {
    name,
    place: held?.major === Major.Bytes ? "manifest" : severed === undefined ? "absent" : "envelope",
    ...optional("bytes", content === undefined ? undefined : content.end - content.headEnd),
    ...optional("digest", describeDigest(tree, held?.major === Major.Array ? held : undefined, severed)),
    ...optional("commands", commands?.isSequence === true ? describeSequence(tree, commands) : undefined),
  };
}

function describeDigest(
  tree: Tree,
  item: Item | undefined,
  covered: Item | undefined,
): DigestDescription | undefined {
  const algorithm = integerOf(item?.items[0]);
  const bytes = item?.items[1];
  if (algorithm === undefined || bytes?.major !== Major.Bytes) return undefined;
  const expected = contentOf(tree, bytes);
  const actual =
    covered === undefined
      ? undefined
      : digestOf(tree.bytes.subarray(covered.start, covered.end), Number(algorithm));
  return {
    algorithm: byLabel(DIGEST_ALGORITHMS, algorithm)?.name ?? `algorithm ${algorithm}`,
    hex: hexOf(expected),
    ...optional("matches", actual === undefined ? undefined : equalBytes(actual, expected)),
  };
}

function describeSignature(tree: Tree, block: Item): SignatureDescription {
  const tagged = block.embedded?.[0];
  const [header, unprotected, , signature] = tagged?.items[0]?.items ?? [];
  const protectedMap = header?.embedded?.[0];
  const algorithm = integerOf(valueAt(protectedMap, 1) ?? valueAt(unprotected, 1));
  const kid = valueAt(protectedMap, 4) ?? valueAt(unprotected, 4);
  const isTag = tagged?.major === Major.Tag;
  return {
    structure: (isTag ? COSE_TAGS.get(Number(tagged.argument)) : undefined) ?? "unknown structure",
    ...optional("algorithm", algorithm === undefined ? undefined : Number(algorithm)),
    ...optional(
      "algorithmName",
      algorithm === undefined ? undefined : SIGNATURE_ALGORITHMS.get(Number(algorithm)),
    ),
    ...optional("kid", kid?.major === Major.Bytes ? hexOf(contentOf(tree, kid)) : undefined),
    ...optional(
      "signatureBytes",
      signature?.major === Major.Bytes ? signature.end - signature.headEnd : undefined,
    ),
  };
}

function describeSequence(tree: Tree, sequence: Item): CommandDescription[] {
  const commands: CommandDescription[] = [];
  for (let index = 0; index < sequence.items.length; index += 2) {
    const [command, argument] = sequence.items.slice(index, index + 2);
    if (command !== undefined) commands.push(describeCommand(tree, command, argument));
  }
  return commands;
}

function describeCommand(tree: Tree, command: Item, argument: Item | undefined): CommandDescription {
  const label = integerOf(command);
  const known = label === undefined ? undefined : byLabel(COMMANDS, label);
  const name = { command: known?.name ?? "unknown", label: number(command) ?? "not an integer" };
  if (argument === undefined) return name;
  switch (known?.kind) {
    case "policy":
      return { ...name, policy: policyText(argument) ?? valueText(tree, argument) };
    case "parameters":
      return { ...name, parameters: describeParameters(tree, argument) };
    case "sequence":
      return { ...name, branches: [describeBranch(tree, argument)] };
    case "try-each":
      return { ...name, branches: argument.items.map((branch) => describeBranch(tree, branch)) };
    default:
      return { ...name, argument: valueText(tree, argument) };
  }
}

function describeBranch(tree: Tree, branch: Item): readonly CommandDescription[] | null {
  const sequence = branch.embedded?.[0];
  return sequence?.isSequence === true ? describeSequence(tree, sequence) : null;
}

function describeParameters(tree: Tree, map: Item): Readonly<Record<string, string>> {
  return Object.fromEntries(
    pairsOf(map).map(({ key, value }) => {
      const digest = describeDigest(tree, value.embedded?.[0], undefined);
      return [
        nameOf(tree, key, PARAMETERS),
        digest === undefined ? valueText(tree, value) : `${digest.algorithm} ${digest.hex}`,
      ];
    }),
  );
}

/** Any value in short: its meaning if it has one, text and numbers as they are, bytes as hex. */
function valueText(tree: Tree, item: Item): string {
  if (item.note !== undefined) return item.note;
  switch (item.major) {
    case Major.Unsigned:
    case Major.Negative:
      return String(integerOf(item));
    case Major.Text:
      return textOf(tree, item);
    case Major.Array:
      return `[${item.items.map((element) => valueText(tree, element)).join(", ")}]`;
    case Major.Simple:
      return item.information === 20 ? "false" : item.information === 21 ? "true" : "null";
    case Major.Map:
      return `{${pairsOf(item)
        .map(({ key, value }) => `${valueText(tree, key)}: ${valueText(tree, value)}`)
        .join(", ")}}`;
    case Major.Tag:
      return `${item.argument}(${item.items.map((content) => valueText(tree, content)).join("")})`;
    default:
      return `0x${hexOf(contentOf(tree, item))}`;
  }
}

function describeText(tree: Tree, map: Item): TextDescription {
  return Object.fromEntries(
    pairsOf(map).map(({ key, value }) => [
      valueText(tree, key),
      Object.fromEntries(pairsOf(value).map((pair) => describeTextEntry(tree, pair))),
    ]),
  );
}

/** A text of its own, or under a component identifier the texts of that component. */
function describeTextEntry(
  tree: Tree,
  { key, value }: Pair,
): readonly [string, string | Readonly<Record<string, string>>] {
  if (key.major !== Major.Array) return [nameOf(tree, key, TEXT_MEMBERS), valueText(tree, value)];
  const texts = pairsOf(value).map((pair) => [
    nameOf(tree, pair.key, COMPONENT_TEXT),
    valueText(tree, pair.value),
  ]);
  return [componentText(key, tree.bytes), Object.fromEntries(texts)];
}

function nameOf(tree: Tree, key: Item, table: readonly Label[]): string {
  const label = integerOf(key);
  return (label === undefined ? undefined : byLabel(table, label)?.name) ?? valueText(tree, key);
}

function describePayloads(tree: Tree, envelope: Item | undefined): PayloadDescription[] {
  return pairsOf(envelope)
    .filter(({ key, value }) => key.major === Major.Text && value.major === Major.Bytes)
    .map(({ key, value }) => {
      const content = contentOf(tree, value);
      return {
        name: textOf(tree, key),
        bytes: content.length,
        sha256: hexOf(digestOf(content) ?? new Uint8Array(0)),
      };
    });
}

function unknownKeys(map: Item | undefined, table: readonly Label[], where: string): string[] {
  return pairsOf(map).flatMap(({ key }) => {
    const label = integerOf(key);
    return label === undefined || byLabel(table, label) !== undefined ? [] : [`${where} key ${label}`];
  });
}

/** A number, or its decimal digits beyond 2^53. */
function number(item: Item | undefined): number | string | undefined {
  const value = integerOf(item);
  if (value === undefined) return undefined;
  return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
}

function textOf(tree: Tree, item: Item): string {
  return new TextDecoder().decode(contentOf(tree, item));
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

/** An object with one member, or none for undefined. */
function optional<Name extends string, Value>(
  name: Name,
  value: Value | undefined,
): { readonly [Key in Name]?: Value } {
  const members: { [Key in Name]?: Value } = {};
  if (value !== undefined) members[name] = value;
  return members;
}
