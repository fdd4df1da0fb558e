/**
 * The author at work: makes digests and signatures of a mutated envelope right again.
 *
 * Without that, a mutation dies at the first comparison and says nothing about what comes behind it. An
 * author whose key is trusted may still be hostile, mistaken, or badly served by his tools, so what he
 * signs may be anything.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { NodeKind, writeNodes, type CborNode } from "./cbor-tree.ts";

/** Signs the SHA-256 digest of a Sig_structure; 64 bytes. */
export type Signer = (digest: Uint8Array) => Uint8Array;

/** How much is made right. */
export type Repair = "nothing" | "digests" | "signatures";

const AUTHENTICATION = 2n;
const MANIFEST = 3n;
/** Members that the manifest may mention by their digest (SUIT §8.6). */
const SEVERABLE = [20n, 23n] as const;
const DIGEST_BYTES = 32;
const SIGNATURE_BYTES = 64;
/** `["Signature1", …`: what a Sig_structure begins with (RFC 9052 §4.4). */
const SIG_STRUCTURE = Uint8Array.of(0x84, 0x6a, 0x53, 0x69, 0x67, 0x6e, 0x61, 0x74, 0x75, 0x72, 0x65, 0x31);
const NO_AAD = Uint8Array.of(0x40);

/** Repairs the envelope among `roots`, as far as it still looks like one; in place. */
export function repairEnvelope(roots: readonly CborNode[], repair: Repair, sign: Signer): void {
  if (repair === "nothing") return;
  const envelope = roots[0]?.kind === NodeKind.Tag ? roots[0].children[0] : undefined;
  const manifest = memberOf(envelope, MANIFEST);
  const wrapper = memberOf(envelope, AUTHENTICATION)?.children[0];
  if (envelope === undefined || manifest === undefined || wrapper === undefined) return;
  for (const label of SEVERABLE) {
    const severed = memberOf(envelope, label);
    const stated = memberOf(manifest.children[0], label);
    if (severed !== undefined && stated !== undefined) setDigest(stated, severed);
  }
  const digest = wrapper.children[0];
  if (digest === undefined) return;
  setDigest(digest.children[0], manifest);
  if (repair !== "signatures") return;
  const payload = writeNodes([digest]);
  for (const block of wrapper.children.slice(1)) {
    const [protectedHeader, , , signature] = block.children[0]?.children[0]?.children ?? [];
    if (protectedHeader === undefined || signature?.content.length !== SIGNATURE_BYTES) continue;
    signature.content = sign(sigStructureDigest(writeNodes([protectedHeader]), payload));
  }
}

/** SHA-256 of a Sig_structure; both parts are byte strings with their heads. */
export function sigStructureDigest(protectedHeader: Uint8Array, payload: Uint8Array): Uint8Array {
  const hash = sha256.create();
  return hash.update(SIG_STRUCTURE).update(protectedHeader).update(NO_AAD).update(payload).digest();
}

/** The value under an integer key of a map. */
function memberOf(map: CborNode | undefined, label: bigint): CborNode | undefined {
  if (map?.kind !== NodeKind.Map) return undefined;
  for (let index = 0; index + 1 < map.children.length; index += 2) {
    const key = map.children[index];
    if (key?.kind === NodeKind.Unsigned && key.argument === label) return map.children[index + 1];
  }
  return undefined;
}

/** Makes a SUIT_Digest state the digest of a byte string with its head. */
function setDigest(stated: CborNode | undefined, subject: CborNode): void {
  if (stated?.kind !== NodeKind.Array) return;
  const bytes = stated.children[1];
  if (bytes?.kind === NodeKind.Bytes && bytes.content.length === DIGEST_BYTES) {
    bytes.content = sha256(writeNodes([subject]));
  }
}
