/**
 * A bootloader that survives power cuts.
 *
 * Slot A runs. An update is put into slot B by whoever receives it, and asked for by the record
 * STAGED in the state partition. At the next power-on the bootloader copies slot B over slot A page
 * by page, and only then writes the record DONE. Cut at any point, it finds STAGED without DONE and
 * goes on where it was: pages that are copied already are left alone.
 *
 * A slot begins with a header of four words: magic, length of the image, CRC-32 of the image, version.
 * The CRC finds damage; it does not stop an attacker. Check a signature before you ship this.
 */
import {
  boot,
  flashErase,
  flashProgram,
  idle,
  log,
  PAGE_BYTES,
  resetDevice,
  SLOT_A,
  SLOT_B,
  SLOT_BYTES,
  STATE,
  WRITE_UNIT_BYTES,
} from "./hal";

export { __heap_base };

const MAGIC: u32 = 0x31474d49; // "IMG1"
const HEADER_BYTES: u32 = 16;
const STAGED: u32 = 0x47415453; // "STAG"
const DONE: u32 = 0x454e4f44; // "DONE"
// A record is a word and its complement.
const STAGED_RECORD: usize = STATE;
const DONE_RECORD: usize = STATE + 8;
const record = memory.data(8);

export function reset(): void {
  if (
    hasRecord(STAGED_RECORD, STAGED) &&
    !hasRecord(DONE_RECORD, DONE) &&
    isValid(SLOT_B) &&
    !(isValid(SLOT_A) && imageVersion(SLOT_A) > imageVersion(SLOT_B))
  ) {
    log("copying the update");
    installUpdate();
    resetDevice();
  }
  if (isValid(SLOT_A)) boot(SLOT_A + HEADER_BYTES, imageLength(SLOT_A));
  log("nothing to boot");
  idle(1000);
}

function installUpdate(): void {
  copyUpdate();
  markDone(); // Try this line above the one before it, and run the campaign.
}

function copyUpdate(): void {
  const length = (HEADER_BYTES + imageLength(SLOT_B) + WRITE_UNIT_BYTES - 1) & ~(WRITE_UNIT_BYTES - 1);
  for (let done: u32 = 0; done < length; done += PAGE_BYTES) {
    const bytes = min(length - done, PAGE_BYTES);
    if (isCopied(SLOT_A + done, SLOT_B + done, bytes)) continue;
    flashErase(SLOT_A + done);
    flashProgram(SLOT_A + done, SLOT_B + done, bytes);
  }
}

function markDone(): void {
  // Half a record cannot be written again. Without any record nothing is staged, which is as good.
  if (isBlank(DONE_RECORD)) writeRecord(DONE_RECORD, DONE);
  else flashErase(STATE);
}

function isCopied(to: usize, from: usize, length: u32): bool {
  for (let offset: u32 = 0; offset < length; offset += 4) {
    if (load<u32>(to + offset) != load<u32>(from + offset)) return false;
  }
  return true;
}

/** A record counts only if it is whole: a torn one is not its own complement. */
function hasRecord(at: usize, word: u32): bool {
  return load<u32>(at) == word && load<u32>(at, 4) == ~word;
}

function isBlank(at: usize): bool {
  return load<u64>(at) == u64.MAX_VALUE;
}

function writeRecord(at: usize, word: u32): void {
  store<u32>(record, word);
  store<u32>(record, ~word, 4);
  flashProgram(at, record, 8);
}

function imageLength(slot: usize): u32 {
  return load<u32>(slot, 4);
}

function imageVersion(slot: usize): u32 {
  return load<u32>(slot, 12);
}

function isValid(slot: usize): bool {
  const length = imageLength(slot);
  if (load<u32>(slot) != MAGIC || length == 0 || length > SLOT_BYTES - HEADER_BYTES) return false;
  return crc32(slot + HEADER_BYTES, length) == load<u32>(slot, 8);
}

function crc32(address: usize, length: u32): u32 {
  let crc: u32 = 0xffffffff;
  for (let i: u32 = 0; i < length; i++) {
    crc ^= load<u8>(address + i);
    for (let bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (0xedb88320 & (0 - (crc & 1)));
  }
  return ~crc;
}
