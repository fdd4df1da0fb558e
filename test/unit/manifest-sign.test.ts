/**
 * Signing envelopes.
 */
import { verify as nodeVerify, createPublicKey } from "node:crypto";
import { describe, expect, it } from "vitest";
import { generateKey, publicKeyOf } from "../../host/keys/key.ts";
import { pemOf } from "../../host/keys/pem.ts";
import { signatureInput } from "../../host/manifest/authentication.ts";
import { encodeCbor } from "../../host/manifest/cbor-writer.ts";
import { encodeDigest } from "../../host/manifest/digest.ts";
import { signatureBlock, signEnvelope } from "../../host/manifest/sign.ts";
import { verifyEnvelope } from "../../host/manifest/verify.ts";
import { toHex } from "../vectors.ts";
import { envelopeAround, KEY, manifestBytes, map, UNPINNED_KEY } from "./manifest-fixture.ts";

const manifest = manifestBytes();
const digest = encodeDigest(encodeCbor(manifest));
const unsigned = envelopeAround(manifest, { blocks: () => [] });

describe("signEnvelope", () => {
  it("adds a tagged COSE_Sign1 with detached payload and nothing but alg in its headers", () => {
    const signed = toHex(signEnvelope(unsigned, KEY));
    expect(signed).toContain(toHex(encodeCbor(digest)).concat("584ad28443a10128a0f65840"));
  });

  it("signs what node:crypto verifies: 55 bytes of Sig_structure (RFC 9052 §4.4)", () => {
    const block = signatureBlock(digest, KEY, -9);
    const message = signatureInput(encodeCbor(map([1, -9])), digest);
    expect(toHex(message)).toBe(`846a5369676e61747572653143a1012840${toHex(encodeCbor(digest))}`);
    const key = createPublicKey(pemOf(publicKeyOf(KEY)));
    expect(nodeVerify("sha256", message, { key, dsaEncoding: "ieee-p1363" }, block.slice(-64))).toBe(true);
  });

  it("is deterministic (RFC 6979)", () => {
    expect(signEnvelope(unsigned, KEY)).toEqual(signEnvelope(unsigned, KEY));
  });

  it("keeps the signatures that are there, and any one of the keys is enough", () => {
    const other = generateKey();
    const both = signEnvelope(signEnvelope(unsigned, KEY), other);
    for (const key of [KEY, other]) expect(verifyEnvelope(both, [publicKeyOf(key)]).ok).toBe(true);
    expect(verifyEnvelope(both, [generateKey(), other]).message).toContain("key 2 of 2");
    expect(verifyEnvelope(both, [generateKey()]).reason).toBe("signature-invalid");
  });

  it("changes nothing of the envelope but the authentication wrapper", () => {
    const members = [["#a", new Uint8Array(300)]] as const;
    const before = envelopeAround(manifest, { blocks: () => [], members });
    const after = signEnvelope(before, KEY);
    const rest = toHex(before).slice(toHex(before).indexOf(toHex(encodeCbor(manifest))));
    expect(toHex(after).endsWith(rest)).toBe(true);
  });

  it("uses the algorithm asked for, and refuses one that the key is not pinned to", () => {
    expect(toHex(signEnvelope(unsigned, UNPINNED_KEY, { algorithm: -7 }))).toContain("a10126");
    expect(() => signEnvelope(unsigned, KEY, { algorithm: -7 })).toThrow(
      "The key may not be used with ES256 (-7)",
    );
  });

  it("refuses a manifest that does not have the stated digest", () => {
    const wrong = envelopeAround(manifest, { digest: encodeDigest(manifest), blocks: () => [] });
    expect(() => signEnvelope(wrong, KEY)).toThrow("This cannot be signed.");
  });

  it("refuses what is no envelope, with the byte", () => {
    expect(() => signEnvelope(Uint8Array.of(0x00), KEY)).toThrow("(byte 0)");
  });

  it("refuses more signatures than devices try", () => {
    const full = [1, 2, 3, 4].reduce((envelope) => signEnvelope(envelope, KEY), unsigned);
    expect(() => signEnvelope(full, KEY)).toThrow("has 4 signatures already");
  });
});
