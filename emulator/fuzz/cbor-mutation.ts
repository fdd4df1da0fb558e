/**
 * Mutation of CBOR trees: what a hostile or mistaken author might write.
 */
import { mutateBytes } from "./byte-mutation.ts";
import { copyNode, integerNode, NodeKind, nodeOf, type CborNode } from "./cbor-tree.ts";
import type { Chance } from "./chance.ts";

/** What a grammar contributes. */
export interface Vocabulary {
  /** Integers that mean something: labels, algorithms, tags. */
  readonly labels: readonly number[];
  /** Makes a key and its value, or a command and its argument. */
  readonly pair: (chance: Chance) => readonly [CborNode, CborNode];
}

/** Where a node hangs. */
interface Place {
  readonly siblings: CborNode[];
  readonly index: number;
  readonly parent: CborNode | undefined;
  readonly depth: number;
}

/** Integers at the edges of widths and of two's complement. */
const TELLING_INTEGERS: readonly bigint[] = [
  ...[
    0n,
    1n,
    2n,
    15n,
    16n,
    23n,
    24n,
    31n,
    32n,
    63n,
    64n,
    255n,
    256n,
    1023n,
    1024n,
    36_863n,
    36_864n,
    36_865n,
  ],
  ...[65_535n, 65_536n, 102_400n, 120_832n, 131_072n, (1n << 31n) - 1n, 1n << 31n, (1n << 32n) - 1n],
  ...[1n << 32n, (1n << 53n) + 1n, (1n << 63n) - 1n, 1n << 63n, (1n << 64n) - 1n],
];

const WIDTHS: readonly number[] = [0, 1, 2, 4, 8];
/** An envelope's members, its authentication blocks and the members of its manifest lie above that. */
const OUTER_DEPTH = 5;
const NESTING_MAX = 40;
const STRING_BYTES_MAX = 96;

/**
 * Changes one place of a tree or a few, in place.
 *
 * @param other trees that parts may be taken from
 */
export function mutateTree(
  roots: CborNode[],
  chance: Chance,
  { labels, pair }: Vocabulary,
  other: readonly CborNode[],
): void {
  for (let count = chance.oneIn(2) ? 1 : chance.few(6); count > 0; count -= 1) {
    const places = placesIn(roots);
    // What holds everything else is a handful of nodes among a hundred, and worth more than its share.
    const outer = chance.oneIn(3) ? places.filter(({ depth }) => depth < OUTER_DEPTH) : places;
    const place = outer[chance.below(outer.length)];
    if (place === undefined) roots.push(someNode(chance, labels, pair, 0));
    else mutateAt(place, places, chance, { labels, pair }, other);
  }
}

/** Every node with where it hangs, parents before children. */
function placesIn(roots: CborNode[]): Place[] {
  const places: Place[] = [];
  const visit = (siblings: CborNode[], parent: CborNode | undefined, depth: number): void => {
    siblings.forEach((node, index) => {
      places.push({ siblings, index, parent, depth });
      visit(node.children, node, depth + 1);
    });
  };
  visit(roots, undefined, 0);
  return places;
}

function mutateAt(
  place: Place,
  places: readonly Place[],
  chance: Chance,
  { labels, pair }: Vocabulary,
  other: readonly CborNode[],
): void {
  const { siblings, index } = place;
  const node = siblings[index];
  if (node === undefined) return;
  const some = (): CborNode => someNode(chance, labels, pair, 0);
  switch (chance.below(16)) {
    case 0:
      changeValue(node, chance, labels);
      return;
    case 1:
      remove(place, chance);
      return;
    case 2:
      duplicate(place, chance);
      return;
    case 3:
      exchange(place, chance);
      return;
    case 4:
      siblings[index] = some();
      return;
    case 5:
      siblings.splice(index, 0, ...(isPaired(place) ? pair(chance) : [some()]));
      return;
    case 6: {
      const from = chance.pick(places);
      const source = from.siblings[from.index];
      if (source !== undefined && placesIn([source]).length < 200) siblings[index] = copyNode(source);
      return;
    }
    case 7: {
      const elsewhere = placesIn([...other]);
      const from = elsewhere[chance.below(elsewhere.length)];
      const source = from?.siblings[from.index];
      if (source !== undefined) siblings[index] = copyNode(source);
      return;
    }
    case 8:
      siblings[index] = wrapped(node, chance);
      return;
    case 9:
      spoilHead(node, chance);
      return;
    case 13:
    case 14:
      lie(places, chance);
      return;
    case 10:
      node.kind = chance.below(8);
      return;
    case 11:
      // An opened string is closed, so that what is inside need not be CBOR any longer.
      if (node.children[0] !== undefined && chance.oneIn(3)) siblings[index] = node.children[0];
      return;
    case 12: {
      // Commands come in pairs at an even place of their sequence.
      const even = index & ~1;
      siblings.splice(even, chance.oneIn(3) ? 2 : 0, ...pair(chance));
      return;
    }
    default:
      changeContent(node, chance);
      return;
  }
}

function isPaired({ parent }: Place): boolean {
  return (
    parent?.kind === NodeKind.Map || (parent?.kind === NodeKind.Array && parent.children.length % 2 === 0)
  );
}

function changeValue(node: CborNode, chance: Chance, labels: readonly number[]): void {
  const isInteger = node.kind === NodeKind.Unsigned || node.kind === NodeKind.Negative;
  if (!isInteger && node.kind !== NodeKind.Simple && node.kind !== NodeKind.Tag) {
    changeContent(node, chance);
    return;
  }
  switch (chance.below(4)) {
    case 0:
      node.argument = chance.pick(TELLING_INTEGERS);
      return;
    case 1:
      node.argument = BigInt.asUintN(64, node.argument + (chance.oneIn(2) ? 1n : -1n));
      return;
    case 2:
      node.argument ^= 1n << BigInt(chance.below(64) >> chance.below(4));
      return;
    default: {
      const { kind, argument } = integerNode(chance.pick(labels));
      if (isInteger) node.kind = kind;
      node.argument = argument;
    }
  }
}

function changeContent(node: CborNode, chance: Chance): void {
  if (node.kind !== NodeKind.Bytes && node.kind !== NodeKind.Text && node.kind !== NodeKind.Raw) return;
  if (node.isOpen) return;
  node.content = mutateBytes(node.content, chance, {
    bytesMax: Math.max(STRING_BYTES_MAX, node.content.length + 8),
  });
}

/** Removes a node; of a map or a sequence usually its pair. */
function remove(place: Place, chance: Chance): void {
  const { siblings, index } = place;
  if (isPaired(place) && !chance.oneIn(4)) siblings.splice(index & ~1, 2);
  else siblings.splice(index, 1);
}

function duplicate(place: Place, chance: Chance): void {
  const { siblings, index } = place;
  const from = isPaired(place) && !chance.oneIn(4) ? index & ~1 : index;
  const copies = siblings.slice(from, from === index ? index + 1 : from + 2).map(copyNode);
  const repeats = chance.oneIn(8) ? 1 + chance.below(30) : 1;
  for (let count = 0; count < repeats; count += 1) siblings.splice(from, 0, ...copies.map(copyNode));
}

/** Exchanges a node, or a pair, with another one of its siblings. */
function exchange(place: Place, chance: Chance): void {
  const { siblings, index } = place;
  const step = isPaired(place) ? 2 : 1;
  const first = step === 2 ? index & ~1 : index;
  const second = step * chance.below(Math.floor(siblings.length / step));
  for (let offset = 0; offset < step; offset += 1) {
    const a = siblings[first + offset];
    const b = siblings[second + offset];
    if (a === undefined || b === undefined) return;
    siblings[first + offset] = b;
    siblings[second + offset] = a;
  }
}

/** Heads longer than needed, indefinite lengths. */
function spoilHead(node: CborNode, chance: Chance): void {
  if (hasLength(node) && chance.oneIn(2)) node.isIndefinite = true;
  else node.width = chance.pick(WIDTHS);
}

/** A length or count that is not true, by one or by a lot: of anything, or of what holds everything else. */
function lie(places: readonly Place[], chance: Chance): void {
  const depthMax = chance.oneIn(2) ? OUTER_DEPTH : Infinity;
  const liars = places.filter(({ siblings, index, depth }) => {
    const node = siblings[index];
    return node !== undefined && hasLength(node) && depth < depthMax;
  });
  const { siblings, index } = liars[chance.below(liars.length)] ?? {};
  const node = siblings?.[index ?? 0];
  if (node === undefined) return;
  node.argument += chance.oneIn(3) ? (chance.oneIn(2) ? 1n : -1n) : chance.pick(TELLING_INTEGERS);
}

function hasLength({ kind }: CborNode): boolean {
  return kind >= NodeKind.Bytes && kind <= NodeKind.Map;
}

/** The node inside of something: a byte string, an array, a tag, or a lot of them. */
function wrapped(node: CborNode, chance: Chance): CborNode {
  const once = (inner: CborNode): CborNode => {
    switch (chance.below(4)) {
      case 0:
        return nodeOf(NodeKind.Bytes, { children: [inner], isOpen: true });
      case 1:
        return nodeOf(NodeKind.Array, { children: [inner] });
      case 2:
        return nodeOf(NodeKind.Map, { children: [integerNode(chance.below(32)), inner] });
      default:
        return nodeOf(NodeKind.Tag, { argument: chance.pick(TELLING_INTEGERS), children: [inner] });
    }
  };
  let result = once(node);
  for (let count = chance.oneIn(6) ? chance.below(NESTING_MAX) : 0; count > 0; count -= 1)
    result = once(result);
  return result;
}

/** A small item out of nothing. */
export function someNode(
  chance: Chance,
  labels: readonly number[],
  pair: Vocabulary["pair"],
  depth: number,
): CborNode {
  const inner = (): CborNode => someNode(chance, labels, pair, depth + 1);
  switch (chance.below(depth > 3 ? 6 : 9)) {
    case 0:
      return integerNode(chance.pick(labels));
    case 1:
      return integerNode(chance.pick(TELLING_INTEGERS));
    case 2:
      return integerNode(-1n - BigInt(chance.below(300)));
    case 3:
      return nodeOf(NodeKind.Bytes, { content: someBytes(chance) });
    case 4:
      return nodeOf(NodeKind.Text, { content: someBytes(chance) });
    case 5:
      return nodeOf(NodeKind.Simple, { argument: BigInt(chance.pick([20, 21, 22, 23, 0, 31, 32, 255])) });
    case 6:
      return nodeOf(NodeKind.Array, { children: Array.from({ length: chance.below(4) }, inner) });
    case 7:
      return nodeOf(NodeKind.Array, {
        children: Array.from({ length: chance.few(4) }, () => pair(chance)).flat(),
      });
    default:
      return nodeOf(NodeKind.Map, {
        children: Array.from({ length: chance.few(4) }, () => pair(chance)).flat(),
      });
  }
}

/** The lengths of identifiers, digests and signatures, and others. */
function someBytes(chance: Chance): Uint8Array {
  const length = chance.oneIn(2) ? chance.pick([0, 1, 16, 32, 64]) : chance.below(80);
  return new Uint8Array(length).fill(chance.byte());
}
