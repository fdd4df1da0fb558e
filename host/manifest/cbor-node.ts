/**
 * One CBOR item with what it holds, read from bytes that may be anything.
 *
 * Every question has an answer or undefined; nothing is thrown. It is how the JSON form looks at
 * CBOR, whose exactness is then checked by writing the JSON again.
 */
import { Major } from "./cbor-reader.ts";
import type { Item } from "./item.ts";
import { integerOf, pairsOf, readTree } from "./tree.ts";

/** A node of a CBOR item. */
export class CborNode {
  readonly #bytes: Uint8Array;
  readonly #item: Item;

  private constructor(bytes: Uint8Array, item: Item) {
    this.#bytes = bytes;
    this.#item = item;
  }

  /** The one well-formed item that fills the bytes; undefined if they are something else. */
  static read(bytes: Uint8Array): CborNode | undefined {
    const { roots, mistake } = readTree(bytes, {});
    const [root] = roots;
    return root === undefined || mistake !== undefined ? undefined : new CborNode(bytes, root);
  }

  /** Its encoding. */
  get encoded(): Uint8Array {
    return this.#bytes.subarray(this.#item.start, this.#item.end);
  }

  get isNull(): boolean {
    return this.#item.major === Major.Simple && this.#item.information === 22;
  }

  integer(): bigint | undefined {
    return integerOf(this.#item);
  }

  /** The integer if it is one that JSON numbers hold exactly. */
  smallInteger(): number | undefined {
    const value = this.integer();
    return value !== undefined && Number.isSafeInteger(Number(value)) ? Number(value) : undefined;
  }

  boolean(): boolean | undefined {
    const { major, information } = this.#item;
    return major !== Major.Simple ? undefined : information === 20 ? false : information === 21 || undefined;
  }

  /** The text of a text string that is UTF-8. */
  text(): string | undefined {
    return this.#item.major === Major.Text ? utf8(this.#content()) : undefined;
  }

  /** The content of a byte string. */
  bytes(): Uint8Array | undefined {
    return this.#item.major === Major.Bytes ? this.#content() : undefined;
  }

  /** The item inside a byte string. */
  embedded(): CborNode | undefined {
    return this.#item.major === Major.Bytes ? CborNode.read(this.#content()) : undefined;
  }

  elements(): readonly CborNode[] | undefined {
    return this.#item.major === Major.Array ? this.#item.items.map((item) => this.#child(item)) : undefined;
  }

  entries(): readonly (readonly [CborNode, CborNode])[] | undefined {
    if (this.#item.major !== Major.Map) return undefined;
    return pairsOf(this.#item).map(({ key, value }) => [this.#child(key), this.#child(value)] as const);
  }

  /** The content of an item with this tag. */
  tagged(tag: number): CborNode | undefined {
    const [content] = this.#item.items;
    const isTagged = this.#item.major === Major.Tag && this.#item.argument === BigInt(tag);
    return isTagged && content !== undefined ? this.#child(content) : undefined;
  }

  /** Tag and content of a tagged item. */
  anyTag(): { readonly tag: bigint; readonly content: CborNode } | undefined {
    const [content] = this.#item.items;
    if (this.#item.major !== Major.Tag || content === undefined) return undefined;
    return { tag: this.#item.argument, content: this.#child(content) };
  }

  #child(item: Item): CborNode {
    return new CborNode(this.#bytes, item);
  }

  #content(): Uint8Array {
    return this.#bytes.subarray(this.#item.headEnd, this.#item.end);
  }
}

/** Bytes as text if they are UTF-8; a byte order mark is kept. */
export function utf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Answers for each of a list, or undefined if one has none. */
export function all<From, To>(
  list: readonly From[] | undefined,
  answer: (from: From) => To | undefined,
): To[] | undefined {
  const answers: To[] = [];
  for (const from of list ?? []) {
    const to = answer(from);
    if (to === undefined) return undefined;
    answers.push(to);
  }
  return list === undefined ? undefined : answers;
}
