/**
 * Makes the input of a finding as simple as it can be, while the finding stays the same.
 */
import { replaced } from "./byte-mutation.ts";
import { copyNode, integerNode, NodeKind, readNodes, type CborNode } from "./cbor-tree.ts";
import { writeRepaired } from "./envelope-mutation.ts";
import type { Signer } from "./envelope-repair.ts";

/**
 * Takes a simpler input with which `isSame` still holds, again and again: each time the first one from where
 * the last one was found, because what came before that did not hold then.
 *
 * @param simpler inputs that are simpler, best first; each one has to be shorter or otherwise nearer to
 *   an end, or this goes on until the tries are used up
 * @param triesMax calls of `isSame`
 */
export function shrinkInput(
  input: Uint8Array,
  simpler: (input: Uint8Array) => Iterable<Uint8Array>,
  isSame: (input: Uint8Array) => boolean,
  triesMax: number,
): Uint8Array {
  let best = input;
  let from = 0;
  let tries = 0;
  const find = (isDue: (index: number) => boolean): boolean => {
    let index = -1;
    for (const candidate of simpler(best)) {
      index += 1;
      if (!isDue(index)) continue;
      if (tries >= triesMax) return false;
      tries += 1;
      if (!isSame(candidate)) continue;
      best = candidate;
      from = index;
      return true;
    }
    return false;
  };
  while (find((index) => index >= from) || find((index) => index < from));
  return best;
}

/** The bytes with one stretch left out: halves first, then quarters, down to single bytes. */
export function* shorterBytes(bytes: Uint8Array): Generator<Uint8Array> {
  for (let size = bytes.length >> 1; size >= 1; size >>= 1) {
    for (let at = bytes.length - size; at > -size; at -= size) {
      const from = Math.max(0, at);
      yield replaced(bytes, from, at + size - from, new Uint8Array());
    }
  }
}

/** Envelopes with something left out or made plain, signed again each time; then shorter bytes. */
export function* simplerEnvelopes(envelope: Uint8Array, sign: Signer): Generator<Uint8Array> {
  const roots = readNodes(envelope, true);
  for (const repair of ["signatures", "nothing"] as const) {
    for (const change of changesOf(roots)) {
      const written = writeRepaired(change, repair, sign);
      if (isSimpler(written, envelope)) yield written;
    }
  }
  yield* shorterBytes(envelope);
}

/** Shorter, or as long and before it in bytewise order: so that it comes to an end. */
function isSimpler(candidate: Uint8Array, than: Uint8Array): boolean {
  if (candidate.length !== than.length) return candidate.length < than.length;
  for (let index = 0; index < than.length; index += 1) {
    const difference = (candidate[index] ?? 0) - (than[index] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

/** Copies of a tree with one thing changed: a node or pair gone, replaced by its inside, or emptied. */
function* changesOf(roots: readonly CborNode[]): Generator<CborNode[]> {
  const paths: number[][] = [];
  const collect = (nodes: readonly CborNode[], path: readonly number[]): void => {
    nodes.forEach((node, index) => {
      paths.push([...path, index]);
      collect(node.children, [...path, index]);
    });
  };
  collect(roots, []);
  for (const path of paths) {
    for (const count of [2, 1]) yield changed(roots, path, (siblings, at) => void siblings.splice(at, count));
    yield changed(roots, path, (siblings, at) => {
      const inner = siblings[at]?.children ?? [];
      if (inner.length > 0) siblings.splice(at, 1, ...inner);
    });
    yield changed(roots, path, (siblings, at) => {
      const node = siblings[at];
      if (node !== undefined && node.kind <= NodeKind.Negative) siblings[at] = integerNode(0);
    });
    yield changed(roots, path, (siblings, at) => {
      const node = siblings[at];
      if (node !== undefined) node.content = node.content.subarray(0, node.content.length >> 1);
    });
  }
}

function changed(
  roots: readonly CborNode[],
  path: readonly number[],
  change: (siblings: CborNode[], at: number) => void,
): CborNode[] {
  const copy = roots.map(copyNode);
  let siblings = copy;
  for (const index of path.slice(0, -1)) siblings = siblings[index]?.children ?? [];
  change(siblings, path.at(-1) ?? 0);
  return copy;
}
