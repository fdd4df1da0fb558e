/**
 * Measured entry: SHA-256 alone, for what it costs in flash, RAM and time.
 */
export { sha256 } from "../crypto/sha256";
export { __heap_base };
