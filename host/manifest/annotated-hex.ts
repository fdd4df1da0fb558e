/**
 * Every byte of an envelope with its offset and what it means.
 */
import { Major, MAJOR_NAMES } from "./cbor-reader.ts";
import type { Item } from "./item.ts";
import { integerOf, type Tree } from "./tree.ts";

/** Bytes per line. */
const LINE_BYTES = 16;
/** Of a longer run of bytes only the beginning is shown; it bounds the memory for any input. */
const LONGEST_RUN = 16 * 1024;

/**
 * The tree as lines of offset, bytes and meaning. The bytes of all lines are the input, in order, but
 * for what lies behind the first 16 KiB of one string.
 */
export function annotatedHex(tree: Tree): string {
  const width = Math.max(4, (tree.bytes.length - 1).toString(16).length);
  const lines: string[] = [];
  const emit = (from: number, to: number, depth: number, meaning: string): void => {
    const end = Math.min(to, from + LONGEST_RUN);
    for (let offset = from; offset < end; offset += LINE_BYTES) {
      const bytes = Buffer.from(tree.bytes.subarray(offset, Math.min(offset + LINE_BYTES, end))).toString(
        "hex",
      );
      const spaced = bytes.replace(/(..)(?=.)/g, "$1 ").padEnd(LINE_BYTES * 3);
      const text = offset === from ? `${"  ".repeat(depth)}${meaning}` : "";
      lines.push(`${offset.toString(16).padStart(width, "0")}  ${spaced} ${text}`.trimEnd());
    }
    if (end < to) lines.push(`${" ".repeat(width)}  … ${to - end} more bytes`);
  };
  for (const item of tree.roots) walk(tree, item, 0, emit);
  return lines.join("\n");
}

type Emit = (from: number, to: number, depth: number, meaning: string) => void;

function walk(tree: Tree, item: Item, depth: number, emit: Emit): void {
  const name = item.name === undefined ? "" : `${item.name}: `;
  const note = item.note === undefined ? "" : ` (${item.note})`;
  if (item.major === undefined) {
    emit(item.start, item.end, depth, `unreadable, ${item.end - item.start} bytes`);
    return;
  }
  emit(item.start, item.headEnd, depth, `${name}${meaning(item)}${note}`);
  if (item.embedded !== undefined) {
    for (const embedded of item.embedded) walk(tree, embedded, depth + 1, emit);
  } else if (item.major === Major.Bytes || item.major === Major.Text) {
    emit(item.headEnd, item.end, depth + 1, content(tree, item));
  }
  for (const [index, child] of item.items.entries()) {
    walk(tree, child, depth + 1 + (item.major === Major.Map ? index % 2 : 0), emit);
  }
}

function meaning(item: Item): string {
  const count = item.argument === 1n ? "" : "s";
  switch (item.major) {
    case Major.Unsigned:
    case Major.Negative:
      return String(integerOf(item));
    case Major.Bytes:
      return `byte string of ${item.argument}${item.embedded === undefined ? "" : ", CBOR inside"}`;
    case Major.Text:
      return `text of ${item.argument}`;
    case Major.Array:
      return `array of ${item.argument}`;
    case Major.Map:
      return `map of ${item.argument} pair${count}`;
    case Major.Tag:
      return `tag ${item.argument}`;
    default:
      return simple(item);
  }
}

function simple(item: Item): string {
  const names: Readonly<Record<number, string>> = { 20: "false", 21: "true", 22: "null", 23: "undefined" };
  if (item.information > 24) return "floating-point number";
  return names[Number(item.argument)] ?? `${MAJOR_NAMES[Major.Simple]} ${item.argument}`;
}

/** The text of a string that is readable on one line. */
function content(tree: Tree, item: Item): string {
  if (item.major !== Major.Text || item.end - item.headEnd > LINE_BYTES * 3) return "";
  return JSON.stringify(Buffer.from(tree.bytes.subarray(item.headEnd, item.end)).toString("utf8"));
}
