/**
 * Whose updates the devices of campaigns, glitches, measurements and the demonstration take, and for what.
 */
import { PAYLOAD_PATH } from "../device/resource-path.ts";

/** Domain of the vendor, and the product that names the class. */
export const VENDOR = "brownout.example";
export const PRODUCT = "class1";
/** The component that an image becomes, and the one that an encrypted image is fetched as. */
export const COMPONENT = "app";
export const ENCRYPTED_COMPONENT = "encrypted";
/** Where manifests say that the payload is; the device's agent pulls it from there. */
export const PAYLOAD_URI = `coap://updates.${VENDOR}${PAYLOAD_PATH}`;
