/**
 * One Merkle tree of an LMS key with its private half, all of it made from a seed (RFC 8554 §5.3 and
 * Appendix A).
 */
import {
  chain,
  chainCount,
  digitsOf,
  IDENTIFIER_BYTES,
  joined,
  Kind,
  prefix,
  typesOf,
  VALUE_BYTES,
  word,
  type Hash,
  type LmsParameters,
} from "./lms.ts";

/**
 * What is made from the seed for a leaf, in place of the number of a chain, of which there are at most
 * 265: the randomizer C, and seed and identifier of a tree below.
 */
const Derived = { Randomizer: 0xfffd, Seed: 0xfffe, Identifier: 0xffff } as const;

/** A tree that signs. */
export class LmsTree {
  /** The leaves, 32 bytes each: public, and what takes long to compute. */
  readonly leaves: Uint8Array;
  /** Its two types, I and the root (RFC 8554 §5.3). */
  readonly publicKey: Uint8Array;
  /** The nodes T[1] to T[2^(h + 1) - 1] by number, 32 bytes each; there is no T[0]. */
  readonly #nodes: Uint8Array;

  /** @param leaves as they were computed before; computed unless given */
  constructor(
    readonly parameters: LmsParameters,
    readonly identifier: Uint8Array,
    readonly seed: Uint8Array,
    readonly hash: Hash,
    leaves?: Uint8Array,
  ) {
    const count = 2 ** parameters.height;
    this.#nodes = new Uint8Array(2 * count * VALUE_BYTES);
    this.leaves = this.#nodes.subarray(count * VALUE_BYTES);
    if (leaves !== undefined) this.leaves.set(leaves);
    else for (let number = 0; number < count; number += 1) this.#put(count + number, this.#leaf(number));
    for (let node = count - 1; node > 0; node -= 1) {
      const children = this.#nodes.subarray(2 * node * VALUE_BYTES, (2 * node + 2) * VALUE_BYTES);
      this.#put(node, hash(joined(prefix(identifier, node, Kind.Interior), children)));
    }
    this.publicKey = joined(typesOf(parameters), identifier, this.#node(1));
  }

  /** The signature of a message by a leaf, which must sign no other (RFC 8554 §5.4.1, Algorithm 5). */
  sign(message: Uint8Array, leaf: number): Uint8Array {
    const { parameters, identifier, hash } = this;
    const types = typesOf(parameters);
    const randomizer = this.derived(leaf, Derived.Randomizer);
    const digits = digitsOf(
      parameters,
      hash(joined(prefix(identifier, leaf, Kind.Message), randomizer, message)),
    );
    const values = digits.map((digit, index) => this.#chain(leaf, index, digit));
    const path: Uint8Array[] = [];
    for (let node = 2 ** parameters.height + leaf; node > 1; node = Math.floor(node / 2)) {
      path.push(this.#node(node % 2 === 1 ? node - 1 : node + 1));
    }
    return joined(word(leaf), types.subarray(4), randomizer, ...values, types.subarray(0, 4), ...path);
  }

  /** A secret of a leaf (RFC 8554 Appendix A): of a chain by its number, or one of `Derived`. */
  derived(leaf: number, index: number): Uint8Array {
    return this.hash(joined(prefix(this.identifier, leaf, index), Uint8Array.of(0xff), this.seed));
  }

  /** The value of a chain after so many steps. */
  #chain(leaf: number, index: number, steps: number): Uint8Array {
    return chain(prefix(this.identifier, leaf, index), this.derived(leaf, index), 0, steps, this.hash);
  }

  /** The hash of a leaf's one-time public key. */
  #leaf(number: number): Uint8Array {
    const { parameters, identifier, hash } = this;
    const last = 2 ** parameters.digitBits - 1;
    const ends = Array.from({ length: chainCount(parameters) }, (_, index) =>
      this.#chain(number, index, last),
    );
    const key = hash(joined(prefix(identifier, number, Kind.PublicKey), ...ends));
    return hash(joined(prefix(identifier, 2 ** parameters.height + number, Kind.Leaf), key));
  }

  #node(number: number): Uint8Array {
    return this.#nodes.subarray(number * VALUE_BYTES, (number + 1) * VALUE_BYTES);
  }

  #put(number: number, value: Uint8Array): void {
    this.#nodes.set(value, number * VALUE_BYTES);
  }
}

/** The tree whose key a leaf signs: always the same one, so that the leaf signs one message only. */
export function childTree(parent: LmsTree, leaf: number, parameters: LmsParameters): LmsTree {
  const identifier = parent.derived(leaf, Derived.Identifier).slice(0, IDENTIFIER_BYTES);
  return new LmsTree(parameters, identifier, parent.derived(leaf, Derived.Seed), parent.hash);
}
