/**
 * The boot state machine: from reset to a running image, or to recovery.
 *
 * A power-on does one of two things: it takes one persistent step, a journal record or a counter,
 * and resets; or it verifies an image and boots it. So whatever was written last is read again
 * before it is trusted, and a cut at any instant repeats one step at most.
 *
 * ```
 *  Staged    ─ update procedure ok ──► Trial 0      ─ else ─► Rejected
 *  Trial n   ─ n = 3 or it does not validate ──► Reverted     ─ else ─► Trial n+1, boot candidate
 *  Passed    ─► Confirmed
 *  Confirmed ─ floor below its sequence number ──► raise floor
 *            ─ validates ──► boot active            ─ else, other slot is good ─► Staged
 *  Rejected  ─ only for the time being, and that is over ──► Staged
 *  otherwise ─ validates ──► boot active            ─ else ─► recovery
 * ```
 */
import { cborPosition } from "../cbor/reader";
import { Feature } from "../feature";
import { boot, counterAdvance, halReset, idle } from "../hal";
import { Counter, Phase, Slot } from "../layout";
import { Limit } from "../limits";
import { NO_SLOT, runAgent } from "../link/agent";
import { devicePageStatus } from "../flash/device-page";
import {
  activeOf,
  journalAppend,
  journalRead,
  journalReopen,
  journalWord,
  phaseOf,
  placeBits,
  reasonOf,
  trialBootsOf,
} from "../flash/journal";
import { Status } from "../status";
import { invokedAddress, invokedBytes } from "../suit/directive";
import { sequenceNumber } from "../suit/manifest";
import { isAttested, processInvocation, processUpdate, sequenceFloor } from "../suit/procedure";
import { startInvoked } from "./arguments";
import {
  sayAccepted,
  sayBoot,
  sayFloorRaised,
  sayRecovery,
  sayRefused,
  sayReverted,
  sayTrial,
  sayUnbootable,
} from "./message";
import { reportRecovery } from "./recovery-report";

/** How long recovery sleeps before it asks for an update again. */
const RECOVERY_POLL_MILLIS: u32 = 60_000;

/** Boots; does not return as long as the device page is intact. */
export function bootDevice(): void {
  const pageStatus = devicePageStatus();
  if (pageStatus != Status.Ok) {
    // Nothing says where anything lies, so there is nothing that could be done safely.
    sayRecovery(pageStatus);
    return;
  }
  const word = journalRead();
  const phase = phaseOf(word);
  if (word == 0) adoptSlot();
  else if (phase == Phase.Staged) judgeCandidate(word);
  else if (phase == Phase.Trial) tryCandidate(word);
  else {
    if (phase == Phase.Passed) step(journalWord(Phase.Confirmed, activeOf(word), 0, 0));
    bootActive(word);
  }
}

/** Staged: decides whether the candidate may be tried. */
function judgeCandidate(word: u32): void {
  const active = activeOf(word);
  let status = processUpdate(active ^ 1);
  if (status == Status.Ok) status = acceptCandidate(active);
  sayRefused(status);
  giveUp(Phase.Rejected, word, status);
}

/** Puts an attested candidate on trial; returns why not if that cannot be done. */
function acceptCandidate(active: u32): i32 {
  if (Feature.UpdateManagement) {
    // What a manifest asks of time, battery, people and versions may fail and leave no witness, so all of
    // it is asked once more: no single glitch is in both answers.
    const status = processUpdate(active ^ 1);
    if (status != Status.Ok) return status;
  }
  if (!isAttested(active ^ 1)) return Status.SignatureInvalid;
  sayAccepted();
  step(journalWord(Phase.Trial, active, 0, 0));
  return Status.FlashFailed;
}

/** Boots the image that was invoked from a slot if it is attested; returns why not otherwise. */
function launch(slot: u32): i32 {
  if (!isAttested(slot)) return Status.SignatureInvalid;
  return Feature.Arguments ? startInvoked() : boot(invokedAddress, invokedBytes);
}

/** Trial: boots the candidate once more, or gives it up. */
function tryCandidate(word: u32): void {
  const active = activeOf(word);
  const candidate = active ^ 1;
  const boots = trialBootsOf(word);
  let status: i32 = Status.TrialsExhausted;
  if (boots < <u32>Limit.TrialBoots) {
    // A trial that cannot be counted might never end.
    status = record(journalWord(Phase.Trial, active, boots + 1, 0));
    if (status == Status.Ok) {
      sayTrial(candidate, boots + 1);
      status = processInvocation(candidate);
      if (status == Status.Ok) status = launch(candidate);
    }
  }
  sayReverted(status);
  giveUp(Phase.Reverted, word, status);
}

/** Records why the candidate is given up, and where in its envelope, and goes on with what runs. */
function giveUp(phase: u32, word: u32, status: i32): void {
  step(journalWord(phase, activeOf(word), 0, status) | placeBits(cborPosition));
  bootActive(word);
}

/** Boots the last known good image; without one, looks for another way. */
function bootActive(word: u32): void {
  const active = activeOf(word);
  const isConfirmed = phaseOf(word) == Phase.Confirmed;
  if (Feature.UpdateManagement && isPostponed(word) && processUpdate(active ^ 1) == Status.Ok) {
    step(journalWord(Phase.Staged, active, 0, 0));
  }
  let status = processInvocation(active);
  if (status == Status.Ok) {
    if (isConfirmed && sequenceFloor < sequenceNumber) {
      if (counterAdvance(Counter.SequenceFloor, sequenceNumber) == Status.Ok) {
        sayFloorRaised();
        halReset();
      }
    }
    sayBoot(active);
    status = launch(active);
  }
  sayUnbootable(active, status);
  // A candidate that was refused or reverted has had its chance; anything else may be tried.
  if (isConfirmed && processUpdate(active ^ 1) == Status.Ok) {
    step(journalWord(Phase.Staged, active, 0, status));
  }
  recover(status);
}

/**
 * Whether a candidate was refused for what may come yet: battery, permission, or an event to wait for. It is
 * asked about at every boot, and nothing is written until it may be made.
 */
function isPostponed(word: u32): bool {
  if (phaseOf(word) != Phase.Rejected) return false;
  const reason = reasonOf(word);
  return (
    reason == Status.BatteryTooLow || reason == Status.UpdateUnauthorized || reason == Status.WaitTimedOut
  );
}

/** No journal: stages the better of the slots, so that it is judged and tried like any candidate. */
function adoptSlot(): void {
  const isBootableA = processUpdate(Slot.A) == Status.Ok;
  const sequenceA = sequenceNumber;
  const statusB = processUpdate(Slot.B);
  if (statusB == Status.Ok && (!isBootableA || sequenceNumber > sequenceA)) {
    step(journalWord(Phase.Staged, Slot.A, 0, Status.JournalEmpty));
  } else if (isBootableA) {
    step(journalWord(Phase.Staged, Slot.B, 0, Status.JournalEmpty));
  }
  recover(statusB);
}

/** Nothing can be booted: waits on the link for a signed update, for as long as it takes. */
function recover(status: i32): void {
  sayRecovery(status);
  while (true) {
    const outcome = runAgent(NO_SLOT, journalRead());
    sayRecovery(outcome);
    reportRecovery(outcome);
    idle(RECOVERY_POLL_MILLIS);
  }
}

/** Takes a persistent step and starts over from what flash then says; returns if flash refuses it. */
function step(word: u32): void {
  if (record(word) == Status.Ok) halReset();
}

/**
 * Appends a boot state. The bootloader never changes the active slot, and counts the boots of a trial
 * one by one: a state that does otherwise is a glitch.
 */
function record(word: u32): i32 {
  const before = journalRead();
  if (before != 0 && activeOf(word) != activeOf(before)) return Status.FlashFailed;
  if (phaseOf(word) == Phase.Trial && !continuesTrial(before, word)) return Status.FlashFailed;
  return phaseOf(word) == Phase.Reverted ? journalReopen(word) : journalAppend(word);
}

/**
 * Whether a trial follows from the state before: its first record from Staged, its others from one another. The
 * first one is what makes a candidate accepted, so the witnesses are asked here as well.
 */
function continuesTrial(before: u32, word: u32): bool {
  if (trialBootsOf(word) == 0) return phaseOf(before) == Phase.Staged && isAttested(activeOf(word) ^ 1);
  return phaseOf(before) == Phase.Trial && trialBootsOf(before) + 1 == trialBootsOf(word);
}
