/**
 * Secrets: bytes that a scenario declares, and the flash in which they may lie. Anywhere else they
 * have leaked.
 *
 * A leak is found from {@link LEAK_BYTES} bytes on: a secret is looked for in pieces of that size,
 * counted from its start. Only what has changed since the last look is searched, so that every state
 * of an exploration can be looked at.
 */

import { contains, partitionAt, type FlashRange, type Layout } from "../memory-map.ts";

/** Bytes of one piece that is looked for. A shorter secret is one piece. */
export const LEAK_BYTES = 16;

/** Something that must stay where it is. */
export interface Secret {
  /** As reports call it. */
  readonly name: string;
  /** The plain bytes, at least one. */
  readonly bytes: Uint8Array;
  /** Where they may lie, wholly or in part; nowhere if empty. */
  readonly mayLieIn: readonly FlashRange[];
}

interface Piece {
  readonly bytes: Uint8Array;
  readonly secret: Secret;
}

const BLOCK_BYTES = 1024;

/** Looks for secrets where they may not lie. */
export class SecretSearch {
  readonly #layout: Layout;
  readonly #pieces: readonly Piece[];
  /** What was looked at last, and per block of it what has leaked there. */
  #seen: Uint8Array | undefined;
  #leaks: (string | undefined)[] = [];

  constructor(secrets: readonly Secret[], layout: Layout) {
    this.#layout = layout;
    this.#pieces = secrets.flatMap((secret) => piecesOf(secret.bytes).map((bytes) => ({ bytes, secret })));
  }

  /** Which secret lies where it may not, as in `the key in slotB`; the first one, or undefined. */
  leakIn(flash: Uint8Array): string | undefined {
    if (this.#pieces.length === 0) return undefined;
    const blocks = Math.ceil(flash.length / BLOCK_BYTES);
    const seen = this.#seen;
    // A piece may begin in one block and end in the next: the blocks are walked from the last one down.
    let wasChanged = false;
    for (let block = blocks - 1; block >= 0; block -= 1) {
      const isChanged = seen === undefined || differs(seen, flash, block * BLOCK_BYTES);
      if (isChanged || wasChanged) this.#leaks[block] = this.#leakFrom(flash, block * BLOCK_BYTES);
      wasChanged = isChanged;
    }
    if (seen === undefined) this.#seen = flash.slice();
    else seen.set(flash);
    return this.#leaks.find((leak) => leak !== undefined);
  }

  /** What has leaked and begins in the block at `start`. */
  #leakFrom(flash: Uint8Array, start: number): string | undefined {
    for (const { bytes, secret } of this.#pieces) {
      const block = flash.subarray(start, start + BLOCK_BYTES + bytes.length - 1);
      for (let at = find(block, bytes, 0); at >= 0; at = find(block, bytes, at + 1)) {
        const address = start + at;
        if (secret.mayLieIn.some((range) => contains(range, address, bytes.length))) continue;
        return `${secret.name} in ${partitionAt(this.#layout, address) ?? "no partition"}`;
      }
    }
    return undefined;
  }
}

/** Pieces of a secret; such as say nothing, because all their bytes are equal, are left out if others remain. */
function piecesOf(bytes: Uint8Array): Uint8Array[] {
  if (bytes.length <= LEAK_BYTES) return [bytes];
  const count = Math.floor(bytes.length / LEAK_BYTES);
  const all = Array.from({ length: count }, (_, index) =>
    bytes.subarray(index * LEAK_BYTES, (index + 1) * LEAK_BYTES),
  );
  const telling = all.filter((piece) => piece.some((byte) => byte !== piece[0]));
  return telling.length > 0 ? telling : all;
}

function find(content: Uint8Array, wanted: Uint8Array, from: number): number {
  const [first = 0] = wanted;
  for (let at = content.indexOf(first, from); at >= 0; at = content.indexOf(first, at + 1)) {
    if (at + wanted.length > content.length) return -1;
    let matched = 1;
    while (matched < wanted.length && content[at + matched] === wanted[matched]) matched += 1;
    if (matched === wanted.length) return at;
  }
  return -1;
}

/** Compares a block; word by word where both lie on word boundaries, as flash does. */
function differs(left: Uint8Array, right: Uint8Array, start: number): boolean {
  const end = Math.min(start + BLOCK_BYTES, right.length);
  if (
    (left.byteOffset + start) % 4 === 0 &&
    (right.byteOffset + start) % 4 === 0 &&
    (end - start) % 4 === 0
  ) {
    const count = (end - start) / 4;
    const before = new Uint32Array(left.buffer, left.byteOffset + start, count);
    const now = new Uint32Array(right.buffer, right.byteOffset + start, count);
    for (let at = 0; at < count; at += 1) if (before[at] !== now[at]) return true;
    return false;
  }
  for (let at = start; at < end; at += 1) if (left[at] !== right[at]) return true;
  return false;
}
