/**
 * Sample firmware, version 2, for a device with a radio: a good update, which brings the radio's image as well.
 */
import { runDispatchingApplication } from "./dispatching-application";
import { Defect } from "./self-test";

export { __heap_base };

/** What the bootloader hands control to. */
export function reset(): void {
  runDispatchingApplication(2, Defect.None);
}
