/**
 * CBOR as a tree that can be changed at will, also into what no encoder would write.
 *
 * Reading and writing again gives the same bytes, whatever they are: heads keep their width, and what
 * cannot be read stays as raw bytes. A byte string whose content is itself one array, map or tag is
 * opened, because SUIT wraps nearly everything; its length follows from what is in it, unless it is
 * made to lie (RFC 8949 §3).
 */

/** Major types, and one for bytes that are no item. */
export const enum NodeKind {
  Unsigned = 0,
  Negative = 1,
  Bytes = 2,
  Text = 3,
  Array = 4,
  Map = 5,
  Tag = 6,
  Simple = 7,
  Raw = 8,
}

/** One item. */
export interface CborNode {
  kind: NodeKind;
  /** Value, tag or simple value; for what has a length or a count, what is added to the true one. */
  argument: bigint;
  /** Bytes of the argument behind the initial byte: 0, 1, 2, 4, 8; undefined: as few as possible. */
  width: number | undefined;
  /** Written with indefinite length and a break. */
  isIndefinite: boolean;
  /** Content of a string that is not opened, or raw bytes. */
  content: Uint8Array;
  /** Elements of an array; keys and values in turn; what a tag holds; what an opened byte string holds. */
  children: CborNode[];
  /** A byte string that is opened. */
  isOpen: boolean;
}

/** Deeper than any manifest that is not refused for it. */
const DEPTH_MAX = 24;
const NO_CONTENT = new Uint8Array();

/** A node; what is not given is empty, in shortest form. */
export function nodeOf(kind: NodeKind, fields: Partial<Omit<CborNode, "kind">> = {}): CborNode {
  return {
    kind,
    argument: 0n,
    width: undefined,
    isIndefinite: false,
    content: NO_CONTENT,
    children: [],
    isOpen: false,
    ...fields,
  };
}

/** An integer. */
export function integerNode(value: number | bigint): CborNode {
  const wide = BigInt(value);
  return wide < 0n
    ? nodeOf(NodeKind.Negative, { argument: -1n - wide })
    : nodeOf(NodeKind.Unsigned, { argument: wide });
}

/**
 * Reads bytes into items; the last one is raw where something cannot be read.
 *
 * @param isLenient what claims to hold more than there is ends where the bytes end, and its claim is kept
 */
export function readNodes(bytes: Uint8Array, isLenient = false): CborNode[] {
  const reader = new NodeReader(bytes, isLenient);
  const nodes: CborNode[] = [];
  while (reader.position < bytes.length) {
    const start = reader.position;
    const node = reader.node(0);
    if (node === undefined) {
      nodes.push(nodeOf(NodeKind.Raw, { content: bytes.slice(start) }));
      break;
    }
    nodes.push(node);
  }
  return nodes;
}

/** Writes items, one behind the other. */
export function writeNodes(nodes: readonly CborNode[]): Uint8Array<ArrayBuffer> {
  const output = new NodeWriter();
  for (const node of nodes) output.node(node);
  return output.finish();
}

/** A copy that shares nothing which can be changed. */
export function copyNode(node: CborNode): CborNode {
  return { ...node, children: node.children.map(copyNode) };
}

class NodeReader {
  position = 0;
  readonly #bytes: Uint8Array;
  readonly #isLenient: boolean;

  constructor(bytes: Uint8Array, isLenient: boolean) {
    this.#bytes = bytes;
    this.#isLenient = isLenient;
  }

  /** The next item, or undefined with the position anywhere. */
  node(depth: number): CborNode | undefined {
    const initial = this.#bytes[this.position];
    if (initial === undefined || depth > DEPTH_MAX) return undefined;
    this.position += 1;
    const kind: NodeKind = initial >> 5;
    const information = initial & 31;
    if (information > 27) return undefined;
    const width = information < 24 ? 0 : 1 << (information - 24);
    if (this.position + width > this.#bytes.length) return undefined;
    let argument = BigInt(information < 24 ? information : 0);
    for (let index = 0; index < width; index += 1) {
      argument = (argument << 8n) | BigInt(this.#bytes[this.position + index] ?? 0);
    }
    this.position += width;
    const node = nodeOf(kind, { width: width === widthOf(argument) ? undefined : width });
    if (kind === NodeKind.Bytes || kind === NodeKind.Text) return this.#string(node, argument, depth);
    if (kind === NodeKind.Array || kind === NodeKind.Map) {
      const each = kind === NodeKind.Map ? 2n : 1n;
      if (!this.#children(node, argument * each, depth)) return undefined;
      node.argument = argument - BigInt(node.children.length) / each;
      return node;
    }
    node.argument = argument;
    return kind !== NodeKind.Tag || this.#children(node, 1n, depth) ? node : undefined;
  }

  #string(node: CborNode, length: bigint, depth: number): CborNode | undefined {
    const missing = length - BigInt(this.#bytes.length - this.position);
    if (missing > 0n) {
      if (!this.#isLenient) return undefined;
      node.argument = missing;
      length -= missing;
    }
    const end = this.position + Number(length);
    node.content = this.#bytes.slice(this.position, end);
    this.position = end;
    if (node.kind === NodeKind.Bytes) openString(node, depth);
    return node;
  }

  /** Reads what a node holds; false if it does not hold that much. */
  #children(node: CborNode, count: bigint, depth: number): boolean {
    if (!this.#isLenient && count > BigInt(this.#bytes.length - this.position)) return false;
    for (let left = count; left > 0n && (!this.#isLenient || !this.#isAtEnd); left -= 1n) {
      const start = this.position;
      let child = this.node(depth + 1);
      if (child === undefined) {
        if (!this.#isLenient) return false;
        child = nodeOf(NodeKind.Raw, { content: this.#bytes.slice(start) });
        this.position = this.#bytes.length;
      }
      node.children.push(child);
    }
    return true;
  }

  get #isAtEnd(): boolean {
    return this.position >= this.#bytes.length;
  }
}

/** Opens a byte string if it holds exactly one array, map or tag. */
function openString(node: CborNode, depth: number): void {
  const first = (node.content[0] ?? 0) >> 5;
  if (first !== NodeKind.Array && first !== NodeKind.Map && first !== NodeKind.Tag) return;
  const reader = new NodeReader(node.content, false);
  const inner = reader.node(depth + 1);
  if (inner === undefined || reader.position !== node.content.length) return;
  node.children = [inner];
  node.content = NO_CONTENT;
  node.isOpen = true;
}

class NodeWriter {
  #bytes = new Uint8Array(1024);
  #length = 0;

  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }

  node(node: CborNode): void {
    const { kind, argument, children, isIndefinite, width } = node;
    switch (kind) {
      case NodeKind.Raw:
        this.#copy(node.content);
        return;
      case NodeKind.Unsigned:
      case NodeKind.Negative:
      case NodeKind.Simple:
        this.#head(kind, argument, width);
        return;
      case NodeKind.Tag:
        this.#head(kind, argument, width);
        this.#all(children);
        return;
      case NodeKind.Bytes:
      case NodeKind.Text: {
        const content = node.isOpen ? writeNodes(children) : node.content;
        if (isIndefinite) this.#byte((kind << 5) | 31);
        this.#head(kind, BigInt(content.length) + argument, width);
        this.#copy(content);
        if (isIndefinite) this.#byte(0xff);
        return;
      }
      case NodeKind.Array:
      case NodeKind.Map: {
        const count = kind === NodeKind.Map ? children.length >> 1 : children.length;
        if (isIndefinite) this.#byte((kind << 5) | 31);
        else this.#head(kind, BigInt(count) + argument, width);
        this.#all(children);
        if (isIndefinite) this.#byte(0xff);
      }
    }
  }

  #all(nodes: readonly CborNode[]): void {
    for (const node of nodes) this.node(node);
  }

  #head(kind: NodeKind, value: bigint, width: number | undefined): void {
    const argument = BigInt.asUintN(64, value);
    const needed = widthOf(argument);
    const bytes = width === undefined || width < needed ? needed : width;
    if (bytes === 0) {
      this.#byte((kind << 5) | Number(argument));
      return;
    }
    this.#byte((kind << 5) | (24 + Math.log2(bytes)));
    for (let index = bytes - 1; index >= 0; index -= 1) {
      this.#byte(Number((argument >> BigInt(8 * index)) & 0xffn));
    }
  }

  #byte(value: number): void {
    if (this.#length === this.#bytes.length) this.#grow(1);
    this.#bytes[this.#length] = value;
    this.#length += 1;
  }

  #copy(bytes: Uint8Array): void {
    if (this.#length + bytes.length > this.#bytes.length) this.#grow(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  #grow(needed: number): void {
    const grown = new Uint8Array(2 * (this.#bytes.length + needed));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }
}

/** Bytes that the shortest form of an argument takes behind the initial byte. */
function widthOf(argument: bigint): number {
  if (argument < 24n) return 0;
  if (argument < 0x100n) return 1;
  if (argument < 0x1_0000n) return 2;
  return argument < 0x1_0000_0000n ? 4 : 8;
}
