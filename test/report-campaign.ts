/**
 * A toy campaign with everything that its reports show.
 */
import { createHash } from "node:crypto";
import type { ExploredGraph } from "../emulator/explore/explore.ts";
import { runCampaign, type CampaignResult } from "../host/campaign/run.ts";
import type { Scenario } from "../host/campaign/scenario.ts";
import { viewCampaign, type CampaignView } from "../host/report/campaign-view.ts";
import { toyBootloader, toyDevice, TOY_SUBJECT, type ToyOrder } from "./toy-bootloader.ts";

/** The toy as a scenario. */
export function toyScenario(order: ToyOrder, title = "A toy."): Scenario {
  const { options, initial } = toyDevice(order);
  const bootloader = toyBootloader(order);
  return {
    name: "toy",
    title,
    profile: options.profile,
    bootloader,
    initial,
    link: { answer: () => undefined },
    subject: TOY_SUBJECT,
    symbols: [],
    bootloaderDigest: createHash("sha256").update(bootloader).digest("hex"),
    inputsDigest: createHash("sha256").update(initial.flash.subarray(bootloader.length)).digest("hex"),
  };
}

/** A campaign with its graph. */
export function explored(scenario: Scenario): { result: CampaignResult; graph: ExploredGraph } {
  let graph: ExploredGraph | undefined;
  const result = runCampaign(scenario, {
    onGraph: (given) => {
      graph = given;
    },
  });
  if (graph === undefined) throw new Error("The campaign gave no graph.");
  return { result, graph };
}

/** What the reports of the toy show. */
export function toyView(order: ToyOrder, title?: string): CampaignView {
  const scenario = toyScenario(order, title);
  const { result, graph } = explored(scenario);
  return viewCampaign(scenario, result, graph, "1.2.3");
}
