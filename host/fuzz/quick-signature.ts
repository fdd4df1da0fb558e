/**
 * ECDSA signatures by the thousand: real ones, which every verifier accepts, always with the same nonce.
 *
 * Signing costs one multiplication on the curve, for the nonce. With one nonce for all signatures that is
 * done once, and what is left is arithmetic modulo n (FIPS 186-5 §6.4.1). Two such signatures give the
 * private key away, so this is for test keys, which everybody knows anyway.
 */
import { p256 } from "@noble/curves/nist.js";
import type { PrivateKey } from "../keys/key.ts";

const { n: ORDER } = p256.Point.CURVE();
/** Any number below n. */
const NONCE = 0x5eedn;
const HALF_BYTES = 32;

/**
 * What signs SHA-256 digests with a key.
 *
 * @returns a function from 32 bytes to r and s, 64 bytes
 */
export function quickSigner(key: PrivateKey): (digest: Uint8Array) => Uint8Array {
  const r = p256.Point.BASE.multiply(NONCE).toAffine().x % ORDER;
  const inverse = p256.Point.Fn.inv(NONCE);
  const product = (r * numberOf(key.d)) % ORDER;
  const head = bytesOf(r);
  return (digest) => {
    const signature = new Uint8Array(2 * HALF_BYTES);
    signature.set(head);
    signature.set(bytesOf((inverse * (numberOf(digest) + product)) % ORDER), HALF_BYTES);
    return signature;
  };
}

function numberOf(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
}

function bytesOf(value: bigint): Uint8Array {
  return Buffer.from(value.toString(16).padStart(2 * HALF_BYTES, "0"), "hex");
}
