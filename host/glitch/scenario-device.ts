/**
 * The device of a boot that must refuse, before that boot.
 */
import { Device } from "../../emulator/device.ts";
import type { Profile } from "../../emulator/profile.ts";
import { provision, type JournalFields, type SlotContent } from "../../emulator/provision.ts";
import { benchPage } from "../campaign/bench-page.ts";
import { COMPONENT, ENCRYPTED_COMPONENT } from "../campaign/maker.ts";
import { provisioned } from "../device/factory.ts";
import type { Key } from "../keys/key.ts";

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
    devicePage: benchPage({ profile, bootloader, trusted, components, isEncrypted }),
    slots: B === undefined ? { A } : { A, B },
    ...(journal === undefined ? {} : { journal }),
    counters: [floor],
  });
  return device;
}
