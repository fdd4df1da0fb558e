/**
 * Which signatures this build verifies: what is off costs neither flash nor RAM.
 *
 * The boot partition has room for one of the two. `host/build/variant.ts` turns these switches for the
 * bootloader that trusts Ed25519 keys.
 */

/** ECDSA over P-256: ESP256 (-9), and ES256 (-7) where the key admits it. */
// @ts-ignore: decorator
@inline export const ECDSA_P256: bool = true;

/** Ed25519 (-19), and EdDSA (-8) with a key whose curve says that it is Ed25519 (RFC 9864 §2.2). */
// @ts-ignore: decorator
@inline export const ED25519: bool = false;
