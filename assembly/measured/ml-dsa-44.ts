/**
 * Measured entry: ML-DSA-44 verification alone, for what it costs in flash, RAM and time.
 */
export { mlDsa44Verify } from "../crypto/ml-dsa-44";
export { __heap_base };
