/**
 * Measured entry: Ed25519 verification alone, for what it costs in flash, RAM and time.
 */
export { ed25519Verify } from "../crypto/ed25519";
export { __heap_base };
