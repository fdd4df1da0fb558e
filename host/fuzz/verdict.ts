/**
 * The second opinion on what the device does: read from flash by the host's own code, with none of the
 * bootloader's.
 */
import { createHash } from "node:crypto";
import { Status } from "../../assembly/status.ts";
import type { BootedImage } from "../../emulator/device.ts";
import type { Capability } from "../manifest/capability.ts";
import { authenticate } from "../manifest/authentication.ts";
import { CborReader } from "../manifest/cbor-reader.ts";
import { readEnvelope, type Envelope } from "../manifest/envelope.ts";
import { Refusal } from "../manifest/refusal.ts";
import { verifyEnvelope } from "../manifest/verify.ts";
import { AUTHOR, IDENTITY, INSTALLED_SEQUENCE, SECOND_AUTHOR } from "./author.ts";

/** Keys that the device under test trusts. */
const TRUSTED = [AUTHOR, SECOND_AUTHOR];

/** Why the host does not accept an envelope for a bootloader; undefined if it does. */
export function hostRefusal(envelope: Uint8Array, capability: Capability): string | undefined {
  const { ok, message } = verifyEnvelope(envelope, TRUSTED, {}, capability);
  return ok ? undefined : message;
}

/** Why the host does not accept the envelope at the start of a slot; undefined if it does. */
export function slotRefusal(slot: Uint8Array, capability: Capability): string | undefined {
  const envelope = envelopeAt(slot);
  return envelope === undefined ? "It is no envelope." : hostRefusal(envelope, capability);
}

/**
 * Why an image must not have been booted; undefined if it may.
 *
 * The envelope of its slot has to be authentic, not to be too old, to name this device's vendor and class,
 * and to state the digest of the very bytes that got control. Whether its install sequence makes sense was
 * asked when it was staged.
 *
 * @param flash the whole flash when control was handed over
 * @param slot the slot that the image lies in
 * @param capability of the bootloader
 */
export function bootRefusal(
  flash: Uint8Array,
  slot: { readonly address: number; readonly bytes: number },
  { address, length }: Pick<BootedImage, "address" | "length">,
  capability: Capability,
): string | undefined {
  const bytes = envelopeAt(flash.subarray(slot.address, slot.address + slot.bytes));
  if (bytes === undefined) return "What lies in its slot is no envelope.";
  try {
    const envelope = readEnvelope(bytes, { capability });
    authenticate(envelope, TRUSTED);
    if (sequenceNumberOf(envelope) < BigInt(INSTALLED_SEQUENCE))
      return "The manifest is older than the floor.";
    const manifest = Buffer.from(bytes.subarray(envelope.manifest.from, envelope.manifest.to));
    const states = (part: Uint8Array): boolean => manifest.includes(Buffer.from(part));
    if (!states(IDENTITY.vendorId) || !states(IDENTITY.classId)) return "The manifest is for another device.";
    const digest = createHash("sha256")
      .update(flash.subarray(address, address + length))
      .digest();
    return states(digest) ? undefined : `The manifest does not state the digest of the ${length} bytes.`;
  } catch (error) {
    if (error instanceof Refusal) return error.said();
    throw error;
  }
}

/** The manifest's sequence number. Throws Refusal. */
function sequenceNumberOf({ bytes, manifest, capability }: Envelope): bigint {
  let sequenceNumber: bigint | undefined;
  const reader = new CborReader(bytes, manifest.from, manifest.to, capability.unorderedMaps);
  reader.entries("The manifest", ({ label }) => {
    if (label === 2n) sequenceNumber = reader.unsigned("The sequence number");
    else reader.skip("A member");
  });
  if (sequenceNumber === undefined) {
    throw new Refusal(Status.ManifestMemberMissing, manifest.start, "The manifest has no sequence number");
  }
  return sequenceNumber;
}

/** The first item of a slot; undefined where none can be read. */
function envelopeAt(slot: Uint8Array): Uint8Array | undefined {
  try {
    const reader = new CborReader(slot);
    reader.skip("The envelope");
    return slot.subarray(0, reader.offset);
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}
