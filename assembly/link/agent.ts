/**
 * The update agent: pulls an offered update into the slot that does not run.
 *
 * The running firmware uses it, and so does the bootloader when nothing can run. It believes
 * nothing of what it pulls: the bootloader judges the candidate after the reset. What it does next
 * follows from flash alone, so a power cut anywhere leads to a clean start of the same download.
 *
 * ```
 *  offered envelope ─ is it the running one? ──────────────► UpToDate
 *                   ─ was all of it refused or reverted? ──► UpdateDeclined
 *                   ─ does it fit the slot? no ────────────► ImageTooLarge
 *  torn after Confirmed ─ does the slot hold the offer? ───► Staged, reset
 *  slot not blank   ─ journal Confirmed, erase it ─────────► reset
 *  slot blank       ─ journal Confirmed, write, Staged ────► reset
 *  flash that does not take it ─ journal Rejected ─────────► FlashFailed
 * ```
 */
import { Feature } from "../feature";
import { flashErase, halReset } from "../hal";
import { Phase } from "../layout";
import { Status } from "../status";
import { pageBytes, slotAddress, slotBytes } from "../flash/device-page";
import {
  activeOf,
  isJournalFresh,
  isTailTorn,
  journalAppend,
  journalConfirm,
  journalRead,
  journalWord,
  phaseOf,
  reasonOf,
} from "../flash/journal";
import { eraseSlot, flashHolds, isSlotBlank } from "../flash/slot";
import { ABSENT, Resource } from "./coap";
import { beginDecryption, endDecryption } from "../payload/decryption";
import { discardArrivals, downloadToFlash, peekResource } from "./download";

/** In place of the running slot: the bootloader itself runs, for want of a bootable slot. */
export const NO_SLOT: u32 = 2;

/**
 * Bytes that tell one envelope from another: the authentication wrapper comes first, and within it
 * the manifest's digest (SUIT §8.3), which ends before byte 64.
 */
export const OFFER_BYTES: u32 = 64;

/** The start of the envelope on offer, as it was last seen. */
export const OFFER: usize = memory.data(OFFER_BYTES);
const LENGTH: usize = memory.data(4, 4);
const SIZE: usize = memory.data(4, 4);

/**
 * Looks for an update and, if there is one to take, brings the other slot one step further.
 *
 * Does not return after a step: it resets, so that whoever cleaned a slot never also fills it and
 * one state starts the long chain of writes. The slot to fill is the one that is not active; the
 * firmware must have confirmed itself before, so that this is not the slot it runs from.
 *
 * @param running the slot the caller runs from, or NO_SLOT in the bootloader's recovery mode
 * @param word what `journalRead` returned
 * @returns why nothing was done or what failed: NoUpdate, UpToDate, UpdateDeclined, ImageTooLarge,
 *   LinkSilent, LinkProtocol or FlashFailed
 */
export function runAgent(running: u32, word: u32): i32 {
  let status = lookForUpdate(running, word);
  if (status == Status.Ok) status = takeUpdate(running, word);
  // What still waits would be taken for the answers of the next look, and keeps the device awake.
  discardArrivals();
  return status;
}

/**
 * The first half of `runAgent`: decides whether there is an update to take; writes nothing.
 *
 * @returns Status.Ok if there is, or what `runAgent` returns
 */
export function lookForUpdate(running: u32, word: u32): i32 {
  const isRecovery = running == NO_SLOT;
  if (!isRecovery && (running != activeOf(word) || phaseOf(word) == Phase.Trial))
    return Status.UpdateDeclined;
  return judgeOffer(isRecovery, word);
}

/**
 * The second half of `runAgent`: takes the step that is due, and resets.
 *
 * @returns what failed
 */
export function takeUpdate(running: u32, word: u32): i32 {
  const isRecovery = running == NO_SLOT;
  const active = activeOf(word);
  const failure = advance(active);
  if (failure == Status.Ok) halReset();
  // The same flash would fail again at every look: this offer is declined from now on. Where nothing
  // runs there is no better hope than to try on.
  if (failure == Status.FlashFailed && !isRecovery) {
    journalAppend(journalWord(Phase.Rejected, active, 0, failure));
  }
  return failure;
}

/** Takes the step that is due. */
function advance(active: u32): i32 {
  const target = active ^ 1;
  const staged = journalWord(Phase.Staged, active, 0, 0);
  // What was torn after Confirmed is Staged, and may yet come to read well: a slot that holds all of
  // the offer is left as it is, and the record written again.
  if (phaseOf(journalRead()) == Phase.Confirmed && isTailTorn()) {
    const status = transfer(target, true);
    if (status != Status.FlashFailed) return status != Status.Ok ? status : journalAppend(staged);
  }
  // From here on the slot holds no judged candidate. Unless the journal says so first, a slot half
  // written with the next envelope would be taken for the one that was refused.
  if (!isJournalFresh() && journalConfirm(active) != Status.Ok) return Status.FlashFailed;
  if (!isSlotBlank(target) && eraseSlot(target) == Status.Ok) return Status.Ok;
  // A page that does not come clean matters only if the update needs it.
  const failure = fillSlot(target);
  return failure != Status.Ok ? failure : journalAppend(staged);
}

/** Decides whether the far end offers something worth a download; writes nothing. */
function judgeOffer(isRecovery: bool, word: u32): i32 {
  const status = peekResource(Resource.Envelope, OFFER, OFFER_BYTES, LENGTH, SIZE);
  if (status != Status.Ok) return status;
  const length = load<u32>(LENGTH);
  const envelopeBytes = load<u32>(SIZE);
  if (length == 0) return Status.NoUpdate;
  const active = activeOf(word);
  if (!isRecovery && holdsOffer(active, length)) return Status.UpToDate;
  // Where nothing runs, a candidate that was only reverted gets another chance: power cuts during
  // its trial say nothing against it, and there is nothing else to lose.
  const phase = phaseOf(word);
  if (phase == Phase.Rejected || (phase == Phase.Reverted && !isRecovery)) {
    if (holdsOffer(active ^ 1, length)) {
      const declined = compareCandidate(active ^ 1, word);
      if (declined != Status.Ok) return declined;
    }
  }
  return judgeSize(envelopeBytes, slotBytes(active ^ 1));
}

/**
 * Compares the whole offer with a candidate that was given up and starts like it. Only a refused one
 * can differ: it may have been altered on its way, and then says nothing against the genuine update.
 */
function compareCandidate(slot: u32, word: u32): i32 {
  if (phaseOf(word) == Phase.Reverted || reasonOf(word) == Status.FlashFailed) return Status.UpdateDeclined;
  const status = transfer(slot, true);
  if (status == Status.FlashFailed) return Status.Ok;
  return status == Status.Ok ? <i32>Status.UpdateDeclined : status;
}

/** Refuses what cannot fit before anything is erased for it, if the far end tells the sizes. */
function judgeSize(envelopeBytes: u32, capacityBytes: u32): i32 {
  if (envelopeBytes == ABSENT) return Status.Ok;
  if (envelopeBytes > capacityBytes) return Status.ImageTooLarge;
  const status = peekResource(Resource.Payload, OFFER, 0, LENGTH, SIZE);
  if (status != Status.Ok) return status == Status.NoUpdate ? Status.Ok : status;
  const payloadBytes = load<u32>(SIZE);
  if (payloadBytes == ABSENT) return Status.Ok;
  return payloadBytes > capacityBytes - roundUpToPage(envelopeBytes) ? Status.ImageTooLarge : Status.Ok;
}

/**
 * Writes envelope and payload to a blank slot.
 *
 * Cut safety: until a record says that it is complete, the slot holds a prefix of the update and is
 * cleaned next.
 */
function fillSlot(slot: u32): i32 {
  const start = slotAddress(slot);
  // The erase that made this slot blank may have been cut short, and a page can look blank
  // without being reliably so. All other pages were erased again by whoever cleaned up after it.
  if (flashErase(start) != Status.Ok) return Status.FlashFailed;
  return transfer(slot, false);
}

/** Pulls envelope and payload into a slot, or compares it with them. */
function transfer(slot: u32, isFilled: bool): i32 {
  const start = slotAddress(slot);
  const capacityBytes = slotBytes(slot);
  let status = downloadToFlash(Resource.Envelope, start, capacityBytes, LENGTH, isFilled);
  if (status != Status.Ok) return status;
  const used = roundUpToPage(load<u32>(LENGTH));
  if (Feature.DecryptingAgent) beginDecryption(start, load<u32>(LENGTH));
  status = downloadToFlash(Resource.Payload, start + used, capacityBytes - used, LENGTH, isFilled);
  if (Feature.DecryptingAgent) endDecryption();
  return status == Status.NoUpdate ? <i32>Status.Ok : status;
}

/** Whether a slot starts with the bytes on offer. */
function holdsOffer(slot: u32, length: u32): bool {
  return flashHolds(slotAddress(slot), OFFER, length);
}

function roundUpToPage(bytes: u32): u32 {
  const page = pageBytes();
  return (bytes + page - 1) & ~(page - 1);
}
