/**
 * Delivering a report: best effort, and never in the way of an update.
 *
 * The far end is asked for `/suit/report` first. Only if it has that does it want reports, and what it
 * answers is the nonce for this one, if any. Then the report is posted in one datagram: as COSE_Mac0 if
 * a report key was provisioned, plain otherwise. Nothing is written to flash, and whatever the far end
 * does or leaves undone costs a bounded time only.
 *
 * RAM: the datagram, the nonce, the tag.
 */
import { Major } from "../cbor/reader";
import { writeHead, writeRaw, writerOpen, writerPosition } from "../cbor/writer";
import { HMAC_SHA256_BYTES, hmacSha256Final, hmacSha256Init, hmacSha256Update } from "../crypto/hmac-sha256";
import { reportKeyAddress } from "../flash/device-page";
import { idle, linkSend, random } from "../hal";
import { DevicePage } from "../layout";
import { Limit } from "../limits";
import { POST_HEAD_BYTES, Resource, writePostHead } from "../link/coap";
import { ANSWER_MILLIS, discardArrivals, peekResource } from "../link/download";
import { Status } from "../status";
import { writeReport } from "./report";

/** Content-Formats: application/cbor (RFC 8949 §9.4), application/cose; cose-type="cose-mac0" (RFC 9052 §10.3). */
const FORMAT_CBOR: u32 = 60;
const FORMAT_COSE_MAC0: u32 = 17;

/**
 * The beginning of the message, `17([protected, {}, payload` (RFC 9052 §6.2), where protected is {1: 5}, HMAC
 * 256/256; and behind it that of the MAC_structure, `["MAC0", protected, h'', payload` (§6.3).
 */
// @ts-ignore: decorator
@lazy
const MESSAGE_START: usize = memory.data<u8>([
  0xd1, 0x84, 0x43, 0xa1, 0x01, 0x05, 0xa0, 0x84, 0x64, 0x4d, 0x41, 0x43, 0x30, 0x43, 0xa1, 0x01, 0x05, 0x40,
]);
const MESSAGE_START_BYTES: u32 = 7;
const MAC_CONTEXT_BYTES: u32 = 11;

/** Head of a byte string of 256 bytes or more. */
const PAYLOAD_HEAD_BYTES: u32 = 3;
/** Head of a byte string of 32 bytes, as it lies in memory. */
const TAG_HEAD: u32 = 0x2058;
const TAG_HEAD_BYTES: u32 = 2;

const REPORT_DATAGRAM_BYTES: u32 =
  POST_HEAD_BYTES +
  MESSAGE_START_BYTES +
  PAYLOAD_HEAD_BYTES +
  Limit.ReportBytes +
  TAG_HEAD_BYTES +
  HMAC_SHA256_BYTES;
// @ts-ignore: decorator
@lazy
const REPORT_DATAGRAM: usize = memory.data(REPORT_DATAGRAM_BYTES, 4);

// @ts-ignore: decorator
@lazy
const NONCE: usize = memory.data(Limit.NonceBytes);
// @ts-ignore: decorator
@lazy
const NONCE_LENGTH: usize = memory.data(4, 4);
// @ts-ignore: decorator
@lazy
const NONCE_SIZE: usize = memory.data(4, 4);

/**
 * Asks the far end whether it wants a report, and keeps the nonce that it wants to find in it.
 *
 * @param outcome what the agent or the self-test came to
 */
export function isReportWanted(outcome: i32): bool {
  // Nobody is there: there is no use in calling again.
  if (outcome == Status.LinkSilent) return false;
  const status = peekResource(Resource.Report, NONCE, Limit.NonceBytes, NONCE_LENGTH, NONCE_SIZE);
  // What still waits would end the device's sleep.
  discardArrivals();
  return status == Status.Ok;
}

/** Sends the report of the attempt that was described. */
// @ts-ignore: decorator
@inline
export function sendReport(): void {
  const key = reportKeyAddress();
  let start = <u32>REPORT_DATAGRAM + POST_HEAD_BYTES;
  const payload = key == 0 ? start : start + MESSAGE_START_BYTES + PAYLOAD_HEAD_BYTES;
  let length = writeReport(payload, Limit.ReportBytes, <u32>NONCE, load<u32>(NONCE_LENGTH));
  if (length == 0) return;
  if (key != 0) {
    // The head of a short payload is shorter, and what stands before it moves up.
    start = payload - MESSAGE_START_BYTES - (length < 256 ? PAYLOAD_HEAD_BYTES - 1 : PAYLOAD_HEAD_BYTES);
    length = authenticate(key, start, length);
  }
  start -= POST_HEAD_BYTES;
  writePostHead(start, key == 0 ? FORMAT_CBOR : FORMAT_COSE_MAC0);
  // Another report must be another message, and the same one may be: Message ID and token are drawn.
  random(start + 2, 6);
  linkSend(start, POST_HEAD_BYTES + length);
  // The answer says nothing.
  idle(ANSWER_MILLIS);
  discardArrivals();
}

/**
 * Writes what a COSE_Mac0 has before and behind its payload, which is in place (RFC 9052 §6.2).
 *
 * @param start of the message
 * @param length of the payload
 * @returns bytes of the message
 */
function authenticate(key: u32, start: u32, length: u32): u32 {
  writerOpen(start, MESSAGE_START_BYTES + PAYLOAD_HEAD_BYTES);
  writeRaw(<u32>MESSAGE_START, MESSAGE_START_BYTES);
  const content = writerPosition;
  writeHead(Major.Bytes, length);
  const end = writerPosition + length;
  hmacSha256Init(key, DevicePage.ReportKeyBytes);
  hmacSha256Update(MESSAGE_START + MESSAGE_START_BYTES, MAC_CONTEXT_BYTES);
  hmacSha256Update(content, end - content);
  store<u16>(end, TAG_HEAD);
  hmacSha256Final(end + TAG_HEAD_BYTES);
  return end + TAG_HEAD_BYTES + HMAC_SHA256_BYTES - start;
}
