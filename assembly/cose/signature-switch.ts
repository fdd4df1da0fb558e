/**
 * Which signatures this build verifies: what is off costs neither flash nor RAM.
 *
 * The boot partition has room for one of them. `host/build/signature-variant.ts` turns these switches for
 * the bootloaders that trust other keys than P-256.
 */

/** ECDSA over P-256: ESP256 (-9), and ES256 (-7) where the key admits it. */
// @ts-ignore: decorator
@inline export const ECDSA_P256: bool = true;

/** Ed25519 (-19), and EdDSA (-8) with a key whose curve says that it is Ed25519 (RFC 9864 §2.2). */
// @ts-ignore: decorator
@inline export const ED25519: bool = false;

/** HSS/LMS with SHA-256 (-46), every parameter set of RFC 8554 (RFC 8778). */
// @ts-ignore: decorator
@inline export const HSS_LMS: bool = false;
