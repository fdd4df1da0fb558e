/** A far end that means harm: whatever it answers, the device stays within its bounds. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Phase, Slot } from "../../assembly/layout.ts";
import type { LinkPeer } from "../../emulator/link.ts";
import { journalRange, slotRange } from "../../emulator/memory-map.ts";
import { benchDevice, bytesOf, changesOutside, journalOf, serverFor } from "../firmware-bench.ts";

/** Changes a few bytes of each answer, or its length, chosen by the request and `seed` alone. */
function corrupting(peer: LinkPeer, seed: number, rate: number): LinkPeer {
  return {
    answer(datagram) {
      const answer = peer.answer(datagram);
      if (answer === undefined) return undefined;
      let state = datagram.reduce((sum, byte) => Math.imul(sum ^ byte, 16777619), seed);
      const next = (bound: number): number => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return (state >>> 8) % bound;
      };
      const bytes = answer.slice(0, next(rate) === 0 ? next(answer.length) : answer.length);
      for (let count = next(rate) === 0 ? 1 + next(4) : 0; count > 0; count -= 1) {
        const index = next(2) === 0 ? next(24) : next(bytes.length + 1);
        if (index < bytes.length) bytes[index] = next(256);
      }
      return bytes;
    },
  };
}

describe("a hostile far end", () => {
  it("makes the device neither fault nor write outside of the other slot and the journal", () => {
    const update = { label: bytesOf(900, 5), payload: bytesOf(4000, 6) };
    const server = serverFor(update);
    fc.assert(
      fc.property(fc.nat(), fc.constantFrom(1, 2, 10, 40), (seed, rate) => {
        const device = benchDevice({ link: corrupting(server, seed, rate) });
        const before = device.snapshot().flash;
        const { profile } = device;
        const allowed = [slotRange(profile.layout, Slot.B), journalRange(profile.layout, profile.pageBytes)];
        for (let powerOn = 0; powerOn < 3; powerOn += 1) {
          const cycle = device.powerOn();
          expect(["idle", "reset"]).toContain(cycle.end);
          expect(cycle.violations).toEqual([]);
          expect(journalOf(device)?.activeSlot).toBe(Slot.A);
          if (journalOf(device)?.phase === Phase.Staged) break;
        }
        expect(changesOutside(before, device.snapshot().flash, allowed)).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });
});
