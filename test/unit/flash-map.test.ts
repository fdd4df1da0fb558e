/**
 * The flash map: what it says of a flash, and how it draws it.
 */
import { createColors } from "picocolors";
import { describe, expect, it } from "vitest";
import { Phase, Slot } from "../../assembly/layout.ts";
import { DEVICE_PAGE, FLASH_BYTES, journalRange, slotRange } from "../../emulator/memory-map.ts";
import { PROFILE_NAMES, profileNamed, type Profile } from "../../emulator/profile.ts";
import { encodeJournalRecord, payloadAddress } from "../../emulator/provision.ts";
import { createEnvelope } from "../../host/manifest/create.ts";
import { drawFlashMap, drawSlots, mapFlash } from "../../host/report/flash-map.ts";
import { readSlot, slotPhrase } from "../../host/report/slot-content.ts";

const PAYLOAD = new Uint8Array(3000).fill(0x5a);
const ENVELOPE = createEnvelope(
  {
    sequenceNumber: 7,
    component: ["app"],
    vendor: { domain: "brownout.example" },
    class: { name: "class1" },
    uri: "coap://updates.brownout.example/suit/payload",
  },
  { payload: PAYLOAD },
);

function blankFlash(profile: Profile): Uint8Array {
  return new Uint8Array(FLASH_BYTES).fill(profile.erasedValue);
}

/** A flash with something of everything: slot A is active, slot B blank. */
function usedFlash(profile: Profile): Uint8Array {
  const flash = blankFlash(profile);
  flash.fill(0x33, 0, 5000);
  flash.fill(0x44, DEVICE_PAGE.address, DEVICE_PAGE.address + 100);
  flash.set(ENVELOPE, slotRange(profile.layout, Slot.A).address);
  flash.set(PAYLOAD, payloadAddress(profile, Slot.A, ENVELOPE.length));
  const record = encodeJournalRecord({ phase: Phase.Confirmed, activeSlot: Slot.A });
  flash.set(record, journalRange(profile.layout, profile.pageBytes).address);
  return flash;
}

describe("mapFlash", () => {
  it.each(PROFILE_NAMES)("covers all of the flash of %s, each byte once", (name) => {
    const profile = profileNamed(name);
    const { partitions, cellBytes } = mapFlash(blankFlash(profile), profile);
    let end = 0;
    for (const { range, cells } of partitions) {
      expect(range.address).toBe(end);
      expect(cells).toHaveLength(Math.ceil(range.bytes / cellBytes));
      end += range.bytes;
    }
    expect(end).toBe(FLASH_BYTES);
  });

  it.each(PROFILE_NAMES)("counts no page of a blank %s as used", (name) => {
    const profile = profileNamed(name);
    const { partitions, journal } = mapFlash(blankFlash(profile), profile);
    expect(partitions.map(({ pagesUsed }) => pagesUsed)).toEqual([0, 0, 0, 0]);
    expect(partitions.flatMap(({ cells }) => cells).every(({ kind }) => kind === "blank")).toBe(true);
    expect(journal).toBeUndefined();
  });

  it("counts pages in the size that the part erases", () => {
    const profile = profileNamed("class1");
    const used = mapFlash(usedFlash(profile), profile).partitions.map(({ pagesUsed }) => pagesUsed);
    expect(used).toEqual([Math.ceil(5000 / 1024) + 1, 1 + Math.ceil(3000 / 1024), 0, 1]);
    const small = profileNamed("stm32l0");
    const pages = mapFlash(usedFlash(small), small).partitions.map(({ pagesUsed }) => pagesUsed);
    const envelopePages = Math.ceil(ENVELOPE.length / small.pageBytes);
    expect(pages).toEqual([
      Math.ceil(5000 / small.pageBytes) + 1,
      envelopePages + Math.ceil(3000 / small.pageBytes),
      0,
      1,
    ]);
  });

  it("tells the envelope from the image behind it", () => {
    const profile = profileNamed("class1");
    const slotA = mapFlash(usedFlash(profile), profile).partitions.find(({ name }) => name === "slotA");
    expect(slotA?.cells.slice(0, 5).map(({ kind }) => kind)).toEqual([
      "envelope",
      "image",
      "image",
      "image",
      "blank",
    ]);
  });

  it("calls a slot unreadable when its envelope is cut short", () => {
    const profile = profileNamed("class1");
    const flash = blankFlash(profile);
    const { address } = slotRange(profile.layout, Slot.B);
    flash.set(ENVELOPE.subarray(0, 40), address);
    const slotB = mapFlash(flash, profile).partitions.find(({ name }) => name === "slotB");
    expect(slotB?.cells[0]?.kind).toBe("unreadable");
    expect(slotPhrase(readSlot(flash, profile, Slot.B))).not.toContain("sequence");
  });
});

describe("drawFlashMap", () => {
  it("draws every partition to scale on a line of its own, with a legend of what is there", () => {
    const profile = profileNamed("class1");
    expect(drawFlashMap(mapFlash(usedFlash(profile), profile))).toEqual([
      "0x00000 boot   █████······················▒         6 of  28 pages",
      "0x07000 slot A ▓███······························   4 of  34 pages",
      "0x0f800 slot B ··································   0 of  34 pages",
      "0x18000 state  ▚···                                 1 of   4 pages",
      "█ code  ▒ device page  ▓ envelope  ▚ journal  · blank   one sign is 1 KiB",
    ]);
  });

  it("says the same with colors and without", () => {
    const profile = profileNamed("class1");
    const map = mapFlash(usedFlash(profile), profile);
    const colored = drawFlashMap(map, createColors(true));
    expect(colored.join("\n")).toContain("\u001b[");
    // Built from its parts: a control character in a pattern reads like a mistake.
    const sequence = new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, "g");
    expect(colored.map((line) => line.replace(sequence, ""))).toEqual(drawFlashMap(map));
  });
});

describe("drawSlots", () => {
  it("draws both slots on one line", () => {
    const profile = profileNamed("class1");
    expect(drawSlots(mapFlash(usedFlash(profile), profile))).toBe(
      `A ▓███${"·".repeat(30)} B ${"·".repeat(34)}`,
    );
  });
});

describe("slotPhrase", () => {
  it("says what the manifest in a slot states", () => {
    const profile = profileNamed("class1");
    const flash = usedFlash(profile);
    expect(slotPhrase(readSlot(flash, profile, Slot.A))).toBe("slot A: sequence 7, 4 pages");
    expect(slotPhrase(readSlot(flash, profile, Slot.B))).toBe("slot B: blank");
  });
});
