/**
 * Directives that act on one component (SUIT §8.4.10): fetch and invoke.
 */
import { pageBytes, slotAddress, slotBytes } from "../flash/device-page";
import { Status } from "../status";
import { Field, field, Flag, hasFlags, setField } from "./component";
import { envelopeEnd, findPayload, findSolePayload, payloadContent, payloadLength } from "./envelope";

/** The image that an invoke directive chose: address, and bytes; 0 bytes until then. */
export let invokedAddress: u32 = 0;
export let invokedBytes: u32 = 0;
/** The component that it belongs to. */
export let invokedComponent: u32 = 0;

/** Forgets an image that was chosen before. */
export function clearInvoked(): void {
  invokedBytes = 0;
}

/**
 * Says where a component's content lies before any fetch: the only integrated payload if there is
 * exactly one, else what was delivered to the slot behind the envelope.
 */
export function placeContent(component: u32): void {
  if (findSolePayload()) placeAt(component, payloadContent, payloadLength);
  else placeAt(component, deliveredAddress(), 0);
}

/**
 * Fetch: the content of the component is what its URI names. With A/B slots nothing moves: an
 * integrated payload is used where it lies, any other was delivered to the slot before.
 *
 * @returns Status.Ok, Status.DirectiveParameterMissing without a URI, Status.PayloadMissing,
 *   Status.PayloadSizeMismatch or Status.ImageTooLarge
 */
export function fetch(component: u32, slot: u32): i32 {
  const uri = field(component, Field.Uri);
  if (uri == 0) return Status.DirectiveParameterMissing;
  const uriBytes = field(component, Field.UriBytes);
  setField(component, Field.CheckedBytes, 0);
  setField(component, Field.ImageWitness, 0);
  const size = field(component, Field.ImageSize);
  if (findPayload(uri, uriBytes)) {
    if (hasFlags(component, Flag.ImageSizeSet) && payloadLength != size) return Status.PayloadSizeMismatch;
    placeAt(component, payloadContent, payloadLength);
    return Status.Ok;
  }
  // A fragment alone can only name something inside the envelope (SUIT §7.5).
  if (uriBytes > 0 && load<u8>(uri) == 0x23) return Status.PayloadMissing;
  const end = slotAddress(slot) + slotBytes(slot);
  const start = deliveredAddress();
  if (start > end || size > end - start) return Status.ImageTooLarge;
  placeAt(component, start, 0);
  return Status.Ok;
}

/**
 * Invoke: chooses the component's content as the image to run, if its digest was checked.
 *
 * @returns Status.Ok, or Status.ImageUnchecked
 */
export function invoke(component: u32): i32 {
  const checked = field(component, Field.CheckedBytes);
  if (checked == 0) return Status.ImageUnchecked;
  invokedAddress = field(component, Field.Content);
  invokedBytes = checked;
  invokedComponent = component;
  return Status.Ok;
}

/** Where a payload is delivered: the first page boundary after the envelope. */
function deliveredAddress(): u32 {
  const mask = pageBytes() - 1;
  return (envelopeEnd + mask) & ~mask;
}

function placeAt(component: u32, address: u32, length: u32): void {
  setField(component, Field.Content, address);
  setField(component, Field.ContentBytes, length);
}
