/**
 * Where things are at the far end of a device's link.
 */

/** Where the sample firmware looks for an update: the path of the envelope. */
export const ENVELOPE_PATH = "/suit/envelope";
/** Where it asks whether reports are wanted, and posts them. */
export const REPORT_PATH = "/suit/report";
/** Where it looks for the payload. */
export const PAYLOAD_PATH = "/suit/payload";
