/**
 * The search for secrets and the sum of wear, each against the plainest way to do the same.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { followUncut } from "../../emulator/explore/liveness.ts";
import { LEAK_BYTES, SecretSearch } from "../../emulator/explore/secret.ts";
import { WearLedger } from "../../emulator/explore/wear.ts";
import { FLASH_BYTES } from "../../emulator/memory-map.ts";
import { profileNamed } from "../../emulator/profile.ts";

const { layout } = profileNamed("class1");

describe("the search for a secret", () => {
  const secretBytes = fc
    .uint8Array({ minLength: 1, maxLength: 80 })
    .filter((bytes) => new Set(bytes).size > 1);
  const places = fc.array(fc.integer({ min: 0, max: FLASH_BYTES - 80 }), { minLength: 1, maxLength: 6 });

  it("finds it wherever it lies, whatever was looked at before, and not where it may lie", () => {
    fc.assert(
      fc.property(secretBytes, places, (bytes, addresses) => {
        const search = new SecretSearch([{ name: "it", bytes, mayLieIn: [layout.state] }], layout);
        const flash = new Uint8Array(FLASH_BYTES).fill(0xff);
        for (const address of addresses) {
          flash.set(bytes, address);
          const piece = Math.min(bytes.length, LEAK_BYTES);
          const isInside = address >= layout.state.address && address + bytes.length <= FLASH_BYTES;
          const isNear = address + bytes.length > layout.state.address && address < layout.state.address;
          if (!isInside && !isNear) expect(search.leakIn(flash)).toMatch(/^it in /);
          if (isInside) expect(search.leakIn(flash)).toBeUndefined();
          flash.fill(0xff, address, address + Math.max(piece, bytes.length));
          expect(search.leakIn(flash)).toBeUndefined();
        }
      }),
      { numRuns: 60 },
    );
  });

  it("finds sixteen bytes of it, and no fewer", () => {
    const bytes = Uint8Array.from({ length: 64 }, (_, index) => index);
    const search = new SecretSearch([{ name: "it", bytes, mayLieIn: [] }], layout);
    const flash = new Uint8Array(FLASH_BYTES).fill(0xff);
    flash.set(bytes.subarray(16, 31), layout.slotB.address);
    expect(search.leakIn(flash)).toBeUndefined();
    flash.set(bytes.subarray(16, 32), layout.slotB.address);
    expect(search.leakIn(flash)).toBe("it in slotB");
  });
});

describe("wear on the way to rest", () => {
  const page = fc.integer({ min: 0, max: 3 });
  const graph = fc.integer({ min: 1, max: 30 }).chain((count) =>
    fc.record({
      successors: fc.array(fc.integer({ min: 0, max: count - 1 }), { minLength: count, maxLength: count }),
      erases: fc.array(fc.array(page, { maxLength: 4 }), { minLength: count, maxLength: count }),
    }),
  );

  it("is the sum of what each power-on on the way erases, and nothing where rest is never reached", () => {
    fc.assert(
      fc.property(graph, ({ successors, erases }) => {
        const successorOf = (state: number): number => successors[state] ?? 0;
        const states = successors.map((_, state) => state);
        const ledger = new WearLedger();
        for (const state of states) ledger.note(state, erases[state] ?? []);
        const liveness = followUncut(states.length, (state) => ({
          successor: successorOf(state),
          isRunning: true,
        }));
        const { worstOf } = ledger.follow(states, successorOf, liveness);
        for (const state of states) expect(worstOf(state)).toEqual(plainly(state, successorOf, erases));
      }),
    );
  });

  function plainly(start: number, successorOf: (state: number) => number, erases: readonly number[][]) {
    const totals = [0, 0, 0, 0];
    let state = start;
    for (let steps = 0; successorOf(state) !== state; steps += 1) {
      if (steps > erases.length) return undefined;
      for (const address of erases[state] ?? []) totals[address] = (totals[address] ?? 0) + 1;
      state = successorOf(state);
    }
    const most = Math.max(...totals);
    return most === 0 ? undefined : { address: totals.indexOf(most), erases: most };
  }
});
