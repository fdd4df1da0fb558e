/**
 * A device on which a candidate is staged: the bootloader judges it at the next power-on.
 */
import { Phase, Slot } from "../assembly/layout.ts";
import type { Status } from "../assembly/status.ts";
import { Device, type PowerCycle } from "../emulator/device.ts";
import { readJournal } from "../emulator/explore/journal.ts";
import type { Surroundings } from "../emulator/hal.ts";
import { profileNamed } from "../emulator/profile.ts";
import { buildDevicePage, provision } from "../emulator/provision.ts";
import { coseKeyBytes } from "../host/keys/cose-key.ts";
import { generateKey, type Key } from "../host/keys/key.ts";
import { encodeCbor } from "../host/manifest/cbor-writer.ts";
import { createEnvelope } from "../host/manifest/create.ts";
import { signEnvelope } from "../host/manifest/sign.ts";
import { classIdentifier, vendorIdentifier } from "../host/manifest/uuid.ts";
import { statusText } from "../host/status-text.ts";
import { readWasm } from "./wasm-file.ts";

/** The key that the device trusts. */
export const trusted = generateKey();
/** The image of slot A and of every candidate. */
export const image = readWasm("firmware-1");
/** What the device page says of this device. */
export const deviceId = Uint8Array.from({ length: 16 }, (_, index) => 0xd0 + index);

const vendorId = vendorIdentifier("brownout.example");
const classId = classIdentifier(vendorId, "sensor");
const ownBootloader = readWasm("bootloader");
const profile = profileNamed("class1");

/** The short form of a manifest that this device accepts; sequence number 2. */
export const acceptable = {
  sequenceNumber: 2,
  component: ["app"],
  vendor: { domain: "brownout.example" },
  class: { name: "sensor" },
  uri: "coap://update.example/image",
};

/** What to stage, and on what device. */
export interface CandidateOptions {
  readonly payload?: Uint8Array | undefined;
  readonly floor?: bigint;
  readonly policy?: number;
  readonly anchors?: readonly Key[];
  /** Components that each anchor may touch, as bits; all of them unless given. */
  readonly rights?: readonly number[];
  /** Names, with a slash between their parts. */
  readonly components?: readonly string[];
  /** Who made the device; brownout.example unless given. */
  readonly vendor?: Uint8Array;
  /** Another build of the bootloader. */
  readonly bootloader?: Uint8Array;
  readonly surroundings?: Surroundings;
  /** The manifest of the running image; sequence number 1 unless given. */
  readonly running?: object;
}

/** What became of a candidate. */
export interface Judgement {
  /** "accepted", or the code of the status it was refused with. */
  readonly verdict: string;
  readonly cycle: PowerCycle;
  readonly device: Device;
}

/** Makes and signs an envelope for this device's image. */
export function signed(json: object, key = trusted): Uint8Array {
  return signEnvelope(createEnvelope(json, { payload: image }), key);
}

/** Stages an envelope with its payload in slot B, and powers the device on once. */
export function judgeEnvelope(envelope: Uint8Array, options: CandidateOptions = {}): Judgement {
  const {
    payload = image,
    floor = 1n,
    policy = 0,
    anchors = [trusted],
    components = ["app"],
    rights,
  } = options;
  const { bootloader = ownBootloader, surroundings = {}, running = {} } = options;
  const device = new Device({ profile, surroundings });
  provision(device, {
    bootloader,
    devicePage: buildDevicePage({
      profile,
      bootloaderBytes: bootloader.length,
      vendorId: options.vendor ?? vendorId,
      classId,
      deviceId,
      anchors: cborArray(anchors.map((key, index) => coseKeyBytes(withRights(key, rights?.[index])))),
      components: encodeCbor(components.map((name) => name.split("/").map((part) => Buffer.from(part)))),
      policy,
    }),
    slots: {
      A: { envelope: signed({ ...acceptable, sequenceNumber: 1, ...running }), payload: image },
      B: { envelope, payload },
    },
    journal: { phase: Phase.Staged, activeSlot: Slot.A },
    counters: [floor],
  });
  const cycle = device.powerOn();
  const journal = readJournal(device.flash.bytes, profile);
  if (journal === undefined) throw new Error("the journal is empty");
  return { verdict: journal.phase === Phase.Trial ? "accepted" : codeOf(journal.reason), cycle, device };
}

function withRights(key: Key, components: number | undefined): Key {
  return components === undefined ? key : { ...key, components };
}

/** Makes, signs and stages a manifest. */
export function judgeManifest(json: object, options: CandidateOptions = {}): Judgement {
  return judgeEnvelope(signed(json), options);
}

function codeOf(status: Status): string {
  return statusText(status)?.code ?? `unknown status ${status}`;
}

/** A CBOR array of fewer than 24 encoded items. */
function cborArray(items: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from([0x80 + items.length, ...items.flatMap((item) => [...item])]);
}
