/**
 * Encrypts a payload: a fresh content key, and an encryption-info that holds it wrapped for each recipient
 * (draft-ietf-suit-firmware-encryption-24 §6; RFC 9052 §5; RFC 9053 §4, §6; RFC 9459).
 */
import { createCipheriv, createECDH, hkdfSync, randomBytes } from "node:crypto";
import type { PayloadKeyFile } from "../keys/payload-key.ts";
import { encodeCbor } from "./cbor-writer.ts";
import { encryptionInfoBytes, type EncryptionInfoJson } from "./encryption-json.ts";
import { toHex } from "./form.ts";
import { byName, CONTENT_ALGORITHMS, RECIPIENT_ALGORITHMS } from "./labels.ts";

/** The ciphertext, and what a device needs to decrypt it. */
export interface EncryptedPayload {
  readonly ciphertext: Uint8Array;
  /** A COSE_Encrypt without ciphertext: the parameter encryption-info. */
  readonly info: Uint8Array;
}

/** Names of content algorithms, counter mode first. */
export const CONTENT_ALGORITHM_NAMES = [
  "A128CTR",
  "A256CTR",
  "A128GCM",
  "A256GCM",
  "ChaCha20/Poly1305",
] as const;
/** One of them. */
export type ContentAlgorithmName = (typeof CONTENT_ALGORITHM_NAMES)[number];

/** One who can decrypt. */
export interface PayloadRecipient {
  readonly key: PayloadKeyFile;
  /** Names the key; a hint. */
  readonly kid?: string;
}

/** The initial value of AES key wrap (RFC 3394 §2.2.3.1). */
const WRAP_INITIAL = Buffer.alloc(8, 0xa6);
const TAG_BYTES = 16;

/**
 * Encrypts for one or more recipients. Content key, initialisation vector and ephemeral keys are made anew.
 *
 * @param random where content key and initialisation vector come from
 */
export function encryptPayload(
  payload: Uint8Array,
  recipients: readonly PayloadRecipient[],
  algorithm: ContentAlgorithmName = "A128CTR",
  random: (bytes: number) => Uint8Array = randomBytes,
): EncryptedPayload {
  const contentKey = random(algorithm.startsWith("A128") ? 16 : 32);
  const iv = random(algorithm.endsWith("CTR") ? 16 : 12);
  const json: EncryptionInfoJson = {
    algorithm,
    iv: toHex(iv),
    recipients: recipients.map(({ key, kid }) => ({
      ...(key.kind === "kek" ? wrapped(key.bytes, contentKey) : agreed(key.key, contentKey)),
      ...(kid === undefined ? {} : { kid: { text: kid } }),
    })),
  };
  return {
    ciphertext: encryptContent(algorithm, contentKey, iv, payload),
    info: encryptionInfoBytes(json),
  };
}

type RecipientJson = EncryptionInfoJson["recipients"][number];

function wrapped(kek: Uint8Array, contentKey: Uint8Array): RecipientJson {
  return { algorithm: `A${kek.length * 8}KW`, key: toHex(wrap(kek, contentKey)) };
}

/** ECDH-ES with A128KW: the shared secret becomes a key encryption key by HKDF over COSE_KDF_Context (RFC 9053 §5.2). */
function agreed({ x, y }: { x: Uint8Array; y: Uint8Array }, contentKey: Uint8Array): RecipientJson {
  const algorithm = "ECDH-ES+A128KW";
  const own = createECDH("prime256v1");
  const point = own.generateKeys();
  const secret = own.computeSecret(Buffer.concat([Uint8Array.of(4), x, y]));
  const header = encodeCbor(new Map([[1, byName(RECIPIENT_ALGORITHMS, algorithm)?.label ?? 0]]));
  const nobody = [null, null, null];
  const purpose = new TextEncoder().encode("SUIT Payload Encryption");
  const context = encodeCbor([-3, nobody, nobody, [128, header, purpose]]);
  const kek = new Uint8Array(hkdfSync("sha256", secret, new Uint8Array(0), context, 16));
  return {
    algorithm,
    ephemeral: { x: toHex(point.subarray(1, 33)), y: toHex(point.subarray(33)) },
    key: toHex(wrap(kek, contentKey)),
  };
}

function wrap(kek: Uint8Array, key: Uint8Array): Uint8Array {
  const cipher = createCipheriv(`id-aes${kek.length * 8}-wrap`, kek, WRAP_INITIAL);
  return Buffer.concat([cipher.update(key), cipher.final()]);
}

/** Authenticated encryption covers the Enc_structure (RFC 9052 §5.3), and its tag follows the ciphertext. */
function encryptContent(
  algorithm: ContentAlgorithmName,
  key: Uint8Array,
  iv: Uint8Array,
  payload: Uint8Array,
): Uint8Array {
  if (algorithm.endsWith("CTR")) {
    const cipher = createCipheriv(`aes-${key.length * 8}-ctr`, key, iv);
    return Uint8Array.from(Buffer.concat([cipher.update(payload), cipher.final()]));
  }
  const label = byName(CONTENT_ALGORITHMS, algorithm)?.label ?? 0;
  const covered = encodeCbor(["Encrypt", encodeCbor(new Map([[1, label]])), new Uint8Array(0)]);
  const options = { authTagLength: TAG_BYTES };
  const cipher =
    algorithm === "ChaCha20/Poly1305"
      ? createCipheriv("chacha20-poly1305", key, iv, options)
      : createCipheriv(algorithm === "A128GCM" ? "aes-128-gcm" : "aes-256-gcm", key, iv, options);
  cipher.setAAD(covered, { plaintextLength: payload.length });
  const parts = [cipher.update(payload), cipher.final(), cipher.getAuthTag()];
  return Uint8Array.from(Buffer.concat(parts));
}
