/** The firmware that the device runs: it says which version it is, and waits. */
import { idle, log } from "./hal";

export { __heap_base };

export function reset(): void {
  log("firmware 1 runs");
  while (true) idle(1000);
}
