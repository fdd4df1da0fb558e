/**
 * Mutation of envelopes: of their grammar or of their bytes, with the author's help or without.
 */
import { mutateBytes } from "./byte-mutation.ts";
import { mutateTree } from "./cbor-mutation.ts";
import { readNodes, writeNodes, type CborNode } from "./cbor-tree.ts";
import type { Chance } from "./chance.ts";
import { repairEnvelope, type Repair, type Signer } from "./envelope-repair.ts";
import { SUIT_VOCABULARY } from "./suit-vocabulary.ts";

/** Of ten mutations: seven are signed again, one gets its digests only, two are left as they are. */
const REPAIRS: readonly Repair[] = [
  ...([
    "signatures",
    "signatures",
    "signatures",
    "signatures",
    "signatures",
    "signatures",
    "signatures",
  ] as const),
  "digests",
  "nothing",
  "nothing",
];

/** What envelopes are mutated with. */
export interface EnvelopeMutation {
  readonly sign: Signer;
  readonly bytesMax: number;
}

/** A mutation of an envelope; `other` is one that parts may be taken from. */
export function mutateEnvelope(
  envelope: Uint8Array,
  other: Uint8Array,
  chance: Chance,
  { sign, bytesMax }: EnvelopeMutation,
): Uint8Array<ArrayBuffer> {
  const repair = chance.pick(REPAIRS);
  let bytes = envelope;
  if (chance.oneIn(5)) bytes = mutateBytes(envelope, chance, { other, bytesMax });
  if (bytes !== envelope && repair === "nothing") return cut(bytes, bytesMax);
  const roots = readNodes(bytes);
  if (bytes === envelope) mutateTree(roots, chance, SUIT_VOCABULARY, readNodes(other));
  return cut(writeRepaired(roots, repair, sign), bytesMax);
}

/** Writes an envelope whose digests and signatures are made right first. */
export function writeRepaired(roots: CborNode[], repair: Repair, sign: Signer): Uint8Array<ArrayBuffer> {
  repairEnvelope(roots, repair, sign);
  return writeNodes(roots);
}

function cut(bytes: Uint8Array, bytesMax: number): Uint8Array<ArrayBuffer> {
  return bytes.slice(0, bytesMax);
}
