/**
 * PEM keys as OpenSSL writes them: SPKI public keys, PKCS #8 and SEC 1 private keys.
 */
import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { UserError } from "../user-error.ts";
import { curveError } from "./cose-key.ts";
import { jwkOf, readJwk } from "./jwk.ts";
import { isPrivate, type EcKey, type EdwardsKey, type Key } from "./key.ts";

/** OpenSSL's names of curves that people mistake for P-256. */
const CURVE_NAMES: ReadonlyMap<string, string> = new Map([
  ["secp384r1", "P-384"],
  ["secp521r1", "P-521"],
  ["secp256k1", "secp256k1"],
]);

/** Writes a key as PEM: PKCS #8 if it is private, SPKI if public. PEM holds neither alg nor kid. */
export function pemOf(key: EcKey | EdwardsKey): string {
  const jwk = { key: jwkOf(key), format: "jwk" } as const;
  const pem = isPrivate(key)
    ? createPrivateKey(jwk).export({ type: "pkcs8", format: "pem" })
    : createPublicKey(jwk).export({ type: "spki", format: "pem" });
  return pem.toString();
}

/**
 * Reads the key of a PEM file.
 *
 * @throws UserError key-malformed, key-encrypted, key-type-unsupported or key-curve-unsupported
 */
export function readPem(text: string, name: string): Key {
  if (text.includes("ENCRYPTED")) {
    throw new UserError(
      "key-encrypted",
      `${name}: the private key is encrypted.`,
      "Decrypt it first, for example with `openssl pkcs8 -in KEY -out PLAIN`.",
    );
  }
  const object = parsePem(text, name);
  if (object.asymmetricKeyType === "ed25519") {
    return readJwk(JSON.stringify(object.export({ format: "jwk" })), name);
  }
  if (object.asymmetricKeyType !== "ec") {
    throw new UserError(
      "key-type-unsupported",
      `${name}: the key is of type ${object.asymmetricKeyType ?? "unknown"}; this build uses P-256 and Ed25519.`,
      "Make a P-256 key with `keys generate`.",
    );
  }
  const curve = object.asymmetricKeyDetails?.namedCurve ?? "unknown";
  if (curve !== "prime256v1") throw curveError(CURVE_NAMES.get(curve) ?? curve, name);
  return readJwk(JSON.stringify(object.export({ format: "jwk" })), name);
}

function parsePem(text: string, name: string): KeyObject {
  try {
    return text.includes("PRIVATE KEY-----") ? createPrivateKey(text) : createPublicKey(text);
  } catch (cause) {
    throw new UserError(
      "key-malformed",
      `${name}: this PEM file holds no key that can be read.`,
      "The file is damaged, or it holds something else than a key.",
      { cause },
    );
  }
}
