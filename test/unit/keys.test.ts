/**
 * Key files: formats, what they pin, and what is wrong with the wrong ones.
 */
import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { coseKeyBytes } from "../../host/keys/cose-key.ts";
import { KEY_FORMATS, readKey, readPrivateKey, writeKey, writePublicKey } from "../../host/keys/key-file.ts";
import { jwkOf } from "../../host/keys/jwk.ts";
import { acceptsAlgorithm, generateKey, isPrivate, publicKeyOf } from "../../host/keys/key.ts";
import { pemOf } from "../../host/keys/pem.ts";
import { encodeCbor, type Cbor } from "../../host/manifest/cbor-writer.ts";
import { UserError } from "../../host/user-error.ts";
import { toHex } from "../vectors.ts";

const key = generateKey({ kid: new TextEncoder().encode("line-3") });
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const fields = (...pairs: readonly (readonly [Cbor, Cbor])[]): Uint8Array =>
  encodeCbor(new Map<Cbor, Cbor>([[1, 2], [-1, 1], [-2, key.x], [-3, key.y], ...pairs]));

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

describe("a key", () => {
  it("survives every format it is written in, private and public", () => {
    for (const format of KEY_FORMATS) {
      const { d, x, y } = readPrivateKey(writeKey(key, format));
      expect({ d, x, y }).toEqual({ d: key.d, x: key.x, y: key.y });
      const publicKey = readKey(writePublicKey(key, format));
      expect(publicKey).toMatchObject({ x: key.x, y: key.y });
      expect(isPrivate(publicKey)).toBe(false);
    }
  });

  it("keeps its algorithm and identifier in JWK and COSE_Key", () => {
    for (const format of ["jwk", "cose"] as const) expect(readKey(writeKey(key, format))).toEqual(key);
  });

  it("is read from the hex and the base64 text of its COSE_Key", () => {
    const cose = Buffer.from(coseKeyBytes(key));
    for (const text of [
      cose.toString("hex"),
      `${cose.toString("hex").toUpperCase()}\n`,
      cose.toString("base64"),
      cose.toString("base64url"),
    ]) {
      expect(readKey(bytes(text))).toEqual(publicKeyOf(key));
    }
  });

  it("is read from PEM files as OpenSSL writes them", () => {
    const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const expected = readKey(bytes(publicKey.export({ type: "spki", format: "pem" }).toString()));
    for (const type of ["sec1", "pkcs8"] as const) {
      expect(readPrivateKey(bytes(privateKey.export({ type, format: "pem" }).toString()))).toMatchObject(
        expected,
      );
    }
    expect(createPrivateKey(pemOf(key)).asymmetricKeyDetails?.namedCurve).toBe("prime256v1");
  });

  it("is read from a compressed point", () => {
    const isOdd = [...key.y].slice(-1).some((byte) => (byte & 1) === 1);
    expect(readKey(fields([-3, isOdd]))).toMatchObject({ x: key.x, y: key.y });
  });

  it("has a deterministic COSE_Key without its private scalar (RFC 9052 §7)", () => {
    const expected = `a601020246${toHex(bytes("line-3"))}03282001215820${toHex(key.x)}225820${toHex(key.y)}`;
    expect(toHex(coseKeyBytes(key))).toBe(expected);
    const unnamed = { kty: key.kty, crv: key.crv, x: key.x, y: key.y };
    expect(toHex(coseKeyBytes(unnamed))).toBe(`a401022001215820${toHex(key.x)}225820${toHex(key.y)}`);
  });

  it("accepts exactly the algorithm it states (RFC 9052 §7.1)", () => {
    expect([-9, -7, -8].map((algorithm) => acceptsAlgorithm(key, algorithm))).toEqual([true, false, false]);
  });

  it("accepts ESP256 and ES256 if it states none, for its curve is pinned (RFC 9864)", () => {
    const unpinned = generateKey({ alg: null });
    expect([-9, -7, -8, -35].map((algorithm) => acceptsAlgorithm(unpinned, algorithm))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  it("reads ES256 and ESP256 of a JWK as the COSE algorithms of these names", () => {
    for (const [alg, number] of [
      ["ES256", -7],
      ["ESP256", -9],
    ] as const) {
      expect(readKey(bytes(JSON.stringify({ ...jwkOf(key), alg }))).alg).toBe(number);
    }
  });
});

describe("a key file is refused", () => {
  const jwk = jwkOf(key);
  const json = (changes: object): Uint8Array => bytes(JSON.stringify({ ...jwk, ...changes }));
  const p384 = generateKeyPairSync("ec", { namedCurve: "P-384" });
  const x25519 = generateKeyPairSync("x25519").privateKey;
  const encrypted = createPrivateKey(pemOf(key)).export({
    type: "pkcs8",
    format: "pem",
    cipher: "aes-128-cbc",
    passphrase: "x",
  });
  const flipped = key.y.map((byte, index) => (index === 31 ? byte ^ 1 : byte));

  it.each<[string, string, Uint8Array]>([
    ["empty", "key-malformed", new Uint8Array(0)],
    ["prose", "key-format-unknown", bytes("not a key!")],
    ["broken JSON", "key-malformed", bytes("{")],
    ["JSON that is no JWK", "key-malformed", bytes("{}")],
    ["a set of JWKs", "key-malformed", bytes('{"keys":[]}')],
    ["broken PEM", "key-malformed", bytes("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n")],
    ["an encrypted PEM", "key-encrypted", bytes(encrypted.toString())],
    [
      "a PEM of P-384",
      "key-curve-unsupported",
      bytes(p384.privateKey.export({ type: "pkcs8", format: "pem" }).toString()),
    ],
    [
      "a PEM of X25519",
      "key-type-unsupported",
      bytes(x25519.export({ type: "pkcs8", format: "pem" }).toString()),
    ],
    [
      "a JWK of P-384",
      "key-curve-unsupported",
      bytes(JSON.stringify(p384.publicKey.export({ format: "jwk" }))),
    ],
    ["a JWK of X25519", "key-curve-unsupported", bytes(JSON.stringify(x25519.export({ format: "jwk" })))],
    ["a JWK of a type without curves", "key-type-unsupported", json({ kty: "RSA" })],
    ["a JWK on P-256 for Ed25519", "key-algorithm-unsupported", json({ alg: "Ed25519" })],
    ["a JWK for another algorithm", "key-algorithm-unsupported", json({ alg: "ES384" })],
    ["a JWK for encryption", "key-use-forbidden", json({ use: "enc" })],
    ["a JWK without y", "key-malformed", json({ y: undefined, d: undefined })],
    ["a JWK with a short x", "key-malformed", json({ x: "AAAA", d: undefined })],
    [
      "a JWK whose point is not on the curve",
      "key-point-invalid",
      json({ y: Buffer.from(flipped).toString("base64url") }),
    ],
    [
      "a JWK whose private scalar is another key's",
      "key-private-mismatch",
      json({ d: Buffer.from(generateKey().d).toString("base64url") }),
    ],
    [
      "a JWK whose private scalar is zero",
      "key-private-invalid",
      json({ d: Buffer.alloc(32).toString("base64url") }),
    ],
    ["CBOR that is no map", "key-malformed", Uint8Array.of(0x80)],
    ["binary that is no CBOR", "key-malformed", Uint8Array.of(0xff, 0xff)],
    ["a COSE_Key of another type", "key-type-unsupported", encodeCbor(new Map([[1, 4]]))],
    ["a COSE_Key of another curve", "key-curve-unsupported", fields([-1, 2])],
    ["a COSE_Key on P-256 for EdDSA", "key-algorithm-unsupported", fields([3, -8])],
    ["a COSE_Key for another algorithm", "key-algorithm-unsupported", fields([3, -35])],
    ["a COSE_Key for neither signing nor verifying", "key-use-forbidden", fields([4, [5]])],
    ["a COSE_Key whose x is a text", "key-malformed", fields([-2, "x"])],
  ])("when it is %s: %s", (_, code, content) => {
    expect(codeOf(content)).toBe(code);
  });

  it("for signing when it is public", () => {
    expect(() => readPrivateKey(writePublicKey(key, "pem"), "the key")).toThrow("this is a public key");
  });
});
