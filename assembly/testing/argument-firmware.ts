/**
 * Firmware for tests: logs what it was started with, and sleeps.
 */
import { bootArguments, idle, log } from "../hal";

export { __heap_base };

const ARGUMENTS: usize = memory.data(8, 4);

/** What the bootloader hands control to. */
export function reset(): void {
  bootArguments(ARGUMENTS);
  log(load<u32>(ARGUMENTS), load<u32>(ARGUMENTS, 4));
  idle(3_600_000);
}
