/**
 * The bootloader: what the boot partition holds and reset executes.
 */
import { bootDevice } from "./boot/boot";
import { examine } from "./suit/procedure";

export { __heap_base };
/** Exported so that the compiler keeps each in one piece: the glitch bench treats them as such. */
export { ecdsaP256Residue, ecdsaP256Verify } from "./crypto/ecdsa-p256";

/** Reset vector. */
export function reset(): void {
  bootDevice();
}

/**
 * Judges an envelope that lies in flash under the provisioned trust anchors; changes nothing.
 *
 * @returns a Status
 */
export function verify(address: u32, length: u32): i32 {
  return examine(address, length);
}
