/**
 * What the chapters of the demonstration share: who makes the device, the firmware, the keys, and
 * the folder in which everything is left as files that the command line can read.
 */
import path from "node:path";
import { CoapServer } from "../../emulator/coap-server.ts";
import { Device, type DeviceState } from "../../emulator/device.ts";
import { profileNamed, type Profile } from "../../emulator/profile.ts";
import { COMPONENT, PAYLOAD_URI, PRODUCT, VENDOR } from "../campaign/maker.ts";
import { writeDeviceFile } from "../device/device-file.ts";
import { identityOf, manufacture } from "../device/factory.ts";
import { ENVELOPE_PATH, PAYLOAD_PATH } from "../device/resource-path.ts";
import { ownModule, ownSymbols } from "../device/wasm-file.ts";
import { writeFileWhole } from "../device/whole-file.ts";
import { writeKey, writePublicKey } from "../keys/key-file.ts";
import { generateKey, type PrivateKey } from "../keys/key.ts";
import { createEnvelope } from "../manifest/create.ts";
import { signEnvelope } from "../manifest/sign.ts";

/** Another product of the same vendor. */
export const OTHER_CLASS_NAME = "class2";

/** The builds of the sample firmware. */
export type FirmwareName = "firmware-1" | "firmware-2" | "firmware-failing" | "firmware-hanging";

/** The stage on which all chapters play. */
export interface World {
  /** Where files are left. */
  readonly folder: string;
  readonly profile: Profile;
  readonly bootloader: Uint8Array;
  /** Unstripped twins of everything that runs, for the names of functions. */
  readonly symbols: readonly Uint8Array[];
  /** Signs updates; its public half is the device's trust anchor. */
  readonly author: PrivateKey;
  /** Signs as well, and no device trusts it. */
  readonly stranger: PrivateKey;
}

/** An update on offer at the far end of the link. */
export interface Offer {
  readonly envelope: Uint8Array;
  readonly payload: Uint8Array;
}

/** An update as the author publishes it. */
export interface Update extends Offer {
  /** What the author wrote. */
  readonly json: Readonly<Record<string, unknown>>;
  readonly sequenceNumber: number;
}

/** What an update is made of; the author's key and the device's class unless stated. */
export interface UpdateOptions {
  readonly sequenceNumber: number;
  readonly firmware: FirmwareName;
  readonly className?: string;
  readonly key?: PrivateKey;
}

/**
 * Reads the bootloader, generates the keys and writes the key files.
 *
 * @param folder an existing folder
 * @throws UserError `not-built` when the Wasm modules are missing
 */
export function createWorld(folder: string): World {
  const author = generateKey();
  const stranger = generateKey();
  const world: World = {
    folder,
    profile: profileNamed("class1"),
    bootloader: ownModule("bootloader"),
    symbols: ownSymbols(),
    author,
    stranger,
  };
  leavePrivateKey(world, "author.pem", author);
  leaveFile(world, "author-public.pem", writePublicKey(author, "pem"));
  leavePrivateKey(world, "stranger.pem", stranger);
  return world;
}

/** Makes and signs an update from the short form of the author's JSON. */
export function makeUpdate(world: World, options: UpdateOptions): Update {
  const { sequenceNumber, firmware, className = PRODUCT, key = world.author } = options;
  const json = {
    sequenceNumber,
    component: [COMPONENT],
    vendor: { domain: VENDOR },
    class: { name: className },
    uri: PAYLOAD_URI,
  };
  const payload = ownModule(firmware);
  const envelope = signEnvelope(createEnvelope(json, { payload }), key);
  return { json, sequenceNumber, envelope, payload };
}

/** The author's JSON as lines of text, one member on each. */
export function authorText(json: Update["json"]): string[] {
  const members = Object.entries(json).map(([name, value]) => {
    const text = JSON.stringify(value, undefined, 1).replace(/\n */g, " ");
    return `  ${JSON.stringify(name)}: ${text}`;
  });
  return ["{", ...members.map((line, index) => (index < members.length - 1 ? `${line},` : line)), "}"];
}

/** A device as it leaves the factory: our bootloader, and an update confirmed in slot A. */
export function makeDevice(world: World, installed: Update): Device {
  const { envelope, payload, sequenceNumber } = installed;
  return manufacture({
    profile: world.profile,
    bootloader: world.bootloader,
    trusted: [world.author],
    identity: identityOf({ vendor: VENDOR, class: PRODUCT }),
    components: [COMPONENT],
    firmware: { envelope, payload, sequenceNumber: BigInt(sequenceNumber) },
  });
}

/** A copy of a device, at the far end of whose link an update is on offer, or nothing. */
export function copyDevice(world: World, state: DeviceState, offer?: Offer): Device {
  const resources = new Map<string, Uint8Array>();
  if (offer !== undefined) resources.set(ENVELOPE_PATH, offer.envelope).set(PAYLOAD_PATH, offer.payload);
  const { profile, symbols } = world;
  const device = new Device({ profile, symbols, link: new CoapServer(resources) });
  device.restore(state);
  return device;
}

/** Leaves a file in the folder. */
export function leaveFile(world: World, name: string, content: Uint8Array | string): void {
  writeFileWhole(path.join(world.folder, name), content, { name });
}

/** Leaves a private key in the folder, for its owner's eyes only. */
function leavePrivateKey(world: World, name: string, key: PrivateKey): void {
  writeFileWhole(path.join(world.folder, name), writeKey(key, "pem"), { name, mode: 0o600 });
}

/** Leaves a device in the folder as a device file. */
export function leaveDevice(world: World, name: string, device: Device): void {
  const record = { profile: world.profile, state: device.snapshot() };
  writeDeviceFile(path.join(world.folder, name), record, name);
}
