/**
 * Sample firmware, version 4: an update that hangs in its self-test until the watchdog bites.
 */
import { runApplication } from "./application";
import { Defect } from "./self-test";

export { __heap_base };

/** What the bootloader hands control to. */
export function reset(): void {
  runApplication(4, Defect.Hangs);
}
