/**
 * ECDSA with P-256 and SHA-256 (RFC 9053 §2.1): 64-byte signatures, r then s.
 *
 * Signing is @noble/curves, because its nonces are deterministic (RFC 6979) and the same envelope
 * gets the same bytes every time, which node:crypto does not offer. Verifying is node:crypto, which is
 * 12 times as quick, and two implementations that must agree are better than one.
 */
import { createPublicKey, verify, type KeyObject } from "node:crypto";
import { p256 } from "@noble/curves/nist.js";
import { jwkOf } from "./jwk.ts";
import { type EcKey, type EcPrivateKey } from "./key.ts";

/** Importing a key takes longer than a verification, and the same few keys verify everything. */
const IMPORTED = new WeakMap<EcKey, KeyObject>();
const ORDER = p256.Point.CURVE().n;

/** Length of a signature. */
export const SIGNATURE_BYTES = 64;

/** Signs a message. The s of a signature is not normalised; SUIT does not ask for it. */
export function signMessage(key: EcPrivateKey, message: Uint8Array): Uint8Array {
  return p256.sign(message, Uint8Array.from(key.d), { prehash: true, lowS: false });
}

/** Whether a 64-byte signature over a message is the key's. */
export function verifyMessage(key: EcKey, message: Uint8Array, signature: Uint8Array): boolean {
  return verify("sha256", message, { key: imported(key), dsaEncoding: "ieee-p1363" }, signature);
}

function imported(key: EcKey): KeyObject {
  const known = IMPORTED.get(key);
  if (known !== undefined) return known;
  const { crv, kty, x, y } = key;
  const fresh = createPublicKey({ key: jwkOf({ kty, crv, x, y }), format: "jwk" });
  IMPORTED.set(key, fresh);
  return fresh;
}

/** Whether r and s of a 64-byte signature are numbers from 1 to n - 1 (FIPS 186-5 §6.4.2). */
export function isInRange(signature: Uint8Array): boolean {
  return [signature.subarray(0, SIGNATURE_BYTES / 2), signature.subarray(SIGNATURE_BYTES / 2)].every(
    (half) => {
      const value = BigInt(`0x${Buffer.from(half).toString("hex")}`);
      return value > 0n && value < ORDER;
    },
  );
}
