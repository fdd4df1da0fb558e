/**
 * Sample firmware, version 1: what a device is delivered with.
 */
import { runApplication } from "./application";
import { Defect } from "./self-test";

export { __heap_base };

/** What the bootloader hands control to. */
export function reset(): void {
  runApplication(1, Defect.None);
}
