/**
 * Sample firmware, version 3: an update whose self-test fails, so that it never confirms itself.
 */
import { runApplication } from "./application";
import { Defect } from "./self-test";

export { __heap_base };

/** What the bootloader hands control to. */
export function reset(): void {
  runApplication(3, Defect.WrongPart);
}
