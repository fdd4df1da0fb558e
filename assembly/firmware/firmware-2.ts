/**
 * Sample firmware, version 2: a good update.
 */
import { runApplication } from "./application";
import { Defect } from "./self-test";

export { __heap_base };

/** What the bootloader hands control to. */
export function reset(): void {
  runApplication(2, Defect.None);
}
