/**
 * The boot journal: which slot runs, and how far an update has come.
 *
 * Every persistent step of an update is one record whose presence decides the step: before it the
 * old world, after it the new one, torn the old one. A record states the whole boot state, so the
 * last valid one is all there is to read. Two pages are used alternately: after a torn tail nothing
 * is ever appended, the next record opens the other page instead. That keeps the number of
 * reachable states finite and needs no separate compaction.
 *
 * A torn record may read well for a while and then no more, or the other way round. So a record that
 * reads badly does not hide those after it; the journal is read once in a power-on; and where going
 * back would do harm, two records say the same thing: `journalConfirm` writes Passed before Confirmed.
 *
 * The layout is drawn in `layout.ts`. The bootloader and the running firmware share this code.
 */
import { flashCheck, flashErase, flashProgram } from "../hal";
import { Journal, Phase } from "../layout";
import { Status } from "../status";
import { erasedWord, pageBytes, stateAddress, writeUnitBytes } from "./device-page";
import { isBlank } from "./slot";

/** One record, padded to the largest write unit that the device page allows. */
const RECORD: usize = memory.data(16);

/** What was read in this power-on, and appended since. */
let isRead: bool = false;
let currentWord: u32 = 0;

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

/** Why this state was entered: a Status. */
// @ts-ignore: decorator
@inline
export function reasonOf(word: u32): i32 {
  return (word >> Journal.ReasonShift) & Journal.ReasonMask;
}

/** The bits of a journal word that keep a place in the candidate's envelope, for Rejected and Reverted. */
// @ts-ignore: decorator
@inline
export function placeBits(address: u32): u32 {
  return (address << Journal.PlaceShift) | ((address & Journal.PlaceHighMask) << Journal.PlaceHighShift);
}

/** The place that a journal word keeps: an address but for its higher bits, or 0 if there is none. */
// @ts-ignore: decorator
@inline
export function placeOf(word: u32): u32 {
  return (word >> Journal.PlaceShift) | ((word >> Journal.PlaceHighShift) & Journal.PlaceHighMask);
}

/** The slot that runs in this state: the candidate while it is on trial, the active one otherwise. */
// @ts-ignore: decorator
@inline
export function runningSlotOf(word: u32): u32 {
  return phaseOf(word) == Phase.Trial ? activeOf(word) ^ 1 : activeOf(word);
}

/**
 * Reads the boot state; from flash once, so that a unit that reads two ways leads one way.
 *
 * @returns the journal word of the last valid record of the newer page, or 0 if there is none
 */
export function journalRead(): u32 {
  if (isRead) return currentWord;
  isRead = true;
  const first = scan(0);
  const firstTail = scannedTail;
  const second = scan(1);
  // With both pages valid the newer is one generation ahead, modulo 4.
  const secondIsNewer = ((generationOf(second) - generationOf(first)) & Journal.GenerationMask) == 1;
  if (second != 0 && (first == 0 || secondIsNewer)) {
    currentPage = 1;
    tailAddress = scannedTail;
    currentWord = second;
  } else if (first != 0) {
    currentPage = 0;
    tailAddress = firstTail;
    currentWord = first;
  }
  return currentWord;
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
  const generation = generationOf(journalRead());
  const tail = tailAddress;
  tailAddress = 0;
  if (tail != 0 && writeRecord(currentPage, tail, word, generation) == Status.Ok) return Status.Ok;
  return openPage(word);
}

/**
 * Writes a boot state that leads back: opens the other page with it, so that nothing which was torn
 * in there can come to read well later. A page that cannot be erased is done without.
 *
 * @param word from `journalWord`
 * @returns Status.Ok, or Status.FlashFailed when neither page takes the record
 */
export function journalReopen(word: u32): i32 {
  journalRead();
  return openPage(word) == Status.Ok ? <i32>Status.Ok : journalAppend(word);
}

/**
 * Records that a slot is good and nothing is pending: Passed, then Confirmed, in a page of their own.
 *
 * Cut safety: Confirmed may be acted upon for good. Should the record fade, Passed says the same;
 * should Passed fade, nobody has seen Confirmed, or it is whole.
 *
 * @returns Status.Ok, or Status.FlashFailed when neither page takes the records
 */
export function journalConfirm(active: u32): i32 {
  const word = journalRead();
  if (phaseOf(word) != Phase.Passed || activeOf(word) != active) {
    if (journalReopen(journalWord(Phase.Passed, active, 0, 0)) != Status.Ok) return Status.FlashFailed;
  }
  return journalAppend(journalWord(Phase.Confirmed, active, 0, 0));
}

/** Whether the page that counts holds what `journalConfirm` writes and nothing else, not even torn. */
export function isJournalFresh(): bool {
  if (phaseOf(currentWord) != Phase.Confirmed || isTailTorn()) return false;
  return tailAddress <= pageStart(currentPage) + 2 * strideBytes();
}

/** Whether nothing can be appended in the page that counts: it ends with a torn record, or is full. */
export function isTailTorn(): bool {
  return tailAddress == 0;
}

/** Erases the page that does not count and starts it with a record; then it counts. */
function openPage(word: u32): i32 {
  const page = currentPage ^ 1;
  const address = pageStart(page);
  // A glitch in the address would erase an image: it is derived a second time before it is acted upon.
  if (address != pageStart(page)) return Status.FlashFailed;
  if (flashErase(address) != Status.Ok) return Status.FlashFailed;
  const generation = currentWord == 0 ? 0 : generationOf(currentWord) + 1;
  return writeRecord(page, address, word, generation);
}

function generationOf(word: u32): u32 {
  return (word >> Journal.GenerationShift) & Journal.GenerationMask;
}

function strideBytes(): u32 {
  return max<u32>(writeUnitBytes(), Journal.RecordBytes);
}

function pageStart(page: u32): u32 {
  return stateAddress() + page * pageBytes();
}

/** Where the records of a page end. */
function recordsEnd(page: u32): u32 {
  return pageStart(page) + min<u32>(pageBytes(), Journal.RecordsPerPage * strideBytes());
}

function writeRecord(page: u32, address: u32, word: u32, generation: u32): i32 {
  const record = word | ((generation & Journal.GenerationMask) << Journal.GenerationShift);
  store<u32>(RECORD, record);
  store<u32>(RECORD, ~record, 4);
  store<u32>(RECORD, erasedWord(), 8);
  store<u32>(RECORD, erasedWord(), 12);
  const stride = strideBytes();
  if (flashProgram(address, RECORD, stride) != Status.Ok) return Status.FlashFailed;
  if (recordAt(address) != record) return Status.FlashFailed;
  currentWord = record;
  currentPage = page;
  tailAddress = address + 2 * stride <= recordsEnd(page) ? address + stride : 0;
  return Status.Ok;
}

/** The word of the record at `address`, or 0 if there is no valid one. */
function recordAt(address: u32): u32 {
  if (flashCheck(address, Journal.RecordBytes) != Status.Ok) return 0;
  const record = load<u64>(address);
  const word = <u32>record;
  if ((word ^ (<u32>(record >> 32))) != u32.MAX_VALUE) return 0;
  // A unit that was torn may read two ways in a row.
  if (load<u32>(address) != word || load<u32>(address, 4) != ~word) return 0;
  return isPhase(phaseOf(word)) ? word : 0;
}

function isPhase(value: u32): bool {
  return popcnt<u32>(value) == 2;
}

/** Finds the last valid record of a page; leaves where the next one may go in `scannedTail`. */
function scan(page: u32): u32 {
  const stride = strideBytes();
  const end = recordsEnd(page);
  let last: u32 = 0;
  let word: u32 = 0;
  scannedTail = 0;
  for (let address = pageStart(page); address + stride <= end; address += stride) {
    const before = word;
    word = recordAt(address);
    if (word != 0) {
      last = word;
    } else if (isBlank(address, stride)) {
      if (before != 0) scannedTail = address;
      break;
    }
  }
  return last;
}
