/**
 * Measured entry: HSS/LMS verification alone, for what it costs in flash, RAM and time.
 */
export { hssVerify } from "../crypto/hss";
export { __heap_base };
