/** The update: it says which version it is, and waits. */
import { idle, log } from "./hal";

export { __heap_base };

export function reset(): void {
  log("firmware 2 runs, and it is better");
  while (true) idle(1000);
}
