/**
 * Exploring with threads: the same result, whatever their number.
 */
import { describe, expect, it } from "vitest";
import { explore, type ExploreOptions } from "../../emulator/explore/explore.ts";
import { profileNamed } from "../../emulator/profile.ts";
import { scenarioNamed, type Scenario } from "../../host/campaign/scenario.ts";
import { exploreWithThreads } from "../../host/campaign/worker-explore.ts";
import { TEAR_CLASSES } from "../../emulator/tear.ts";
import { toyScenario } from "../toy-scenario.ts";
import { readWasm } from "../wasm-file.ts";

function optionsOf(scenario: Scenario): ExploreOptions {
  const { profile, link, initial, subject } = scenario;
  return { device: { profile, link }, initial, subject };
}

const OURS = scenarioNamed("refused-update", profileNamed("class1"), {
  bootloader: readWasm("bootloader"),
  firmware1: readWasm("firmware-1"),
  firmware2: readWasm("firmware-2"),
  firmwareFailing: readWasm("firmware-failing"),
  firmwareHanging: readWasm("firmware-hanging"),
});

describe("exploring with threads", () => {
  it.each(["data first", "flag first"] as const)(
    "gives what one thread gives, toy with %s",
    async (order) => {
      const options = { ...optionsOf(toyScenario(order)), tornBudget: 2 };
      const shared = await exploreWithThreads(options, { threads: 3, waitForThreads: true });
      expect(shared).toEqual(explore(options));
    },
  );

  it("gives what one thread gives, with torn units that waver, fault or fade", async () => {
    const options = { ...optionsOf(toyScenario("data first")), tearClasses: TEAR_CLASSES };
    const shared = await exploreWithThreads(options, { threads: 2, waitForThreads: true });
    expect(shared).toEqual(explore(options));
  });

  it("gives what one thread gives, digest, findings and all, with our bootloader", async () => {
    const options = { ...optionsOf(OURS), tornBudget: 0 };
    const alone = explore(options);
    expect(alone.states).toBeGreaterThan(1000);
    for (const threads of [2, 3]) {
      expect(await exploreWithThreads(options, { threads, waitForThreads: true })).toEqual(alone);
    }
  });

  it("gives what one thread gives where batches find more states than a thread may hold", async () => {
    const options = { ...optionsOf(toyScenario("data first")), tearClasses: TEAR_CLASSES };
    const alone = explore(options);
    for (const statesPerBatchMax of [0, 5]) {
      const threads = { threads: 2, waitForThreads: true, statesPerBatchMax };
      expect(await exploreWithThreads(options, threads)).toEqual(alone);
    }
  });

  it("gives up at the same state as one thread does", async () => {
    const options = { ...optionsOf(OURS), maxStates: 2000 };
    const shared = await exploreWithThreads(options, { threads: 2, waitForThreads: true });
    expect(shared).toMatchObject({ closed: false, stoppedBy: "max-states" });
    expect(shared).toEqual(explore(options));
  });

  it("works alone where the far end of the link cannot be made again in another thread", async () => {
    const toy = optionsOf(toyScenario("data first"));
    const options = { ...toy, device: { ...toy.device, link: { answer: () => undefined } } };
    expect(await exploreWithThreads(options, { threads: 2 })).toEqual(explore(options));
  });

  it("fails where one thread would fail, and leaves no thread behind", async () => {
    const options = optionsOf(OURS);
    const broken = { ...options, initial: { ...options.initial, flash: new Uint8Array(3) } };
    await expect(exploreWithThreads(broken, { threads: 2 })).rejects.toThrow();
  });
});
