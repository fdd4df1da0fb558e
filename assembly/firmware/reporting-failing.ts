/**
 * Sample firmware, version 3, that reports its updates: a build for another part, whose self-test fails.
 */
import { runReportingApplication } from "./reporting-application";
import { Defect } from "./self-test";

export { __heap_base };

/** What the bootloader hands control to. */
export function reset(): void {
  runReportingApplication(3, Defect.WrongPart);
}
