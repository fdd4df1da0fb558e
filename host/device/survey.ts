/**
 * What a device holds, read from its flash and counters alone: who it is, whom it trusts, what lies
 * in its slots, what its journal says.
 */
import { createHash } from "node:crypto";
import { Counter, DevicePage, Policy, Slot } from "../../assembly/layout.ts";
import { slotName } from "../../emulator/explore/journal.ts";
import {
  contains,
  DEVICE_PAGE,
  payloadAddress,
  slotRange,
  type DeviceState,
  type FlashRange,
  type Profile,
} from "../../emulator/index.ts";
import { readCoseKey } from "../keys/cose-key.ts";
import type { Key } from "../keys/key.ts";
import { algorithmName } from "../manifest/authentication.ts";
import { CborReader } from "../manifest/cbor-reader.ts";
import type { CommandDescription, Description } from "../manifest/description.ts";
import { inspectEnvelope } from "../manifest/inspect.ts";
import { Refusal } from "../manifest/refusal.ts";
import { uuidText } from "../manifest/uuid.ts";
import { verifyEnvelope, type Verdict } from "../manifest/verify.ts";
import { UserError } from "../user-error.ts";
import { surveyJournal, type JournalSurvey } from "./journal.ts";

/** A trust anchor. */
export interface AnchorSurvey {
  /** The algorithm it is pinned to, or "ESP256 or ES256". */
  readonly algorithm: string;
  /** Key identifier as text or hex. */
  readonly kid?: string;
  /** First 16 hex digits of SHA-256 over x and y, or the key itself, to tell keys apart. */
  readonly fingerprint: string;
}

/** The image of a slot. */
export interface ImageSurvey {
  readonly address: number;
  readonly bytes: number;
  /** Whether it has the digest that the manifest states; undefined if that is not stated. */
  readonly matches: boolean | undefined;
}

/** A slot. */
export interface SlotSurvey {
  readonly slot: "A" | "B";
  readonly range: FlashRange;
  /** Whether every byte is erased. */
  readonly isBlank: boolean;
  /** What starts the slot, if it is a CBOR item. */
  readonly envelope?: {
    readonly bytes: number;
    readonly sequenceNumber?: number | string;
    readonly components: readonly string[];
    /** The judgement under the device's own trust anchors. */
    readonly verdict: Verdict;
  };
  readonly image?: ImageSurvey;
}

/** A whole device. */
export interface DeviceSurvey {
  readonly profile: string;
  readonly bootloaderBytes: number;
  readonly vendorId: string;
  readonly classId: string;
  readonly deviceId: string;
  readonly components: readonly string[];
  readonly acceptsUncheckedIdentity: boolean;
  readonly anchors: readonly AnchorSurvey[];
  readonly slots: readonly SlotSurvey[];
  readonly journal: JournalSurvey;
  /** No manifest below this sequence number ever runs again. */
  readonly sequenceFloor: bigint;
  /** Erases since the device was made. */
  readonly wear: { readonly total: number; readonly mostWornPage: number; readonly mostWornErases: number };
}

/**
 * Surveys a device.
 *
 * @throws UserError `device-page-invalid` if the device page is not one
 */
export function surveyDevice(profile: Profile, state: Required<DeviceState>): DeviceSurvey {
  const { flash, counters, wear } = state;
  const page = flash.subarray(DEVICE_PAGE.address, DEVICE_PAGE.address + DEVICE_PAGE.bytes);
  const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
  if (view.getUint32(DevicePage.Magic, true) !== DevicePage.MagicValue) throw invalidPage();
  const { keys, components } = readPageData(page, view);
  const journal = surveyJournal(profile, flash);
  const mostWornErases = wear.reduce((most, erases) => Math.max(most, erases), 0);
  return {
    profile: profile.name,
    bootloaderBytes: view.getUint32(DevicePage.BootloaderBytes, true),
    vendorId: uuidAt(page, DevicePage.VendorId),
    classId: uuidAt(page, DevicePage.ClassId),
    deviceId: uuidAt(page, DevicePage.DeviceId),
    components,
    acceptsUncheckedIdentity: (view.getUint16(DevicePage.Policy, true) & Policy.AllowUncheckedIdentity) !== 0,
    anchors: keys.map(surveyAnchor),
    slots: [Slot.A, Slot.B].map((slot) => surveySlot(profile, flash, slot, keys)),
    journal,
    sequenceFloor: counters[Counter.SequenceFloor] ?? 0n,
    wear: {
      total: wear.reduce((sum, erases) => sum + erases, 0),
      mostWornPage: wear.indexOf(mostWornErases),
      mostWornErases,
    },
  };
}

/** The envelope at the start of a slot, cut to its exact length, or undefined. */
export function envelopeInSlot(profile: Profile, flash: Uint8Array, slot: Slot): Uint8Array | undefined {
  const { address, bytes } = slotRange(profile.layout, slot);
  const content = flash.subarray(address, address + bytes);
  // Tag 107 is the two bytes d8 6b; anything else is not worth measuring.
  if (content[0] !== 0xd8 || content[1] !== 0x6b) return undefined;
  try {
    const reader = new CborReader(content);
    reader.skip("The envelope");
    return content.subarray(0, reader.offset);
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

function surveySlot(profile: Profile, flash: Uint8Array, slot: Slot, keys: readonly Key[]): SlotSurvey {
  const range = slotRange(profile.layout, slot);
  const content = flash.subarray(range.address, range.address + range.bytes);
  const place = {
    slot: slotName(slot),
    range,
    isBlank: content.every((byte) => byte === profile.erasedValue),
  };
  const envelope = envelopeInSlot(profile, flash, slot);
  if (envelope === undefined) return place;
  const { description } = inspectEnvelope(envelope);
  const image = surveyImage(profile, flash, slot, envelope, description);
  return {
    ...place,
    envelope: {
      bytes: envelope.length,
      ...(description.sequenceNumber === undefined ? {} : { sequenceNumber: description.sequenceNumber }),
      components: description.components,
      verdict: verifyEnvelope(envelope, keys),
    },
    ...(image === undefined ? {} : { image }),
  };
}

/** Finds the image by what the manifest says of it; undefined if it says nothing that helps. */
function surveyImage(
  profile: Profile,
  flash: Uint8Array,
  slot: Slot,
  envelope: Uint8Array,
  description: Description,
): ImageSurvey | undefined {
  const parameters = parametersOf(description.sections.flatMap(({ commands }) => commands ?? []));
  const size = Number(parameters.get("image-size"));
  const digest = /^sha-256 ([0-9a-f]{64})$/.exec(parameters.get("image-digest") ?? "")?.[1];
  const integrated = description.integratedPayloads[0];
  if (integrated !== undefined) {
    const address = slotRange(profile.layout, slot).address;
    const matches = digest === undefined ? undefined : integrated.sha256 === digest;
    return { address, bytes: integrated.bytes, matches };
  }
  const address = payloadAddress(profile, slot, envelope.length);
  if (!Number.isInteger(size) || !contains(slotRange(profile.layout, slot), address, size)) return undefined;
  const actual = createHash("sha256")
    .update(flash.subarray(address, address + size))
    .digest("hex");
  return { address, bytes: size, matches: digest === undefined ? undefined : actual === digest };
}

function parametersOf(commands: readonly CommandDescription[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const { parameters, branches } of commands) {
    for (const [name, value] of Object.entries(parameters ?? {})) found.set(name, value);
    for (const branch of branches ?? []) {
      for (const [name, value] of parametersOf(branch ?? [])) found.set(name, value);
    }
  }
  return found;
}

function readPageData(page: Uint8Array, view: DataView): { keys: Key[]; components: string[] } {
  try {
    return {
      keys: readAnchors(field(page, view, DevicePage.AnchorsOffset, DevicePage.AnchorsBytes)),
      components: readComponents(field(page, view, DevicePage.ComponentsOffset, DevicePage.ComponentsBytes)),
    };
  } catch (error) {
    if (error instanceof Refusal || error instanceof UserError) throw invalidPage(error);
    throw error;
  }
}

function invalidPage(cause?: unknown): UserError {
  return new UserError(
    "device-page-invalid",
    "The device page is missing or damaged, so the device is nobody.",
    "Create the device again.",
    { cause },
  );
}

function field(page: Uint8Array, view: DataView, offsetAt: number, bytesAt: number): Uint8Array {
  const offset = view.getUint16(offsetAt, true);
  return page.subarray(offset, offset + view.getUint16(bytesAt, true));
}

function readAnchors(anchors: Uint8Array): Key[] {
  const reader = new CborReader(anchors);
  const keys: Key[] = [];
  for (let left = reader.array("The trust anchors"); left > 0; left -= 1) {
    const start = reader.offset;
    reader.skip("A trust anchor");
    keys.push(readCoseKey(anchors.slice(start, reader.offset), "trust anchor"));
  }
  return keys;
}

function readComponents(components: Uint8Array): string[] {
  const reader = new CborReader(components);
  const names: string[] = [];
  for (let left = reader.array("The components"); left > 0; left -= 1) {
    const parts: string[] = [];
    for (let part = reader.array("A component"); part > 0; part -= 1) {
      const { from, to } = reader.byteString("A part of a component");
      parts.push(readable(components.subarray(from, to)));
    }
    names.push(parts.join("/"));
  }
  return names;
}

function surveyAnchor(key: Key): AnchorSurvey {
  return {
    algorithm: key.alg === undefined ? admittedNames(key) : algorithmName(key.alg),
    ...(key.kid === undefined ? {} : { kid: readable(key.kid) }),
    fingerprint: createHash("sha256")
      .update(key.x)
      .update(key.y ?? new Uint8Array())
      .digest("hex")
      .slice(0, 16),
  };
}

function admittedNames({ kty }: Key): string {
  if (kty === "HSS-LMS") return kty;
  return kty === "OKP" ? "Ed25519 or EdDSA" : "ESP256 or ES256";
}

/** Bytes as text if they are printable, otherwise as hex. */
function readable(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString("latin1");
  return /^[\x21-\x7e]+$/.test(text) ? text : `0x${Buffer.from(bytes).toString("hex")}`;
}

function uuidAt(page: Uint8Array, offset: number): string {
  return uuidText(page.subarray(offset, offset + 16));
}
