/**
 * SUIT_Digest: `[algorithm, bytes]` (draft-ietf-suit-manifest-37 §10).
 */
import { sha256, sha384, sha512 } from "@noble/hashes/sha2.js";
import { shake128, shake256 } from "@noble/hashes/sha3.js";
import { Status } from "../../assembly/status.ts";
import { UserError } from "../user-error.ts";
import { CborNode } from "./cbor-node.ts";
import type { CborReader, Span } from "./cbor-reader.ts";
import { encodeCbor, type Cbor } from "./cbor-writer.ts";
import { byLabel, DIGEST_ALGORITHMS, ENVELOPE_TAG, RETIRED_DIGEST_ALGORITHM, SHA_256 } from "./labels.ts";
import { Refusal } from "./refusal.ts";

const HASHES: ReadonlyMap<number, (bytes: Uint8Array) => Uint8Array> = new Map([
  [-16, sha256],
  [-18, (bytes: Uint8Array) => shake128(bytes, { dkLen: 32 })],
  [-43, sha384],
  [-44, sha512],
  [-45, (bytes: Uint8Array) => shake256(bytes, { dkLen: 64 })],
]);

/** Hashes bytes with the algorithm of a COSE label; undefined if it has none. */
export function digestOf(bytes: Uint8Array, algorithm: number = SHA_256): Uint8Array | undefined {
  return HASHES.get(algorithm)?.(bytes);
}

/** The encoding of a SUIT_Digest with SHA-256 over `bytes`: 36 bytes. */
export function encodeDigest(bytes: Uint8Array): Uint8Array {
  return encodeCbor(digestItem(bytes));
}

/** A SUIT_Digest with SHA-256 over `bytes`, as an item of an array or map. */
export function digestItem(bytes: Uint8Array): Cbor {
  return [SHA_256, sha256(bytes)];
}

/**
 * The manifest of an envelope with the head of its byte string: what digests of it cover
 * (draft-ietf-suit-manifest-37 §8.3).
 *
 * @throws UserError not-an-envelope
 */
export function wrappedManifest(envelope: Uint8Array): Uint8Array {
  const members = CborNode.read(envelope)?.tagged(ENVELOPE_TAG)?.entries();
  const manifest = members?.find(([key]) => key.integer() === 3n)?.[1];
  if (manifest?.bytes() !== undefined) return manifest.encoded;
  throw new UserError(
    "not-an-envelope",
    "A digest is to be of the manifest of something that is no SUIT envelope.",
    "Give a file that `manifest create` or `manifest sign` wrote.",
  );
}

/**
 * Reads a SUIT_Digest that this build can check, which is one of SHA-256.
 *
 * @returns where the 32 bytes lie
 * @throws Refusal
 */
export function readDigest(reader: CborReader, what: string): Span {
  const start = reader.offset;
  const count = reader.array(what);
  if (count !== 2) {
    throw new Refusal(
      Status.DigestMalformed,
      start,
      `${what} has ${count} elements instead of algorithm and bytes`,
    );
  }
  const algorithm = reader.integer(`The algorithm of ${what}`);
  if (algorithm === BigInt(RETIRED_DIGEST_ALGORITHM)) {
    throw new Refusal(
      Status.DraftTooOld,
      start,
      `${what} states algorithm 2, the name of SHA-256 before draft-ietf-suit-manifest-13`,
    );
  }
  if (algorithm !== BigInt(SHA_256)) {
    const name = byLabel(DIGEST_ALGORITHMS, algorithm)?.name ?? "unknown";
    throw new Refusal(
      Status.DigestUnsupported,
      start,
      `${what} uses algorithm ${algorithm} (${name}), not SHA-256 (-16)`,
    );
  }
  const bytes = reader.byteString(what);
  if (bytes.to - bytes.from !== 32) {
    throw new Refusal(
      Status.DigestMalformed,
      bytes.start,
      `${what} has ${bytes.to - bytes.from} bytes instead of the 32 of SHA-256`,
    );
  }
  return bytes;
}
