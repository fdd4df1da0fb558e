/**
 * What a device holds, read from its flash and counters alone: who it is, whom it trusts, what lies
 * in its slots, what its journal says.
 */
import { createHash } from "node:crypto";
import { Counter, Slot } from "../../assembly/layout.ts";
import { slotName } from "../../emulator/explore/journal.ts";
import {
  contains,
  NO_BITS,
  payloadAddress,
  runningRadioImage,
  slotRange,
  type FlashRange,
  type Profile,
  type RadioImage,
} from "../../emulator/index.ts";
import type { Key } from "../keys/key.ts";
import { isNamed } from "../keys/rights.ts";
import { algorithmName } from "../manifest/authentication.ts";
import type { Authority } from "../manifest/authority.ts";
import { CborReader } from "../manifest/cbor-reader.ts";
import type { CommandDescription, Description } from "../manifest/description.ts";
import type { Capability } from "../manifest/capability.ts";
import { inspectEnvelope } from "../manifest/inspect.ts";
import { Refusal } from "../manifest/refusal.ts";
import { vendorText } from "../manifest/identifier-json.ts";
import { uuidText } from "../manifest/uuid.ts";
import { verifyEnvelope, type Verdict } from "../manifest/verify.ts";
import type { RecordedState } from "./device-file.ts";
import { readable, readDevicePage } from "./device-page.ts";
import { capabilityOfModule } from "./module-capability.ts";
import { surveyJournal, type JournalSurvey } from "./journal.ts";

/** A trust anchor. */
export interface AnchorSurvey {
  /** The algorithm it is pinned to, or "ESP256 or ES256". */
  readonly algorithm: string;
  /** Key identifier as text or hex. */
  readonly kid?: string;
  /** First 16 hex digits of SHA-256 over x and y, or the key itself, to tell keys apart. */
  readonly fingerprint: string;
  /** Whether no envelope is accepted without its signature. */
  readonly isRequired: boolean;
  /** Names of the components that it may touch; absent if it may touch all. */
  readonly mayTouch?: readonly string[];
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
  /** The text of a UUID, or as in "PEN 32473". */
  readonly vendorId: string;
  readonly classId: string;
  readonly deviceId: string;
  readonly components: readonly string[];
  readonly acceptsUncheckedIdentity: boolean;
  readonly anchors: readonly AnchorSurvey[];
  readonly slots: readonly SlotSurvey[];
  readonly journal: JournalSurvey;
  /** What the radio runs, null if it has nothing to boot; absent on a device without a radio. */
  readonly radio?: RadioImage | null;
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
export function surveyDevice(profile: Profile, state: RecordedState): DeviceSurvey {
  const { flash, counters, wear, bits = NO_BITS } = state;
  const { authority, identity, componentNames, ...page } = readDevicePage(flash);
  const { address } = profile.layout.boot;
  const capability = capabilityOfModule(flash.slice(address, address + page.bootloaderBytes));
  const journal = surveyJournal(profile, flash);
  const mostWornErases = wear.reduce((most, erases) => Math.max(most, erases), 0);
  return {
    profile: profile.name,
    bootloaderBytes: page.bootloaderBytes,
    vendorId: vendorText(identity.vendorId),
    classId: uuidText(identity.classId),
    deviceId: uuidText(identity.deviceId),
    components: componentNames,
    acceptsUncheckedIdentity: page.acceptsUncheckedIdentity,
    anchors: authority.keys.map((key, position) => ({
      ...surveyAnchor(key),
      isRequired: isNamed(position, authority.required),
      ...(key.components === undefined ? {} : { mayTouch: namedBy(key.components, componentNames) }),
    })),
    slots: [Slot.A, Slot.B].map((slot) => surveySlot(profile, flash, slot, authority, capability)),
    journal,
    ...(profile.layout.radio === undefined ? {} : { radio: runningRadioImage(flash, bits) ?? null }),
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

function surveySlot(
  profile: Profile,
  flash: Uint8Array,
  slot: Slot,
  authority: Authority,
  capability: Capability | undefined,
): SlotSurvey {
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
      verdict: verifyEnvelope(envelope, authority.keys, authority, capability),
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
  const commands = description.sections.flatMap((section) => section.commands ?? []);
  const parameters = parametersOf(commands);
  const size = Number(parameters.get("image-size"));
  const digest = /^sha-256 ([0-9a-f]{64})$/.exec(parameters.get("image-digest") ?? "")?.[1];
  const address = payloadAddress(profile, slot, envelope.length);
  const delivered = deliveredImage(flash, address, commands);
  if (delivered !== undefined) return delivered;
  const integrated = description.integratedPayloads[0];
  if (integrated !== undefined) {
    const matches = digest === undefined ? undefined : integrated.sha256 === digest;
    return { address: slotRange(profile.layout, slot).address, bytes: integrated.bytes, matches };
  }
  if (!Number.isInteger(size) || !contains(slotRange(profile.layout, slot), address, size)) return undefined;
  const actual = digestAt(flash, address, size);
  return { address, bytes: size, matches: digest === undefined ? undefined : actual === digest };
}

/** What lies at an address, if a command states its size and digest: several components have several. */
function deliveredImage(
  flash: Uint8Array,
  address: number,
  commands: readonly CommandDescription[],
): ImageSurvey | undefined {
  for (const { parameters } of commands) {
    const bytes = Number(parameters?.["image-size"]);
    const digest = /^sha-256 ([0-9a-f]{64})$/.exec(parameters?.["image-digest"] ?? "")?.[1];
    if (digest === undefined || !Number.isInteger(bytes) || address + bytes > flash.length) continue;
    if (digestAt(flash, address, bytes) === digest) return { address, bytes, matches: true };
  }
  return undefined;
}

function digestAt(flash: Uint8Array, address: number, bytes: number): string {
  return createHash("sha256")
    .update(flash.subarray(address, address + bytes))
    .digest("hex");
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

/** The names at the positions that bits name. */
function namedBy(bits: number, names: readonly string[]): string[] {
  return names.filter((_, position) => isNamed(position, bits));
}

function surveyAnchor(key: Key): Omit<AnchorSurvey, "isRequired"> {
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
