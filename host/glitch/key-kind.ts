/**
 * Which kind of signature a bootloader verifies. Nothing in a module says so, so it is asked: a device with a
 * genuine image boots it.
 */
import { Phase, Slot } from "../../assembly/layout.ts";
import type { Profile } from "../../emulator/profile.ts";
import { UserError } from "../user-error.ts";
import { refusingDevice } from "./scenario-device.ts";
import { sleepingImage } from "./sleeping-image.ts";
import { UpdateAuthor } from "./slot-content.ts";
import { KEY_KINDS, testKeys, type KeyKind } from "./test-keys.ts";

/** Answers, by the bootloader's bytes: a boot for each kind takes longer than most other things here. */
const ANSWERS = new WeakMap<Uint8Array, KeyKind>();
const IMAGE_BYTES = 1024;

/**
 * The kind of key under which the bootloader boots a genuine image; the first of {@link KEY_KINDS} if
 * there are several.
 *
 * @throws UserError `nothing-genuine` if there is none: what boots nothing refuses whatever happens to it
 */
export function keyKindOf(bootloader: Uint8Array, profile: Profile): KeyKind {
  const known = ANSWERS.get(bootloader);
  if (known !== undefined) return known;
  const found = KEY_KINDS.find((kind) => boots(bootloader, profile, kind));
  if (found === undefined) {
    throw new UserError(
      "nothing-genuine",
      `On the profile ${profile.name}, the bootloader boots no genuine image, whether signed with P-256, Ed25519 or HSS/LMS.`,
      "Give a bootloader that boots slot A when the journal says that it is confirmed; `device create` and `device boot` show why it does not.",
    );
  }
  ANSWERS.set(bootloader, found);
  return found;
}

function boots(bootloader: Uint8Array, profile: Profile, kind: KeyKind): boolean {
  const keys = testKeys(kind);
  const device = refusingDevice({
    profile,
    bootloader,
    trusted: [keys.trusted],
    A: new UpdateAuthor(sleepingImage(IMAGE_BYTES), keys).update(1),
    journal: { phase: Phase.Confirmed, activeSlot: Slot.A },
    floor: 1n,
  });
  return device.powerOn().booted?.slot === Slot.A;
}
