/**
 * A supply that lasts a number of operations only, on toys whose operations can be counted by hand.
 */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { CutPower } from "../../emulator/cut.ts";
import { Device } from "../../emulator/device.ts";
import { Brownout } from "../../host/campaign/brownout.ts";
import { limitText, walkText } from "../../host/campaign/brownout-text.ts";
import type { Scenario } from "../../host/campaign/scenario.ts";
import { toyBootloader, toyDevice, TOY_SUBJECT, type ToyOrder } from "../toy-bootloader.ts";

function toyScenario(order: ToyOrder): Scenario {
  const { options, initial } = toyDevice(order);
  const digest = createHash("sha256").update(toyBootloader(order)).digest("hex");
  return {
    name: "toy",
    title: "A toy.",
    profile: options.profile,
    bootloader: toyBootloader(order),
    initial,
    link: { answer: () => undefined },
    subject: TOY_SUBJECT,
    symbols: [],
    bootloaderDigest: digest,
    inputsDigest: digest,
  };
}

describe("a supply that lasts a number of operations", () => {
  it("starves a toy that cleans up half a pair of words and begins anew", () => {
    // Writing takes two operations; cut after one, the next power-on erases what there is.
    const brownout = new Brownout(toyScenario("data first"));
    expect(brownout.walk(1)).toMatchObject({ outcome: "stuck" });
    expect(brownout.walk(2)).toMatchObject({ outcome: "finished", powerOns: 3 });
    expect(brownout.smallest()).toMatchObject({
      smallest: { operations: 2 },
      tried: 1,
      stuck: 1,
      givenUp: 0,
      largerThatFail: [],
      longestPowerOn: 5,
    });
  });

  it("says of each number what a device says that is really cut there", () => {
    for (const order of ["data first", "flag first"] as const) {
      const scenario = toyScenario(order);
      const brownout = new Brownout(scenario);
      for (let operations = 1; operations <= 6; operations += 1) {
        const walk = brownout.walk(operations);
        const device = new Device({ profile: scenario.profile });
        device.restore(scenario.initial);
        let cycle = device.powerOn({ observer: new CutPower({ operation: operations, phase: "before" }) });
        for (let powerOns = 1; powerOns < 20 && cycle.operations > 0; powerOns += 1) {
          cycle = device.powerOn({ observer: new CutPower({ operation: operations, phase: "before" }) });
        }
        expect([order, operations, walk.outcome === "finished"]).toEqual([
          order,
          operations,
          cycle.end === "idle" && cycle.operations === 0,
        ]);
      }
    }
  });

  it("is told in sentences", () => {
    const scenario = toyScenario("data first");
    const brownout = new Brownout(scenario);
    expect(walkText(scenario, brownout.walk(1))).toContain(
      "1 operation per power-on: going round in a circle",
    );
    expect(limitText(scenario, brownout.smallest())).toContain("Smallest that finishes: 2 operations");
  });
});
