/**
 * Measured entry: HKDF-SHA-256 alone, for what it costs in flash, RAM and time.
 */
export { hkdfSha256 } from "../crypto/hkdf-sha256";
export { __heap_base };
