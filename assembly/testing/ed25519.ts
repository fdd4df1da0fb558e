/**
 * Testing entry: SHA-512 and Ed25519 with their inner layers, for tests.
 *
 * Not part of the bootloader. A caller writes operands into `INPUT`, or into the mapped flash below
 * RAM, and reads results from `OUTPUT`.
 */
export { sha512, sha512Final, sha512Init, sha512Update } from "../crypto/sha512";
export { __heap_base };

/** Operands: 512 bytes. */
export const INPUT = memory.data(512, 8);

/** Results: 256 bytes. */
export const OUTPUT = memory.data(256, 8);
