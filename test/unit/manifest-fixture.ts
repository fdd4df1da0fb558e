/**
 * Envelopes with any manifest, right or wrong, signed with a key of their own.
 */
import { generateKey, type AlgorithmNumber, type EcPrivateKey } from "../../host/keys/key.ts";
import { encodeCbor, Tagged, type Cbor } from "../../host/manifest/cbor-writer.ts";
import { encodeDigest } from "../../host/manifest/digest.ts";
import { signatureBlock } from "../../host/manifest/sign.ts";

/** The key that signs them. */
export const KEY: EcPrivateKey = generateKey();
/** The same key without a pinned algorithm. */
export const UNPINNED_KEY: EcPrivateKey = generateKey({ alg: null });

/** A map from pairs; keys are sorted on encoding. */
export function map(...pairs: readonly (readonly [Cbor, Cbor])[]): Map<Cbor, Cbor> {
  return new Map(pairs);
}

/** A byte string that holds the encoding of a sequence. */
export function sequence(...items: readonly Cbor[]): Uint8Array {
  return encodeCbor(items);
}

/** What a test changes about the smallest good manifest; undefined removes a member. */
export interface Changes {
  readonly manifest?: readonly (readonly [number, Cbor | undefined])[];
  readonly common?: readonly (readonly [number, Cbor | undefined])[];
  readonly envelope?: readonly (readonly [Cbor, Cbor])[];
}

/** The encoding of the smallest good manifest with changes. */
export function manifestBytes(changes: Changes = {}): Uint8Array {
  const common = applied(map([2, [[Uint8Array.of(0)]]], [4, sequence(1, 15)]), changes.common);
  const members: Map<Cbor, Cbor> = map(
    [1, 1],
    [2, 7],
    [3, encodeCbor(common)],
    [7, sequence(3, 15)],
    [9, sequence(23, 2)],
  );
  return encodeCbor(applied(members, changes.manifest));
}

/** A signed envelope around the smallest good manifest with changes. */
export function envelope(changes: Changes = {}): Uint8Array {
  return envelopeAround(manifestBytes(changes), { members: changes.envelope ?? [] });
}

/** What a test changes about an envelope. */
export interface EnvelopeOptions {
  readonly members?: readonly (readonly [Cbor, Cbor])[];
  /** The encoded SUIT_Digest; that of the manifest unless given. */
  readonly digest?: Uint8Array;
  /** Authentication blocks; one good signature unless given. */
  readonly blocks?: (digest: Uint8Array) => readonly Uint8Array[];
}

/** An envelope around any manifest bytes. */
export function envelopeAround(manifest: Uint8Array, options: EnvelopeOptions = {}): Uint8Array {
  const digest = options.digest ?? encodeDigest(encodeCbor(manifest));
  const blocks = options.blocks?.(digest) ?? [signatureBlock(digest, KEY, -9)];
  const members: Map<Cbor, Cbor> = map(
    [2, encodeCbor([digest, ...blocks])],
    [3, manifest],
    ...(options.members ?? []),
  );
  return encodeCbor(new Tagged(107, members));
}

/** A COSE_Sign1 whose parts a test chooses; the signature is good for `alg` in the protected header. */
export function sign1(
  digest: Uint8Array,
  parts: {
    readonly tag?: number;
    readonly protectedHeader?: Uint8Array;
    readonly unprotected?: Cbor;
    readonly payload?: Cbor;
    readonly signature?: Cbor;
    readonly alg?: AlgorithmNumber;
  } = {},
): Uint8Array {
  const good = signatureBlock(digest, KEY, parts.alg ?? -9);
  return encodeCbor(
    new Tagged(parts.tag ?? 18, [
      parts.protectedHeader ?? encodeCbor(map([1, parts.alg ?? -9])),
      parts.unprotected ?? map(),
      parts.payload ?? null,
      parts.signature ?? good.slice(-64),
    ]),
  );
}

function applied(members: Map<Cbor, Cbor>, changes: Changes["manifest"]): Map<Cbor, Cbor> {
  for (const [key, value] of changes ?? []) {
    if (value === undefined) members.delete(key);
    else members.set(key, value);
  }
  return members;
}
