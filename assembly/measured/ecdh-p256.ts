/**
 * Measured entry: Diffie-Hellman over P-256 alone, for what it costs in flash, RAM and time.
 */
export { ecdhP256 } from "../crypto/ecdh-p256";
export { __heap_base };
