/**
 * Boots that must refuse: devices on which something is wrong, so that the only right thing to do is
 * to run the image that was good before, or none. They are small, that is, the image has 1 KiB, so
 * that every executed instruction can be disturbed.
 */
import { createHash } from "node:crypto";
import { Phase, Slot } from "../../assembly/layout.ts";
import { Device, type DeviceState } from "../../emulator/device.ts";
import type { BootedImage } from "../../emulator/device.ts";
import type { Profile } from "../../emulator/profile.ts";
import {
  buildDevicePage,
  payloadAddress,
  provision,
  type JournalFields,
  type SlotContent,
} from "../../emulator/provision.ts";
import { STRANGE_TEST_KEY, TRUSTED_TEST_KEY } from "../campaign/scenario.ts";
import { encodeAnchors, identityOf } from "../device/factory.ts";
import { encodeCbor } from "../manifest/cbor-writer.ts";
import { createEnvelope } from "../manifest/create.ts";
import { signEnvelope } from "../manifest/sign.ts";
import { UserError } from "../user-error.ts";
import { SMALL_IMAGE } from "./small-image.ts";

/** A boot that must refuse. */
export interface RefusalScenario {
  /** As in a case id. */
  readonly name: string;
  /** What is wrong, in one sentence. */
  readonly title: string;
  readonly profile: Profile;
  readonly state: DeviceState;
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

/** What is wrong on the device. */
interface Wrong {
  readonly title: string;
  readonly A: SlotContent;
  readonly B?: SlotContent;
  readonly journal: JournalFields | undefined;
  readonly floor: bigint;
  readonly mayRunA: boolean;
}

const STAGED: JournalFields = { phase: Phase.Staged, activeSlot: Slot.A };
const CONFIRMED: JournalFields = { phase: Phase.Confirmed, activeSlot: Slot.A };
const TRIAL: JournalFields = { phase: Phase.Trial, activeSlot: Slot.A, trialBoots: 0 };

const candidate = { journal: STAGED, floor: 1n, mayRunA: true };

const WRONGS = {
  "tampered-candidate": (): Wrong => ({
    ...candidate,
    title: "The last eight bytes of the staged candidate's image are wrong.",
    A: content(1),
    B: tampered(content(2)),
  }),
  "strange-signature": (): Wrong => ({
    ...candidate,
    title: "The staged candidate is signed with a key that the device does not trust.",
    A: content(1),
    B: content(2, { key: STRANGE_TEST_KEY }),
  }),
  unsigned: (): Wrong => ({
    ...candidate,
    title: "The staged candidate carries no signature.",
    A: content(1),
    B: content(2, { key: undefined }),
  }),
  "altered-manifest": (): Wrong => ({
    ...candidate,
    title: "The staged candidate's manifest was altered after it was signed.",
    A: content(1),
    B: altered(content(2)),
  }),
  "wrong-class": (): Wrong => ({
    ...candidate,
    title: "The staged candidate is genuine, but for another class of device.",
    A: content(1),
    B: content(2, { product: "another" }),
  }),
  "old-sequence": (): Wrong => ({
    ...candidate,
    title: "The staged candidate is genuine, but its sequence number is below the anti-rollback floor.",
    A: content(2),
    B: content(1),
    floor: 2n,
  }),
  "tampered-trial": (): Wrong => ({
    ...candidate,
    title: "The candidate was accepted, and then the last eight bytes of its image changed.",
    A: content(1),
    B: tampered(content(2)),
    journal: TRIAL,
  }),
  "blank-journal": (): Wrong => ({
    title: "The journal is blank; slot A is genuine, slot B newer and signed with a strange key.",
    A: content(1),
    B: content(2, { key: STRANGE_TEST_KEY }),
    journal: undefined,
    floor: 1n,
    mayRunA: true,
  }),
  "tampered-active": (): Wrong => ({
    title: "The last eight bytes of the confirmed image are wrong, and there is no other.",
    A: tampered(content(1)),
    journal: CONFIRMED,
    floor: 1n,
    mayRunA: false,
  }),
} as const;

/** The scenarios' names, in the order in which a campaign over all runs them. */
export const REFUSAL_NAMES = Object.keys(WRONGS);

/**
 * A boot that must refuse.
 *
 * @throws UserError `scenario-unknown`
 */
export function refusalNamed(name: string, profile: Profile, bootloader: Uint8Array): RefusalScenario {
  const make = Object.entries(WRONGS).find(([known]) => known === name)?.[1];
  if (make === undefined) {
    throw new UserError(
      "scenario-unknown",
      `There is no refusal "${name}".`,
      `There are ${REFUSAL_NAMES.join(", ")}.`,
    );
  }
  const { title, A, B, journal, floor, mayRunA } = make();
  const device = new Device({ profile });
  provision(device, {
    bootloader,
    devicePage: buildDevicePage({
      profile,
      bootloaderBytes: bootloader.length,
      ...identityOf({ vendor: VENDOR, class: PRODUCT }),
      anchors: encodeAnchors([TRUSTED_TEST_KEY]),
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
    allowed: mayRunA
      ? { address: payloadAddress(profile, Slot.A, A.envelope.length), length: SMALL_IMAGE.length }
      : undefined,
    sequenceNumber: floor,
    inputsDigest: inputs.update(counters.join()).digest("hex"),
  };
}

/** A slot's content; signed by the trusted key unless told otherwise. */
function content(
  sequenceNumber: number,
  change: { readonly key?: typeof TRUSTED_TEST_KEY | undefined; readonly product?: string } = {
    key: TRUSTED_TEST_KEY,
  },
): Required<SlotContent> {
  const json = {
    sequenceNumber,
    component: [COMPONENT],
    vendor: { domain: VENDOR },
    class: { name: change.product ?? PRODUCT },
    uri: "coap://updates.brownout.example/suit/payload",
  };
  const envelope = createEnvelope(json, { payload: SMALL_IMAGE });
  const key = "key" in change ? change.key : TRUSTED_TEST_KEY;
  return { envelope: key === undefined ? envelope : signEnvelope(envelope, key), payload: SMALL_IMAGE };
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
