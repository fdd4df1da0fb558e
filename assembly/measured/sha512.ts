/**
 * Measured entry: SHA-512 alone, for what it costs in flash, RAM and time.
 */
export { sha512 } from "../crypto/sha512";
export { __heap_base };
