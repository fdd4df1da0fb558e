/**
 * The JSON of encryption-info: a COSE_Encrypt with detached ciphertext and its recipients
 * (draft-ietf-suit-firmware-encryption-24 §6; RFC 9052 §5; RFC 9053 §6).
 */
import { z } from "zod";
import { all, type CborNode } from "./cbor-node.ts";
import { encodeCbor, Tagged, type Cbor } from "./cbor-writer.ts";
import { form, fromHex, Hex, toHex } from "./form.ts";
import { byLabel, byName, CONTENT_ALGORITHMS, RECIPIENT_ALGORITHMS } from "./labels.ts";
import type { Sources } from "./source.ts";
import { BytesJson, bytesValue } from "./value-json.ts";

/** CBOR tag of COSE_Encrypt. */
const ENCRYPT_TAG = 96;
/** COSE header parameters, and labels of an ephemeral COSE_Key on P-256. */
const Header = { Alg: 1, Kid: 4, Iv: 5, Ephemeral: -1 } as const;
const Field = { Kty: 1, Crv: -1, X: -2, Y: -3 } as const;
const EC2 = 2;
const P256 = 1;

const RecipientJson = z
  .strictObject({
    algorithm: z.enum(RECIPIENT_ALGORITHMS.map(({ name }) => name)).describe("How the key is wrapped."),
    kid: BytesJson.optional().describe("Names the recipient's key."),
    ephemeral: z
      .strictObject({ x: Hex, y: z.union([Hex, z.boolean()]) })
      .optional()
      .describe("The sender's ephemeral public key on P-256, for key agreement."),
    key: Hex.describe("The wrapped content encryption key."),
  })
  .meta({ id: "Recipient", description: "Who can decrypt, and the content key wrapped for them." });

const StructuredJson = z
  .strictObject({
    algorithm: z.enum(CONTENT_ALGORITHMS.map(({ name }) => name)).describe("How the payload is encrypted."),
    iv: Hex.describe("The initialisation vector, fresh for every payload."),
    recipients: z.array(RecipientJson).min(1),
  })
  .meta({ id: "EncryptionInfo", description: "A COSE_Encrypt without ciphertext." });

/** The parameter encryption-info: stated member by member, or as the bytes of the COSE structure. */
export const ENCRYPTION_INFO = form(
  z.union([StructuredJson, BytesJson]),
  (json, sources) =>
    "algorithm" in json ? encodeCbor(encryptValue(json, sources)) : bytesValue(json, sources),
  (node) => {
    const content = node.bytes();
    if (content === undefined) return undefined;
    const json = structuredJson(node.embedded()?.tagged(ENCRYPT_TAG));
    const parsed = StructuredJson.safeParse(json);
    const isSame = parsed.success && toHex(encodeCbor(encryptValue(parsed.data))) === toHex(content);
    return isSame ? json : { hex: toHex(content) };
  },
);

/** An encryption-info, stated member by member. */
export type EncryptionInfoJson = z.infer<typeof StructuredJson>;

/** The bytes of an encryption-info that names no files. */
export function encryptionInfoBytes(json: EncryptionInfoJson): Uint8Array {
  return encodeCbor(encryptValue(json));
}

/** Counter mode authenticates nothing, so its algorithm is not in the protected header (RFC 9459 §3). */
function isAuthenticated(algorithm: number): boolean {
  return algorithm > -60000;
}

function encryptValue(json: z.infer<typeof StructuredJson>, sources?: Sources): Tagged {
  const algorithm = byName(CONTENT_ALGORITHMS, json.algorithm)?.label ?? 0;
  const alg: readonly [Cbor, Cbor][] = [[Header.Alg, algorithm]];
  const iv: readonly [Cbor, Cbor][] = [[Header.Iv, fromHex(json.iv)]];
  const [protectedHeader, unprotected] = isAuthenticated(algorithm)
    ? [encodeCbor(new Map(alg)), new Map(iv)]
    : [new Uint8Array(0), new Map([...alg, ...iv])];
  const recipients = json.recipients.map((recipient) => recipientValue(recipient, sources));
  return new Tagged(ENCRYPT_TAG, [protectedHeader, unprotected, null, recipients]);
}

function recipientValue(json: z.infer<typeof RecipientJson>, sources?: Sources): Cbor {
  const { label = 0, agreement = false } = byName(RECIPIENT_ALGORITHMS, json.algorithm) ?? {};
  const unprotected = new Map<Cbor, Cbor>();
  if (!agreement) unprotected.set(Header.Alg, label);
  if (json.kid !== undefined) unprotected.set(Header.Kid, kidValue(json.kid, sources));
  if (json.ephemeral !== undefined) {
    const { x, y } = json.ephemeral;
    const key: readonly [Cbor, Cbor][] = [
      [Field.Kty, EC2],
      [Field.Crv, P256],
      [Field.X, fromHex(x)],
      [Field.Y, typeof y === "boolean" ? y : fromHex(y)],
    ];
    unprotected.set(Header.Ephemeral, new Map(key));
  }
  const header = agreement ? encodeCbor(new Map([[Header.Alg, label]])) : new Uint8Array(0);
  return [header, unprotected, fromHex(json.key)];
}

function kidValue(json: z.infer<typeof BytesJson>, sources?: Sources): Uint8Array {
  if (json.hex !== undefined) return fromHex(json.hex);
  return sources === undefined ? new TextEncoder().encode(json.text) : bytesValue(json, sources);
}

function structuredJson(node: CborNode | undefined): unknown {
  const [header, unprotected, , recipients] = node?.elements() ?? [];
  const algorithm = headerValue(header?.embedded() ?? unprotected, Header.Alg)?.integer();
  const iv = headerValue(unprotected, Header.Iv)?.bytes();
  return {
    algorithm: byLabel(CONTENT_ALGORITHMS, algorithm ?? 0n)?.name,
    iv: iv === undefined ? undefined : toHex(iv),
    recipients: all(recipients?.elements(), recipientJson),
  };
}

function recipientJson(node: CborNode): unknown {
  const [header, unprotected, key] = node.elements() ?? [];
  const algorithm = headerValue(header?.embedded() ?? unprotected, Header.Alg)?.integer();
  const kid = headerValue(unprotected, Header.Kid)?.bytes();
  const ephemeral = headerValue(unprotected, Header.Ephemeral);
  const x = headerValue(ephemeral, Field.X)?.bytes();
  const y = headerValue(ephemeral, Field.Y);
  const bytes = key?.bytes();
  return {
    algorithm: byLabel(RECIPIENT_ALGORITHMS, algorithm ?? 0n)?.name,
    ...(kid === undefined ? {} : { kid: kidJson(kid) }),
    ...(x === undefined ? {} : { ephemeral: { x: toHex(x), y: y?.boolean() ?? hexOf(y) } }),
    key: bytes === undefined ? undefined : toHex(bytes),
  };
}

function hexOf(node: CborNode | undefined): string | undefined {
  const bytes = node?.bytes();
  return bytes === undefined ? undefined : toHex(bytes);
}

function kidJson(kid: Uint8Array): object {
  const text = Buffer.from(kid).toString("latin1");
  return /^[\x20-\x7e]+$/.test(text) ? { text } : { hex: toHex(kid) };
}

function headerValue(map: CborNode | undefined, label: number): CborNode | undefined {
  return map?.entries()?.find(([key]) => key.integer() === BigInt(label))?.[1];
}
