/**
 * The bootloader's report from recovery: why nothing can be booted, or what came of the attempt to change that.
 *
 * What was refused is judged once more, and the place is where the manifest processor then stands. Nothing is
 * said of a manifest that nobody has signed but the digest that its envelope states.
 */
import {
  cborArgument,
  cborArray,
  cborContent,
  cborHead,
  cborLength,
  cborLimit,
  cborMajor,
  cborOpen,
  cborPosition,
  cborSkip,
  cborText,
  Major,
} from "../cbor/reader";
import { Feature } from "../feature";
import { componentsAddress, componentsBytes, slotAddress, slotBytes } from "../flash/device-page";
import { activeOf, journalRead, phaseOf, reasonOf } from "../flash/journal";
import { Witness } from "../hardening";
import { Phase } from "../layout";
import { Limit } from "../limits";
import { OFFER, OFFER_BYTES } from "../link/agent";
import { Status } from "../status";
import { reopenRoot } from "../suit/dependency";
import { envelopeStart, manifestWitness, rootStart, signatureWitness } from "../suit/envelope";
import { commandStart, forgetCommand, runsShared, section, selectedIndex } from "../suit/sequence";
import { Member } from "../suit/label";
import {
  dependencyIndex,
  hasMember,
  memberContent,
  openMember,
  seekMember,
  sequenceNumberAgain,
} from "../suit/manifest";
import { processInvocation, processUpdate } from "../suit/procedure";
import { isReportWanted, sendReport } from "../report/delivery";
import { DIGEST_BYTES, Hole, keepBytes, keepDependency, keepNumber, keepPlace } from "../report/hole";
import { commandOf, NO_COMMAND, Reason, reasonFor } from "../report/reason";
import { describeOutcome, isFailure } from "../report/report";

/** Heads in front of the digest's bytes: tag, map, key, wrapper, list, digest, list, algorithm, bytes (SUIT §8.2, §8.3). */
const DIGEST_HEADS: u32 = 9;

/**
 * Reports to the far end, if it wants to know.
 *
 * @param outcome what the agent returned
 */
// @ts-ignore: decorator
@inline
export function reportRecovery(outcome: i32): void {
  if (!Feature.RecoveryReports || !isReportWanted(outcome)) return;
  const word = journalRead();
  if (isFailure(outcome)) describe(word, outcome, <u32>OFFER, OFFER_BYTES);
  else describeSlot(word);
  sendReport();
}

/** Describes what ended the last attempt in the journal, or else why the active slot cannot be booted. */
// @ts-ignore: decorator
@inline
function describeSlot(word: u32): void {
  const phase = phaseOf(word);
  const isGivenUp = phase == Phase.Rejected || phase == Phase.Reverted;
  const slot = activeOf(word) ^ (<u32>isGivenUp);
  forgetCommand();
  // As the boot judged it: only a candidate that was tried, and what is confirmed, are not processed as an update.
  const isUpdate = word == 0 || phase == Phase.Rejected;
  const statusNow = isUpdate ? processUpdate(slot) : processInvocation(slot);
  const status = isGivenUp ? reasonOf(word) : statusNow;
  describe(word, status, slotAddress(slot), statusNow == Status.FlashUnreadable ? 0 : slotBytes(slot));
  // What is not readable was not opened, so the witnesses are those of another envelope.
  if (statusNow == Status.FlashUnreadable) return;
  if (signatureWitness != Witness.Signature || manifestWitness != Witness.Manifest) return;
  // What was opened and found authentic a moment ago opens again, so nobody asks what the openings return.
  let isNested = false;
  // Where it ends otherwise than it did then, nothing is known of the place.
  if (status == statusNow && commandStart != 0 && commandOf(status) != NO_COMMAND) {
    openMember(runsShared() ? Member.Shared : section);
    keepPlace(runsShared() ? Member.Common : section, commandStart - memberContent, selectedIndex());
    isNested = Feature.TrustDomains && envelopeStart != rootStart;
  }
  if (Feature.TrustDomains) reopenRoot();
  if (isNested) keepDependency(dependencyIndex);
  if (hasMember(Member.SequenceNumber)) keepNumber(Hole.Sequence, sequenceNumberAgain());
  if (!hasMember(Member.ReferenceUri)) return;
  seekMember(Member.ReferenceUri);
  if (cborText() == Status.Ok && cborLength <= <u32>Limit.ReportUriBytes)
    keepBytes(Hole.Uri, cborContent, cborLength);
}

/** Describes an attempt on the envelope in these bytes, or of which these are the first. */
function describe(word: u32, status: i32, envelope: u32, capacityBytes: u32): void {
  // What is in order now, and does not run for want of a record, is not confirmed by that.
  describeOutcome(word, status, status == Status.Ok ? <u32>Reason.InvokePending : reasonFor(status));
  cborOpen(componentsAddress(), componentsBytes());
  cborArray();
  const component = cborPosition;
  // Without one, the empty list of them stands for it.
  if (cborSkip() == Status.Ok) keepBytes(Hole.Component, component, cborPosition - component);
  else keepBytes(Hole.Component, componentsAddress(), 1);
  cborOpen(envelope, capacityBytes);
  for (let heads = DIGEST_HEADS; heads != 0; heads--) {
    if (cborHead() != Status.Ok) return;
  }
  if (cborMajor == Major.Bytes && cborArgument == DIGEST_BYTES && cborLimit - cborPosition >= DIGEST_BYTES) {
    keepBytes(Hole.Digest, cborPosition, DIGEST_BYTES);
  }
}
