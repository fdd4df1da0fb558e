/**
 * Devices of earlier versions, and those with a bootloader of somebody else: what is said of their journal.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { Slot } from "../../assembly/layout.ts";
import { Limit } from "../../assembly/limits.ts";
import { encodeJournalRecord, NO_BITS, profileNamed } from "../../emulator/index.ts";
import { identityOf, manufacture } from "../../host/device/factory.ts";
import { earlierDeviceFile } from "../earlier-device-file.ts";
import { PHASE_NUMBERS, revertingBootloader } from "../reverting-bootloader.ts";
import { toyBootloader } from "../toy-bootloader.ts";
import { Workshop } from "./workshop.ts";

const workshop = new Workshop();
beforeAll(() => workshop.prepareUpdate());
afterAll(() => workshop.remove());

const PROFILE = profileNamed("class1");
const Shown = z.object({
  journal: z.object({
    known: z.boolean(),
    phase: z.string().nullable(),
    written: z.tuple([z.number(), z.number()]),
  }),
});

/** Writes a file of an earlier version: a device whose journal says, in the numbers of its bootloader, this. */
function earlierDevice(
  file: string,
  version: 1 | 2,
  bootloader: Uint8Array,
  phase: number,
  trialBoots = 0,
): void {
  const device = manufacture({
    profile: PROFILE,
    bootloader,
    trusted: [],
    identity: identityOf({ vendor: "brownout.example", class: "class1" }),
    components: ["app"],
  });
  const record = encodeJournalRecord({ phase, activeSlot: Slot.A, trialBoots });
  device.flash.bytes.set(record, PROFILE.layout.state.address);
  const state = { ...device.snapshot(), bits: NO_BITS };
  workshop.write(file, earlierDeviceFile({ profile: PROFILE, state }, version));
}

async function shownJournal(file: string): Promise<z.infer<typeof Shown>["journal"]> {
  return Shown.parse(JSON.parse(await workshop.succeed(`device show ${file} --json`))).journal;
}

describe("device show", () => {
  it.each([
    [1, 2, 1, "confirmed", "slot A confirmed"],
    [1, 2, 3, "trial", "slot B accepted for trial"],
    [2, 2, 5, "reverted", "reverted to slot A"],
    [2, 1, 5, "confirmed", "slot A confirmed"],
    [2, 0, 5, "trial", "slot B accepted for trial"],
  ] as const)(
    "tells the phase in a file of version %i by its bootloader: in form %i, %i is %s",
    async (version, form, number, phase, words) => {
      earlierDevice("old.device", version, revertingBootloader(PHASE_NUMBERS[form]), number);
      expect(await shownJournal("old.device")).toEqual(
        expect.objectContaining({ known: true, phase, written: [1, 0] }),
      );
      expect(await workshop.succeed("device show old.device")).toContain(
        `journal    ${words}, 1 + 0 records in its two pages`,
      );
    },
  );

  it("does so as well after a later version has written the file", async () => {
    earlierDevice("old.device", 1, revertingBootloader(PHASE_NUMBERS[2]), 3, Limit.TrialBoots);
    const { out } = await workshop.run("device boot old.device");
    expect(out).toContain("slot B on trial, boot 3 of 3 → reverted to slot A");
    expect(new TextDecoder().decode(workshop.read("old.device"))).toContain('"version": 3');
    expect(await shownJournal("old.device")).toMatchObject({ known: true, phase: "reverted" });
  });

  it("says that it does not know the journal of a bootloader that is none of ours", async () => {
    workshop.write("toy.wasm", toyBootloader("data first"));
    await workshop.succeed("device create toy.device --sign-key author.key --bootloader toy.wasm");
    expect(await shownJournal("toy.device")).toEqual({ known: false, phase: null, written: [1, 0] });
    expect(await workshop.succeed("device show toy.device")).toContain(
      "journal    not known, as the bootloader keeps none that ours ever did; 1 + 0 places for records are written to",
    );
  });
});

describe("a campaign", () => {
  it("is not made over a device whose bootloader numbers the steps of an update differently", async () => {
    earlierDevice("old.device", 2, revertingBootloader(PHASE_NUMBERS[1]), 5);
    const { exitCode, err } = await workshop.run(
      "campaign --device old.device --envelope update.suit --payload firmware-2.wasm",
    );
    expect(exitCode).toBe(2);
    expect(err).toContain("The bootloader in old.device is of an earlier version of Brownout");
    expect(err).toContain("Create the device again");
  });
});
