/**
 * Signing envelopes.
 */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  sign as nodeSign,
  verify as nodeVerify,
} from "node:crypto";
import { describe, expect, it } from "vitest";
import { generateKey, publicKeyOf } from "../../host/keys/key.ts";
import { pemOf } from "../../host/keys/pem.ts";
import { createEnvelope } from "../../host/manifest/create.ts";
import { decodeEnvelope } from "../../host/manifest/decode.ts";
import { readEnvelope } from "../../host/manifest/envelope.ts";
import { inspectEnvelope } from "../../host/manifest/inspect.ts";
import { signatureInput } from "../../host/manifest/authentication.ts";
import { encodeCbor } from "../../host/manifest/cbor-writer.ts";
import { encodeDigest } from "../../host/manifest/digest.ts";
import { attachSignature, signatureBlock, signatureRequest, signEnvelope } from "../../host/manifest/sign.ts";
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

describe("signing in an HSM", () => {
  const request = signatureRequest(unsigned, -9);
  const sign = (dsaEncoding: "der" | "ieee-p1363"): Uint8Array =>
    nodeSign("sha256", request.message, { key: createPrivateKey(pemOf(KEY)), dsaEncoding });

  it("is asked for the Sig_structure and its SHA-256 (RFC 9052 §4.4)", () => {
    expect(toHex(request.message)).toBe(`846a5369676e61747572653143a1012840${toHex(encodeCbor(digest))}`);
    expect(toHex(request.digest)).toBe(createHash("sha256").update(request.message).digest("hex"));
  });

  it("gives the same envelope as signing here, from r and s or from DER", () => {
    const { message } = request;
    const block = signatureBlock(digest, KEY, -9);
    expect(attachSignature(unsigned, block.slice(-64), -9)).toEqual(signEnvelope(unsigned, KEY));
    for (const encoding of ["der", "ieee-p1363"] as const) {
      const signed = attachSignature(unsigned, sign(encoding), -9, publicKeyOf(KEY));
      expect(verifyEnvelope(signed, [publicKeyOf(KEY)])).toMatchObject({ reason: "ok" });
    }
    expect(message).toHaveLength(55);
  });

  it("refuses a signature that is not over these bytes, if the public key is there to tell", () => {
    const stranger = generateKey();
    expect(() => attachSignature(unsigned, sign("der"), -9, publicKeyOf(stranger))).toThrow(
      "does not verify under the key",
    );
    const other = signatureRequest(unsigned, -7);
    expect(other.message).not.toEqual(request.message);
  });

  it("refuses what is no signature, and a manifest that does not have the stated digest", () => {
    expect(() => attachSignature(unsigned, new Uint8Array(63), -9)).toThrow("has 63 bytes");
    const wrong = envelopeAround(manifest, { digest: encodeDigest(manifest), blocks: () => [] });
    expect(() => signatureRequest(wrong, -9)).toThrow("This cannot be signed.");
  });
});

describe("the author's tools", () => {
  it("sign members that our bootloader does not process", () => {
    const json = {
      sequenceNumber: 1,
      components: ["a"],
      payloadFetch: ["fetch"],
      severable: ["payloadFetch"],
      custom: { envelope: { "-300": { hex: "00" } } },
    };
    const signed = signEnvelope(createEnvelope(json), KEY);
    expect(decodeEnvelope(signed)["authentication"]).toMatchObject({ blocks: [{}] });
  });

  it("keep a dependency's signature and take the digest of its manifest", () => {
    const dependency = signEnvelope(createEnvelope({ sequenceNumber: 1, components: ["b"] }), KEY);
    const outer = createEnvelope(
      {
        sequenceNumber: 1,
        components: ["a"],
        shared: [{ "override-parameters": { "image-digest": { "manifest-of": "#b" } } }],
        integrated: { "#b": { file: "b.suit" } },
      },
      { readFile: () => dependency },
    );
    const { manifest: inner } = readEnvelope(dependency);
    expect(toHex(outer)).toContain(toHex(encodeDigest(dependency.subarray(inner.start, inner.to))));
    expect(decodeEnvelope(outer)).toMatchObject({
      integrated: { "#b": { envelope: { sequenceNumber: 1 } } },
    });
  });

  it("say one clear thing about input that is huge, deep or full of items, in bounded time", () => {
    const items = new Uint8Array(8_000_000).fill(0x80);
    items.set([0xd8, 107, 0x9a, 0x00, 0x7a, 0x00, 0x00]);
    expect(() => decodeEnvelope(items)).toThrow("more than 100000 CBOR items");
    expect(inspectEnvelope(items).problem?.reason).toBe("cbor-unexpected-type");
    const deep = new Uint8Array(1_000_000).fill(0x81);
    expect(() => decodeEnvelope(deep)).toThrow("nests deeper");
    const json: unknown = JSON.parse(`${"[".repeat(5000)}${"]".repeat(5000)}`);
    expect(() => createEnvelope({ sequenceNumber: 1, components: ["a"], validate: json })).toThrow(
      "nests deeper than 128 levels",
    );
  });
});
