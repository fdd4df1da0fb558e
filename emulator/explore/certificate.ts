/**
 * Certificates: a closed exploration, written down so that others can check it.
 *
 * ```
 * header   one line of JSON
 * states   one record after the other, the state to start from first:
 *            hash        16 bytes, four 32-bit lanes, big-endian
 *            outcome     end of the uncut power-on + 1, + 16 if an image ran, + its number × 256;
 *                        0: not powered on
 *            tornBudget  torn operations that were left when it was powered on
 *            operations  of the uncut power-on
 *            cuts        fewest cuts on any way here
 *            powerOns    fewest power-ons on any such way
 *            parent      1 + number of the state before it on that way, 0 for the start
 *            operation   of the parent's power-on after or in which power was cut
 *            variant     torn variant, or 0: after the operation
 *            edgeCount   successors, then for each of them in order
 *            edge          difference of its number to the one before (to 0 at first), as a zigzag
 *                          number, × 2, + 1 if a torn operation leads there
 * trailer  32 bytes: SHA-256 of all before it
 * ```
 *
 * Numbers are LEB128. The uncut successor is the last one that no torn operation leads to, or the
 * state itself where there is none.
 */

import { sha256 } from "@noble/hashes/sha2.js";
import { LANES } from "./state-hash.ts";

/** The first line of a certificate. Digests are 64 hexadecimal digits. */
export interface CertificateHeader {
  readonly format: "brownout-certificate";
  readonly version: 1;
  readonly profile: string;
  readonly scenario: string;
  readonly bootloaderDigest: string;
  readonly inputsDigest: string;
  readonly tearClasses: readonly string[];
  readonly tornBudget: number;
  readonly oracles: readonly string[];
  /** How many findings each oracle has; absent where there are none. */
  readonly findings: Readonly<Record<string, number>>;
  readonly states: number;
  readonly graphDigest: string;
  /** Present if only a share of the states was powered on. */
  readonly shard?: { readonly index: number; readonly count: number };
}

/** One state of a certificate; see the file comment. */
export interface CertificateState {
  /** LANES lanes. */
  readonly hash: Int32Array;
  readonly outcome: number;
  readonly tornBudget: number;
  readonly operations: number;
  readonly cuts: number;
  readonly powerOns: number;
  /** Number of the parent, or -1. */
  readonly parent: number;
  readonly operation: number;
  readonly variant: number;
  /** Number of the successor × 2, + 1 if a torn operation leads there. */
  readonly edges: ArrayLike<number>;
}

const CHUNK_BYTES = 1 << 16;
/** More than a record without its edges can take. */
const RECORD_BYTES_MAX = 128;
const NUMBER_BYTES_MAX = 6;

/** Writes a certificate piece by piece; each piece is a copy. */
export function* encodeCertificate(
  header: CertificateHeader,
  states: Iterable<CertificateState>,
): Generator<Uint8Array> {
  const hash = sha256.create();
  const head = new TextEncoder().encode(`${JSON.stringify(header)}\n`);
  hash.update(head);
  yield head;
  const writer = new Writer();
  for (const state of states) {
    writeState(writer, state);
    if (writer.length < CHUNK_BYTES) continue;
    const piece = writer.take();
    hash.update(piece);
    yield piece;
  }
  const piece = writer.take();
  hash.update(piece);
  yield piece;
  yield hash.digest();
}

function writeState(writer: Writer, state: CertificateState): void {
  const { edges } = state;
  writer.reserve(RECORD_BYTES_MAX + NUMBER_BYTES_MAX * edges.length);
  for (let lane = 0; lane < LANES; lane += 1) writer.word(state.hash[lane] ?? 0);
  writer.number(state.outcome);
  writer.number(state.tornBudget);
  writer.number(state.operations);
  writer.number(state.cuts);
  writer.number(state.powerOns);
  writer.number(state.parent + 1);
  writer.number(state.operation);
  writer.number(state.variant);
  writer.number(edges.length);
  let previous = 0;
  for (let index = 0; index < edges.length; index += 1) {
    const edge = edges[index] ?? 0;
    const target = Math.floor(edge / 2);
    const difference = target - previous;
    writer.number(2 * (difference < 0 ? -2 * difference - 1 : 2 * difference) + (edge % 2));
    previous = target;
  }
}

class Writer {
  length = 0;
  #bytes = new Uint8Array(2 * CHUNK_BYTES);

  reserve(more: number): void {
    if (this.length + more <= this.#bytes.length) return;
    const grown = new Uint8Array(2 * (this.length + more));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }

  word(value: number): void {
    for (let shift = 24; shift >= 0; shift -= 8) this.#byte(value >>> shift);
  }

  number(value: number): void {
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.#byte((rest % 0x80) + 0x80);
    this.#byte(rest);
  }

  take(): Uint8Array {
    const piece = this.#bytes.slice(0, this.length);
    this.length = 0;
    return piece;
  }

  #byte(value: number): void {
    this.#bytes[this.length] = value;
    this.length += 1;
  }
}
