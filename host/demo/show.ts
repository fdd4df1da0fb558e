/**
 * The whole demonstration, chapter by chapter.
 */
import { createWorld } from "./world.ts";
import { playCampaign, type CampaignProgress } from "./campaign.ts";
import { playCanaries, type CanaryFacts } from "./canary.ts";
import { playProvisioning } from "./provisioning.ts";
import { playRefusals } from "./refusal.ts";
import { playReversions } from "./reversion.ts";
import type { Stage } from "./stage.ts";
import { campaignLines, canaryLines, campaignTitle, progressText } from "./text/campaign.ts";
import { closingPage, openingPage } from "./text/frame.ts";
import { provisioningPage } from "./text/provisioning.ts";
import { refusalPage } from "./text/refusal.ts";
import { reversionPage } from "./text/reversion.ts";
import { updatePage } from "./text/update.ts";
import { playUpdate } from "./update.ts";

/**
 * Plays every chapter and shows each as soon as it is over.
 *
 * @param folder an existing folder, where keys, envelopes and devices are left
 * @returns what came out differently from what it must be; empty when all is well
 */
export function show(folder: string, stage: Stage): string[] {
  const start = performance.now();
  const { colors } = stage;
  stage.print(openingPage(colors));

  const world = createWorld(folder);
  const provisioning = playProvisioning(world);
  stage.print(provisioningPage(provisioning, colors));
  const { state: delivered, update } = provisioning;

  const updating = playUpdate(world, delivered, update);
  stage.print(updatePage(updating, colors));

  const refusals = playRefusals(world, { delivered, updated: updating.state, update });
  stage.print(refusalPage(refusals, colors));

  const reversions = playReversions(world, updating.state);
  stage.print(reversionPage(reversions, colors));

  stage.print(campaignTitle(colors));
  const onProgress = (progress: CampaignProgress): void => {
    if (stage.isTerminal) stage.progress(progressText(progress));
  };
  const canaries = playCanaries();
  stage.print(canaryLines(canaries, colors));
  const campaign = playCampaign(onProgress);
  stage.progress();
  stage.print(campaignLines(campaign, colors));

  const differences = [provisioning, updating, ...refusals, ...reversions, canaries, campaign].flatMap(
    (chapter) => chapter.differences,
  );
  const seconds = (performance.now() - start) / 1000;
  stage.print(closingPage({ folder, replay: replayOf(canaries), differences, seconds }, colors));
  return differences;
}

/** What a canary was caught by that takes several cuts, as something to replay. */
function replayOf({ report }: CanaryFacts): string | undefined {
  return report.outcomes.find(({ canary }) => canary.oracle === "alive")?.finding?.caseId;
}
