/**
 * The boot journal: which slot runs, and how far an update has come.
 *
 * Every persistent step of an update is one record whose presence decides the step: before it the
 * old world, after it the new one, torn the old one. A record states the whole boot state, so the
 * last valid one is all there is to read. Two pages are used alternately: after a torn tail nothing
 * is ever appended, the next record opens the other page instead. That keeps the number of
 * reachable states finite and needs no separate compaction.
 *
 * The layout is drawn in `layout.ts`. The bootloader and the running firmware share this code.
 */
import { flashCheck, flashErase, flashProgram } from "../hal";
import { Journal, Phase } from "../layout";
import { Status } from "../status";
import { erasedWord, pageBytes, stateAddress, writeUnitBytes } from "./device-page";

/** One record, padded to the largest write unit that the device page allows. */
const RECORD: usize = memory.data(16);

/** The page that counts, and where its next record goes: 0 if the tail is torn or the page is full. */
let currentPage: u32 = 1;
let tailAddress: u32 = 0;

/** Result of the last `scan`. */
let scannedTail: u32 = 0;

/**
 * Packs a boot state into a journal word; the generation is filled in when it is written.
 */
// @ts-ignore: decorator
@inline
export function journalWord(phase: u32, active: u32, trialBoots: u32, reason: u32): u32 {
  return (
    phase |
    (active << Journal.ActiveShift) |
    (trialBoots << Journal.TrialShift) |
    (reason << Journal.ReasonShift)
  );
}

/** The phase of a journal word. */
// @ts-ignore: decorator
@inline
export function phaseOf(word: u32): u32 {
  return word & Journal.PhaseMask;
}

/** The active slot of a journal word: the last known good one. */
// @ts-ignore: decorator
@inline
export function activeOf(word: u32): u32 {
  return (word >> Journal.ActiveShift) & 1;
}

/** The trial boots that have begun. */
// @ts-ignore: decorator
@inline
export function trialBootsOf(word: u32): u32 {
  return (word >> Journal.TrialShift) & Journal.TrialMask;
}

/** The slot that runs in this state: the candidate while it is on trial, the active one otherwise. */
// @ts-ignore: decorator
@inline
export function runningSlotOf(word: u32): u32 {
  return phaseOf(word) == Phase.Trial ? activeOf(word) ^ 1 : activeOf(word);
}

/**
 * Reads the boot state.
 *
 * @returns the journal word of the last valid record of the newer page, or 0 if there is none
 */
export function journalRead(): u32 {
  const first = scan(0);
  const firstTail = scannedTail;
  const second = scan(1);
  const secondTail = scannedTail;
  // With both pages valid the newer is one generation ahead, modulo 4.
  const secondIsNewer = ((generationOf(second) - generationOf(first)) & Journal.GenerationMask) == 1;
  if (second != 0 && (first == 0 || secondIsNewer)) {
    currentPage = 1;
    tailAddress = secondTail;
    return second;
  }
  if (first != 0) {
    currentPage = 0;
    tailAddress = firstTail;
    return first;
  }
  currentPage = 1;
  tailAddress = 0;
  return 0;
}

/**
 * Appends a boot state and reads it back.
 *
 * Cut safety: until the last bit of the record has moved, the state before it counts; the other
 * page is erased only while this one holds the state.
 *
 * @param word from `journalWord`
 * @returns Status.Ok, or Status.FlashFailed when neither page takes the record
 */
export function journalAppend(word: u32): i32 {
  const before = journalRead();
  if (tailAddress != 0 && writeRecord(tailAddress, word, generationOf(before)) == Status.Ok) return Status.Ok;
  const page = currentPage ^ 1;
  const address = stateAddress() + page * pageBytes();
  if (flashErase(address) != Status.Ok) return Status.FlashFailed;
  const generation = before == 0 ? 0 : generationOf(before) + 1;
  return writeRecord(address, word, generation & Journal.GenerationMask);
}

function generationOf(word: u32): u32 {
  return (word >> Journal.GenerationShift) & Journal.GenerationMask;
}

function strideBytes(): u32 {
  return max<u32>(writeUnitBytes(), Journal.RecordBytes);
}

function writeRecord(address: u32, word: u32, generation: u32): i32 {
  const record = word | (generation << Journal.GenerationShift);
  store<u32>(RECORD, record);
  store<u32>(RECORD, ~record, 4);
  store<u32>(RECORD, erasedWord(), 8);
  store<u32>(RECORD, erasedWord(), 12);
  if (flashProgram(address, RECORD, strideBytes()) != Status.Ok) return Status.FlashFailed;
  return recordAt(address) == record ? Status.Ok : Status.FlashFailed;
}

/** The word of the record at `address`, or 0 if there is no valid one. */
function recordAt(address: u32): u32 {
  if (flashCheck(address, Journal.RecordBytes) != Status.Ok) return 0;
  const word = load<u32>(address);
  if ((word ^ load<u32>(address, 4)) != u32.MAX_VALUE) return 0;
  return isPhase(phaseOf(word)) ? word : 0;
}

function isPhase(value: i32): bool {
  return value >= Phase.Confirmed && value <= Phase.Reverted;
}

function isBlankRecord(address: u32, stride: u32): bool {
  if (flashCheck(address, stride) != Status.Ok) return false;
  const erased = erasedWord();
  for (let offset: u32 = 0; offset < stride; offset += 4) {
    if (load<u32>(address + offset) != erased) return false;
  }
  return true;
}

/** Finds the last valid record of a page; leaves where the next one may go in `scannedTail`. */
function scan(page: u32): u32 {
  const stride = strideBytes();
  const start = stateAddress() + page * pageBytes();
  const end = start + pageBytes();
  let last: u32 = 0;
  scannedTail = 0;
  for (let address = start; address + stride <= end; address += stride) {
    const word = recordAt(address);
    if (word == 0) {
      if (last != 0 && isBlankRecord(address, stride)) scannedTail = address;
      break;
    }
    last = word;
  }
  return last;
}
