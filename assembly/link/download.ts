/**
 * Pulling a resource over the link, block by block, straight into flash (RFC 7959 §2.4).
 *
 * One buffer serves both directions, so a request that is sent again is written again. Nothing of a
 * transfer is kept but its position: after a reset it begins anew.
 *
 * RAM: the datagram and what was read from it.
 */
import { Feature } from "../feature";
import { flashProgram, idle, linkReceive, linkSend, watchdogKick } from "../hal";
import { Limit } from "../limits";
import { Status } from "../status";
import { erasedWord, writeUnitBytes } from "../flash/device-page";
import { flashHolds, isBlank } from "../flash/slot";
import {
  ABSENT,
  BLOCK_SIZE_EXPONENT,
  Code,
  Message,
  MessageType,
  blockNumberOf,
  blockOf,
  hasMoreBlocks,
  messageIdOf,
  readMessage,
  sizeExponentOf,
  writeEmpty,
  writeGet,
} from "./coap";
import { decryptPiece } from "../payload/decryption";

/** Time given to an answer before the request is sent again: RFC 7252 §4.8, ACK_TIMEOUT. */
export const ANSWER_MILLIS: u32 = 2000;

/** Datagrams looked at for one request sent; more than that is a flood. */
const ARRIVALS: u32 = 8;

const DATAGRAM: usize = memory.data(Limit.DatagramBytes);
const DATAGRAM_LENGTH: usize = memory.data(4, 4);
const MESSAGE: usize = memory.data(offsetof<Message>(), 8);

/** What a datagram is to the request that waits for its answer. */
const enum Arrival {
  Unrelated,
  Malformed,
  Acknowledged,
  Refused,
  Answer,
}

/**
 * Pulls a whole resource into erased flash, or compares it with what is there.
 *
 * The last block is padded to the write unit with the erased value. Cut safety: what is left is a
 * prefix of the resource; the caller starts again on an erased slot.
 *
 * @param address write-unit aligned
 * @param capacityBytes the flash that may be written from there
 * @param lengthOut receives the resource's size as a u32
 * @param isFilled nothing is written; FlashFailed says that it is not there
 * @returns Status.Ok, NoUpdate if the far end has no such resource, ImageTooLarge, LinkSilent,
 *   LinkProtocol, DatagramTooLarge if there is no room for the padding, or FlashFailed
 */
export function downloadToFlash(
  resource: u32,
  address: u32,
  capacityBytes: u32,
  lengthOut: usize,
  isFilled: bool,
): i32 {
  const message = changetype<Message>(MESSAGE);
  let sizeExponent = BLOCK_SIZE_EXPONENT;
  let entityTag: u64 = 0;
  let offset: u32 = 0;
  do {
    const status = fetchBlock(resource, blockOf(offset >> (sizeExponent + 4), sizeExponent));
    if (status != Status.Ok) return offset != 0 && status == Status.NoUpdate ? Status.LinkProtocol : status;
    if (offset == 0) entityTag = message.entityTag;
    if (message.entityTag != entityTag) return Status.LinkProtocol;
    const length = message.payloadBytes;
    const unit = writeUnitBytes();
    const padded = (length + unit - 1) & ~(unit - 1);
    if (padded > capacityBytes - offset) return Status.ImageTooLarge;
    if (message.payload + padded > DATAGRAM + Limit.DatagramBytes) return Status.DatagramTooLarge;
    if (Feature.DecryptingAgent) decryptPiece(message.payload, length, offset);
    memory.fill(message.payload + length, <u8>erasedWord(), padded - length);
    if (isFilled && !flashHolds(address + offset, message.payload, length)) return Status.FlashFailed;
    if (padded != 0 && !program(address + offset, message.payload, padded)) return Status.FlashFailed;
    offset += length;
    sizeExponent = sizeExponentOf(message.block);
  } while (hasMoreBlocks(message.block));
  store<u32>(lengthOut, offset);
  return Status.Ok;
}

/** Programs blank flash, unless it holds all of it already, and reads it back; says whether it took it. */
function program(address: u32, source: usize, length: u32): bool {
  if (flashHolds(address, source, length)) return true;
  if (!isBlank(address, length)) return false;
  return flashProgram(address, source, length) == Status.Ok && flashHolds(address, source, length);
}

/**
 * Pulls the start of a resource into RAM.
 *
 * @param out receives the first `capacityBytes` of it, or all of it if it is shorter
 * @param lengthOut receives the bytes written to `out` as a u32
 * @param sizeOut receives the resource's whole size as a u32, or ABSENT if the far end does not say
 * @returns Status.Ok, NoUpdate if the far end has no such resource, LinkSilent or LinkProtocol
 */
export function peekResource(
  resource: u32,
  out: usize,
  capacityBytes: u32,
  lengthOut: usize,
  sizeOut: usize,
): i32 {
  const message = changetype<Message>(MESSAGE);
  const status = fetchBlock(resource, blockOf(0, BLOCK_SIZE_EXPONENT));
  if (status != Status.Ok) return status;
  const isWhole = !hasMoreBlocks(message.block);
  if (!isWhole && message.payloadBytes < capacityBytes) return Status.LinkProtocol;
  const length = min(message.payloadBytes, capacityBytes);
  memory.copy(out, message.payload, length);
  store<u32>(lengthOut, length);
  store<u32>(sizeOut, isWhole ? message.payloadBytes : message.sizeBytes);
  return Status.Ok;
}

/**
 * Asks for one block and checks that the answer is that block.
 *
 * The far end may choose smaller blocks than asked for, but only with the first (RFC 7959 §2.4).
 */
function fetchBlock(resource: u32, block: u32): i32 {
  const message = changetype<Message>(MESSAGE);
  const status = exchange(resource, block);
  if (status != Status.Ok) return status;
  if (message.code == Code.NotFound) return Status.NoUpdate;
  if (message.code != Code.Content) return Status.LinkProtocol;
  // Without Block2 the answer is the whole resource: an only block.
  if (message.block == ABSENT) message.block = block & 7;
  const sizeExponent = sizeExponentOf(message.block);
  if (blockNumberOf(message.block) != blockNumberOf(block)) return Status.LinkProtocol;
  if (sizeExponent > sizeExponentOf(block)) return Status.LinkProtocol;
  if (sizeExponent != sizeExponentOf(block) && blockNumberOf(block) != 0) return Status.LinkProtocol;
  const blockBytes: u32 = 16 << sizeExponent;
  if (message.payloadBytes > blockBytes) return Status.LinkProtocol;
  if (hasMoreBlocks(message.block) && message.payloadBytes != blockBytes) return Status.LinkProtocol;
  return Status.Ok;
}

/**
 * Sends the request until an answer comes (RFC 7252 §4.2); leaves it in MESSAGE.
 *
 * What is malformed or belongs to nobody is dropped, so noise costs time but not the transfer.
 */
// @ts-ignore: decorator
@inline
function exchange(resource: u32, block: u32): i32 {
  const messageId = messageIdOf(resource, block);
  let status: i32 = Status.LinkSilent;
  let isAcknowledged = false;
  for (let attempt = 0; attempt <= Limit.Retransmissions; attempt++) {
    watchdogKick();
    if (!isAcknowledged && linkSend(DATAGRAM, writeGet(DATAGRAM, resource, block)) != Status.Ok) {
      return Status.LinkSilent;
    }
    idle(ANSWER_MILLIS);
    for (let count: u32 = 0; count < ARRIVALS; count++) {
      const received = linkReceive(DATAGRAM, Limit.DatagramBytes, DATAGRAM_LENGTH);
      if (received == Status.Ok && load<u32>(DATAGRAM_LENGTH) == 0) break;
      const arrival = received == Status.Ok ? judgeArrival(messageId) : Arrival.Malformed;
      if (arrival == Arrival.Answer) return Status.Ok;
      if (arrival == Arrival.Refused) return Status.LinkProtocol;
      if (arrival == Arrival.Acknowledged) isAcknowledged = true;
      if (arrival == Arrival.Malformed) status = Status.LinkProtocol;
    }
  }
  return status;
}

/** Drops what waits on the link, as much of it as would be looked at for one request. */
export function discardArrivals(): void {
  for (let count: u32 = 0; count < ARRIVALS; count++) {
    const received = linkReceive(DATAGRAM, Limit.DatagramBytes, DATAGRAM_LENGTH);
    if (received == Status.Ok && load<u32>(DATAGRAM_LENGTH) == 0) return;
  }
}

/** Reads the datagram and says what it is to request `messageId`; acknowledges a separate answer. */
// @ts-ignore: decorator
@inline
function judgeArrival(messageId: u32): Arrival {
  const message = changetype<Message>(MESSAGE);
  if (readMessage(DATAGRAM, load<u32>(DATAGRAM_LENGTH), message) != Status.Ok) return Arrival.Malformed;
  const isOurs = message.messageId == messageId;
  if (message.type == MessageType.Reset) return isOurs ? Arrival.Refused : Arrival.Unrelated;
  if (message.code == Code.Empty) {
    return isOurs && message.type == MessageType.Acknowledgement ? Arrival.Acknowledged : Arrival.Unrelated;
  }
  if (message.tokenBytes != 2 || message.token != messageId) return Arrival.Unrelated;
  if (message.type == MessageType.Acknowledgement) return isOurs ? Arrival.Answer : Arrival.Unrelated;
  // The header is in the message by now, so its place may hold the acknowledgement.
  if (message.type == MessageType.Confirmable) {
    linkSend(DATAGRAM, writeEmpty(DATAGRAM, MessageType.Acknowledgement, message.messageId));
  }
  return Arrival.Answer;
}
