/**
 * Boots that must refuse: devices on which something is wrong, so that the only right thing to do is
 * to run the image that was good before, or none. The image has 1 KiB unless told otherwise, so that
 * every executed instruction can be disturbed.
 */
import { createHash } from "node:crypto";
import { Phase, Slot } from "../../assembly/layout.ts";
import { Status } from "../../assembly/status.ts";
import type { BootedImage, DeviceState } from "../../emulator/device.ts";
import type { Surroundings } from "../../emulator/hal.ts";
import type { Profile } from "../../emulator/profile.ts";
import { payloadAddress, type JournalFields, type SlotContent } from "../../emulator/provision.ts";
import { CLOSES_SECONDS, FAVOURABLE, OPENS_SECONDS, REPLACED_VERSION } from "../campaign/managed-update.ts";
import { surroundingsText } from "../campaign/scenario-device.ts";
import { UserError } from "../user-error.ts";
import { keyKindOf } from "./key-kind.ts";
import { refusingDevice } from "./scenario-device.ts";
import { sleepingImage } from "./sleeping-image.ts";
import { altered, tampered, UpdateAuthor } from "./slot-content.ts";
import { testKeys, type TestKeys } from "./test-keys.ts";

/** A boot that must refuse. */
export interface RefusalScenario {
  /** As in a case id: what is wrong, and of images that have not 1 KiB, the size, as in `unsigned-of-32k`. */
  readonly name: string;
  /** What is wrong, in one sentence. */
  readonly title: string;
  readonly profile: Profile;
  readonly state: DeviceState;
  /** What the device can find out about time, battery and permission. */
  readonly surroundings: Surroundings;
  /** The only image that may run; undefined: none may. */
  readonly allowed: Pick<BootedImage, "address" | "length"> | undefined;
  /** The highest anti-rollback floor under which the allowed image still runs. */
  readonly sequenceNumber: bigint;
  /** SHA-256 of everything but the bootloader, 64 hexadecimal digits. */
  readonly inputsDigest: string;
}

/** The smallest image, and that of scenarios whose names do not state a size [KiB]. */
export const SMALL_IMAGE_KIB = 1;
/** The largest image: what a slot of 36 KiB takes with a manifest [KiB]. */
export const FULL_IMAGE_KIB = 32;

/** What is wrong on the device. */
interface Wrong {
  readonly title: string;
  readonly A: SlotContent;
  readonly B?: SlotContent;
  readonly journal: JournalFields | undefined;
  readonly floor: bigint;
  readonly mayRunA: boolean;
  /** Nothing unless given. */
  readonly surroundings?: Surroundings;
  /** Components that the strange key may touch after all, as bits; it is not trusted unless given. */
  readonly strangeRights?: number;
  /** What it takes to get there, beyond the default bootloader. */
  readonly needs?: "management" | "decryption";
}

const STAGED: JournalFields = { phase: Phase.Staged, activeSlot: Slot.A };
const CONFIRMED: JournalFields = { phase: Phase.Confirmed, activeSlot: Slot.A };
const TRIAL: JournalFields = { phase: Phase.Trial, activeSlot: Slot.A, trialBoots: 0 };

const candidate = { journal: STAGED, floor: 1n, mayRunA: true };
const encryptedCandidate = { ...candidate, needs: "decryption" } as const;

const WRONGS = {
  "tampered-candidate": (author: UpdateAuthor): Wrong => ({
    ...candidate,
    title: "The last eight bytes of the staged candidate's image are wrong.",
    A: author.update(1),
    B: tampered(author.update(2)),
  }),
  "strange-signature": (author: UpdateAuthor): Wrong => ({
    ...candidate,
    title: "The staged candidate is signed with a key that the device does not trust.",
    A: author.update(1),
    B: author.strange(2),
  }),
  "borrowed-signature": (author: UpdateAuthor): Wrong => ({
    ...candidate,
    title: "The staged candidate carries a signature that the trusted key made of something else.",
    A: author.update(1),
    B: author.borrowed(2),
  }),
  unsigned: (author: UpdateAuthor): Wrong => ({
    ...candidate,
    title: "The staged candidate carries no signature.",
    A: author.update(1),
    B: author.unsigned(2),
  }),
  "altered-manifest": (author: UpdateAuthor): Wrong => ({
    ...candidate,
    title: "The staged candidate's manifest was altered after it was signed.",
    A: author.update(1),
    B: altered(author.update(2)),
  }),
  "wrong-class": (author: UpdateAuthor): Wrong => ({
    ...candidate,
    title: "The staged candidate is genuine, but for another class of device.",
    A: author.update(1),
    B: author.update(2, { product: "another" }),
  }),
  "old-sequence": (author: UpdateAuthor): Wrong => ({
    ...candidate,
    title: "The staged candidate is genuine, but its sequence number is below the anti-rollback floor.",
    A: author.update(2),
    B: author.update(1),
    floor: 2n,
  }),
  "tampered-trial": (author: UpdateAuthor): Wrong => ({
    ...candidate,
    title: "The candidate was accepted, and then the last eight bytes of its image changed.",
    A: author.update(1),
    B: tampered(author.update(2)),
    journal: TRIAL,
  }),
  "blank-journal": (author: UpdateAuthor): Wrong => ({
    title: "The journal is blank; slot A is genuine, slot B newer and signed with a strange key.",
    A: author.update(1),
    B: author.strange(2),
    journal: undefined,
    floor: 1n,
    mayRunA: true,
  }),
  "strange-dependency": (author: UpdateAuthor): Wrong => ({
    ...candidate,
    title: "The staged candidate's dependency, by a strange key, states the digest of a tampered image.",
    A: author.update(1),
    B: author.dependent(2, "strange"),
  }),
  "swapped-dependency": (author: UpdateAuthor): Wrong => ({
    ...candidate,
    title: "The staged candidate's dependency is signed, but not the one that the candidate states.",
    A: author.update(1),
    B: author.dependent(2, "swapped"),
  }),
  "prefixed-dependency": (author: UpdateAuthor): Wrong => ({
    ...candidate,
    title: "The staged candidate's dependency states the digest of a tampered image, for another component.",
    A: author.update(1),
    B: author.dependent(2, "prefixed"),
  }),
  "unentitled-key": (author: UpdateAuthor): Wrong => ({
    ...candidate,
    title: "The staged candidate is signed with a trusted key that may not touch its component.",
    A: author.update(1),
    B: author.strange(2),
    strangeRights: 0b10,
  }),
  "early-update": (author: UpdateAuthor): Wrong => ({
    ...managed(author, { timeSeconds: BigInt(OPENS_SECONDS - 1) }),
    title: "The staged candidate is genuine, but waits for a time that has not come.",
  }),
  "expired-update": (author: UpdateAuthor): Wrong => ({
    ...managed(author, { timeSeconds: BigInt(CLOSES_SECONDS) }),
    title: "The staged candidate is genuine, but was to be used before now.",
  }),
  "low-battery": (author: UpdateAuthor): Wrong => ({
    ...managed(author, { batteryMilliwattHours: FAVOURABLE.batteryMilliwattHours - 1 }),
    title: "The staged candidate is genuine, but the battery holds less than it asks for.",
  }),
  "unauthorized-update": (author: UpdateAuthor): Wrong => ({
    ...managed(author, { authorizedPriority: FAVOURABLE.authorizedPriority - 1 }),
    title: "The staged candidate is genuine, but the application does not allow it now.",
  }),
  "wrong-version": (author: UpdateAuthor): Wrong => ({
    ...managed(author, {}, "1.5"),
    title: "The staged candidate is genuine, but made to replace another version than the one that runs.",
  }),
  "postponed-update": (author: UpdateAuthor): Wrong => ({
    ...managed(author, { batteryMilliwattHours: FAVOURABLE.batteryMilliwattHours - 1 }),
    title: "The candidate was refused for want of energy, and the battery holds no more now.",
    journal: { phase: Phase.Rejected, activeSlot: Slot.A, reason: Status.BatteryTooLow },
  }),
  "wrongly-decrypted": (author: UpdateAuthor): Wrong => ({
    ...encryptedCandidate,
    title: "The staged candidate is genuine, but was decrypted with a wrong key.",
    A: author.update(1),
    B: author.decryptedWrongly(2),
  }),
  "flipped-ciphertext": (author: UpdateAuthor): Wrong => ({
    ...encryptedCandidate,
    title:
      "The staged candidate's ciphertext was changed on its way, and so the last eight bytes of its image.",
    A: author.update(1),
    B: tampered(author.encrypted(2)),
  }),
  "tampered-active": (author: UpdateAuthor): Wrong => ({
    title: "The last eight bytes of the confirmed image are wrong, and there is no other.",
    A: tampered(author.update(1)),
    journal: CONFIRMED,
    floor: 1n,
    mayRunA: false,
  }),
} as const;

/** A candidate under conditions, of which one does not hold. */
function managed(
  author: UpdateAuthor,
  surroundings: Surroundings,
  runningVersion = REPLACED_VERSION,
): Omit<Wrong, "title"> {
  return {
    ...candidate,
    A: author.update(1, { setVersion: runningVersion }),
    B: author.managed(2),
    surroundings: { ...FAVOURABLE, ...surroundings },
    needs: "management",
  };
}

/** The scenarios' names, in the order in which a campaign over all runs them. */
export const REFUSAL_NAMES = Object.keys(WRONGS);

/** The name of a scenario with images of another size. */
export function refusalOfSize(name: string, imageKib: number): string {
  return imageKib === SMALL_IMAGE_KIB ? name : `${name}-of-${imageKib}k`;
}

/**
 * A boot that must refuse.
 *
 * @param name one of {@link REFUSAL_NAMES}, or what {@link refusalOfSize} makes of it
 * @param bootloader also says which kind of keys everything is signed with: {@link keyKindOf}
 * @throws UserError `scenario-unknown` or `nothing-genuine`
 */
export function refusalNamed(name: string, profile: Profile, bootloader: Uint8Array): RefusalScenario {
  const { imageKib, makeWrong } = wrongNamed(name);
  const keys = testKeys(keyKindOf(bootloader, profile));
  const wrong = makeWrong(keys);
  const { title, A, floor, mayRunA, surroundings = {}, strangeRights } = wrong;
  const entitled = strangeRights === undefined ? [] : [{ ...keys.strange, components: strangeRights }];
  const device = refusingDevice({
    ...wrong,
    profile,
    bootloader,
    trusted: [keys.trusted, ...entitled],
    isEncrypted: wrong.needs === "decryption",
  });
  const { flash, counters } = device.snapshot();
  const inputs = createHash("sha256").update(flash.subarray(profile.layout.slotA.address));
  return {
    name,
    title,
    profile,
    state: { flash, counters },
    surroundings,
    allowed: mayRunA
      ? { address: payloadAddress(profile, Slot.A, A.envelope.length), length: 1024 * imageKib }
      : undefined,
    sequenceNumber: floor,
    inputsDigest: inputs.update(`${counters.join()}${surroundingsText(surroundings)}`).digest("hex"),
  };
}

/** Names of modules of ours, by what a scenario needs. */
const BOOTLOADERS = {
  nothing: "bootloader",
  management: "bootloader-managed",
  decryption: "bootloader-encrypted",
} as const;

/**
 * The module of ours that a refusal is about, unless another bootloader is given.
 *
 * @throws UserError `scenario-unknown`
 */
export function refusalBootloader(name: string): (typeof BOOTLOADERS)[keyof typeof BOOTLOADERS] {
  const { makeWrong } = wrongNamed(name);
  return BOOTLOADERS[makeWrong(testKeys("EC2")).needs ?? "nothing"];
}

function wrongNamed(name: string): {
  readonly imageKib: number;
  readonly makeWrong: (keys: TestKeys) => Wrong;
} {
  const [, kind = name, kib] = /^(.*)-of-([1-9][0-9]?)k$/.exec(name) ?? [];
  const imageKib = kib === undefined ? SMALL_IMAGE_KIB : Number(kib);
  const make = Object.entries(WRONGS).find(([known]) => known === kind)?.[1];
  if (make === undefined || imageKib > FULL_IMAGE_KIB) {
    throw new UserError(
      "scenario-unknown",
      `There is no refusal "${name}".`,
      `There are ${REFUSAL_NAMES.join(", ")}; behind it, images may have a size, -of-2k to -of-${FULL_IMAGE_KIB}k.`,
    );
  }
  return { imageKib, makeWrong: (keys) => make(new UpdateAuthor(sleepingImage(1024 * imageKib), keys)) };
}
