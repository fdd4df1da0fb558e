/**
 * Testing entry: a bootloader that believes everything, to run firmware on a device in tests.
 *
 * What lies at the start of a slot is no SUIT envelope for it: two little-endian words say where
 * the image begins, counted from the slot, and how long it is. A staged candidate goes on trial
 * unseen. Where a slot holds nothing, the update agent runs in recovery mode.
 */
import { boot, halReset, idle } from "../hal";
import { Phase } from "../layout";
import { erasedWord, slotAddress } from "../flash/device-page";
import { activeOf, journalAppend, journalRead, journalWord, phaseOf, runningSlotOf } from "../flash/journal";
import { NO_SLOT, runAgent } from "../link/agent";

export { __heap_base };

/** What the device runs at power-on. */
export function reset(): void {
  const word = journalRead();
  if (phaseOf(word) == Phase.Staged) {
    journalAppend(journalWord(Phase.Trial, activeOf(word), 1, 0));
    halReset();
  }
  const start = slotAddress(runningSlotOf(word));
  if (load<u32>(start) != erasedWord()) boot(start + load<u32>(start), load<u32>(start, 4));
  runAgent(NO_SLOT, word);
  idle(u32.MAX_VALUE);
}
