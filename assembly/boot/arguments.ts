/**
 * Starting an image with its invoke-args (SUIT §8.4.8.12). Nothing of this file is in a build without arguments.
 */
import { cborLength } from "../cbor/reader";
import { bootWithArguments } from "../hal";
import { bytesOf } from "../suit/component";
import { invokedAddress, invokedBytes, invokedSet } from "../suit/directive";
import { Parameter } from "../suit/label";

/**
 * Boots the image that was invoked, and leaves it where the bytes of its parameter invoke-args lie, in the
 * envelope of its slot. They are what a trusted key has signed, and are not copied.
 *
 * @returns why the hardware refuses; else it does not return
 */
export function startInvoked(): i32 {
  const address = bytesOf(invokedSet, Parameter.InvokeArgs);
  return bootWithArguments(invokedAddress, invokedBytes, address, address == 0 ? 0 : cborLength);
}
