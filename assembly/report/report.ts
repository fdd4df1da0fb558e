/**
 * The SUIT_Report of an attempt (draft-ietf-suit-report-20). Firmware describes the attempt by what a reset keeps,
 * in `attempt.ts`; the bootloader by what its manifest processor has just come to, in `boot/recovery-report.ts`.
 *
 * ```
 * { ? 2 nonce, 3 records: [ claims ], 4 result: true / { 5 code, 6 record, 7 reason },
 *   8 capabilities, 99 reference: [ URI, digest ] }
 * claims = { 0 component, 5 slot, 24 device id, -257 sequence number }
 * ```
 *
 * The code is our Status. The record says where in the manifest an attempt failed, and the kind of the failure. The
 * claims' negative parameter is of this project's own.
 *
 * The report is written from templates, CBOR with holes: a byte from 0xe0 to 0xef, which CBOR has not
 * assigned (RFC 8949 §3.3), stands for a number or for bytes that are looked up.
 *
 * RAM: the templates, the numbers and where the bytes lie.
 */
import { Major } from "../cbor/reader";
import {
  writeByte,
  writeHead,
  writeRaw,
  writerOpen,
  writerOverflowed,
  writerPosition,
  writeString,
} from "../cbor/writer";
import { componentsAddress, componentsBytes, slotBytes } from "../flash/device-page";
import { runningSlotOf } from "../flash/journal";
import { DevicePage, Slot } from "../layout";
import { Status } from "../status";
import { clearHoles, FIRST_PIECE, Hole, HOLES, keepBytes, keepNumber, numberKept } from "./hole";
import { commandOf, Reason } from "./reason";

/** The templates, one behind the other. */
// @ts-ignore: decorator
@lazy
const TEMPLATES: usize = memory.data<u8>([
  // 3: [claims], and the key of the result
  0x03, 0x81, 0xa4, 0x00, 0xe9, 0x05, 0xe0, 0x18, 0x18, 0x50, 0xea, 0x39, 0x01, 0x00, 0xe1, 0x04,
  // the result of a failure: code, record but for its properties
  0xa3, 0x05, 0xe3, 0x06, 0x85, 0xed, 0xe4, 0xe5, 0xe6,
  // the reason
  0x07, 0xe7,
  // 8: the capability report, which a test holds against the host's label tables
  0x08, 0xa8,
  // 1: components, which stand in the device page just as they do here
  0x01, 0xe8,
  // 2: commands 1 to 3, 5 to 8, 11, 12, 14, 15, 18 to 24, 31 to 33
  0x02, 0x95, 0x01, 0x02, 0x03, 0x05, 0x06, 0x07, 0x08, 0x0b, 0x0c, 0x0e, 0x0f, 0x12, 0x13, 0x14, 0x15, 0x16,
  0x17, 0x18, 0x18, 0x18, 0x1f, 0x18, 0x20, 0x18, 0x21,
  // 3: parameters 1, 2, 3, 5, 12, 13, 14, 18, 21, 22, 24
  0x03, 0x8b, 0x01, 0x02, 0x03, 0x05, 0x0c, 0x0d, 0x0e, 0x12, 0x15, 0x16, 0x18, 0x18,
  // 4: algorithms ES256 (-7), ESP256 (-9), SHA-256 (-16)
  0x04, 0x83, 0x26, 0x28, 0x2f,
  // 5: members of the envelope 2, 3, 14 to 16, 18, 20, 23
  0x05, 0x88, 0x02, 0x03, 0x0e, 0x0f, 0x10, 0x12, 0x14, 0x17,
  // 6: members of the manifest 1 to 5, 7 to 9, 14 to 16, 18, 20, 23, 24
  0x06, 0x8f, 0x01, 0x02, 0x03, 0x04, 0x05, 0x07, 0x08, 0x09, 0x0e, 0x0f, 0x10, 0x12, 0x14, 0x17, 0x18, 0x18,
  // 7: members of common 1, 2, 4
  0x07, 0x83, 0x01, 0x02, 0x04,
  // -257: at most 2 components, 1 dependency, 4 sequences in one another, 4 signatures; bytes of a slot
  0x39, 0x01, 0x00, 0x85, 0x02, 0x01, 0x04, 0x04, 0xe2,
  // and the reference
  0x18, 0x63, 0x82, 0xeb, 0x82, 0x2f, 0x58, 0x20, 0xec,
]);

/** The first bytes of tag 112, as they lie in memory: a private enterprise number (RFC 9090 §4). */
const ENTERPRISE_START: u32 = 0x70d8;

/** Where a template lies among them, and its bytes behind a shift. */
const enum Template {
  Start = 0 | (16 << 8),
  Failure = 16 | (9 << 8),
  Reason = 25 | (2 << 8),
  Rest = 27 | (101 << 8),
}

/**
 * Whether `status`, as the agent returns it, says that something failed just now. Otherwise the last
 * attempt is the one that the journal tells of.
 */
export function isFailure(status: i32): bool {
  return status != Status.Ok && (status < Status.NoUpdate || status > Status.UpdateDeclined);
}

/**
 * Begins the description of an attempt: what the device says of itself, and how it ended. Nothing is known of
 * the envelope yet.
 *
 * @param word the boot journal's word
 * @param status how it ended
 * @param reason the draft's reason for that
 */
export function describeOutcome(word: u32, status: i32, reason: Reason): void {
  clearHoles();
  keepNumber(Hole.Slot, runningSlotOf(word));
  keepNumber(Hole.Code, status);
  keepNumber(Hole.Reason, reason);
  keepBytes(Hole.Components, componentsAddress(), componentsBytes());
  keepNumber(Hole.SlotBytes, slotBytes(Slot.A));
  keepBytes(Hole.Identifier, DevicePage.Address + DevicePage.DeviceId, 16);
}

/**
 * Writes the report of the attempt that was described.
 *
 * @param nonce that the far end asked for; none if `nonceBytes` is 0
 * @returns the bytes written to `out`, at most `capacityBytes`; 0 if it does not fit
 */
export function writeReport(out: u32, capacityBytes: u32, nonce: u32, nonceBytes: u32): u32 {
  writerOpen(out, capacityBytes);
  writeByte(nonceBytes == 0 ? 0xa4 : 0xa5);
  if (nonceBytes != 0) {
    writeByte(2);
    writeString(Major.Bytes, nonce, nonceBytes);
  }
  fillIn(Template.Start);
  if (numberKept(Hole.Reason) == Reason.Ok) {
    writeByte(0xf5);
  } else {
    fillIn(Template.Failure);
    writeProperties(commandOf(<u32>numberKept(Hole.Code)));
    fillIn(Template.Reason);
  }
  fillIn(Template.Rest);
  return writerOverflowed ? 0 : writerPosition - out;
}

/** What was measured where an identifier did not match: the device's own, under the number of the condition. */
// @ts-ignore: decorator
@inline
function writeProperties(command: u32): void {
  const isDevice = command == 24;
  const isMeasured = isDevice || command - 1 < 2;
  writeByte(0xa0 | (<u32>isMeasured));
  if (!isMeasured) return;
  writeHead(Major.Unsigned, command);
  // Vendor and class lie one behind the other, and their numbers follow each other as well.
  const place =
    DevicePage.Address + (isDevice ? <u32>DevicePage.DeviceId : 16 * command + (DevicePage.VendorId - 16));
  // A vendor's number stands there as a manifest has it: tag 112, a string of 5 bytes at most, and zeros.
  const isNumber = command == 1 && load<u16>(place) == ENTERPRISE_START && load<u64>(place, 8) == 0;
  if (isNumber) writeRaw(place, 3 + (load<u8>(place, 2) & 7));
  else writeString(Major.Bytes, place, 16);
}

/** Writes a template with what belongs in its holes. */
function fillIn(template: Template): void {
  let place = TEMPLATES + (template & 0xff);
  for (let left = template >> 8; left != 0; left--) {
    const byte = <u32>load<u8>(place++);
    const hole = byte ^ 0xe0;
    if (hole > 15) {
      writeByte(byte);
    } else if (hole < FIRST_PIECE) {
      writeHead(Major.Unsigned, load<u64>(HOLES + (hole << 3)));
    } else {
      const piece = HOLES + (hole << 3);
      const bytes = load<u32>(piece, 4);
      if (hole == Hole.Uri) writeHead(Major.Text, bytes);
      writeRaw(load<u32>(piece), bytes);
    }
  }
}
