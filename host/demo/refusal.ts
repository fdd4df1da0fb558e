/**
 * Chapter 3: updates that must be refused, each offered to a fresh copy of the device.
 *
 * The device's own agent pulls each of them, as it cannot know better; the bootloader judges, says
 * why not, and the device goes on running what it ran.
 */
import { Phase, Slot } from "../../assembly/layout.ts";
import type { DeviceState } from "../../emulator/device.ts";
import { CborReader } from "../manifest/cbor-reader.ts";
import { readEnvelope } from "../manifest/envelope.ts";
import { verifyEnvelope } from "../manifest/verify.ts";
import { recordUntilRest, type BootHistory } from "../report/boot-record.ts";
import { reasonCode } from "../report/boot-state.ts";
import type { StatusCode } from "../status-text.ts";
import { bootedSlot, Expectation } from "./expectation.ts";
import {
  copyDevice,
  leaveFile,
  makeUpdate,
  OTHER_CLASS_NAME,
  type Offer,
  type Update,
  type World,
} from "./world.ts";

/** Devices to offer updates to. */
export interface RefusalStage {
  /** As delivered: firmware 1 runs from slot A. */
  readonly delivered: DeviceState;
  /** Updated: firmware 2 runs from slot B. */
  readonly updated: DeviceState;
  /** The good update to firmware 2. */
  readonly update: Update;
}

/** One refusal. */
export interface RefusalFacts {
  /** Short name, also that of the file the envelope is left in. */
  readonly name: string;
  /** What is wrong with the update. */
  readonly title: string;
  /** Why the device refused it: a stable code; undefined when it did not. */
  readonly reason: string | undefined;
  /** What the host's code says of the envelope alone, without a device. */
  readonly hostReason: StatusCode;
  /** The version that runs afterwards, which is the one that ran before. */
  readonly firmwareVersion: number;
  readonly history: BootHistory;
  readonly differences: readonly string[];
}

interface Case {
  readonly name: string;
  readonly title: string;
  readonly offer: Offer;
  readonly reason: StatusCode;
  readonly hostReason: StatusCode;
  readonly isUpdated: boolean;
  /** Name of a file to leave the payload in, where it is none of the builds. */
  readonly payloadFile?: string;
}

/** Plays chapter 3. */
export function playRefusals(world: World, stage: RefusalStage): RefusalFacts[] {
  return casesOf(world, stage.update).map((each) => play(world, stage, each));
}

/** The envelope with the lowest bit of its manifest's sequence number flipped. */
export function flipSequenceNumber(envelope: Uint8Array): Uint8Array {
  const { manifest } = readEnvelope(envelope);
  const reader = new CborReader(envelope, manifest.from, manifest.to);
  let offset: number | undefined;
  reader.entries("The manifest", ({ label }) => {
    const start = reader.offset;
    reader.skip("A value of the manifest");
    if (label === 2n) offset = reader.offset - 1 > start ? reader.offset - 1 : start;
  });
  if (offset === undefined) throw new Error("The manifest has no sequence number.");
  return flipBit(envelope, offset, 0);
}

/** A copy with one bit inverted. */
export function flipBit(bytes: Uint8Array, offset: number, bit: number): Uint8Array {
  const flipped = bytes.slice();
  flipped[offset] = (flipped[offset] ?? 0) ^ (1 << bit);
  return flipped;
}

function casesOf(world: World, update: Update): Case[] {
  const firmware = "firmware-2";
  const half = update.payload.length >> 1;
  return [
    {
      name: "tampered",
      title: "one bit of the manifest flipped: sequence 3 for 2",
      offer: { ...update, envelope: flipSequenceNumber(update.envelope) },
      reason: "manifest-digest-mismatch",
      hostReason: "manifest-digest-mismatch",
      isUpdated: false,
    },
    {
      name: "wrong-key",
      title: "signed with a key that the device does not trust",
      offer: makeUpdate(world, { sequenceNumber: 2, firmware, key: world.stranger }),
      reason: "signature-invalid",
      hostReason: "signature-invalid",
      isUpdated: false,
    },
    {
      name: "wrong-class",
      title: "properly signed, for another class of device",
      offer: makeUpdate(world, { sequenceNumber: 2, firmware, className: OTHER_CLASS_NAME }),
      reason: "class-mismatch",
      hostReason: "ok",
      isUpdated: false,
    },
    {
      name: "damaged-payload",
      title: `properly signed, one bit of the firmware flipped (byte ${half})`,
      offer: { ...update, payload: flipBit(update.payload, half, 3) },
      reason: "image-mismatch",
      hostReason: "ok",
      isUpdated: false,
      payloadFile: "refused-damaged-payload.wasm",
    },
    {
      name: "rolled-back",
      title: "firmware 1 again, properly signed, offered to firmware 2",
      offer: makeUpdate(world, { sequenceNumber: 1, firmware: "firmware-1" }),
      reason: "sequence-too-old",
      hostReason: "ok",
      isUpdated: true,
    },
  ];
}

function play(world: World, { delivered, updated }: RefusalStage, each: Case): RefusalFacts {
  const { name, title, offer, isUpdated, payloadFile } = each;
  leaveFile(world, `refused-${name}.suit`, offer.envelope);
  if (payloadFile !== undefined) leaveFile(world, payloadFile, offer.payload);
  const device = copyDevice(world, isUpdated ? updated : delivered, offer);
  const history = recordUntilRest(device);
  const expect = new Expectation(`Refusal (${name})`);
  const runs = isUpdated
    ? { activeSlot: Slot.B, sequenceFloor: 2n, firmwareVersion: 2 }
    : { activeSlot: Slot.A, sequenceFloor: 1n, firmwareVersion: 1 };
  expect.rest(history, { phase: Phase.Rejected, reason: each.reason, ...runs });
  const candidate = isUpdated ? "A" : "B";
  const hasRun = history.boots.some((boot) => bootedSlot(boot) === candidate);
  expect.holds(!hasRun, `slot ${candidate} was booted although it was to be refused.`);
  const hostReason = verifyEnvelope(offer.envelope, [world.author]).reason;
  expect.same("the host's verdict", each.hostReason, hostReason);
  const state = history.boots.at(-1)?.after.journal;
  return {
    name,
    title,
    reason: state?.phase === Phase.Rejected ? reasonCode(state.reason) : undefined,
    hostReason,
    firmwareVersion: runs.firmwareVersion,
    history,
    differences: expect.differences,
  };
}
