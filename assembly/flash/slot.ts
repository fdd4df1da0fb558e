/**
 * Cleaning an image slot before something new is written to it.
 *
 * A stale slot is erased from its highest non-blank page downward. Wherever power fails, what is
 * left is a shorter version of the same content, so the states that cuts can reach grow linearly
 * with the image instead of exponentially.
 */
import { flashCheck, flashErase } from "../hal";
import { Limit } from "../limits";
import { Status } from "../status";
import { erasedWord, pageBytes, slotAddress, slotBytes } from "./device-page";

/**
 * Whether flash can be read and every bit of it has the erased value.
 *
 * @param address 4-byte aligned
 * @param bytes rounded up to a multiple of 4
 */
export function isBlank(address: u32, bytes: u32): bool {
  if (flashCheck(address, bytes) != Status.Ok) return false;
  const erased = erasedWord();
  const end = address + bytes;
  for (; address < end; address += 4) {
    if (load<u32>(address) != erased) return false;
  }
  return true;
}

/** Whether flash can be read and holds the bytes at `source`. */
export function flashHolds(address: u32, source: usize, length: u32): bool {
  if (flashCheck(address, length) != Status.Ok) return false;
  for (let offset: u32 = 0; offset < length; offset++) {
    if (load<u8>(address + offset) != load<u8>(source + offset)) return false;
  }
  return true;
}

/**
 * Whether every page of a slot is blank.
 */
export function isSlotBlank(slot: u32): bool {
  return usedEnd(slot) == slotAddress(slot);
}

/**
 * Erases a slot from its highest non-blank page downward, a few pages at a time: call it until the
 * slot is blank. Where every state is followed by few erases, the ways out of it stay few as well.
 *
 * It starts one page higher: the last erase may have been cut just before it was done, and such a
 * page can look blank without being reliably so. A page that does not come clean is left behind.
 *
 * Cut safety: any cut leaves the content it had, cut short at a page.
 *
 * @returns Status.Ok, or Status.FlashFailed if a page does not come clean; all others are clean then
 */
export function eraseSlot(slot: u32): i32 {
  const bytes = pageBytes();
  const start = slotAddress(slot);
  let end = usedEnd(slot);
  let status: i32 = Status.Ok;
  if (end < start + slotBytes(slot)) end += bytes;
  for (let left: i32 = Limit.CleanedPages; end > start && (left > 0 || status != Status.Ok); left--) {
    end -= bytes;
    if (flashErase(end) != Status.Ok || !isBlank(end, bytes)) status = Status.FlashFailed;
  }
  return status;
}

/** Address just after the highest non-blank page; the slot's own address if all are blank. */
function usedEnd(slot: u32): u32 {
  const bytes = pageBytes();
  const start = slotAddress(slot);
  let end = start + slotBytes(slot);
  while (end > start && isBlank(end - bytes, bytes)) end -= bytes;
  return end;
}
