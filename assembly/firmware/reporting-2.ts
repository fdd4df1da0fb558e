/**
 * Sample firmware, version 2, that reports its updates.
 */
import { runReportingApplication } from "./reporting-application";
import { Defect } from "./self-test";

export { __heap_base };

/** What the bootloader hands control to. */
export function reset(): void {
  runReportingApplication(2, Defect.None);
}
