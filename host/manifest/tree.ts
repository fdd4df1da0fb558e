/**
 * An envelope as a tree of CBOR items with their names and places, for people to look at.
 *
 * Unlike the verifier it never gives up as a whole: what cannot be read becomes a raw item, its
 * surroundings stay, and the first mistake is remembered. A byte string is opened where `shape.ts`
 * says that it holds CBOR.
 */
import { Status } from "../../assembly/status.ts";
import { CborReader, Major, signed, type Head } from "./cbor-reader.ts";
import type { Item } from "./item.ts";
import { Refusal } from "./refusal.ts";
import { commandName, sequenceEntry, type Shape } from "./shape.ts";

/** A tree, and the first mistake that was met. */
export interface Tree {
  readonly bytes: Uint8Array;
  /** The item at the start, then raw items for what could not be read or was left over. */
  readonly roots: readonly Item[];
  readonly mistake?: Refusal;
}

/** How deep items may nest before they are shown as raw bytes. */
const MAXIMUM_DEPTH = 64;
/** How many items are read before the rest is shown as raw bytes; it bounds the memory for any input. */
const MAXIMUM_ITEMS = 100_000;

/** Reads bytes into a tree; total on any input. */
export function readTree(bytes: Uint8Array, shape: Shape): Tree {
  const grower = new Grower(bytes);
  const roots = grower.level(0, bytes.length, shape, 0);
  return { bytes, roots, ...(grower.mistake === undefined ? {} : { mistake: grower.mistake }) };
}

/** The integer that an item is, if it is one. */
export function integerOf(item: Item | undefined): bigint | undefined {
  if (item === undefined || (item.major !== Major.Unsigned && item.major !== Major.Negative))
    return undefined;
  return item.major === Major.Negative ? -1n - item.argument : item.argument;
}

/** Content of a byte or text string. */
export function contentOf(tree: Tree, item: Item): Uint8Array {
  return tree.bytes.subarray(item.headEnd, item.end);
}

/** A key of a map with its value. */
export interface Pair {
  readonly key: Item;
  readonly value: Item;
}

/** Keys and values of a map. */
export function pairsOf(item: Item | undefined): readonly Pair[] {
  if (item?.major !== Major.Map) return [];
  const pairs: Pair[] = [];
  for (let index = 0; index + 1 < item.items.length; index += 2) {
    const [key, value] = item.items.slice(index, index + 2);
    if (key !== undefined && value !== undefined) pairs.push({ key, value });
  }
  return pairs;
}

/** The value under an integer key. */
export function valueAt(map: Item | undefined, label: number): Item | undefined {
  return pairsOf(map).find(({ key }) => integerOf(key) === BigInt(label))?.value;
}

/** One run of items over the same stretch of bytes: the input, or the inside of a byte string. */
interface Level {
  readonly reader: CborReader;
  /** Set by the first mistake; nothing of this stretch is read after it. */
  failed: boolean;
}

class Grower {
  readonly #bytes: Uint8Array;
  #count = 0;
  mistake: Refusal | undefined;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Reads the one item that should fill `[from, to)`; the rest becomes a raw item. */
  level(from: number, to: number, shape: Shape, depth: number): Item[] {
    const level: Level = { reader: new CborReader(this.#bytes, from, to), failed: false };
    const items: Item[] = [];
    const item = this.#item(level, shape, depth);
    if (item !== undefined) items.push(item);
    if (!level.failed && level.reader.offset < to) {
      this.#try(level, () => level.reader.finish("the item"));
    }
    const read = item?.end ?? from;
    if (level.failed && read < to) items.push(raw(read, to));
    return items;
  }

  #item(level: Level, shape: Shape, depth: number): Item | undefined {
    const head = this.#try(level, () => this.#head(level.reader, depth));
    if (head === undefined) return undefined;
    const item: Item = {
      start: head.start,
      headEnd: level.reader.offset,
      end: level.reader.offset,
      major: head.major,
      argument: head.argument,
      information: head.information,
      items: [],
    };
    if (head.major === Major.Bytes || head.major === Major.Text) this.#string(level, item, shape, depth);
    else this.#children(level, item, shape, depth);
    if (!level.failed || item.major === Major.Tag) item.note = shape.note?.(item, this.#bytes);
    return item;
  }

  #head(reader: CborReader, depth: number): Head {
    this.#count += 1;
    if (this.#count > MAXIMUM_ITEMS) {
      throw new Refusal(
        Status.EnvelopeTooLarge,
        reader.offset,
        `The input has more than ${MAXIMUM_ITEMS} CBOR items, more than any device takes`,
      );
    }
    if (depth > MAXIMUM_DEPTH) {
      throw new Refusal(
        Status.NestingTooDeep,
        reader.offset,
        `The item nests deeper than ${MAXIMUM_DEPTH} levels`,
      );
    }
    return reader.head();
  }

  #string(level: Level, item: Item, shape: Shape, depth: number): void {
    const { reader } = level;
    const end = this.#try(level, () => {
      if (item.argument > BigInt(reader.end - reader.offset)) {
        reader.offset = item.start;
        if (item.major === Major.Bytes) reader.byteString("A byte string");
        else reader.textString("A text string");
      }
      return item.headEnd + Number(item.argument);
    });
    item.end = end ?? reader.end;
    reader.offset = item.end;
    const isBlank = shape.mayBeEmpty === true && item.argument === 0n;
    if (item.major === Major.Bytes && shape.embedded !== undefined && !isBlank) {
      item.embedded = this.level(item.headEnd, item.end, shape.embedded(), depth + 1);
    }
  }

  #children(level: Level, item: Item, shape: Shape, depth: number): void {
    if (shape.isSequence === true && item.major === Major.Array) item.isSequence = true;
    const isContainer = item.major === Major.Array || item.major === Major.Map || item.major === Major.Tag;
    if (!isContainer) return;
    const count =
      item.major === Major.Tag ? 1n : item.major === Major.Map ? item.argument * 2n : item.argument;
    for (let index = 0; BigInt(index) < count && !level.failed; index++) {
      const before = item.items.at(-1);
      const entry = this.#entry(shape, item, index, before);
      const child = this.#item(level, entry.shape, depth + 1);
      if (child === undefined) return;
      child.name = entry.name ?? this.#nameOf(shape, item, index, child);
      item.items.push(child);
      item.end = child.end;
    }
  }

  #entry(
    shape: Shape,
    item: Item,
    index: number,
    before: Item | undefined,
  ): { name?: string | undefined; shape: Shape } {
    if (item.major === Major.Map) {
      if (index % 2 === 0 || before === undefined) return { shape: {} };
      return { shape: shape.entry?.(keyOf(before, this.#bytes))?.shape ?? {} };
    }
    if (item.isSequence === true) return sequenceEntry(index, integerOf(before));
    return shape.element?.(index) ?? { shape: {} };
  }

  /** The name of a map's key or of a command, which only its value tells. */
  #nameOf(shape: Shape, item: Item, index: number, child: Item): string | undefined {
    if (index % 2 !== 0) return undefined;
    if (item.major === Major.Map) return shape.entry?.(keyOf(child, this.#bytes))?.name;
    return item.isSequence === true ? commandName(integerOf(child)) : undefined;
  }

  #try<T>(level: Level, action: () => T): T | undefined {
    try {
      return action();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.mistake ??= error;
      level.failed = true;
      return undefined;
    }
  }
}

/** A key as what `Shape.entry` takes. */
function keyOf(key: Item, bytes: Uint8Array): bigint | string | undefined {
  if (key.major === Major.Text) return new TextDecoder().decode(bytes.subarray(key.headEnd, key.end));
  if (key.major === Major.Unsigned || key.major === Major.Negative)
    return signed({ ...key, major: key.major });
  return undefined;
}

function raw(start: number, end: number): Item {
  return {
    start,
    headEnd: start,
    end,
    major: undefined,
    argument: 0n,
    information: 0,
    items: [],
    name: "unreadable",
  };
}
