/**
 * Exploration to a fixpoint, on toy bootloaders small enough to count by hand.
 */
import { describe, expect, it } from "vitest";
import { CutPower, formatCuts, type Cut } from "../../emulator/cut.ts";
import { Device, type RememberedState } from "../../emulator/device.ts";
import { encodeRegisters } from "../../emulator/device-bits.ts";
import { explore, type Exploration, type ExploreProgress } from "../../emulator/explore/explore.ts";
import { PLAIN_TEAR_CLASSES, TEAR_CLASSES, tornVariants, type TearClass } from "../../emulator/tear.ts";
import { toyDevice, TOY_SUBJECT, type ToyOrder } from "../toy-bootloader.ts";

function exploreToy(
  order: ToyOrder,
  tornBudget: number,
  tearClasses: readonly TearClass[] = PLAIN_TEAR_CLASSES,
): Exploration {
  const { options, initial } = toyDeviceWithEcc(order);
  return explore({ device: options, initial, subject: TOY_SUBJECT, tornBudget, tearClasses });
}

/** The toy's part with an error-correcting code, which nothing but the class `ecc` makes use of. */
function toyDeviceWithEcc(order: ToyOrder): ReturnType<typeof toyDevice> {
  const { options, initial } = toyDevice(order);
  return { options: { ...options, profile: { ...options.profile, eccUnitBytes: 4 } }, initial };
}

const oraclesOf = (exploration: Exploration): string[] => Object.keys(exploration.findingCounts);

describe("a bootloader that writes its data before its flag", () => {
  it("has the five states that a count by hand gives under clean cuts", () => {
    // Nothing, one data word, both, half of the flag, all of it: 4 + 5 + 2 + 3 + 0 operations.
    const result = exploreToy("data first", 0);
    expect(result).toMatchObject({
      closed: true,
      states: 5,
      explored: 5,
      boots: 5,
      transitions: 14,
      findings: [],
    });
  });

  it("has ten more states with one torn operation, three for three words and one for the fourth", () => {
    // The last word is 0xFFFFFBFE: after two bytes of it nothing is left to be done. Of the whole
    // states 14 + 15 + 6 + 7 + 0 ways lead on, of the torn ones 3 * 5 + 3 * 5 + 3 * 3 + 3.
    const result = exploreToy("data first", 1);
    expect(result).toMatchObject({ closed: true, states: 15, explored: 15, transitions: 84, findings: [] });
  });

  it("needs one cut for any of its states, and two with a second torn operation", () => {
    expect(exploreToy("data first", 1).deepestNesting).toBe(1);
    expect(exploreToy("data first", 2).deepestNesting).toBe(2);
  });

  it("comes to rest in one way only", () => {
    const { terminals, bootsToRunning, bootsToRest } = exploreToy("data first", 1);
    expect(terminals).toEqual([
      { image: "new", journal: "Confirmed, slot B is active", floor: 0n, states: 1, reachedFrom: 15 },
    ]);
    expect(bootsToRunning?.value).toBe(1);
    expect(bootsToRest?.value).toBe(1);
  });
});

describe("a bootloader that writes its flag before its data", () => {
  it("is found with the shortest counterexample: one cut, just after the flag", () => {
    const result = exploreToy("flag first", 1);
    expect(result.closed).toBe(true);
    expect(oraclesOf(result)).toEqual(["alive", "sound"]);
    const first = result.findings[0];
    expect(formatCuts(first?.cuts ?? [])).toBe("1a");
    expect(first).toMatchObject({ oracle: "sound" });
    expect(result.findings.every(({ cuts }) => cuts.length >= 1)).toBe(true);
  });

  it("is replayed by its counterexample on another device", () => {
    const { options, initial } = toyDevice("flag first");
    const device = new Device(options);
    for (const { cuts, oracle } of exploreToy("flag first", 1).findings.filter(
      (found) => found.oracle === "sound",
    )) {
      device.restore(initial);
      for (const cut of cuts) device.powerOn({ observer: new CutPower(cut) });
      expect([oracle, device.powerOn().end]).toEqual(["sound", "hard-fault"]);
    }
  });
});

describe("flash that is worse than its content", () => {
  it("finds a bootloader that reads a torn unit without asking first, on a part with a code", () => {
    const result = exploreToy("data first", 1, ["ecc"]);
    const [first] = result.findings;
    expect(formatCuts(first?.cuts ?? [])).toBe("0t601");
    expect(first).toMatchObject({ oracle: "sound" });
    expect(first?.sentence).toContain("error-correcting code does not fit");
    expect(exploreToy("data first", 1, []).findings).toEqual([]);
  });

  it("finds a bootloader that believes a word because it read well once", () => {
    const findings = exploreToy("data first", 1, ["metastable"]).findings.map(({ cuts }) => formatCuts(cuts));
    // Its last data word reads as it should in the power-on that writes the flag, and not after it.
    expect(findings.some((cuts) => /^1t50[1-7]/.test(cuts))).toBe(true);
    expect(exploreToy("data first", 1).findings).toEqual([]);
  });
});

describe("exploration", () => {
  it.each([0, 1, 2] as const)(
    "finds what an engine without any merging of budgets finds, T = %i",
    (tornBudget) => {
      for (const order of ["data first", "flag first"] as const) {
        const reference = exploreNaively(order, tornBudget);
        const result = exploreToy(order, tornBudget);
        expect(result.states).toBe(reference.states);
        expect(result.findingCounts["sound"] ?? 0).toBe(reference.faulting);
        expect(result.deepestNesting).toBe(reference.deepestNesting);
      }
    },
  );

  it.each(TEAR_CLASSES.map((tearClass): [TearClass] => [tearClass]))(
    "finds what an engine without any merging of budgets finds with torn class %s, what flash remembers included",
    (tearClass) => {
      for (const order of ["data first", "flag first"] as const) {
        const budget = tearClass === "program-bits" ? 1 : 2;
        const reference = exploreNaively(order, budget, [tearClass]);
        const result = exploreToy(order, budget, [tearClass]);
        expect(result.states).toBe(reference.states);
        expect(result.findingCounts["sound"] ?? 0).toBe(reference.faulting);
        expect(result.deepestNesting).toBe(reference.deepestNesting);
      }
    },
  );

  it("gives the same result, digest included, each time", () => {
    expect(exploreToy("flag first", 2)).toEqual(exploreToy("flag first", 2));
  });

  it.each(["fast", "checked", "probed"] as const)("gives the same graph on the %s build", (build) => {
    const { options, initial } = toyDeviceWithEcc("data first");
    const shared = { initial, subject: TOY_SUBJECT, tornBudget: 1, tearClasses: TEAR_CLASSES };
    const reference = explore({ ...shared, device: options });
    const result = explore({ ...shared, device: { ...options, build } });
    expect(result.graphDigest).toBe(reference.graphDigest);
  });

  it("tells different graphs apart by their digests", () => {
    const digests = [exploreToy("data first", 0), exploreToy("data first", 1), exploreToy("flag first", 1)];
    expect(new Set(digests.map(({ graphDigest }) => graphDigest)).size).toBe(3);
  });

  it("is not closed when it was told to stop, and says what was left", () => {
    const { options, initial } = toyDevice("data first");
    let boots = 0;
    const shouldStop = (): boolean => (boots += 1) > 2;
    const stopped = explore({ device: options, initial, subject: TOY_SUBJECT, shouldStop });
    expect(stopped).toMatchObject({ closed: false, stoppedBy: "should-stop", boots: 2, terminals: [] });
    expect(stopped.frontier).toBeGreaterThan(0);
    const full = explore({ device: options, initial, subject: TOY_SUBJECT, maxStates: 3 });
    expect(full).toMatchObject({ closed: false, stoppedBy: "max-states" });
  });

  it("names the bytes that make the waiting states different, when it is not closed", () => {
    const { options, initial } = toyDevice("data first");
    const { state } = options.profile.layout;
    const stopped = explore({ device: options, initial, subject: TOY_SUBJECT, maxStates: 5 });
    expect(stopped.closed).toBe(false);
    const [most] = stopped.growth;
    expect(most).toMatchObject({
      partition: "state",
      address: state.address + 2 * options.profile.pageBytes,
    });
    expect(most?.contents).toBeGreaterThan(2);
    expect(most?.bytes).toBeLessThanOrEqual(8);
    expect(stopped.depth).toBe(0);
    const { growth, depth } = exploreToy("data first", 1);
    expect({ growth, depth }).toEqual({ growth: [], depth: undefined });
  });

  it("can stop at a finding, and only when no other has fewer cuts", () => {
    const { options, initial } = toyDevice("flag first");
    const stopped = explore({ device: options, initial, subject: TOY_SUBJECT, stopAtFinding: true });
    expect(stopped).toMatchObject({ closed: false, stoppedBy: "finding" });
    expect(stopped.findings[0]).toEqual(exploreToy("flag first", 1).findings[0]);
    expect(stopped.boots).toBeLessThan(exploreToy("flag first", 1).boots);
  });

  it("says after each power-on how far it is", () => {
    const { options, initial } = toyDevice("data first");
    const boots: number[] = [];
    const onProgress = (progress: ExploreProgress): number => boots.push(progress.boots);
    explore({
      device: options,
      initial,
      subject: TOY_SUBJECT,
      tornBudget: 0,
      onProgress,
      progressInterval: 1,
    });
    expect(boots).toEqual([1, 2, 3, 4, 5]);
  });

  it("refuses a torn budget that is no small whole number", () => {
    expect(() => exploreToy("data first", -1)).toThrow(RangeError);
    expect(() => exploreToy("data first", 8)).toThrow(RangeError);
  });
});

interface Naive {
  readonly states: number;
  readonly faulting: number;
  readonly deepestNesting: number;
}

/**
 * The same question asked as plainly as can be: one power-on per cut, states and budgets kept
 * apart, texts as keys, and a fixpoint over the number of cuts.
 */
function exploreNaively(
  order: ToyOrder,
  tornBudget: number,
  tearClasses: readonly TearClass[] = PLAIN_TEAR_CLASSES,
): Naive {
  const { options, initial } = toyDeviceWithEcc(order);
  const device = new Device(options);
  const fewestCuts = new Map<string, number>();
  const faulting = new Set<string>();
  const queue: { readonly state: RememberedState; readonly budget: number; readonly cuts: number }[] = [
    { state: initial, budget: tornBudget, cuts: 0 },
  ];
  const seen = new Map<string, number>();
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const { state, budget, cuts } = next;
    const key = keyOf(state);
    if ((seen.get(`${key}/${budget}`) ?? Infinity) <= cuts) continue;
    seen.set(`${key}/${budget}`, cuts);
    fewestCuts.set(key, Math.min(cuts, fewestCuts.get(key) ?? Infinity));
    const possible: Cut[] = [];
    device.restore(state);
    const uncut = device.powerOn({
      observer: {
        before(operation) {
          for (const { variant } of tornVariants(operation, tearClasses)) {
            possible.push({ operation: operation.index, phase: "torn", variant });
          }
          possible.push({ operation: operation.index, phase: "before" });
          possible.push({ operation: operation.index, phase: "after" });
        },
      },
    });
    if (uncut.end === "hard-fault") faulting.add(key);
    queue.push({ state: device.snapshot(), budget, cuts });
    for (const cut of possible) {
      if (cut.phase === "torn" && budget === 0) continue;
      device.restore(state);
      device.powerOn({ observer: new CutPower(cut) });
      queue.push({
        state: device.snapshot(),
        budget: cut.phase === "torn" ? budget - 1 : budget,
        cuts: cuts + 1,
      });
    }
  }
  return {
    states: fewestCuts.size,
    faulting: faulting.size,
    deepestNesting: Math.max(...fewestCuts.values()),
  };
}

function keyOf({ flash, counters, bits = [] }: RememberedState): string {
  return `${Buffer.from(flash).toString("latin1")}/${encodeRegisters(counters, bits).join()}`;
}
