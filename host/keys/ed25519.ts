/**
 * Ed25519 keys and signatures (RFC 8032 §5.1, RFC 9053 §2.2): 64-byte signatures, R then S.
 *
 * Signing is @noble/curves, verifying is node:crypto: two implementations that must agree. OpenSSL checks
 * the equation without the factor 8, as devices do; what else devices refuse is refused here.
 */
import { createPublicKey, verify } from "node:crypto";
import { ed25519 } from "@noble/curves/ed25519.js";
import { UserError } from "../user-error.ts";
import {
  KEY_DAMAGED,
  Algorithm,
  equalBytes,
  isEdwardsAlgorithm,
  statementsOf,
  type AlgorithmNumber,
  type EdwardsKey,
  type EdwardsPrivateKey,
  type KeyFields,
} from "./key.ts";

/** Bytes of a public key, of a private key, and of half a signature. */
const KEY_BYTES = 32;

/**
 * Makes a new Ed25519 key.
 *
 * @param options.alg algorithm to pin; Ed25519 unless given, and none for `null`
 * @param options.kid key identifier
 */
export function generateEdwardsKey(
  options: { readonly alg?: AlgorithmNumber | null; readonly kid?: Uint8Array } = {},
): EdwardsPrivateKey {
  const { secretKey: d, publicKey: x } = ed25519.keygen();
  const alg = options.alg === undefined ? Algorithm.Ed25519 : options.alg;
  return {
    kty: "OKP",
    crv: "Ed25519",
    x,
    d,
    ...(alg === null ? {} : { alg }),
    ...(options.kid === undefined ? {} : { kid: options.kid }),
  };
}

/**
 * Builds an Ed25519 key from what a file states and checks that devices would take it.
 *
 * @param name what to call the file in errors
 * @throws UserError key-malformed, key-point-invalid, key-private-invalid, key-private-mismatch or
 *   key-algorithm-unsupported
 */
export function checkedEdwardsKey(fields: KeyFields, name: string): EdwardsKey {
  const { d, alg } = fields;
  if (d !== undefined && d.length !== KEY_BYTES) {
    throw new UserError("key-private-invalid", `${name}: the private key is not 32 bytes.`, KEY_DAMAGED);
  }
  const implied = d === undefined ? undefined : ed25519.getPublicKey(Uint8Array.from(d));
  const x = fields.x ?? implied;
  if (x === undefined)
    throw new UserError("key-malformed", `${name}: the key has no public part x.`, KEY_DAMAGED);
  requirePoint(x, name);
  if (implied !== undefined && !equalBytes(implied, x)) {
    throw new UserError(
      "key-private-mismatch",
      `${name}: the private key does not belong to the public one.`,
      "The file mixes two keys; export the key again.",
    );
  }
  if (alg !== undefined && !isEdwardsAlgorithm(alg)) {
    throw new UserError(
      "key-algorithm-unsupported",
      `${name}: the key is on Ed25519 and pinned to an algorithm for other keys.`,
      "Give a key for Ed25519 (-19) or EdDSA (-8), or one that states no algorithm.",
    );
  }
  return {
    kty: "OKP",
    crv: "Ed25519",
    x,
    ...(d === undefined ? {} : { d }),
    ...statementsOf(fields),
  };
}

/** Signs a message. */
export function signEdwards(key: EdwardsPrivateKey, message: Uint8Array): Uint8Array {
  return ed25519.sign(message, Uint8Array.from(key.d));
}

/** Whether a 64-byte signature over a message is the key's. */
export function verifyEdwards(key: EdwardsKey, message: Uint8Array, signature: Uint8Array): boolean {
  const jwk = { kty: key.kty, crv: key.crv, x: Buffer.from(key.x).toString("base64url") };
  return verify(null, message, createPublicKey({ key: jwk, format: "jwk" }), signature);
}

/** Whether S is below L and R the canonical encoding of a point (RFC 8032 §5.1.7). */
export function isEdwardsSignature(signature: Uint8Array): boolean {
  const response = BigInt(`0x${Buffer.from(signature.slice(KEY_BYTES)).reverse().toString("hex")}`);
  return response < ed25519.Point.CURVE().n && decode(signature.slice(0, KEY_BYTES)) !== undefined;
}

function requirePoint(x: Uint8Array, name: string): void {
  if (x.length !== KEY_BYTES) {
    throw new UserError(
      "key-malformed",
      `${name}: an Ed25519 key is 32 bytes, this one is ${x.length}.`,
      KEY_DAMAGED,
    );
  }
  const point = decode(x);
  if (point?.isSmallOrder() === false) return;
  throw new UserError(
    "key-point-invalid",
    point === undefined
      ? `${name}: the public key is not the encoding of a point on Ed25519.`
      : `${name}: the public key is of small order; anybody could sign for it.`,
    "The file is damaged, or the key is for another curve.",
  );
}

/** The point that 32 bytes encode canonically. */
function decode(bytes: Uint8Array): InstanceType<typeof ed25519.Point> | undefined {
  try {
    return ed25519.Point.fromBytes(Uint8Array.from(bytes));
  } catch {
    return undefined;
  }
}
