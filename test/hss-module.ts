/**
 * The device's HSS/LMS verification behind a typed function, and signatures for it, for tests.
 */
import { randomFillSync } from "node:crypto";
import { MeasuredModule, measuredTargets, type MeasuredTarget } from "../benchmarks/cost.ts";
import { sha256 } from "../host/keys/hss.ts";
import {
  joined,
  LMS_KEY_BYTES,
  lmsCandidate,
  lmsSignatureBytes,
  typesOf,
  VALUE_BYTES,
  word,
  type LmsParameters,
} from "../host/keys/lms.ts";

/** The build made for speed and the one made for size. */
export const hssBuilds = measuredTargets;

/** A key, a message and its signature. */
export interface Signed {
  readonly key: Uint8Array;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}

/** One tree of a key, and the leaf that signs. */
export interface SignedTree extends LmsParameters {
  readonly leaf: number;
}

/** One instance of the module. */
export class HssModule {
  readonly #module: MeasuredModule;

  constructor(target: MeasuredTarget) {
    this.#module = new MeasuredModule("hss", target, "hssVerify");
  }

  /** The device's status for a signature that lies in mapped flash, where an address is a multiple of nothing. */
  verify({ key, message, signature }: Signed): unknown {
    const { bytes } = this.#module;
    const messageAt = 1 + key.length;
    const signatureAt = messageAt + message.length;
    bytes.set(key, 1);
    bytes.set(message, messageAt);
    bytes.set(signature, signatureAt);
    return this.#module.run(1, messageAt, message.length, signatureAt, signature.length);
  }
}

/**
 * A genuine signature for a key that is made to fit: whatever stands in the place of C, of the chains
 * and of the path leads to some root, and with that as its root the key has signed. So no tree has
 * to be made, however high it is. The last tree comes first, because the others sign the next one's key.
 */
export function signedBy(
  trees: readonly SignedTree[],
  message: Uint8Array,
  random: (bytes: Uint8Array) => Uint8Array = (bytes) => randomFillSync(bytes),
): Signed {
  let signed = message;
  let signature: Uint8Array = new Uint8Array();
  for (const tree of trees.toReversed()) {
    const own = random(new Uint8Array(lmsSignatureBytes(tree)));
    const types = typesOf(tree);
    own.set(word(tree.leaf), 0);
    own.set(types.subarray(4), 4);
    own.set(types.subarray(0, 4), own.length - tree.height * VALUE_BYTES - 4);
    const key = random(new Uint8Array(LMS_KEY_BYTES));
    key.set(types, 0);
    key.set(lmsCandidate(key, tree, own, signed, sha256), LMS_KEY_BYTES - VALUE_BYTES);
    signature = signature.length === 0 ? own : joined(own, signed, signature);
    signed = key;
  }
  return {
    key: joined(word(trees.length), signed),
    message,
    signature: joined(word(trees.length - 1), signature),
  };
}
