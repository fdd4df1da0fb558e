/**
 * Ed25519 keys: formats, what they pin, what is wrong with the wrong ones, and what they sign.
 */
import { createPrivateKey, generateKeyPairSync, sign } from "node:crypto";
import { describe, expect, it } from "vitest";
import { Status } from "../../assembly/status.ts";
import { profileNamed } from "../../emulator/index.ts";
import { DeviceVerifier } from "../../host/device/verifier.ts";
import { coseKeyBytes } from "../../host/keys/cose-key.ts";
import { generateEdwardsKey } from "../../host/keys/ed25519.ts";
import { jwkOf } from "../../host/keys/jwk.ts";
import { KEY_FORMATS, readKey, readPrivateKey, writeKey, writePublicKey } from "../../host/keys/key-file.ts";
import { acceptsAlgorithm, Algorithm, generateKey, isPrivate, type Key } from "../../host/keys/key.ts";
import { pemOf } from "../../host/keys/pem.ts";
import { encodeCbor, type Cbor } from "../../host/manifest/cbor-writer.ts";
import { attachSignature, signEnvelope, signatureRequest } from "../../host/manifest/sign.ts";
import { verifyEnvelope } from "../../host/manifest/verify.ts";
import { STATUS_TEXT } from "../../host/status-text.ts";
import { UserError } from "../../host/user-error.ts";
import { encode, smallPoints } from "../ed25519-reference.ts";
import { fromHex, toHex } from "../vectors.ts";
import { readWasm } from "../wasm-file.ts";
import { envelope, envelopeAround, manifestBytes } from "./manifest-fixture.ts";

const key = generateEdwardsKey({ kid: new TextEncoder().encode("line-3") });
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const fields = (...pairs: readonly (readonly [Cbor, Cbor])[]): Uint8Array =>
  encodeCbor(new Map<Cbor, Cbor>([[1, 1], [-1, 6], [-2, key.x], ...pairs]));

function codeOf(content: Uint8Array): string {
  try {
    readKey(content, "the key");
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    expect(error.message).toMatch(/^the key: .*\.$/);
    return error.code;
  }
  return "none";
}

describe("an Ed25519 key", () => {
  it("survives every format it is written in, private and public", () => {
    for (const format of KEY_FORMATS) {
      expect(readPrivateKey(writeKey(key, format))).toMatchObject({ kty: "OKP", x: key.x, d: key.d });
      const publicKey = readKey(writePublicKey(key, format));
      expect(publicKey).toMatchObject({ kty: "OKP", crv: "Ed25519", x: key.x });
      expect(isPrivate(publicKey)).toBe(false);
    }
  });

  it("keeps its algorithm and identifier in JWK and COSE_Key", () => {
    for (const format of ["jwk", "cose"] as const) expect(readKey(writeKey(key, format))).toEqual(key);
  });

  it("has a deterministic COSE_Key (RFC 9053 §7.2)", () => {
    const expected = `a501010246${toHex(bytes("line-3"))}03322006215820${toHex(key.x)}`;
    expect(toHex(coseKeyBytes(key))).toBe(expected);
  });

  it("is read from PEM files as OpenSSL writes them, and written so", () => {
    const { privateKey, publicKey } = generateKeyPairSync("ed25519");
    const expected = readKey(bytes(publicKey.export({ type: "spki", format: "pem" }).toString()));
    const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    expect(readPrivateKey(bytes(pem))).toMatchObject(expected);
    expect(createPrivateKey(pemOf(key)).asymmetricKeyType).toBe("ed25519");
  });

  it("accepts exactly the algorithm it states, and Ed25519 and EdDSA if it states none", () => {
    const accepted = (some: Key): boolean[] => [-19, -8, -9, -7].map((each) => acceptsAlgorithm(some, each));
    expect(accepted(key)).toEqual([true, false, false, false]);
    expect(accepted(generateEdwardsKey({ alg: Algorithm.EdDSA }))).toEqual([false, true, false, false]);
    expect(accepted(generateEdwardsKey({ alg: null }))).toEqual([true, true, false, false]);
    expect(accepted(generateKey({ alg: null }))).toEqual([false, false, true, true]);
  });

  it("has the public key of RFC 8032 §7.1, TEST 1, for that private key", () => {
    const d = fromHex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
    const read = readKey(
      encodeCbor(
        new Map<Cbor, Cbor>([
          [1, 1],
          [-1, 6],
          [-4, d],
        ]),
      ),
    );
    expect(toHex(read.x)).toBe("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
  });
});

describe("an Ed25519 key file is refused", () => {
  const json = (changes: object): Uint8Array => bytes(JSON.stringify({ ...jwkOf(key), ...changes }));
  const noPoint = Buffer.alloc(32);
  noPoint[0] = 2;

  it.each<[string, string, Uint8Array]>([
    ["a JWK without x and d", "key-malformed", json({ x: undefined, d: undefined })],
    ["a JWK with a short x", "key-malformed", json({ x: "AAAA", d: undefined })],
    ["a JWK of no point", "key-point-invalid", json({ x: noPoint.toString("base64url"), d: undefined })],
    ["a JWK with a short d", "key-private-invalid", json({ d: "AAAA" })],
    [
      "a JWK with another key's d",
      "key-private-mismatch",
      json({ ...jwkOf(generateEdwardsKey()), x: jwkOf(key)["x"] }),
    ],
    ["a JWK for P-256's algorithm", "key-algorithm-unsupported", json({ alg: "ESP256" })],
    ["a JWK for encryption", "key-use-forbidden", json({ use: "enc" })],
    ["a COSE_Key for P-256's algorithm", "key-algorithm-unsupported", fields([3, -9])],
    ["a COSE_Key of X25519", "key-curve-unsupported", fields([-1, 4])],
    [
      "a COSE_Key whose y coordinate is above p",
      "key-point-invalid",
      fields([-2, new Uint8Array(32).fill(0xff)]),
    ],
  ])("when it is %s: %s", (_, code, content) => {
    expect(codeOf(content)).toBe(code);
  });

  it("when it is of small order, whichever of the eight points", () => {
    for (const point of smallPoints) expect(codeOf(fields([-2, encode(point)]))).toBe("key-point-invalid");
  });
});

describe("an envelope signed with Ed25519", () => {
  const bootloader = readWasm("bootloader-ed25519");
  const unpinned = generateEdwardsKey({ alg: null });
  const unsigned = envelopeAround(manifestBytes(), { blocks: () => [] });
  const reasons = (signed: Uint8Array, trusted: Key): [string, string] => [
    verifyEnvelope(signed, [trusted]).reason,
    new DeviceVerifier(bootloader, [trusted]).verify(signed).reason,
  ];
  const both = (status: Status.Ok | Status.SignatureInvalid | Status.SignatureMalformed): string[] =>
    Array.from({ length: 2 }, () => STATUS_TEXT[status].code);
  const altered = (signed: Uint8Array, index: number): Uint8Array =>
    signed.map((byte, position) => (position === index ? byte ^ 1 : byte));

  it("is accepted by the host and by the bootloader that is built with Ed25519", () => {
    const signed = signEnvelope(unsigned, key);
    expect(reasons(signed, key)).toEqual(both(Status.Ok));
    expect(reasons(signed, unpinned)).toEqual(both(Status.SignatureInvalid));
  });

  it("is accepted as EdDSA (-8) if the key's curve says that it is Ed25519", () => {
    const signed = signEnvelope(unsigned, unpinned, { algorithm: Algorithm.EdDSA });
    expect(reasons(signed, unpinned)).toEqual(both(Status.Ok));
    const pinned = { ...unpinned, alg: Algorithm.Ed25519 };
    expect(reasons(signed, pinned)).toEqual(["key-algorithm-mismatch", "key-algorithm-mismatch"]);
  });

  it("is the same every time", () => {
    expect(signEnvelope(unsigned, key)).toEqual(signEnvelope(unsigned, key));
  });

  it("is refused with a byte of R or S changed, and with S from L up", () => {
    const signed = signEnvelope(unsigned, key);
    const signature = Buffer.from(signed).indexOf(Buffer.from([0x58, 0x40])) + 2;
    expect(reasons(altered(signed, signature + 40), key)).toEqual(both(Status.SignatureInvalid));
    const large = Uint8Array.from(signed);
    large[signature + 63] = 0x7f;
    expect(reasons(large, key)).toEqual(both(Status.SignatureMalformed));
    const noPoint = Uint8Array.from(signed).fill(0xff, signature, signature + 32);
    expect(reasons(noPoint, key)).toEqual(both(Status.SignatureMalformed));
  });

  it("is an unsupported algorithm to a bootloader and keys of the other curve, either way round", () => {
    const ec = generateKey();
    const onP256 = new DeviceVerifier(readWasm("bootloader"), [ec]);
    const signed = signEnvelope(unsigned, key);
    expect([verifyEnvelope(signed, [ec]).reason, onP256.verify(signed).reason]).toEqual([
      "algorithm-unsupported",
      "algorithm-unsupported",
    ]);
    expect(reasons(envelope(), key)).toEqual(["algorithm-unsupported", "algorithm-unsupported"]);
  });

  it("is refused by a bootloader that was given keys of a curve for which it is not built", () => {
    const signed = signEnvelope(unsigned, key);
    // The host goes by the keys: with those, nobody would take such a bootloader.
    const device = new DeviceVerifier(readWasm("bootloader"), [key]);
    expect(device.verify(signed).reason).toBe("algorithm-unsupported");
    const other = new DeviceVerifier(bootloader, [generateKey()]);
    expect(other.verify(signed).reason).toBe("key-algorithm-mismatch");
  });

  it("takes a signature that was made elsewhere, and none that does not verify", () => {
    const { message } = signatureRequest(unsigned, Algorithm.Ed25519);
    const elsewhere = sign(null, message, createPrivateKey(pemOf(key)));
    expect(attachSignature(unsigned, elsewhere, Algorithm.Ed25519, key)).toEqual(signEnvelope(unsigned, key));
    expect(() => attachSignature(unsigned, new Uint8Array(64), Algorithm.Ed25519, key)).toThrow(
      "does not verify under the key",
    );
  });

  it("fits the boot partition, with room for the device page", () => {
    const { boot } = profileNamed("class1").layout;
    expect(bootloader.length).toBeLessThanOrEqual(27_648);
    expect(boot.bytes).toBeGreaterThan(bootloader.length);
  });
});
