/**
 * Keys that payloads are encrypted for: a key encryption key for AES key wrap, or a key on P-256.
 */
import { PayloadKey } from "../../assembly/layout.ts";
import { UserError } from "../user-error.ts";
import { FORMATS } from "./cose-key.ts";
import { readKey } from "./key-file.ts";
import type { EcKey, Key } from "./key.ts";

/** A key to encrypt for; its secret half is on the device. */
export type PayloadKeyFile =
  { readonly kind: "kek"; readonly bytes: Uint8Array } | { readonly kind: "p256"; readonly key: EcKey };

const KINDS = `Give 16 or 32 secret bytes, as \`openssl rand -hex 16\` makes them, or a key on P-256. ${FORMATS}`;

/**
 * Reads a key to encrypt for: 16 or 32 bytes, raw or as hexadecimal digits, are a key encryption key; any
 * other file is a key on P-256, public or private. What could be digits is taken for digits.
 *
 * @param name what to call the file in errors
 * @throws UserError `payload-key`, or what `readKey` throws; the message never shows what the file holds
 */
export function readPayloadKey(content: Uint8Array, name: string): PayloadKeyFile {
  const text = Buffer.from(content).toString("latin1").trim();
  if (/^[0-9a-fA-F]+$/.test(text) && isKekLength(text.length / 2))
    return { kind: "kek", bytes: Uint8Array.from(Buffer.from(text, "hex")) };
  if (isKekLength(content.length)) return { kind: "kek", bytes: content };
  const key = readAnyKey(content, name);
  if (key.kty === "EC2") return { kind: "p256", key };
  throw new UserError(
    "payload-key",
    `${name} is a key on ${key.crv}, which nothing can be encrypted for.`,
    KINDS,
  );
}

/** A key, of whatever kind; where there is none, the hint says what else there could have been. */
function readAnyKey(content: Uint8Array, name: string): Key {
  try {
    return readKey(content, name);
  } catch (error) {
    if (!(error instanceof UserError) || error.hint !== FORMATS) throw error;
    throw new UserError(error.code, error.message, KINDS, { cause: error });
  }
}

/**
 * What a device holds of a key that payloads are encrypted for.
 *
 * @throws UserError `key-not-private`
 */
export function payloadSecret(
  key: PayloadKeyFile,
  name: string,
): { readonly kind: PayloadKey; readonly bytes: Uint8Array } {
  if (key.kind === "kek")
    return { kind: key.bytes.length === 16 ? PayloadKey.Kek128 : PayloadKey.Kek256, bytes: key.bytes };
  if (key.key.d !== undefined) return { kind: PayloadKey.P256, bytes: key.key.d };
  throw new UserError(
    "key-not-private",
    `${name} has no private half, so a device that holds it can decrypt nothing.`,
    "Give the private key; its public half is what payloads are encrypted for.",
  );
}

function isKekLength(bytes: number): boolean {
  return bytes === 16 || bytes === 32;
}
