/**
 * The device of a boot that must refuse, before that boot.
 */
import { PayloadKey } from "../../assembly/layout.ts";
import { Device } from "../../emulator/device.ts";
import type { Profile } from "../../emulator/profile.ts";
import {
  buildDevicePage,
  provision,
  type JournalFields,
  type SlotContent,
} from "../../emulator/provision.ts";
import { TEST_KEK } from "../campaign/encrypted-update.ts";
import { encodeAnchors, identityOf, provisioned } from "../device/factory.ts";
import type { Key } from "../keys/key.ts";
import { encodeCbor } from "../manifest/cbor-writer.ts";
import { COMPONENT, ENCRYPTED_COMPONENT, PRODUCT, VENDOR } from "./slot-content.ts";

/** What such a device is made of. */
export interface RefusingDevice {
  readonly profile: Profile;
  readonly bootloader: Uint8Array;
  /** The keys that it trusts. */
  readonly trusted: readonly Key[];
  readonly A: SlotContent;
  readonly B?: SlotContent;
  /** None: it is blank. */
  readonly journal: JournalFields | undefined;
  /** The anti-rollback floor. */
  readonly floor: bigint;
  /** It has a component for encrypted images, and a key that they are encrypted for. */
  readonly isEncrypted?: boolean;
}

/**
 * Makes the device.
 *
 * @throws UserError with the code of a ProvisionError, as for images that do not fit into their slots
 */
export function refusingDevice(parts: RefusingDevice): Device {
  return provisioned(() => device(parts));
}

function device(parts: RefusingDevice): Device {
  const { profile, bootloader, trusted, A, B, journal, floor, isEncrypted = false } = parts;
  const device = new Device({ profile });
  const components = isEncrypted ? [COMPONENT, ENCRYPTED_COMPONENT] : [COMPONENT];
  provision(device, {
    bootloader,
    devicePage: buildDevicePage({
      profile,
      bootloaderBytes: bootloader.length,
      ...identityOf({ vendor: VENDOR, class: PRODUCT }),
      anchors: encodeAnchors(trusted),
      components: encodeCbor(components.map((name) => [new TextEncoder().encode(name)])),
      ...(isEncrypted ? { payloadKey: { kind: PayloadKey.Kek128, bytes: TEST_KEK } } : {}),
    }),
    slots: B === undefined ? { A } : { A, B },
    ...(journal === undefined ? {} : { journal }),
    counters: [floor],
  });
  return device;
}
