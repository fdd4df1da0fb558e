/** The update agent on the device: what it decides, what it writes, what a bad link does to it. */
import { describe, expect, it } from "vitest";
import { Phase, Slot } from "../../assembly/layout.ts";
import type { LinkPeer } from "../../emulator/link.ts";
import { LossyLink } from "../../emulator/lossy-link.ts";
import { journalRange, slotRange } from "../../emulator/memory-map.ts";
import type { Operation } from "../../emulator/power.ts";
import { PROFILE_NAMES, profileNamed } from "../../emulator/profile.ts";
import { block2, decodeMessage, encodeMessage, optionOf, type CoapMessage } from "../coap-message.ts";
import {
  benchDevice,
  bytesOf,
  changesOutside,
  expectedSlot,
  firstDifference,
  FIRMWARE,
  isBlank,
  journalOf,
  serverFor,
  settle,
  textsOf,
  updateOf,
  type Update,
} from "../firmware-bench.ts";

const SLOT_BYTES = 34816;

/** A peer that changes what another one answers, as a function of the request alone. */
function altered(
  peer: LinkPeer,
  change: (answer: CoapMessage, datagram: Uint8Array) => CoapMessage | undefined,
): LinkPeer {
  return {
    answer(datagram) {
      const answer = decodeMessage(peer.answer(datagram));
      const changed = answer === undefined ? undefined : change(answer, datagram);
      return changed === undefined ? undefined : encodeMessage(changed);
    },
  };
}

function withoutOption(answer: CoapMessage, number: number): CoapMessage {
  return { ...answer, options: answer.options.filter(([candidate]) => candidate !== number) };
}

function isFirstBlock(datagram: Uint8Array): boolean {
  return (optionOf(decodeMessage(datagram), 23)?.at(0) ?? 0) < 16;
}

/** Runs one power cycle of firmware 1 and returns the last line it logged. */
function lastLine(link: LinkPeer): string | undefined {
  return textsOf(benchDevice({ link }).powerOn()).at(-1);
}

describe("the update agent", () => {
  it.each(PROFILE_NAMES)("brings an update to the other slot and into service, on %s", (name) => {
    const profile = profileNamed(name);
    const update = updateOf(FIRMWARE.two, 2, 300, profile.pageBytes);
    const device = benchDevice({ profile: name, link: serverFor(update) });
    const before = device.snapshot().flash;
    const cycle = device.powerOn();
    expect(cycle).toMatchObject({ end: "reset", stage: "firmware", violations: [] });
    expect(journalOf(device)).toEqual({ phase: Phase.Staged, activeSlot: Slot.A });
    expect(firstDifference(device, Slot.B, expectedSlot(profile, update))).toBe(-1);
    const { layout, pageBytes } = profile;
    const allowed = [slotRange(layout, Slot.B), journalRange(layout, pageBytes)];
    expect(changesOutside(before, device.snapshot().flash, allowed)).toEqual([]);
    expect(textsOf(settle(device)).at(-1)).toBe("firmware 2: up to date");
    expect(journalOf(device)).toEqual({ phase: Phase.Confirmed, activeSlot: Slot.B });
  });

  it.each([
    [65, 0, 1024],
    [65, 1, 1024],
    [255, 255, 1024],
    [256, 256, 256],
    [257, 257, 128],
    [1023, 8192, 64],
    [1024, 8192, 512],
    [1025, SLOT_BYTES - 2048, 1024],
    [8192, SLOT_BYTES - 8192, 64],
  ])(
    "writes %i and %i bytes in blocks of at most %i where they belong",
    (labelBytes, payloadBytes, blockBytes) => {
      const update = { label: bytesOf(labelBytes, 5), payload: bytesOf(payloadBytes, 6) };
      const fitting = PROFILE_NAMES.filter((name) => {
        const { layout, pageBytes } = profileNamed(name);
        return Math.ceil(labelBytes / pageBytes) * pageBytes + payloadBytes <= layout.slotB.bytes;
      });
      expect(fitting).toContain("class1");
      for (const profile of fitting) {
        const device = benchDevice({ profile, link: serverFor(update, blockBytes) });
        expect(device.powerOn()).toMatchObject({ end: "reset", violations: [] });
        expect(firstDifference(device, Slot.B, expectedSlot(device.profile, update))).toBe(-1);
        expect(journalOf(device)).toEqual({ phase: Phase.Staged, activeSlot: Slot.A });
      }
    },
  );

  it.each([1, 63, 64, 8192, SLOT_BYTES])(
    "takes an envelope of %i bytes that carries its payload itself",
    (length) => {
      const update = { label: bytesOf(length, 5) };
      const device = benchDevice({ link: serverFor(update) });
      expect(device.powerOn()).toMatchObject({ end: "reset", violations: [] });
      expect(firstDifference(device, Slot.B, expectedSlot(device.profile, update))).toBe(-1);
      expect(journalOf(device)?.phase).toBe(Phase.Staged);
    },
  );

  it("cleans a used slot from its highest page downward, resets, and only then writes", () => {
    const update = updateOf(FIRMWARE.two, 2);
    const stale = { label: bytesOf(100, 9), payload: bytesOf(3000, 9) };
    const device = benchDevice({ slotB: stale, link: serverFor(update) });
    const erased: number[] = [];
    const observer = {
      before(operation: Operation) {
        if (operation.kind !== "erase") throw new Error(`Operation ${operation.index} is no erase.`);
        erased.push(operation.address);
      },
    };
    expect(device.powerOn({ observer }).end).toBe("reset");
    const { address } = slotRange(device.profile.layout, Slot.B);
    expect(erased).toEqual([4, 3, 2, 1, 0].map((page) => address + page * 1024));
    expect(isBlank(device, Slot.B)).toBe(true);
    device.powerOn();
    expect(firstDifference(device, Slot.B, expectedSlot(device.profile, update))).toBe(-1);
  });

  it("erases the first page of a blank slot again before it writes there", () => {
    const device = benchDevice({ link: serverFor(updateOf(FIRMWARE.two, 2)) });
    const kinds: string[] = [];
    device.powerOn({ observer: { before: (operation) => kinds.push(operation.kind) } });
    expect(kinds.indexOf("erase")).toBe(0);
    expect(kinds.lastIndexOf("erase")).toBe(0);
  });

  it.each([Phase.Rejected, Phase.Reverted])(
    "declines what was refused or reverted before: phase %i",
    (phase) => {
      const refused = updateOf(FIRMWARE.failing, 3);
      const journal = { phase, activeSlot: Slot.A };
      const device = benchDevice({ slotB: refused, journal, link: serverFor(refused) });
      const cycle = device.powerOn();
      expect(textsOf(cycle).at(-1)).toBe("firmware 1: update declined");
      expect(cycle).toMatchObject({ end: "idle", operations: 0 });
    },
  );

  it.each([Phase.Rejected, Phase.Reverted])("takes another update after a refused one: phase %i", (phase) => {
    const update = updateOf(FIRMWARE.two, 2);
    const journal = { phase, activeSlot: Slot.A };
    const device = benchDevice({ slotB: updateOf(FIRMWARE.failing, 3), journal, link: serverFor(update) });
    device.powerOn();
    expect(journalOf(device)).toEqual({ phase: Phase.Confirmed, activeSlot: Slot.A });
    // More pages than are erased in one power-on.
    expect(isBlank(device, Slot.B)).toBe(false);
    device.powerOn();
    expect(isBlank(device, Slot.B)).toBe(true);
    settle(device, Phase.Staged);
    expect(firstDifference(device, Slot.B, expectedSlot(device.profile, update))).toBe(-1);
  });

  it("does not take a half-written slot for one that holds a refused update", () => {
    const update = updateOf(FIRMWARE.two, 2);
    const journal = { phase: Phase.Confirmed, activeSlot: Slot.A };
    const half = { label: update.label, payload: FIRMWARE.two.slice(0, 1000) };
    const device = benchDevice({ slotB: half, journal, link: serverFor(update) });
    settle(device, Phase.Staged);
    expect(firstDifference(device, Slot.B, expectedSlot(device.profile, update))).toBe(-1);
  });

  it("writes nothing for what does not fit, when the far end tells its size", () => {
    const updates: Update[] = [
      { label: bytesOf(SLOT_BYTES + 1, 5) },
      { label: bytesOf(100, 5), payload: bytesOf(SLOT_BYTES - 1023, 6) },
      { label: bytesOf(SLOT_BYTES, 5), payload: bytesOf(1, 6) },
    ];
    for (const update of updates) {
      const cycle = benchDevice({ link: serverFor(update) }).powerOn();
      expect(textsOf(cycle).at(-1)).toBe("firmware 1: update failed with status 0x0405");
      expect(cycle.operations).toBe(0);
    }
  });

  it("stays within the slot when what does not fit comes without its size", () => {
    for (const update of [
      { label: bytesOf(SLOT_BYTES + 1, 5) },
      { label: bytesOf(100, 5), payload: bytesOf(SLOT_BYTES, 6) },
    ]) {
      const link = altered(serverFor(update), (answer) => withoutOption(answer, 28));
      const device = benchDevice({ link });
      const cycle = device.powerOn();
      expect(textsOf(cycle).at(-1)).toBe("firmware 1: update failed with status 0x0405");
      expect(cycle).toMatchObject({ end: "idle", violations: [] });
      expect(journalOf(device)?.phase).toBe(Phase.Confirmed);
    }
  });

  it("reports that there is no update without having written anything", () => {
    const cycle = benchDevice({ link: serverFor({ label: new Uint8Array() }) }).powerOn();
    expect(textsOf(cycle).at(-1)).toBe("firmware 1: no update");
    expect(cycle.operations).toBe(0);
  });

  it("installs the first firmware of a blank device in recovery mode", () => {
    const update = updateOf(FIRMWARE.two, 2);
    const link = serverFor(update);
    const blank = benchDevice({ slotA: { label: new Uint8Array() }, link });
    expect(textsOf(settle(blank))).toContain("firmware 2: confirmed");
    expect(journalOf(blank)).toEqual({ phase: Phase.Confirmed, activeSlot: Slot.B });
  });

  it("in recovery mode, tries again what was only reverted, but not what was refused", () => {
    const update = updateOf(FIRMWARE.two, 2);
    for (const [phase, end] of [
      [Phase.Reverted, "reset"],
      [Phase.Rejected, "idle"],
    ] as const) {
      const device = benchDevice({
        slotA: { label: new Uint8Array() },
        slotB: update,
        journal: { phase, activeSlot: Slot.A },
        link: serverFor(update),
      });
      expect(device.powerOn().end).toBe(end);
    }
  });
});

describe("the update agent on a bad link", () => {
  const update = updateOf(FIRMWARE.two, 2);

  it("asks again when single datagrams are lost", () => {
    const link = new LossyLink(serverFor(update), (index) => index % 3 === 1);
    const device = benchDevice({ link });
    expect(device.powerOn().end).toBe("reset");
    expect(firstDifference(device, Slot.B, expectedSlot(device.profile, update))).toBe(-1);
  });

  it("gives up after one request and four retransmissions, and starts clean at the next power-on", () => {
    const link = new LossyLink(serverFor(update), (index) => index >= 10 && index < 15);
    const device = benchDevice({ link });
    expect(textsOf(device.powerOn()).at(-1)).toBe("firmware 1: update failed with status 0x0505");
    expect(link.datagramCount).toBe(15);
    expect(isBlank(device, Slot.B)).toBe(false);
    settle(device, Phase.Staged);
    expect(firstDifference(device, Slot.B, expectedSlot(device.profile, update))).toBe(-1);
  });

  it("accepts separate answers and acknowledges the confirmable ones (RFC 7252 §5.2.2)", () => {
    for (const type of [0, 1]) {
      const sent: Uint8Array[] = [];
      const server = altered(serverFor(update), (answer) => ({ ...answer, type, messageId: 0xbeef }));
      const device = benchDevice({
        link: {
          answer(datagram) {
            sent.push(datagram);
            return server.answer(datagram);
          },
        },
      });
      expect(device.powerOn().end).toBe("reset");
      expect(firstDifference(device, Slot.B, expectedSlot(device.profile, update))).toBe(-1);
      const acknowledgements = sent.filter((datagram) => datagram.length === 4);
      expect(acknowledgements.length).toBe(type === 0 ? sent.length / 2 : 0);
      expect(acknowledgements.every((bytes) => bytes.join() === "96,0,190,239")).toBe(true);
    }
  });

  const server = serverFor(update);
  it.each<[string, LinkPeer]>([
    ["bytes that are no message", { answer: () => Uint8Array.of(1, 2, 3) }],
    ["a datagram larger than any that was asked for", { answer: () => new Uint8Array(400).fill(0x60) }],
    ["a reset", { answer: (datagram) => Uint8Array.of(0x70, 0, datagram[2] ?? 0, datagram[3] ?? 0) }],
    ["an internal error", altered(server, (answer) => ({ ...answer, code: 0xa0, options: [], payload: [] }))],
    ["another block", altered(server, (answer) => ({ ...answer, options: [block2(1, true, 256)] }))],
    ["a larger block size", altered(server, (answer) => ({ ...answer, options: [block2(0, false, 512)] }))],
    [
      "a block shorter than it says",
      altered(server, (answer) => ({ ...answer, options: [block2(0, true, 256)] })),
    ],
    [
      "too much for a block",
      altered(server, (answer) => ({ ...answer, payload: new Array<number>(257).fill(1) })),
    ],
    ["blocks too small to hold a digest", serverFor({ label: bytesOf(500, 5) }, 32)],
    [
      "an unknown critical option",
      altered(server, (answer) => ({ ...answer, options: [[9, [1]], ...answer.options] })),
    ],
  ])("refuses %s without having written anything", (_, link) => {
    const cycle = benchDevice({ link }).powerOn();
    expect(textsOf(cycle).at(-1)).toBe("firmware 1: update failed with status 0x0506");
    expect(cycle).toMatchObject({ end: "idle", operations: 0 });
  });

  it.each<[string, (answer: CoapMessage) => CoapMessage | undefined]>([
    ["says after the first block that there is no such thing", (answer) => ({ ...answer, code: 0x84 })],
    [
      "changes the resource in the middle",
      (answer) => ({ ...answer, options: [[4, [1]], ...answer.options.slice(1)] }),
    ],
    [
      "changes the block size in the middle",
      (answer) => ({
        ...answer,
        options: [...answer.options.slice(0, 1), block2(1, false, 128)],
        payload: [1],
      }),
    ],
  ])("refuses a far end that %s", (_, change) => {
    const link = altered(server, (answer, datagram) => (isFirstBlock(datagram) ? answer : change(answer)));
    const device = benchDevice({ link });
    const cycle = device.powerOn();
    expect(textsOf(cycle).at(-1)).toBe("firmware 1: update failed with status 0x0506");
    expect(cycle.violations).toEqual([]);
    expect(journalOf(device)?.phase).toBe(Phase.Confirmed);
  });

  it("takes a datagram that fills its buffer, unless there is no room left to pad the block", () => {
    for (const [datagramBytes, status] of [
      [318, undefined],
      [319, "0407"],
      [321, "0506"],
    ] as const) {
      const small = { label: bytesOf(70, 5) };
      const link = altered(serverFor(small), (answer) => {
        const spare = datagramBytes - encodeMessage(answer).length - 3;
        const filler: [number, number[]] = [60, new Array<number>(spare).fill(0)];
        return answer.code === 0x45 ? { ...answer, options: [...answer.options, filler] } : answer;
      });
      const cycle = benchDevice({ link }).powerOn();
      expect(cycle.end).toBe(status === undefined ? "reset" : "idle");
      if (status !== undefined) expect(textsOf(cycle).at(-1)).toContain(`0x${status}`);
    }
  });

  it("ignores answers to other requests", () => {
    expect(lastLine(altered(server, (answer) => ({ ...answer, messageId: 0xbeef })))).toMatch(/0505$/);
    expect(lastLine(altered(server, (answer) => ({ ...answer, token: [1, 2] })))).toMatch(/0505$/);
    expect(lastLine(altered(server, (answer) => ({ ...answer, type: 0, token: [] })))).toMatch(/0505$/);
  });
});
