/**
 * Encrypted payloads (draft-ietf-suit-firmware-encryption-24). The default bootloader takes none, so manifests
 * that ask for it are refused before anything is done, by device and host for the same reason. The published
 * ciphertexts are opened here with node:crypto from the structure that the host names, so that a vector that
 * is wrong in itself would be seen.
 */
import { createDecipheriv, hkdfSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { checkedKey, generateKey, publicKeyOf } from "../../host/keys/key.ts";
import { CborNode } from "../../host/manifest/cbor-node.ts";
import { encodeCbor, Tagged } from "../../host/manifest/cbor-writer.ts";
import { createEnvelope } from "../../host/manifest/create.ts";
import { encodeDigest } from "../../host/manifest/digest.ts";
import { readEnvelope } from "../../host/manifest/envelope.ts";
import { signatureBlock, signEnvelope } from "../../host/manifest/sign.ts";
import { verifyEnvelope } from "../../host/manifest/verify.ts";
import { statusText } from "../../host/status-text.ts";
import { DeviceJudge } from "../device-judge.ts";
import { fromHex, loadVectors, toHex } from "../vectors.ts";

const Infos = z.object({
  vectors: z.array(
    z.object({
      name: z.string(),
      suit_encryption_info: z.string(),
      ciphertext: z.string(),
      expectedPlaintext: z.string(),
      intermediates: z.object({ kek: z.string(), cek: z.string(), Z: z.string().optional() }),
    }),
  ),
});
const Manifests = z.object({
  vectors: z.array(
    z.object({
      name: z.string(),
      hex: z.string(),
      key: z.object({ x: z.string().optional(), y: z.string().optional() }),
    }),
  ),
});

const infos = loadVectors("suit-encryption-info", Infos)?.vectors ?? [];
const manifests = loadVectors("suit-firmware-encryption", Manifests)?.vectors ?? [];

/** What the examples as published are refused for, and what once our own key has signed them. */
const REASONS: ReadonlyMap<string, readonly [string, string]> = new Map([
  // COSE_Mac0; then no validate sequence.
  ["suit-manifest-aes-kw", ["cose-unsupported", "manifest-member-missing"]],
  // Signed with ESP256; no validate sequence either.
  ["suit-manifest-es-ecdh-content", ["manifest-member-missing", "manifest-member-missing"]],
]);

const own = generateKey();
const ownJudge = new DeviceJudge([publicKeyOf(own)]);

function expectReason(envelope: Uint8Array, reason: string): void {
  expect(verifyEnvelope(envelope, [own]).reason).toBe(reason);
  expect(statusText(ownJudge.verify(envelope))?.code).toBe(reason);
}

describe.skipIf(manifests.length === 0)("an example of the firmware encryption draft", () => {
  it.each(manifests)("$name is refused by device and host as published", ({ name, hex, key }) => {
    const [published] = REASONS.get(name) ?? [];
    const { x, y } = key;
    const keys =
      x === undefined || y === undefined ? [] : [checkedKey({ x: fromHex(x), y: fromHex(y) }, name)];
    expect(verifyEnvelope(fromHex(hex), keys).reason).toBe(published);
    expect(statusText(new DeviceJudge(keys).verify(fromHex(hex)))?.code).toBe(published);
  });

  it.each(manifests)("$name is refused by both when a key signs it that they trust", ({ name, hex }) => {
    const bytes = fromHex(hex);
    const { manifest } = readEnvelope(bytes);
    const content = bytes.slice(manifest.from, manifest.to);
    const digest = encodeDigest(encodeCbor(content));
    const wrapper = encodeCbor([digest, signatureBlock(digest, own, -9)]);
    const members = new Map([
      [2, wrapper],
      [3, content],
    ]);
    expectReason(encodeCbor(new Tagged(107, members)), REASONS.get(name)?.[1] ?? "");
  });
});

describe.skipIf(infos.length === 0)("a published encryption-info", () => {
  it.each(infos)("$name is refused in a manifest, unread", ({ suit_encryption_info: hex }) => {
    const manifest = {
      sequenceNumber: 1,
      components: ["a"],
      shared: [{ "override-parameters": { "encryption-info": { hex } } }],
      validate: ["image-match"],
    };
    expectReason(signEnvelope(createEnvelope(manifest), own), "parameter-unsupported");
  });

  it.each(infos)("$name opens its ciphertext to the published plaintext", (vector) => {
    const { suit_encryption_info: hex, ciphertext, expectedPlaintext, intermediates } = vector;
    const [protectedHeader, unprotected, , recipients] =
      CborNode.read(fromHex(hex))?.tagged(96)?.elements() ?? [];
    const [recipient] = recipients?.elements() ?? [];
    const [recipientHeader, , wrapped] = recipient?.elements() ?? [];
    const header = recipientHeader?.bytes() ?? new Uint8Array(0);
    const kek = keyEncryptionKey(fromHex(intermediates.Z ?? ""), header, intermediates.kek);
    expect(toHex(kek)).toBe(intermediates.kek);
    const contentKey = unwrap(kek, wrapped?.bytes() ?? new Uint8Array(0));
    expect(toHex(contentKey)).toBe(intermediates.cek);
    const initial = unprotected?.entries()?.find(([label]) => label.integer() === 5n)?.[1];
    const iv = initial?.bytes() ?? new Uint8Array(0);
    const head = protectedHeader?.bytes() ?? new Uint8Array(0);
    expect(toHex(decrypt(contentKey, iv, head, fromHex(ciphertext)))).toBe(expectedPlaintext);
  });
});

/** ECDH-ES + A128KW: HKDF over the shared secret; with A128KW alone the key is known (RFC 9053 §5.2, §6.2). */
function keyEncryptionKey(secret: Uint8Array, header: Uint8Array, known: string): Uint8Array {
  if (secret.length === 0) return fromHex(known);
  const nobody = [null, null, null];
  const purpose = new TextEncoder().encode("SUIT Payload Encryption");
  const context = encodeCbor([-3, nobody, nobody, [128, header, purpose]]);
  return new Uint8Array(hkdfSync("sha256", secret, new Uint8Array(0), context, 16));
}

/** AES key unwrap (RFC 3394 §2.2.2). */
function unwrap(kek: Uint8Array, wrapped: Uint8Array): Uint8Array {
  const decipher = createDecipheriv("id-aes128-wrap", kek, Buffer.from("a6a6a6a6a6a6a6a6", "hex"));
  return Uint8Array.from(Buffer.concat([decipher.update(wrapped), decipher.final()]));
}

/** A128GCM with an Enc_structure (RFC 9052 §5.3), or A128CTR where the protected header is empty. */
function decrypt(key: Uint8Array, iv: Uint8Array, header: Uint8Array, ciphertext: Uint8Array): Uint8Array {
  if (header.length === 0) {
    const decipher = createDecipheriv("aes-128-ctr", key, iv);
    return Uint8Array.from(Buffer.concat([decipher.update(ciphertext), decipher.final()]));
  }
  const decipher = createDecipheriv("aes-128-gcm", key, iv);
  decipher.setAAD(encodeCbor(["Encrypt", header, new Uint8Array(0)]));
  decipher.setAuthTag(ciphertext.subarray(-16));
  return Uint8Array.from(Buffer.concat([decipher.update(ciphertext.subarray(0, -16)), decipher.final()]));
}
