/**
 * Sends a radio the image that the manifest of the running slot states for it.
 *
 * The radio has two sub-slots and runs the newest whole image (layout.ts), so the one that it runs stays
 * as it is while the other is filled, the header last. What is to be sent, and its digest, the firmware
 * learns as the bootloader does, from a manifest that it has authenticated itself. The header states the
 * digest of the manifest, and the radio boots nothing else.
 *
 * Cut safety: a power cut leaves an image without a header, which is none; the next power-on finds that
 * the radio runs another digest than it should, and begins anew. With the right one nothing is written.
 */
import { equalConstantTime } from "../crypto/compare";
import { erasedWord, pageBytes, writeUnitBytes } from "../flash/device-page";
import { radioErase, radioProgram, radioStatus, watchdogKick } from "../hal";
import { Witness } from "../hardening";
import { Radio, RadioStatus } from "../layout";
import { Status } from "../status";
import { Field, field, imageDigestOf } from "../suit/component";
import { isComponentAttested } from "../suit/identity";
import { NO_SET, setOfComponent } from "../suit/manifest";
import { isAttested, processInvocation } from "../suit/procedure";

/** What the radio says of itself. */
// @ts-ignore: decorator
@lazy
const ANSWER: usize = memory.data(RadioStatus.Bytes, 8);

/** What is sent at a time, and room for the padding of the last unit. */
const PIECE_BYTES: u32 = 64;
// @ts-ignore: decorator
@lazy
const PIECE: usize = memory.data(PIECE_BYTES, 8);

/**
 * Brings the radio's image up to date.
 *
 * @param slot the slot this firmware runs from, which has to be confirmed
 * @returns Status.Ok if the radio runs it from now on, UpToDate if it did already, NoUpdate if the
 *   manifest states none; HalUnavailable without a radio; or why not
 */
export function dispatchRadioImage(slot: u32): i32 {
  watchdogKick();
  let status = processInvocation(slot);
  if (status != Status.Ok) return status;
  if (!isAttested(slot)) return Status.SignatureInvalid;
  const set = setOfComponent(Radio.Component);
  if (set == NO_SET) return Status.NoUpdate;
  if (!isComponentAttested(set)) return Status.IdentityUnchecked;
  const digest = imageDigestOf(set);
  const length = field(set, Field.CheckedBytes);
  if (digest == 0 || length == 0 || field(set, Field.ImageWitness) != Witness.Image) {
    return Status.ImageUnchecked;
  }
  if (length > <u32>(Radio.SubSlotBytes - Radio.Image)) return Status.ImageTooLarge;
  status = radioStatus(ANSWER);
  const isEmpty = status == Status.RadioImageMissing;
  if (!isEmpty && status != Status.Ok) return status;
  if (!isEmpty && equalConstantTime(ANSWER + RadioStatus.Digest, digest, Radio.DigestBytes)) {
    return Status.UpToDate;
  }
  if (pageBytes() > <u32>Radio.SubSlotBytes) return Status.DevicePageInvalid;
  const subSlot = isEmpty ? 0 : load<u32>(ANSWER, RadioStatus.SubSlot) ^ 1;
  const generation = isEmpty ? 1 : load<u32>(ANSWER, RadioStatus.Generation) + 1;
  const start = subSlot * Radio.SubSlotBytes;
  status = erase(start);
  if (status == Status.Ok) status = send(start + Radio.Image, field(set, Field.Content), length);
  if (status == Status.Ok) status = sendHeader(start, generation, length, digest);
  if (status != Status.Ok) return status;
  status = radioStatus(ANSWER);
  if (status != Status.Ok) return status;
  const runs = equalConstantTime(ANSWER + RadioStatus.Digest, digest, Radio.DigestBytes);
  return runs ? <i32>Status.Ok : Status.FlashFailed;
}

/** Erases a sub-slot, whatever it holds: an erase that was cut before may have left what only looks blank. */
function erase(start: u32): i32 {
  for (let page = start; page < start + <u32>Radio.SubSlotBytes; page += pageBytes()) {
    if (radioErase(page) != Status.Ok) return Status.FlashFailed;
  }
  return Status.Ok;
}

/** Programs bytes of the radio's flash in pieces, the last one padded to the write unit. */
function send(address: u32, source: u32, length: u32): i32 {
  const unit = writeUnitBytes();
  for (let offset: u32 = 0; offset < length; offset += PIECE_BYTES) {
    const bytes = min(length - offset, PIECE_BYTES);
    memory.fill(PIECE, <u8>erasedWord(), PIECE_BYTES);
    memory.copy(PIECE, source + offset, bytes);
    const padded = (bytes + unit - 1) & ~(unit - 1);
    if (radioProgram(address + offset, PIECE, padded) != Status.Ok) return Status.FlashFailed;
  }
  return Status.Ok;
}

/** Makes an image of what was sent: from the last unit of the header on, the radio boots it. */
function sendHeader(start: u32, generation: u32, length: u32, digest: u32): i32 {
  store<u32>(PIECE, Radio.MagicValue, Radio.Magic);
  store<u32>(PIECE, generation, Radio.Generation);
  store<u32>(PIECE, ~generation, Radio.Complement);
  store<u32>(PIECE, length, Radio.ImageBytes);
  memory.copy(PIECE + Radio.Digest, digest, Radio.DigestBytes);
  return radioProgram(start, PIECE, Radio.Image) == Status.Ok ? <i32>Status.Ok : Status.FlashFailed;
}
