/**
 * Boots that must refuse: devices on which something is wrong, so that the only right thing to do is
 * to run the image that was good before, or none. The image has 1 KiB unless told otherwise, so that
 * every executed instruction can be disturbed.
 */
import { createHash } from "node:crypto";
import { Phase, Slot } from "../../assembly/layout.ts";
import { Status } from "../../assembly/status.ts";
import { Device, type DeviceState } from "../../emulator/device.ts";
import type { BootedImage } from "../../emulator/device.ts";
import type { Surroundings } from "../../emulator/hal.ts";
import type { Profile } from "../../emulator/profile.ts";
import {
  buildDevicePage,
  payloadAddress,
  provision,
  type JournalFields,
  type SlotContent,
} from "../../emulator/provision.ts";
import { surroundingsText } from "../campaign/scenario-device.ts";
import { STRANGE_TEST_KEY, TRUSTED_TEST_KEY } from "../campaign/scenario.ts";
import { dependentUpdate, type DependentUpdate } from "../campaign/dependent-update.ts";
import {
  CLOSES_SECONDS,
  FAVOURABLE,
  managedUpdate,
  OPENS_SECONDS,
  REPLACED_VERSION,
} from "../campaign/managed-update.ts";
import { encodeAnchors, identityOf } from "../device/factory.ts";
import { encodeCbor } from "../manifest/cbor-writer.ts";
import { createEnvelope } from "../manifest/create.ts";
import { signEnvelope } from "../manifest/sign.ts";
import { UserError } from "../user-error.ts";
import { sleepingImage } from "./sleeping-image.ts";

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

const VENDOR = "brownout.example";
const PRODUCT = "class1";
const COMPONENT = "app";
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
  /** It takes a bootloader with update management to get there. */
  readonly isManaged?: boolean;
}

const STAGED: JournalFields = { phase: Phase.Staged, activeSlot: Slot.A };
const CONFIRMED: JournalFields = { phase: Phase.Confirmed, activeSlot: Slot.A };
const TRIAL: JournalFields = { phase: Phase.Trial, activeSlot: Slot.A, trialBoots: 0 };

const candidate = { journal: STAGED, floor: 1n, mayRunA: true };

const WRONGS = {
  "tampered-candidate": (image: Uint8Array): Wrong => ({
    ...candidate,
    title: "The last eight bytes of the staged candidate's image are wrong.",
    A: content(image, 1),
    B: tampered(content(image, 2)),
  }),
  "strange-signature": (image: Uint8Array): Wrong => ({
    ...candidate,
    title: "The staged candidate is signed with a key that the device does not trust.",
    A: content(image, 1),
    B: content(image, 2, { key: STRANGE_TEST_KEY }),
  }),
  unsigned: (image: Uint8Array): Wrong => ({
    ...candidate,
    title: "The staged candidate carries no signature.",
    A: content(image, 1),
    B: content(image, 2, { key: undefined }),
  }),
  "altered-manifest": (image: Uint8Array): Wrong => ({
    ...candidate,
    title: "The staged candidate's manifest was altered after it was signed.",
    A: content(image, 1),
    B: altered(content(image, 2)),
  }),
  "wrong-class": (image: Uint8Array): Wrong => ({
    ...candidate,
    title: "The staged candidate is genuine, but for another class of device.",
    A: content(image, 1),
    B: content(image, 2, { product: "another" }),
  }),
  "old-sequence": (image: Uint8Array): Wrong => ({
    ...candidate,
    title: "The staged candidate is genuine, but its sequence number is below the anti-rollback floor.",
    A: content(image, 2),
    B: content(image, 1),
    floor: 2n,
  }),
  "tampered-trial": (image: Uint8Array): Wrong => ({
    ...candidate,
    title: "The candidate was accepted, and then the last eight bytes of its image changed.",
    A: content(image, 1),
    B: tampered(content(image, 2)),
    journal: TRIAL,
  }),
  "blank-journal": (image: Uint8Array): Wrong => ({
    title: "The journal is blank; slot A is genuine, slot B newer and signed with a strange key.",
    A: content(image, 1),
    B: content(image, 2, { key: STRANGE_TEST_KEY }),
    journal: undefined,
    floor: 1n,
    mayRunA: true,
  }),
  "strange-dependency": (image: Uint8Array): Wrong => ({
    ...candidate,
    title: "The staged candidate's dependency, by a strange key, states the digest of a tampered image.",
    A: content(image, 1),
    B: dependent(image, { dependencyKey: STRANGE_TEST_KEY }),
  }),
  "swapped-dependency": (image: Uint8Array): Wrong => ({
    ...candidate,
    title: "The staged candidate's dependency is signed, but not the one that the candidate states.",
    A: content(image, 1),
    B: dependent(image, { statesHonest: true }),
  }),
  "prefixed-dependency": (image: Uint8Array): Wrong => ({
    ...candidate,
    title: "The staged candidate's dependency states the digest of a tampered image, for another component.",
    A: content(image, 1),
    B: dependent(image, { prefix: ["unit"] }),
  }),
  "unentitled-key": (image: Uint8Array): Wrong => ({
    ...candidate,
    title: "The staged candidate is signed with a trusted key that may not touch its component.",
    A: content(image, 1),
    B: content(image, 2, { key: STRANGE_TEST_KEY }),
    strangeRights: 0b10,
  }),
  "early-update": (image: Uint8Array): Wrong => ({
    ...managed(image, { timeSeconds: BigInt(OPENS_SECONDS - 1) }),
    title: "The staged candidate is genuine, but waits for a time that has not come.",
  }),
  "expired-update": (image: Uint8Array): Wrong => ({
    ...managed(image, { timeSeconds: BigInt(CLOSES_SECONDS) }),
    title: "The staged candidate is genuine, but was to be used before now.",
  }),
  "low-battery": (image: Uint8Array): Wrong => ({
    ...managed(image, { batteryMilliwattHours: FAVOURABLE.batteryMilliwattHours - 1 }),
    title: "The staged candidate is genuine, but the battery holds less than it asks for.",
  }),
  "unauthorized-update": (image: Uint8Array): Wrong => ({
    ...managed(image, { authorizedPriority: FAVOURABLE.authorizedPriority - 1 }),
    title: "The staged candidate is genuine, but the application does not allow it now.",
  }),
  "wrong-version": (image: Uint8Array): Wrong => ({
    ...managed(image, {}, "1.5"),
    title: "The staged candidate is genuine, but made to replace another version than the one that runs.",
  }),
  "postponed-update": (image: Uint8Array): Wrong => ({
    ...managed(image, { batteryMilliwattHours: FAVOURABLE.batteryMilliwattHours - 1 }),
    title: "The candidate was refused for want of energy, and the battery holds no more now.",
    journal: { phase: Phase.Rejected, activeSlot: Slot.A, reason: Status.BatteryTooLow },
  }),
  "tampered-active": (image: Uint8Array): Wrong => ({
    title: "The last eight bytes of the confirmed image are wrong, and there is no other.",
    A: tampered(content(image, 1)),
    journal: CONFIRMED,
    floor: 1n,
    mayRunA: false,
  }),
} as const;

/** A candidate under conditions, of which one does not hold. */
function managed(
  image: Uint8Array,
  surroundings: Surroundings,
  runningVersion = REPLACED_VERSION,
): Omit<Wrong, "title"> {
  const names = { component: COMPONENT, vendor: VENDOR, product: PRODUCT };
  return {
    ...candidate,
    A: content(image, 1, { setVersion: runningVersion }),
    B: managedUpdate({ sequenceNumber: 2, payload: image, key: TRUSTED_TEST_KEY, ...names }),
    surroundings: { ...FAVOURABLE, ...surroundings },
    isManaged: true,
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
 * @throws UserError `scenario-unknown`
 */
export function refusalNamed(name: string, profile: Profile, bootloader: Uint8Array): RefusalScenario {
  const { imageKib, wrong } = wrongNamed(name);
  const { title, A, B, journal, floor, mayRunA, surroundings = {}, strangeRights } = wrong;
  const strange = strangeRights === undefined ? [] : [{ ...STRANGE_TEST_KEY, components: strangeRights }];
  const device = new Device({ profile });
  provision(device, {
    bootloader,
    devicePage: buildDevicePage({
      profile,
      bootloaderBytes: bootloader.length,
      ...identityOf({ vendor: VENDOR, class: PRODUCT }),
      anchors: encodeAnchors([TRUSTED_TEST_KEY, ...strange]),
      components: encodeCbor([[new TextEncoder().encode(COMPONENT)]]),
    }),
    slots: B === undefined ? { A } : { A, B },
    ...(journal === undefined ? {} : { journal }),
    counters: [floor],
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

/**
 * The module of ours that a refusal is about, unless another bootloader is given.
 *
 * @throws UserError `scenario-unknown`
 */
export function refusalBootloader(name: string): "bootloader" | "bootloader-managed" {
  return wrongNamed(name).wrong.isManaged === true ? "bootloader-managed" : "bootloader";
}

function wrongNamed(name: string): { readonly imageKib: number; readonly wrong: Wrong } {
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
  return { imageKib, wrong: make(sleepingImage(1024 * imageKib)) };
}

/** A candidate with a tampered image, whose digest a dependency that must not count has stated. */
function dependent(
  payload: Uint8Array,
  change: Partial<Pick<DependentUpdate, "dependencyKey" | "statesHonest" | "prefix">>,
): SlotContent {
  const wrong = tampered({ envelope: payload, payload });
  const update = dependentUpdate({
    sequenceNumber: 2,
    payload,
    component: COMPONENT,
    vendor: VENDOR,
    product: PRODUCT,
    key: TRUSTED_TEST_KEY,
    forged: wrong.payload ?? payload,
    ...change,
  });
  return { envelope: update.envelope, payload: wrong.payload ?? payload };
}

/** A slot's content; signed by the trusted key unless told otherwise. */
function content(
  payload: Uint8Array,
  sequenceNumber: number,
  change: {
    readonly key?: typeof TRUSTED_TEST_KEY | undefined;
    readonly product?: string;
    readonly setVersion?: string;
  } = {},
): Required<SlotContent> {
  const json = {
    sequenceNumber,
    component: [COMPONENT],
    vendor: { domain: VENDOR },
    class: { name: change.product ?? PRODUCT },
    ...(change.setVersion === undefined ? {} : { setVersion: change.setVersion }),
    uri: "coap://updates.brownout.example/suit/payload",
  };
  const envelope = createEnvelope(json, { payload });
  const key = "key" in change ? change.key : TRUSTED_TEST_KEY;
  return { envelope: key === undefined ? envelope : signEnvelope(envelope, key), payload };
}

/**
 * The same content with the image's last eight bytes inverted: more than one word, so that no single
 * wrong read of the image can make it look genuine.
 */
function tampered({ envelope, payload }: Required<SlotContent>): SlotContent {
  const changed = payload.map((byte, index) => (index < payload.length - 8 ? byte : byte ^ 0xff));
  return { envelope, payload: changed };
}

/** The same content with one byte of the manifest changed where it stays a good manifest: in the URI. */
function altered({ envelope, payload }: Required<SlotContent>): SlotContent {
  const changed = envelope.slice();
  const found = Buffer.from(changed).lastIndexOf("updates");
  changed[found] = "U".charCodeAt(0);
  return { envelope: changed, payload };
}
