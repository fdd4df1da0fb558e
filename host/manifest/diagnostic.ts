/**
 * Diagnostic notation (RFC 8949 §8, RFC 8610 appendix G) with the drafts' names as comments and
 * embedded CBOR opened in `<< >>`.
 */
import { diagnose } from "cbor2";
import { Major } from "./cbor-reader.ts";
import type { Item } from "./item.ts";
import { integerOf, type Tree } from "./tree.ts";

/** Integrated payloads beyond this many bytes are shown with an ellipsis. */
const LONGEST_BYTES = 256;

/** The tree in diagnostic notation. */
export function diagnosticNotation(tree: Tree): string {
  return tree.roots.map((item) => render(tree, item, "")).join("\n");
}

function render(tree: Tree, item: Item, indent: string): string {
  const value = value_(tree, item, indent);
  return item.note === undefined || item.major === Major.Tag ? value : `${value} / ${comment(item.note)} /`;
}

function value_(tree: Tree, item: Item, indent: string): string {
  const inner = `${indent}    `;
  switch (item.major) {
    case Major.Tag:
      return `${item.note === undefined ? "" : `/ ${comment(item.note)} / `}${item.argument}(${list(tree, item.items, indent, inner)})`;
    case Major.Array:
      return wrap("[", array(tree, item, indent, inner), "]", isIncomplete(item, 1));
    case Major.Map:
      return wrap("{", map(tree, item, indent, inner), "}", isIncomplete(item, 2));
    case Major.Bytes:
      if (item.embedded !== undefined) {
        return `<< ${item.embedded.map((embedded) => render(tree, embedded, indent)).join(", ")} >>`;
      }
      return hexString(tree, item);
    case undefined:
      return `/ ${item.name ?? "raw"} / ${hexString(tree, item)}`;
    default:
      return leaf(tree, item);
  }
}

/** Commands stand on one line with their arguments. */
function array(tree: Tree, item: Item, indent: string, inner: string): string {
  if (item.isSequence !== true) return list(tree, item.items, indent, inner, isShort(item));
  const commands: string[] = [];
  for (let index = 0; index < item.items.length; index += 2) {
    commands.push(
      item.items
        .slice(index, index + 2)
        .map((part) => named(tree, part, inner))
        .join(", "),
    );
  }
  return lines(commands, indent, inner);
}

function list(tree: Tree, items: readonly Item[], indent: string, inner: string, short = false): string {
  if (items.length === 1 && items[0]?.name === undefined)
    return items.map((item) => render(tree, item, indent)).join("");
  if (short) return items.map((item) => named(tree, item, indent)).join(", ");
  return lines(
    items.map((item) => named(tree, item, inner)),
    indent,
    inner,
  );
}

function map(tree: Tree, item: Item, indent: string, inner: string): string {
  const entries: string[] = [];
  for (let index = 0; index < item.items.length; index += 2) {
    const [key, value] = item.items.slice(index, index + 2);
    if (key === undefined) continue;
    entries.push(`${named(tree, key, inner)}: ${value === undefined ? "..." : render(tree, value, inner)}`);
  }
  return entries.length === 0 ? "" : lines(entries, indent, inner);
}

function lines(entries: readonly string[], indent: string, inner: string): string {
  return entries.length === 0 ? "" : `\n${entries.map((entry) => inner + entry).join(",\n")}\n${indent}`;
}

function named(tree: Tree, item: Item, indent: string): string {
  const value = render(tree, item, indent);
  return item.name === undefined || item.major === undefined ? value : `/ ${comment(item.name)} / ${value}`;
}

/** Arrays of plain items without names stay on one line. */
function isShort(item: Item): boolean {
  return item.items.every(
    ({ items, embedded, name, note, major }) =>
      items.length === 0 &&
      embedded === undefined &&
      (name === undefined || major === undefined) &&
      note === undefined,
  );
}

/** An array or map of which not all items could be read. */
function isIncomplete(item: Item, itemsPerEntry: number): boolean {
  return BigInt(item.items.length) < item.argument * BigInt(itemsPerEntry);
}

function wrap(open: string, content: string, close: string, incomplete: boolean): string {
  return `${open}${content}${incomplete ? " ... / the rest is unreadable / " : ""}${close}`;
}

function hexString(tree: Tree, item: Item): string {
  const content = tree.bytes.subarray(item.headEnd, item.end);
  const shown = Buffer.from(content.subarray(0, LONGEST_BYTES)).toString("hex");
  if (content.length <= LONGEST_BYTES) return `h'${shown}'`;
  return `h'${shown}' / and ${content.length - LONGEST_BYTES} more bytes /`;
}

/** Integers; texts, floats and simple values as cbor2 writes them. */
function leaf(tree: Tree, item: Item): string {
  const integer = integerOf(item);
  if (integer !== undefined) return String(integer);
  try {
    return diagnose(tree.bytes.slice(item.start, item.end));
  } catch {
    return hexString(tree, { ...item, headEnd: item.start });
  }
}

/** A slash would end the comment. */
function comment(text: string): string {
  return text.replaceAll("/", "\\");
}
