/**
 * Measured entry: ECDSA verification over P-256 alone, for what it costs in flash, RAM and time.
 */
export { ecdsaP256Verify } from "../crypto/ecdsa-p256";
export { __heap_base };
