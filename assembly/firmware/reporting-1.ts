/**
 * Sample firmware, version 1, that reports its updates: what a device is delivered with.
 */
import { runReportingApplication } from "./reporting-application";
import { Defect } from "./self-test";

export { __heap_base };

/** What the bootloader hands control to. */
export function reset(): void {
  runReportingApplication(1, Defect.None);
}
