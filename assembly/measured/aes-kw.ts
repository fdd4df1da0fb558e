/**
 * Measured entry: AES key unwrap alone, for what it costs in flash, RAM and time.
 */
export { aesKwUnwrap } from "../crypto/aes-kw";
export { __heap_base };
