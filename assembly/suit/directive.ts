/**
 * Directives that act on one component (SUIT §8.4.10): fetch, write, copy, swap and invoke.
 *
 * With A/B slots nothing moves: a component's content is where its bytes lie already, in the envelope
 * or behind it, and what writes, copies or swaps contents only says which bytes are meant. So the
 * directives change no flash, and the boot runs them again to find the same contents.
 */
import { cborArgument, cborContent, cborLength, cborSeek, cborText, cborUnsigned } from "../cbor/reader";
import { Feature } from "../feature";
import { pageBytes } from "../flash/device-page";
import { Limit } from "../limits";
import { Status } from "../status";
import { bytesOf, Field, field, numberOf, openParameter, setField } from "./component";
import { findPayload, payloadContent, payloadLength, rootEnd, rootLimit } from "./envelope";
import { Command, Parameter } from "./label";
import { waitForEvents } from "./management";
import { indexCount, setOf } from "./manifest";

/** The image that an invoke directive chose: address, and bytes; 0 bytes until then. */
export let invokedAddress: u32 = 0;
export let invokedBytes: u32 = 0;
/** The set of the component that it belongs to. */
export let invokedSet: u32 = 0;

/** Forgets an image that was chosen before. */
export function clearInvoked(): void {
  invokedBytes = 0;
}

/**
 * Says where a component's content lies before any fetch: the only integrated payload if there is
 * exactly one, else what was delivered to the slot behind the envelope.
 */
export function placeContent(set: u32): void {
  if (findPayload(0, 0)) placeAt(set, payloadContent, payloadLength);
  else placeAt(set, deliveredAddress(), 0);
}

/**
 * Executes a directive on the component with this index.
 *
 * @returns Status.Ok, Status.DirectiveParameterMissing, or why it fails
 */
export function direct(command: i32, index: u32): i32 {
  const set = setOf(index);
  if (command == Command.Fetch) return fetch(set);
  if (command == Command.Invoke) return invoke(set);
  if (command == Command.Write) {
    const content = bytesOf(set, Parameter.Content);
    if (content == 0) return Status.DirectiveParameterMissing;
    placeAt(set, content, cborLength);
    return Status.Ok;
  }
  if (Feature.UpdateManagement && command == Command.Wait) return waitForEvents(set);
  // What a slot holds belongs to one manifest and goes with it, so unlink has nothing to count.
  if (Feature.TrustDomains && command == Command.Unlink) return Status.Ok;
  const source = numberOf(set, Parameter.SourceComponent, u32.MAX_VALUE);
  if (source == u32.MAX_VALUE) return Status.DirectiveParameterMissing;
  if (source >= indexCount || source == index) return Status.ComponentIndexInvalid;
  const sourceSet = setOf(source);
  const address = field(set, Field.Content);
  const length = field(set, Field.ContentBytes);
  placeAt(set, field(sourceSet, Field.Content), field(sourceSet, Field.ContentBytes));
  if (command == Command.Swap) placeAt(sourceSet, address, length);
  return Status.Ok;
}

/**
 * Fetch: the content of the component is what its URI names: an integrated payload, or what was
 * delivered to the slot before.
 */
function fetch(set: u32): i32 {
  if (!openParameter(set, Parameter.Uri) || cborText() != Status.Ok) return Status.DirectiveParameterMissing;
  const uri = cborContent;
  const uriBytes = cborLength;
  const offset = Feature.Arguments ? offsetOf(set) : 0;
  if (findPayload(uri, uriBytes)) {
    if (Feature.Arguments && bytesOf(set, Parameter.FetchArguments) != 0) return placePart(set, offset);
    const length = payloadLength;
    if (numberOf(set, Parameter.ImageSize, length) != length) return Status.PayloadSizeMismatch;
    placeAt(set, payloadContent, length);
    return Status.Ok;
  }
  // A fragment alone can only name something inside the envelope (SUIT §7.5).
  if (uriBytes > 0 && load<u8>(uri) == 0x23) return Status.PayloadMissing;
  let start = deliveredAddress();
  if (Feature.Arguments) {
    if (offset > rootLimit) return Status.ImageTooLarge;
    start += offset;
  }
  if (start > rootLimit || numberOf(set, Parameter.ImageSize, 0) > rootLimit - start) {
    return Status.ImageTooLarge;
  }
  placeAt(set, start, 0);
  return Status.Ok;
}

/** Where in its payload a component's content begins: what fetch-arguments mean to this device. */
function offsetOf(set: u32): u32 {
  const content = bytesOf(set, Parameter.FetchArguments);
  if (content == 0) return 0;
  cborSeek(content, content + cborLength);
  return cborUnsigned() == Status.Ok ? <u32>cborArgument : 0;
}

/** Places a part of the integrated payload that was found: image-size bytes, or all that is left. */
function placePart(set: u32, offset: u32): i32 {
  const start = payloadContent;
  if (offset >= payloadLength) return Status.PayloadSizeMismatch;
  const left = payloadLength - offset;
  const length = numberOf(set, Parameter.ImageSize, left);
  if (length > left) return Status.PayloadSizeMismatch;
  placeAt(set, start + offset, length);
  return Status.Ok;
}

/** Invoke: chooses the component's content as the image to run, if its digest was checked. */
function invoke(set: u32): i32 {
  const checked = field(set, Field.CheckedBytes);
  if (checked == 0) return Status.ImageUnchecked;
  invokedAddress = field(set, Field.Content);
  invokedBytes = checked;
  invokedSet = set;
  return Status.Ok;
}

/** Where a payload is delivered: the first page boundary after the envelope. */
function deliveredAddress(): u32 {
  const mask = pageBytes() - 1;
  return (rootEnd + mask) & ~mask;
}

/** Gives a component another content, of which nothing is known. */
function placeAt(set: u32, address: u32, length: u32): void {
  setField(set, Field.Content, address);
  setField(set, Field.ContentBytes, length);
  setField(set, Field.CheckedBytes, 0);
  setField(set, Field.ImageWitness, 0);
  if (Feature.TrustDomains && set == Limit.Components) setField(set, Field.VendorWitness, 0);
}
