/**
 * Key files in any of the usual formats, told apart by their content.
 */
import { UserError } from "../user-error.ts";
import { coseKeyBytes, FORMATS, privateCoseKeyBytes, readCoseKey } from "./cose-key.ts";
import { jwkOf, readJwk } from "./jwk.ts";
import { isPrivate, publicKeyOf, type Key, type PrivateKey } from "./key.ts";
import { pemOf, readPem } from "./pem.ts";

/** Formats that keys are written in; reading finds out by itself. */
export const KEY_FORMATS = ["pem", "jwk", "cose"] as const;
/** One of KEY_FORMATS. */
export type KeyFormat = (typeof KEY_FORMATS)[number];

/**
 * Reads a key from the content of a file: PEM (SPKI, PKCS #8, SEC 1), JWK, or COSE_Key as CBOR or as
 * the hex or base64 text of it. A private key is read with its scalar; use `publicKeyOf` to drop it.
 *
 * @param name what to call the file in errors
 * @throws UserError with a code that starts with `key-`
 */
export function readKey(content: Uint8Array, name = "key"): Key {
  if (content.length === 0) throw new UserError("key-malformed", `${name}: the file is empty.`, FORMATS);
  const text = printable(content);
  if (text === undefined) return readCoseKey(content, name);
  if (text.includes("-----BEGIN ")) return readPem(text, name);
  if (text.startsWith("{")) return readJwk(text, name);
  const compact = text.replace(/\s+/g, "");
  if (/^([0-9a-fA-F]{2})+$/.test(compact)) return readCoseKey(Buffer.from(compact, "hex"), name);
  if (/^[A-Za-z0-9+/_-]+=*$/.test(compact)) return readCoseKey(Buffer.from(compact, "base64"), name);
  throw new UserError("key-format-unknown", `${name}: this is no key format.`, FORMATS);
}

/**
 * Reads a key that must be able to sign.
 *
 * @throws UserError key-not-private, or what `readKey` throws
 */
export function readPrivateKey(content: Uint8Array, name = "key"): PrivateKey {
  const key = readKey(content, name);
  if (isPrivate(key)) return key;
  throw new UserError(
    "key-not-private",
    `${name}: this is a public key, and signing needs the private one.`,
    "Give the file that `keys generate` wrote.",
  );
}

/** The format to write a key in unless another one is asked for. */
export function usualFormat({ kty }: Key): KeyFormat {
  return kty === "HSS-LMS" ? "cose" : "pem";
}

/**
 * The content of a key file. PEM and JWK end in a newline; COSE_Key is binary.
 *
 * @throws UserError `rights-need-cose` for a key with limited rights, `key-format-unsupported` for an
 *   HSS/LMS key, in another format than COSE_Key
 */
export function writeKey(key: Key, format: KeyFormat): Uint8Array {
  if (format !== "cose" && key.components !== undefined) {
    throw new UserError(
      "rights-need-cose",
      `The key may touch certain components only, and ${format === "pem" ? "PEM" : "a JWK"} cannot say so.`,
      "Add --format cose.",
    );
  }
  if (format === "cose") return isPrivate(key) ? privateCoseKeyBytes(key) : coseKeyBytes(key);
  if (key.kty === "HSS-LMS") {
    throw new UserError(
      "key-format-unsupported",
      `There is no ${format === "pem" ? "PEM" : "JWK"} form of an HSS/LMS key here.`,
      "Write it with --format cose.",
    );
  }
  const text = format === "pem" ? pemOf(key) : `${JSON.stringify(jwkOf(key), null, 2)}\n`;
  return new TextEncoder().encode(text);
}

/** The content of a file for the public half of a key. */
export function writePublicKey(key: Key, format: KeyFormat): Uint8Array {
  return writeKey(publicKeyOf(key), format);
}

/** The trimmed text if all bytes are printable ASCII or white space, otherwise undefined. */
function printable(content: Uint8Array): string | undefined {
  const isText = content.every((byte) => (byte >= 0x20 && byte < 0x7f) || (byte >= 0x09 && byte <= 0x0d));
  return isText ? Buffer.from(content).toString("latin1").trim() : undefined;
}
